package cluster

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// pages is a log that a test reads while it is written.
type pages struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *pages) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *pages) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// logged gives a configuration a log of warnings.
func logged(c *Config) *pages {
	p := &pages{}
	c.Logger = slog.New(slog.NewTextHandler(p, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return p
}

// A node that does not get in says why, and so does the one that turns it away; not
// more often than every few seconds.
func TestSaysWhyNot(t *testing.T) {
	ca, key := newCA(t), []byte("0123456789abcdef")
	proper := func(c *Config) { c.GossipKey = key; withTLS(t, c, ca, c.Node) }
	for name, row := range map[string]struct {
		edit        func(*Config)
		joiner, own string // what their logs say
	}{
		"another key":  {func(c *Config) { c.GossipKey = []byte("another key, 16b") }, "gossip key", "gossip key"},
		"no key":       {func(c *Config) { c.GossipKey = nil }, "gossip key", "gossip key"},
		"another name": {func(c *Config) { c.Name = "other" }, "another name", "another cluster's name"},
		"another cluster": {func(c *Config) { c.Cluster = 8 }, "belongs to another cluster",
			"belongs to another cluster"},
		"another authority": {func(c *Config) { withTLS(t, c, newCA(t), c.Node) }, "unknown authority",
			"TLS handshake"},
		"another's name": {func(c *Config) { withTLS(t, c, ca, "n7") }, "", "shows the certificate of"},
		"no certificate": {func(c *Config) { c.ServerTLS, c.ClientTLS = nil, nil }, "without TLS",
			"does not look like a TLS handshake"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := testConfig("n1")
			proper(&cfg)
			own := logged(&cfg)
			m := startMember(t, cfg)
			cfg = testConfig("n2")
			proper(&cfg)
			row.edit(&cfg)
			joiner := logged(&cfg)
			cfg.Seeds = []string{m.self0().Gossip}
			startMember(t, cfg)
			t.Cleanup(func() { t.Logf("the joiner:\n%s\nthe other:\n%s", joiner, own) })
			await(t, func() bool {
				return strings.Contains(joiner.String(), row.joiner) && strings.Contains(own.String(), row.own)
			})
			for whose, log := range map[string]string{"the joiner": joiner.String(), "the other": own.String()} {
				if n := strings.Count(log, "\n"); n > 4 {
					t.Errorf("%s said %d lines:\n%s", whose, n, log)
				}
			}
		})
	}
}

// A node whose seeds are down says so after a while.
func TestSaysThatNobodyAnswers(t *testing.T) {
	t.Parallel()
	cfg := testConfig("n1")
	log := logged(&cfg)
	cfg.Seeds = []string{"127.0.0.1:1"}
	startMember(t, cfg)
	await(t, func() bool { return strings.Contains(log.String(), "No other node can be reached yet") })
	if strings.Count(log.String(), "\n") != 1 {
		t.Errorf("%s", log)
	}
}

// What goes on is said once in a while, each kind for itself.
func TestComplainsSeldom(t *testing.T) {
	cfg := testConfig("n1")
	log := logged(&cfg)
	m := startMember(t, cfg)
	for range 10 {
		m.complain(aboutKey, "about a key")
		m.complain(aboutName, "about a name")
	}
	if n := strings.Count(log.String(), "\n"); n != 2 {
		t.Errorf("%d lines:\n%s", n, log)
	}
}
