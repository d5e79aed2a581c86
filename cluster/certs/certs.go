// Package certs makes and reads the certificates with which nodes know each other.
//
// A cluster has a certificate authority of its own, and each node a certificate
// from it. Both sides of a connection show theirs (TLS 1.3), and a certificate is
// good when the authority signed it and it names a node: it has the DNS name
// NODE.boxoffice.node, which is in no DNS. Who holds the authority's key can make
// nodes, so it belongs on no node.
//
//	ca, err := certs.NewCA("shop", 10*365*24*time.Hour)          // once; ca.Cert, ca.Key
//	pair, err := ca.Node("n1", []string{"10.0.0.1"}, 365*24*time.Hour) // for each node
//	server, client, err := certs.Load("ca.pem", "n1.pem", "n1.key")    // on the node
//
// A node's files may be replaced while it runs: the next connection uses the new
// ones. Another authority needs a restart.
package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"time"
)

// suffix makes a node's name the DNS name in its certificate.
const suffix = ".boxoffice.node"

// A Pair is a certificate and its private key, both PEM.
type Pair struct{ Cert, Key []byte }

// A CA is an authority: it signs the certificates of nodes.
type CA struct {
	Pair
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewCA makes an authority for a cluster, valid from now on.
func NewCA(cluster string, validity time.Duration) (*CA, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	t, err := template("Boxoffice "+cluster, validity)
	if err != nil {
		return nil, err
	}
	t.IsCA, t.BasicConstraintsValid, t.MaxPathLenZero = true, true, true
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	pair, err := sign(t, t, key, key)
	if err != nil {
		return nil, err
	}
	return ReadCA(pair)
}

// ReadCA takes an authority that NewCA made.
func ReadCA(p Pair) (*CA, error) {
	pair, err := tls.X509KeyPair(p.Cert, p.Key)
	if err != nil {
		return nil, fmt.Errorf("read the authority: %w", err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || !pair.Leaf.IsCA {
		return nil, errors.New("read the authority: it is none that was made here")
	}
	return &CA{Pair: p, cert: pair.Leaf, key: key}, nil
}

// Node makes a node's certificate. hosts are the IP addresses and host names under
// which the other nodes reach it: Raft's transport checks them.
func (ca *CA) Node(node string, hosts []string, validity time.Duration) (Pair, error) {
	if node == "" {
		return Pair{}, errors.New("make a certificate: a node needs a name")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, fmt.Errorf("make a key: %w", err)
	}
	t, err := template(node, validity)
	if err != nil {
		return Pair{}, err
	}
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	t.DNSNames = []string{node + suffix}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	return sign(t, ca.cert, key, ca.key)
}

// template is what all certificates have. They are valid from an hour ago: clocks
// differ.
func template(name string, validity time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("draw a serial number: %w", err)
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(validity),
	}, nil
}

func sign(t, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) (Pair, error) {
	der, err := x509.CreateCertificate(rand.Reader, t, parent, &key.PublicKey, signer)
	if err != nil {
		return Pair{}, fmt.Errorf("sign a certificate: %w", err)
	}
	k, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Pair{}, fmt.Errorf("write a key: %w", err)
	}
	return Pair{
		Cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		Key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: k}),
	}, nil
}

// nodeOf is the node that a certificate names; "" none.
func nodeOf(c *x509.Certificate) string {
	for _, name := range c.DNSNames {
		if node, ok := strings.CutSuffix(name, suffix); ok && node != "" {
			return node
		}
	}
	return ""
}
