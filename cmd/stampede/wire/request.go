package wire

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
)

// Target is a server.
type Target struct {
	Address string // HOST:PORT
	Token   string // of its admin paths; "": none is sent
}

// NewTarget reads the base URL of a server. Only plain HTTP: the crowd is beside the
// server, and encryption would be most of what it measures.
func NewTarget(base, token string) (Target, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" || u.Host == "" || u.Path != "" && u.Path != "/" {
		return Target{}, fmt.Errorf("%q is not of the form http://HOST:PORT", base)
	}
	address := u.Host
	if u.Port() == "" {
		address = net.JoinHostPort(u.Hostname(), "80")
	}
	return Target{address, token}, nil
}

// Request is one request of the contract.
type Request struct {
	Method string
	Path   string // with its query, escaped
	User   string // "": nobody
	Key    string // Idempotency-Key; "": none
	Place  string // Queue-Token; "": none
	Body   []byte
	Admin  bool // carries the admin token
}

// Append appends the request's bytes. The header names are the shortest set that a
// strict server takes.
func (r *Request) Append(dst []byte, to *Target) []byte {
	dst = append(dst, r.Method...)
	dst = append(dst, ' ')
	dst = append(dst, r.Path...)
	dst = append(dst, " HTTP/1.1\r\nHost: "...)
	dst = append(dst, to.Address...)
	dst = header(dst, "X-User-Id", r.User)
	dst = header(dst, "Idempotency-Key", r.Key)
	dst = header(dst, "Queue-Token", r.Place)
	if r.Admin && to.Token != "" {
		dst = header(dst, "Authorization", "Bearer "+to.Token)
	}
	if r.Body != nil {
		dst = append(dst, "\r\nContent-Type: application/json\r\nContent-Length: "...)
		dst = strconv.AppendInt(dst, int64(len(r.Body)), 10)
	}
	dst = append(dst, "\r\n\r\n"...)
	return append(dst, r.Body...)
}

// header appends one header line where there is a value.
func header(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(dst, "\r\n"...)
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	return append(dst, value...)
}
