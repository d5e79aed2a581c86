package cluster

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"boxoffice/cluster/certs"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// gatewayName is the process on each node that all batches go to. It is what
// Cluster().Get(event, "event") leads to.
const gatewayName = "events"

// The settings of the transport. proto.actor's defaults are 4 MiB a batch, no
// keepalive, and a sleep of two seconds after a failed connection.
const (
	messageMax = 64 << 20 // two batches of the largest size, and their frames' heads
	window     = 4 << 20  // of HTTP/2 flow control
	ioBuffer   = 64 << 10
	connectMax = 10 * time.Second // then a connection attempt is given up; a beat asks for the next one
)

// gateway gets what arrives. It is a bare process and not an actor: a batch is
// taken apart on the goroutine that reads the connection, so a node that is slow
// slows the sender's stream and no mailbox grows.
type gateway struct{ m *Member }

var _ actor.Process = gateway{}

// SendUserMessage takes a batch.
func (g gateway) SendUserMessage(_ *actor.PID, message any) {
	_, message, sender := actor.UnwrapEnvelope(message)
	if v, ok := message.(*wrapperspb.BytesValue); ok && sender != nil {
		g.m.receive(sender.Address, v.Value)
		return
	}
	g.m.counts.garbage.Add(1)
}

// SendSystemMessage ignores what is meant for actors.
func (g gateway) SendSystemMessage(*actor.PID, any) {}

// Stop does nothing: the gateway lives as long as its member.
func (g gateway) Stop(*actor.PID) {}

// newSystem makes the actor system with the gateway in it.
func (m *Member) newSystem() error {
	m.system = actor.NewActorSystem(
		actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return quiet(m.log) }),
		actor.WithDeadLetterRequestLogging(false),
	)
	if _, ok := m.system.ProcessRegistry.Add(gateway{m}, gatewayName); !ok {
		return fmt.Errorf("the process name %q is taken", gatewayName)
	}
	m.self = actor.NewPID(m.about.Actors, gatewayName)
	return nil
}

// remoteConfig is where calls are listened for, and how peers are connected to.
func (m *Member) remoteConfig(listen net.IP) (*remote.Config, error) {
	_, port, err := net.SplitHostPort(m.about.Actors)
	if err != nil {
		return nil, fmt.Errorf("read the actors' address: %w", err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("read the actors' port: %w", err)
	}
	host := listen.String()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	c := remote.Configure(host, int(n),
		remote.WithAdvertisedHost(m.about.Actors),
		remote.WithServerOptions(m.serverOptions()...),
		remote.WithDialOptions(m.dialOptions()...),
		// Wait until there is a connection: a failure costs a sleep of two seconds.
		remote.WithCallOptions(grpc.WaitForReady(true)),
		// A marker stands for a whole batch of ours, and two of them for one link are rare.
		remote.WithEndpointWriterBatchSize(2),
		remote.WithEndpointWriterQueueSize(16),
	)
	c.MaxRetryCount = 1
	return c, nil
}

func (m *Member) serverOptions() []grpc.ServerOption {
	o := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(messageMax),
		grpc.MaxSendMsgSize(messageMax),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 10 * time.Second, Timeout: 3 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
			MinTime: 5 * time.Second, PermitWithoutStream: true,
		}),
		grpc.InitialWindowSize(window),
		grpc.InitialConnWindowSize(window),
		grpc.ReadBufferSize(ioBuffer),
		grpc.WriteBufferSize(ioBuffer),
		// proto.actor panics on types and numbers that it does not know.
		grpc.StreamInterceptor(m.guardStream),
		grpc.UnaryInterceptor(m.guardUnary),
	}
	if m.cfg.ServerTLS != nil {
		o = append(o, grpc.Creds(credentials.NewTLS(m.cfg.ServerTLS)))
	}
	return o
}

func (m *Member) guardStream(s any, stream grpc.ServerStream, _ *grpc.StreamServerInfo,
	h grpc.StreamHandler) (err error) {
	defer m.survive(&err)
	return h(s, stream)
}

func (m *Member) guardUnary(ctx context.Context, r any, _ *grpc.UnaryServerInfo,
	h grpc.UnaryHandler) (answer any, err error) {
	defer m.survive(&err)
	return h(ctx, r)
}

// survive makes a panic of a connection's reader the end of that connection.
func (m *Member) survive(err *error) {
	if p := recover(); p != nil {
		m.counts.garbage.Add(1)
		m.log.Warn("A connection of another node was closed: it sent what cannot be read.", slog.Any("panic", p))
		*err = grpcstatus.Error(codes.InvalidArgument, "unreadable")
	}
}

func (m *Member) dialOptions() []grpc.DialOption {
	creds := insecure.NewCredentials()
	if m.cfg.ClientTLS != nil {
		creds = namedPeer{credentials.NewTLS(m.cfg.ClientTLS), m.roster}
	}
	return []grpc.DialOption{
		grpc.WithTransportCredentials(creds),
		grpc.WithNoProxy(),
		grpc.WithDisableServiceConfig(),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay: 50 * time.Millisecond, Multiplier: 1.6, MaxDelay: 300 * time.Millisecond,
			},
			MinConnectTimeout: time.Second,
		}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: 10 * time.Second, Timeout: 3 * time.Second, PermitWithoutStream: true,
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(messageMax), grpc.MaxCallSendMsgSize(messageMax)),
		grpc.WithInitialWindowSize(window),
		grpc.WithInitialConnWindowSize(window),
		grpc.WithReadBufferSize(ioBuffer),
		grpc.WithWriteBufferSize(ioBuffer),
		grpc.WithStreamInterceptor(m.openStream),
	}
}

// openStream bounds how long proto.actor waits for a connection, and ends all
// streams with the member: proto.actor itself closes them only in its graceful
// shutdown, which races.
func (m *Member) openStream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string,
	open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	ctx, cancel := context.WithCancel(ctx)
	context.AfterFunc(m.ctx, cancel)
	giveUp := time.AfterFunc(connectMax, cancel)
	defer giveUp.Stop()
	return open(ctx, desc, cc, method, opts...)
}

// namedPeer are credentials that also hold a node to its name: the certificate of
// the node at an address is the one of the member that gossips the address.
type namedPeer struct {
	credentials.TransportCredentials
	roster *roster
}

// ClientHandshake checks the server's name after its certificate.
func (c namedPeer) ClientHandshake(ctx context.Context, address string, conn net.Conn) (
	net.Conn, credentials.AuthInfo, error) {
	secured, info, err := c.TransportCredentials.ClientHandshake(ctx, address, conn)
	if err != nil {
		return nil, nil, err
	}
	if err := c.check(address, info); err != nil {
		_ = secured.Close()
		return nil, nil, err
	}
	return secured, info, nil
}

func (c namedPeer) check(address string, info credentials.AuthInfo) error {
	t, ok := info.(credentials.TLSInfo)
	if !ok {
		return fmt.Errorf("no TLS to %s", address)
	}
	return matches(c.roster, address, t.State)
}

func matches(r *roster, address string, s tls.ConnectionState) error {
	for _, k := range r.all() {
		if k.Actors == address && k.gone.IsZero() {
			if got := certs.NodeOf(s); got != k.Node {
				return fmt.Errorf("%s is %s, but shows the certificate of %q", address, k.Node, got)
			}
		}
	}
	return nil
}

// Clone copies the credentials, for grpc.
func (c namedPeer) Clone() credentials.TransportCredentials {
	return namedPeer{c.TransportCredentials.Clone(), c.roster}
}
