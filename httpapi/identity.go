package httpapi

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"boxoffice/actors/payment/luhn"

	"github.com/golang-jwt/jwt/v5"
	"github.com/valyala/fasthttp"
)

// maxUser bounds a user's name in bytes.
const maxUser = 256

// minSecret is the least length of an HS256 secret in bytes: the hash's own.
const minSecret = 32

// verifier checks users' JWTs. The algorithm is the key's: a token cannot choose.
type verifier struct {
	parser *jwt.Parser
	key    any
}

// newVerifier reads the key: a PEM public key, or else an HS256 secret.
func newVerifier(key []byte, now func() time.Time) (*verifier, error) {
	if len(key) == 0 {
		return nil, nil
	}
	alg, parsed, err := parseKey(key)
	if err != nil {
		return nil, fmt.Errorf("read the JWT key: %w", err)
	}
	p := jwt.NewParser(jwt.WithValidMethods([]string{alg}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(now))
	return &verifier{parser: p, key: parsed}, nil
}

// parseKey tells a PEM public key from a secret, and the algorithm that goes with it.
// What looks like PEM and is not is an error: as a secret it would be public.
func parseKey(key []byte) (alg string, parsed any, err error) {
	block, _ := pem.Decode(key)
	if block == nil {
		if bytes.Contains(key, []byte("-----BEGIN")) {
			return "", nil, errors.New("the PEM block cannot be read")
		}
		if len(key) < minSecret {
			return "", nil, errors.New("an HS256 secret has 32 bytes or more")
		}
		return "HS256", key, nil
	}
	pub, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return "", nil, err
	}
	switch k := pub.(type) {
	case *rsa.PublicKey:
		return "RS256", k, nil
	case *ecdsa.PublicKey:
		if k.Curve.Params().BitSize != 256 {
			return "", nil, errors.New("ES256 needs a P-256 key")
		}
		return "ES256", k, nil
	case ed25519.PublicKey:
		return "EdDSA", k, nil
	}
	return "", nil, errors.New("the key is none of RSA, P-256 and Ed25519")
}

// subject is the user of a valid token.
func (v *verifier) subject(token []byte) (string, bool) {
	var claims jwt.RegisteredClaims
	if _, err := v.parser.ParseWithClaims(string(token), &claims, func(*jwt.Token) (any, error) {
		return v.key, nil
	}); err != nil {
		return "", false // why is told to nobody: it would help to forge
	}
	return claims.Subject, validUser([]byte(claims.Subject))
}

// validUser reports whether a name is 1 to 256 visible ASCII characters.
func validUser(b []byte) bool {
	if len(b) == 0 || len(b) > maxUser || luhn.Contains(b) {
		return false
	}
	for _, ch := range b {
		if ch <= ' ' || ch >= 0x7f {
			return false
		}
	}
	return true
}

// user is who asks; "" is anonymous. False: it has answered.
func (c *call) user() (string, bool) {
	if c.srv.verifier != nil {
		// With a key of our own the header of a gateway counts for nothing.
		token, given, ok := c.bearer()
		if !given {
			return "", true
		}
		if ok {
			var user string
			if user, ok = c.subject(token); ok {
				return user, true
			}
		}
		c.unauthorized()
		return "", false
	}
	line := c.head.userID
	if line.n == 0 {
		return "", true
	}
	if line.n > 1 || !validUser(line.value) {
		c.invalid(fieldError{At: headerUserID, Detail: "must be 1 to 256 visible characters, once, and no card number"})
		return "", false
	}
	return string(line.value), true
}

// subject is the user of the request's bearer token, which is checked once.
func (c *call) subject(token []byte) (user string, ok bool) {
	if !c.known.yes {
		c.known.user, c.known.ok = c.srv.verifier.subject(token)
		c.known.yes = true
	}
	return c.known.user, c.known.ok
}

// bearer is the token of the Authorization header. A second such header, which
// another program on the way might take for the true one, makes both worthless.
func (c *call) bearer() (token []byte, given, ok bool) {
	const scheme = "bearer "
	all := c.ctx.Request.Header.PeekAll(fasthttp.HeaderAuthorization)
	if len(all) != 1 {
		return nil, len(all) > 0, false
	}
	auth := all[0]
	if len(auth) <= len(scheme) || !bytes.EqualFold(auth[:len(scheme)], []byte(scheme)) {
		return nil, true, false
	}
	return auth[len(scheme):], true, true
}

// unauthorized answers 401, which names the scheme as RFC 9110 wants it.
func (c *call) unauthorized() {
	c.fail(codeUnauthorized, fault{})
	c.ctx.Response.Header.Set(fasthttp.HeaderWWWAuthenticate, "Bearer")
}

// checkAdmin lets admin calls through: with the token, or, where none is
// configured, from this machine. False: it has answered.
func (c *call) checkAdmin() bool {
	want := c.srv.adminToken
	if want == nil {
		if !c.ctx.RemoteIP().IsLoopback() {
			c.fail(codeForbidden, fault{})
			return false
		}
		return true
	}
	token, _, ok := c.bearer()
	got := sha256.Sum256(token)
	if !ok || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
		c.unauthorized()
		return false
	}
	return true
}
