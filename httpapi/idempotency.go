package httpapi

import (
	"crypto/sha256"

	"boxoffice/actors/payment/luhn"
	"boxoffice/actors/sale"

	"github.com/go-json-experiment/json/jsontext"
)

// by says who wishes and under which key. False: it has answered.
func (c *call) by() (sale.By, bool) {
	user, ok := c.user()
	if !ok {
		return sale.By{}, false
	}
	line := c.head.key
	if line.n == 0 {
		return sale.By{User: user}, true
	}
	if line.n > 1 || !isToken(line.value, 64) || luhn.Contains(line.value) {
		c.invalid(fieldError{At: headerKey, Detail: "must be 1 to 64 of A-Z a-z 0-9 _ -, once, and no card number"})
		return sale.By{}, false
	}
	key, ok := c.digestKey(user, line.value)
	if !ok {
		c.invalid(fieldError{Detail: "not valid JSON"})
		return sale.By{}, false
	}
	return sale.By{User: user, Key: key}, true
}

// digestKey makes the core's form of a key: ID from who asks for what under which
// key, Body from the body's content. Spaces and the order of members make no
// difference, so a client may encode its repeat anew.
func (c *call) digestKey(user string, key []byte) (k sale.Key, ok bool) {
	h := &c.ctx.Request.Header
	b := append(c.buf[:0], user...)
	b = append(b, 0)
	b = append(b, h.Method()...)
	b = append(b, 0)
	b = append(b, h.RequestURI()...)
	b = append(b, 0)
	b = append(b, key...)
	id := sha256.Sum256(b)
	copy(k.ID[:], id[:])

	c.buf = b[:0]
	if len(c.canonical) == 0 && len(c.body) > 0 {
		v := jsontext.Value(append(c.canonical, c.body...))
		if v.Canonicalize() != nil {
			return k, false
		}
		c.canonical = v
	}
	body := sha256.Sum256(c.canonical)
	copy(k.Body[:], body[:])
	return k, true
}

// reader is who wishes, for calls that change nothing and so take no key.
func (c *call) reader() (sale.By, bool) {
	user, ok := c.user()
	return sale.By{User: user}, ok
}
