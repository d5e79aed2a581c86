package certs

import (
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// node makes a node's files and loads them.
func node(t *testing.T, ca *CA, name string, validity time.Duration) (server, client *tls.Config, dir string, err error) {
	t.Helper()
	dir = t.TempDir()
	pair, err := ca.Node(name, []string{"127.0.0.1", "host.example"}, validity)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, ca, pair)
	server, client, err = Load(filepath.Join(dir, "ca"), filepath.Join(dir, "cert"), filepath.Join(dir, "key"))
	return server, client, dir, err
}

func write(t *testing.T, dir string, ca *CA, pair Pair) {
	t.Helper()
	for name, b := range map[string][]byte{"ca": ca.Cert, "cert": pair.Cert, "key": pair.Key} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func authority(t *testing.T) *CA {
	t.Helper()
	ca, err := NewCA("test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// shake does a handshake and names the other side, as each side sees it.
func shake(t *testing.T, server, client *tls.Config) (ofClient, ofServer string, err error) {
	t.Helper()
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	s, c := tls.Server(a, server), tls.Client(b, client)
	failed := make(chan error, 1)
	go func() {
		err := s.Handshake()
		if err != nil {
			a.Close()
		}
		failed <- err
	}()
	errClient := c.Handshake()
	if errClient != nil {
		b.Close()
	}
	// In TLS 1.3 the client is through before the server has looked at its certificate.
	go func() { _, _ = c.Read(make([]byte, 1)) }()
	if err := <-failed; err != nil {
		return "", "", err
	}
	return NodeOf(s.ConnectionState()), NodeOf(c.ConnectionState()), errClient
}

func TestMutualTLS(t *testing.T) {
	ca := authority(t)
	again, err := ReadCA(ca.Pair)
	if err != nil {
		t.Fatal(err)
	}
	server, _, _, err := node(t, ca, "n1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	_, client, _, err := node(t, again, "n.2_x", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	ofClient, ofServer, err := shake(t, server, client)
	if err != nil || ofClient != "n.2_x" || ofServer != "n1" {
		t.Errorf("%q and %q: %v", ofClient, ofServer, err)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	ca := authority(t)
	server, client, _, err := node(t, ca, "n1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	otherServer, otherClient, _, err := node(t, authority(t), "n1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := shake(t, server, otherClient); err == nil {
		t.Error("a client of another authority")
	}
	if _, _, err := shake(t, otherServer, client); err == nil {
		t.Error("a server of another authority")
	}
	if _, _, err := shake(t, server, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13}); err == nil {
		t.Error("a client without a certificate")
	}
	old := client.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	if _, _, err := shake(t, server, old); err == nil {
		t.Error("a client of TLS 1.2")
	}
	if _, _, _, err := node(t, ca, "n1", -time.Minute); err == nil {
		t.Error("an expired certificate was loaded")
	}
	if _, err := ca.Node("", nil, time.Hour); err == nil {
		t.Error("a certificate for nobody")
	}
	pair, err := ca.Node("n1", nil, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadCA(pair); err == nil {
		t.Error("a node's certificate was taken for an authority")
	}
}

// New files are used from the next connection on; broken ones are not.
func TestReplacedFiles(t *testing.T) {
	ca := authority(t)
	server, client, dir, err := node(t, ca, "n1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	replace := func(pair Pair, at time.Time) {
		write(t, dir, ca, pair)
		for _, name := range []string{"cert", "key"} {
			if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	pair, err := ca.Node("n2", nil, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	replace(pair, time.Now().Add(time.Minute))
	if _, name, err := shake(t, server, client); err != nil || name != "n2" {
		t.Errorf("after new files: %q, %v", name, err)
	}
	replace(Pair{Cert: []byte("half"), Key: pair.Key}, time.Now().Add(2*time.Minute))
	if _, name, err := shake(t, server, client); err != nil || name != "n2" {
		t.Errorf("after broken files: %q, %v", name, err)
	}
}
