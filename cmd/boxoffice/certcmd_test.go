package main

import (
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"boxoffice/cluster/certs"
)

// The certificates that the commands make open a connection between two nodes, and
// a node accepts them as options.
func TestCertificates(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "certs")
	run := func(want int, args ...string) string {
		t.Helper()
		code, out := runProgram(append([]string{"cert"}, args...)...)
		if code != want {
			t.Fatalf("%v: exit %d: %s", args, code, out)
		}
		return out
	}
	run(exitDone, "ca", "--out", dir)
	node := []string{"node", "--ca", dir, "--hosts", "n.example,10.0.0.1", "--out", dir, "--name"}
	run(exitDone, append(node, "n1")...)
	run(exitDone, append(node, "n2")...)
	for name, mode := range map[string]os.FileMode{"ca.pem": 0o644, "ca.key": 0o600, "gossip.key": 0o600,
		"n1.pem": 0o644, "n1.key": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	// Nothing is overwritten.
	if out := run(exitFailed, "ca", "--out", dir); !strings.Contains(out, "is there already") {
		t.Error(out)
	}
	run(exitFailed, append(node, "n1")...)
	file := func(name string) string { return filepath.Join(dir, name) }
	server, _, err := certs.Load(file("ca.pem"), file("n1.pem"), file("n1.key"))
	if err != nil {
		t.Fatal(err)
	}
	_, client, err := certs.Load(file("ca.pem"), file("n2.pem"), file("n2.key"))
	if err != nil {
		t.Fatal(err)
	}
	if got := meet(t, server, client); got != "n1 n2" {
		t.Errorf("they met as %q", got)
	}
	c, _, err := loadConfig([]string{"--data=d", "--cluster=10.0.0.1:7400", "--ca", file("ca.pem"), "--cert",
		file("n1.pem"), "--key", file("n1.key"), "--gossip-key", "@" + file("gossip.key")}, newWorld().environment)
	if err != nil || len(c.GossipKeyBytes()) != 32 {
		t.Errorf("%d bytes, %v", len(c.GossipKeyBytes()), err)
	}
	for args, want := range map[string]string{"ca": "--out is required", "node --ca x": "are required",
		"node --ca x --hosts h --name a/b": "is no NODE", "ca --out x y": "unexpected",
		"ca --out x --cluster-name a/b": "--cluster-name"} {
		if out := run(exitUsage, strings.Fields(args)...); !strings.Contains(out, want) {
			t.Errorf("%s: %s", args, out)
		}
	}
	run(exitFailed, "node", "--ca", t.TempDir(), "--hosts", "h", "--name", "n")
}

// meet has two sides shake hands and says as whom the other knows each.
func meet(t *testing.T, server, client *tls.Config) string {
	t.Helper()
	a, b := net.Pipe()
	s, c := tls.Server(a, server), tls.Client(b, client)
	done := make(chan error, 1)
	go func() { done <- s.HandshakeContext(t.Context()) }()
	if err := c.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return certs.NodeOf(c.ConnectionState()) + " " + certs.NodeOf(s.ConnectionState())
}
