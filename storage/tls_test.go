package storage_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"boxoffice/storage"
)

// authority signs certificates of nodes on 127.0.0.1.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.key = a.newKey()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der := a.sign(template, template, a.key)
	var err error
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.write("ca.pem", "CERTIFICATE", der)
	return a
}

func (a *authority) newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	return key
}

func (a *authority) sign(template, parent *x509.Certificate, key *ecdsa.PrivateKey) []byte {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return der
}

func (a *authority) write(name, kind string, der []byte) string {
	name = filepath.Join(a.dir, name)
	b := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(name, b, 0o600); err != nil {
		a.t.Fatal(err)
	}
	return name
}

// equip gives a node a certificate of the authority.
func (a *authority) equip(cfg *storage.Config) {
	a.t.Helper()
	key := a.newKey()
	der := a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: cfg.Node},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, a.cert, key)
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	cfg.CAFile = filepath.Join(a.dir, "ca.pem")
	cfg.CertFile = a.write(cfg.Node+".pem", "CERTIFICATE", der)
	cfg.KeyFile = a.write(cfg.Node+"-key.pem", "EC PRIVATE KEY", keyDER)
}

// Nodes with certificates of one authority are a cluster.
func TestNodesWithCertificates(t *testing.T) {
	n := trio(t, newAuthority(t).equip)
	n[0].mustAdd("e", 0, "one")
	for _, p := range n {
		p.shows("e", 1)
	}
	if c, err := net.Dial("tcp", n[0].cfg.RaftAddress); err == nil { // plain words are no harm
		_, _ = c.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
		_ = c.Close()
	}
	n[0].mustAdd("e", 1, "two")
	n[1].shows("e", 2)
}

// Nodes with certificates of another authority, or with none, get nowhere.
func TestNodesWithOtherCertificates(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	for name, equip := range map[string]func(*storage.Config){
		"another authority": theirs.equip,
		"none":              asTheyAre,
	} {
		t.Run(name, func(t *testing.T) {
			cfg := clusterConfig(t, "n1")
			ours.equip(&cfg)
			a := runPeer(t, cfg)
			a.owns(a.all()...)
			a.mustAdd("e", 0, "one")
			cfg = a.joiner("n2")
			equip(&cfg)
			wantNoContact(t, a, cfg)
		})
	}
}

// Half of what TLS needs is a mistake.
func TestHalfOfACertificate(t *testing.T) {
	cfg := clusterConfig(t, "n1")
	cfg.CAFile = "ca.pem"
	if l, err := storage.Open(cfg); err == nil {
		_ = l.Close()
		t.Error("it was opened without a certificate")
	}
}
