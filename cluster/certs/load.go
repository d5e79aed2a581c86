package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// Load reads a node's files and makes the two sides of mutual TLS from them. Both
// configurations hold the other side to a certificate of the same authority that
// names a node; NodeOf tells which.
func Load(caFile, certFile, keyFile string) (server, client *tls.Config, err error) {
	ca, err := os.ReadFile(caFile)
	if err != nil {
		return nil, nil, fmt.Errorf("read the authority: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, nil, fmt.Errorf("read the authority: no certificate in %s", caFile)
	}
	f := &files{cert: certFile, key: keyFile}
	pair, err := f.pair()
	if err != nil {
		return nil, nil, err
	}
	if err := verify(roots, []*x509.Certificate{pair.Leaf}, x509.ExtKeyUsageAny); err != nil {
		return nil, nil, fmt.Errorf("check %s: %w", certFile, err)
	}
	server = &tls.Config{
		MinVersion:     tls.VersionTLS13,
		ClientAuth:     tls.RequireAndVerifyClientCert,
		ClientCAs:      roots,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.pair() },
		VerifyConnection: func(s tls.ConnectionState) error {
			return verify(roots, s.PeerCertificates, x509.ExtKeyUsageClientAuth)
		},
	}
	client = &tls.Config{
		MinVersion:           tls.VersionTLS13,
		RootCAs:              roots,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return f.pair() },
		// Addresses change and names of hosts are not ours: a node is known by the name in
		// its certificate, which VerifyConnection checks with the whole chain.
		InsecureSkipVerify: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			return verify(roots, s.PeerCertificates, x509.ExtKeyUsageServerAuth)
		},
	}
	return server, client, nil
}

// NodeOf names the node on the other side of a connection of Load's
// configurations.
func NodeOf(s tls.ConnectionState) string {
	if len(s.PeerCertificates) == 0 {
		return ""
	}
	return nodeOf(s.PeerCertificates[0])
}

// verify holds a chain to the authority, and its first certificate to a node's.
func verify(roots *x509.CertPool, chain []*x509.Certificate, usage x509.ExtKeyUsage) error {
	if len(chain) == 0 {
		return errors.New("no certificate was shown")
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{usage},
	})
	if err != nil {
		return fmt.Errorf("verify the certificate: %w", err)
	}
	if nodeOf(chain[0]) == "" {
		return errors.New("the certificate names no node")
	}
	return nil
}

// files are a node's certificate and key, read again when they were replaced.
type files struct {
	cert, key string

	mu       sync.Mutex // guards what follows
	last     *tls.Certificate
	modified [2]time.Time
}

// pair gives the files' content. When new files cannot be read, the old ones are
// used: they may be half replaced.
func (f *files) pair() (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	modified := [2]time.Time{modTime(f.cert), modTime(f.key)}
	if f.last != nil && modified == f.modified {
		return f.last, nil
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	switch {
	case err == nil:
		f.last, f.modified = &pair, modified
	case f.last == nil:
		return nil, fmt.Errorf("read the node's certificate: %w", err)
	}
	return f.last, nil
}

func modTime(file string) time.Time {
	info, err := os.Stat(file)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
