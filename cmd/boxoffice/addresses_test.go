package main

import (
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Plain talk between nodes is for loopback, or for those who say so.
func TestPlainTalk(t *testing.T) {
	const tls, key = "--ca=a --cert=b --key=c", "--gossip-key=AAAAAAAAAAAAAAAAAAAAAA=="
	for _, c := range []struct{ args, want string }{
		{"--cluster=10.0.0.1:7400", "can be reached from other machines"},
		{"--cluster=n1.example:7400 " + tls, "can be reached"}, {"--cluster=0.0.0.0:7400 " + key, "can be reached"},
		{"--cluster=:7400", "can be reached"}, {"--cluster=10.0.0.1:7400 " + tls + " " + key, ""},
		{"--cluster=10.0.0.1:7400 --insecure", ""}, {"--cluster=localhost:7400", ""}, {"--cluster=[::1]:7400", ""},
		{"--ca=a", "go together"}, {"--cert=a --key=b", "go together"}, {"--insecure --ca=a --key=b", "go together"},
		{tls, ""}, {key, ""}, {"--gossip-key=short", "16, 24 or 32 bytes"}, {"--gossip-key=@", "no such file"},
		{"--cluster-name=", "--cluster-name"}, {"--cluster-name=a/b", "--cluster-name"}, {"--zone=a/b", "--zone"},
		{"--zone=eu.1", ""}, {"--sandbox-url=127.0.0.1:7500", "--sandbox-url"}, {"--sandbox-url=http://a:1", ""},
		{"--node=" + strings.Repeat("n", 64), "--node"},
	} {
		_, _, err := loadConfig(append(strings.Fields(c.args), "--data=d"), newWorld().environment)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.args, err, c.want)
		}
	}
	_, warnings, err := loadConfig([]string{"--data=d", "--insecure"}, newWorld().environment)
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "plain text") {
		t.Errorf("%v %v", warnings, err)
	}
}

// --gossip-key takes hex or base64, itself or in a file, and is never told.
func TestGossipKey(t *testing.T) {
	hex16, hex32 := strings.Repeat("0f", 16), strings.Repeat("AA", 32)
	for text, n := range map[string]int{
		hex16: 16, strings.Repeat("0f", 24): 24, hex32: 32, "AAAAAAAAAAAAAAAAAAAAAA": 16,
		"____________________-w==":             16,
		strings.Repeat("+/+/", 6) + "+/+/+/+/": 24, strings.Repeat("a", 43) + "=": 32, "": 0,
		"@" + write(t, "k", hex32+"\n"): 32, "abc": -1, strings.Repeat("0f", 20): -1, "s3cret!": -1,
		"@" + write(t, "bad", "s3cret"): -1, "@" + write(t, "empty", ""): -1, "@" + filepath.Join(t.TempDir(),
			"s3cret"): -1,
	} {
		c, _, err := loadConfig([]string{"--data=d", "--gossip-key", text}, newWorld().environment)
		switch {
		case n < 0 && err == nil, n >= 0 && err != nil, n >= 0 && len(c.GossipKeyBytes()) != n:
			t.Errorf("%s: %d bytes, want %d: %v", text, len(c.GossipKeyBytes()), n, err)
		case err != nil && strings.Contains(err.Error(), "s3cret"):
			t.Errorf("the secret is told: %v", err)
		}
	}
}

// One list of nodes serves all of them: the first founds, the others join.
func TestOneListForAll(t *testing.T) {
	const a, b = "127.0.0.1:7400", "127.0.0.1:7410"
	for _, c := range []struct {
		cluster, join string
		peers         []string
		founder       bool
	}{
		{a, "", nil, true}, {a, a, nil, true}, {a, a + "," + b, []string{b}, true}, {b, a + "," + b, []string{a},
			false},
		{b, a, []string{a}, false},
	} {
		got, _, err := loadConfig([]string{"--data=d", "--cluster", c.cluster, "--join", c.join},
			newWorld().environment)
		if err != nil || !slices.Equal(got.Peers(), c.peers) || got.Founder() != c.founder {
			t.Errorf("%+v: %v %v %v", c, got.Peers(), got.Founder(), err)
		}
	}
}

// Other nodes are told an address that clients can use.
func TestClientAddress(t *testing.T) {
	bound := &net.TCPAddr{IP: net.IPv6unspecified, Port: 81}
	for http, want := range map[string]string{"10.0.0.1:80": "10.0.0.1:81", "0.0.0.0:80": "n1:81", ":0": "n1:81",
		"[::]:80": "n1:81", "[::1]:80": "[::1]:81"} {
		c := Config{HTTP: http, Cluster: "n1:7400"}
		if got := c.ClientAddress(bound); got != want {
			t.Errorf("%s: %s, want %s", http, got, want)
		}
	}
}
