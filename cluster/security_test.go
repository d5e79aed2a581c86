package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"boxoffice/cluster/certs"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// withTLS gives a configuration the certificate that an authority makes for a node.
func withTLS(t testing.TB, cfg *Config, ca *certs.CA, node string) {
	t.Helper()
	pair, err := ca.Node(node, []string{"127.0.0.1"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := func(name string, b []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	cfg.ServerTLS, cfg.ClientTLS, err = certs.Load(
		path("ca.pem", ca.Cert), path("n.pem", pair.Cert), path("n.key", pair.Key))
	if err != nil {
		t.Fatal(err)
	}
}

func newCA(t testing.TB) *certs.CA {
	t.Helper()
	ca, err := certs.NewCA("test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// Members with TLS and a gossip key call each other.
func TestSecured(t *testing.T) {
	ca := newCA(t)
	startMembers(t, 2, func(c *Config) {
		c.GossipKey = []byte("0123456789abcdef")
		withTLS(t, c, ca, c.Node)
	})
}

// Nodes that are not ours get nowhere and move nothing, whatever they have wrong.
func TestStrangers(t *testing.T) {
	ca := newCA(t)
	key := []byte("0123456789abcdef")
	proper := func(c *Config) { c.GossipKey = key; withTLS(t, c, ca, c.Node) }
	ours := startMembers(t, 2, proper)
	ours[0].Learn(1, "n1", 5)
	await(t, func() bool { node, _, _ := ours[1].Locate(1); return node == "n1" })

	for name, edit := range map[string]func(*Config){
		"wrong key":     func(c *Config) { proper(c); c.GossipKey = []byte("another key, 16b") },
		"no key":        func(c *Config) { proper(c); c.GossipKey = nil },
		"wrong name":    func(c *Config) { proper(c); c.Name = "other" },
		"other cluster": func(c *Config) { proper(c); c.Cluster = 8 },
	} {
		cfg := testConfig("stranger")
		edit(&cfg)
		cfg.Seeds = []string{ours[0].self0().Gossip, ours[1].self0().Gossip}
		s := startMember(t, cfg)
		s.Learn(1, "stranger", 99)
		s.join(cfg.Seeds) // once more, and it waits for the answers
		for _, m := range ours {
			if len(m.Peers()) != 2 {
				t.Errorf("%s: it is a member", name)
			}
			if node, _, _ := m.Locate(1); node != "n1" {
				t.Errorf("%s: the leader is %s", name, node)
			}
		}
		if len(s.Peers()) != 1 && name != "other cluster" {
			t.Errorf("%s: it knows %v", name, s.Peers())
		}
		s.Stop(false)
	}
}

// Who knows the gossip key but has no certificate of ours can call nobody, and
// nobody calls it.
func TestWrongCertificates(t *testing.T) {
	ca := newCA(t)
	m := startMembers(t, 1, func(c *Config) { withTLS(t, c, ca, c.Node) })[0]
	for name, edit := range map[string]func(*Config){
		"another authority": func(c *Config) { withTLS(t, c, newCA(t), c.Node) },
		"another's name":    func(c *Config) { withTLS(t, c, ca, "n7") },
		"plain":             func(*Config) {},
	} {
		cfg := testConfig("n2")
		edit(&cfg)
		cfg.Seeds = []string{m.self0().Gossip}
		s := startMember(t, cfg)
		await(t, func() bool { return len(m.Peers()) == 2 && len(s.Peers()) == 2 })
		s.Learn(1, "n2", 99)
		if _, err := m.Call(time.Now().Add(time.Second), "n2", kindEcho, nil); !errors.Is(err, ErrUnreachable) {
			t.Errorf("%s: called it: %v", name, err)
		}
		// With another node's certificate it may speak, as that node; but the answer would
		// go to the node that it says it is, which is not it.
		if _, err := s.Call(time.Now().Add(time.Second), "n1", kindEcho, nil); err == nil {
			t.Errorf("%s: it called us", name)
		}
		if l := m.linkTo(s.self0().Actors); name != "another's name" && l.heard.Load() != 0 {
			t.Errorf("%s: it was heard", name)
		}
		s.Stop(true)
		await(t, func() bool { return state(m, "n2") == Down })
		m.Forget("n2")
	}
}

// Messages that proto.actor panics on end the connection and not the process.
func TestUnreadableMessages(t *testing.T) {
	m := startMember(t, testConfig("n1"))
	conn, err := grpc.NewClient(m.self0().Actors, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client := remote.NewRemotingClient(conn)
	if _, err := client.ListProcesses(context.Background(), &remote.ListProcessesRequest{}); err == nil {
		t.Error("a call that is not implemented was answered")
	}
	target := []*actor.PID{m.self}
	bytesValue := []string{"google.protobuf.BytesValue"}
	for name, batch := range map[string]*remote.MessageBatch{
		"a type that nobody knows": {TypeNames: []string{"no.Such"}, Targets: target,
			Envelopes: []*remote.MessageEnvelope{{}}},
		"a number out of range": {TypeNames: bytesValue, Targets: target,
			Envelopes: []*remote.MessageEnvelope{{TypeId: 9}}},
		"a serializer that does not exist": {TypeNames: bytesValue, Targets: target,
			Envelopes: []*remote.MessageEnvelope{{SerializerId: 9}}},
		"no target": {TypeNames: bytesValue, Envelopes: []*remote.MessageEnvelope{{}}},
	} {
		stream, err := client.Receive(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		err = stream.Send(&remote.RemoteMessage{MessageType: &remote.RemoteMessage_MessageBatch{MessageBatch: batch}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); err == nil {
			t.Errorf("%s: the connection goes on", name)
		}
	}
}
