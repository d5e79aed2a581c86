package cluster

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/credentials"
)

// What keeps nodes from each other is mostly one of a few mistakes: another name,
// key or authority. The libraries tell of them in their own words, each second; here
// they are told in ours, seldom.

// The bounds of complaints.
const (
	complainEvery = 5 * time.Second // of one kind
	loneAfter     = 5 * time.Second // a node may wait for the first one so long in silence
	unheardAfter  = 3 * time.Second // a peer may be silent so long before it is looked into
	probeTimeout  = 2 * time.Second
)

// complaints remembers when something was last complained of, by kind.
type complaints struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// complain warns, unless it has just done so about the same kind of thing. It may be
// called under memberlist's lock.
func (m *Member) complain(kind, message string, attrs ...any) {
	c := &m.complaints
	c.mu.Lock()
	if time.Since(c.last[kind]) < complainEvery {
		c.mu.Unlock()
		return
	}
	if c.last == nil {
		c.last = map[string]time.Time{}
	}
	c.last[kind] = time.Now()
	c.mu.Unlock()
	m.log.Warn(message, attrs...)
}

// The kinds of complaints.
const (
	aboutKey     = "key"
	aboutName    = "name"
	aboutCluster = "cluster"
	aboutCalls   = "calls"
	aboutSilence = "silence"
)

// notJoined says why a node that was asked to let this one in did not.
func (m *Member) notJoined(address string, err error) {
	m.log.Debug("A node did not answer.", slog.String("gossip", address), slog.Any("error", err))
	text := err.Error() // a list of one, over several lines
	text = strings.TrimSpace(text[strings.LastIndex(text, "* ")+1:])
	at := []any{slog.String("gossip", address), slog.String("name", m.cfg.Name), slog.String("error", text)}
	switch {
	case speaksOfKeys(text):
		m.complain(aboutKey, "A node does not let this one in: it has another gossip key, or one of the two has none.",
			at...)
	case strings.HasSuffix(text, "EOF"), strings.HasSuffix(text, "reset by peer"):
		m.complain(aboutName, "A node does not let this one in: it hangs up, as if its cluster had another name.",
			at...)
	case len(m.roster.links()) == 0 && time.Since(m.began) > loneAfter:
		m.complain(aboutSilence, "No other node can be reached yet.", at...)
	}
}

// speaksOfKeys reports whether an error of memberlist is about encryption.
func speaksOfKeys(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, "encrypt") || strings.Contains(text, "decrypt")
}

// overheard takes a line of memberlist's log: what it says of strangers that knock.
func (m *Member) overheard(line []byte) {
	text := string(bytes.TrimSpace(line))
	switch {
	case strings.Contains(text, "unacceptable label"):
		m.complain(aboutName, "A node of another cluster's name was turned away.", slog.String("name", m.cfg.Name),
			slog.String("detail", text))
	case strings.Contains(text, "[ERR]") && speaksOfKeys(text):
		m.complain(aboutKey, "A node with another gossip key, or with none, was turned away.",
			slog.String("detail", text))
	}
	m.log.Debug(text, slog.String("from", "memberlist"))
}

// examine looks into a peer that is alive, as gossip says, and is not heard or has no
// connection: whether it can be called, and what prevents it. It does not wait for what it finds.
func (m *Member) examine() {
	k := m.unheard()
	if k == nil || !m.examining.CompareAndSwap(false, true) {
		return
	}
	m.done.Go(func() {
		defer m.examining.Store(false)
		if err := m.probe(k); err != nil && m.ctx.Err() == nil {
			m.complain(aboutCalls, "A node is a member and cannot be called: neither calls nor replicas get through.",
				slog.String("node", k.Node), slog.String("actors", k.Actors), slog.Any("error", err))
		}
	})
}

// unheard is some peer that lives and with which something is wrong; nil: none is.
func (m *Member) unheard() *known {
	before := m.now() - int64(unheardAfter)
	for _, k := range m.roster.all() {
		if k.gone.IsZero() && !k.left && k.link != nil && time.Since(k.joined) >= unheardAfter &&
			(k.link.heard.Load() <= before || k.link.apart(before)) {
			return k
		}
	}
	return nil
}

// probe makes a connection as calls do, and waits for the first word of the other.
func (m *Member) probe(k *known) error {
	ctx, cancel := context.WithTimeout(m.ctx, probeTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", k.Actors)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close() }() // nothing was sent that matters
	_ = conn.SetDeadline(time.Now().Add(probeTimeout))
	refused := "it hangs up on who comes without TLS"
	if m.cfg.ClientTLS != nil {
		refused = "it does not accept this node's certificate, or hangs up"
		secured, _, err := namedPeer{credentials.NewTLS(m.cfg.ClientTLS), m.roster}.ClientHandshake(ctx, k.Actors, conn)
		if err != nil {
			return fmt.Errorf("TLS handshake: %w", err)
		}
		conn = secured
	}
	return greet(conn, refused)
}

// What HTTP/2 begins with: the client's preface and an empty frame of settings, whose
// type is its fourth byte. The server sends such a frame too.
const (
	http2Hello    = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	http2Settings = 4
)

// greet says hello in HTTP/2, and holds the answer to it; refused is what it means if
// there is none.
func greet(conn net.Conn, refused string) error {
	if _, err := io.WriteString(conn, http2Hello); err != nil {
		return fmt.Errorf("greet: %w", err)
	}
	var head [9]byte // of a frame
	switch _, err := io.ReadFull(conn, head[:]); {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil // it is slow, not wrong
	case err != nil:
		return fmt.Errorf("%s: %w", refused, err)
	case head[3] != http2Settings:
		return fmt.Errorf("it does not speak HTTP/2: %x", binary.BigEndian.Uint64(head[:]))
	}
	return nil
}
