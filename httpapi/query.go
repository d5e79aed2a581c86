package httpapi

import (
	"bytes"
	"unicode/utf8"

	"boxoffice/actors/payment/luhn"
)

// param is a query parameter that a route takes.
type param struct {
	name string
	set  func(value []byte) string // says what is wrong with a value; "" is nothing
}

// maxValue bounds a parameter's value after unescaping, in bytes.
const maxValue = 256

// query reads the query by the route's parameters: no other name, none twice, no
// bad escape. The value given to set is valid until the call ends. False: it has
// answered.
func (c *call) query(params []param) bool {
	_, raw, has := bytes.Cut(c.ctx.Request.Header.RequestURI(), []byte{'?'})
	if !has || len(raw) == 0 {
		return true
	}
	var errs []fieldError
	seen := 0
	for rest, more := raw, true; more && len(errs) < 8; {
		var pair []byte
		pair, rest, more = bytes.Cut(rest, []byte{'&'})
		if f := takeParam(params, pair, &seen); f != nil {
			errs = append(errs, *f)
		}
	}
	if len(errs) > 0 {
		c.invalid(errs...)
		return false
	}
	return true
}

// takeParam reads one "name=value"; seen has a bit for each parameter had.
func takeParam(params []param, pair []byte, seen *int) *fieldError {
	rawName, rawValue, _ := bytes.Cut(pair, []byte{'='})
	name, okName := unescape(rawName)
	value, okValue := unescape(rawValue)
	at := "?" + shownName(name, okName)
	if !okName || !okValue || len(value) > maxValue {
		return &fieldError{At: at, Detail: "has a bad escape, or is not UTF-8, or is too long"}
	}
	for i := range params {
		if params[i].name != string(name) {
			continue
		}
		if *seen&(1<<i) != 0 {
			return &fieldError{At: at, Detail: "is given twice"}
		}
		*seen |= 1 << i
		if luhn.Contains(value) {
			return &fieldError{At: at, Detail: "holds what looks like a card number"}
		}
		if wrong := params[i].set(value); wrong != "" {
			return &fieldError{At: at, Detail: wrong}
		}
		return nil
	}
	return &fieldError{At: at, Detail: "is not a parameter of this call"}
}

// shownName is a parameter's name as an error may repeat it: only where it is
// made of the characters that names have, and is no card number.
func shownName(name []byte, ok bool) string {
	if !ok || !isToken(name, 64) || luhn.Contains(name) {
		return ""
	}
	return string(name)
}

// unescape undoes percent escapes and plus signs. Control characters and what is
// not UTF-8 are refused.
func unescape(b []byte) ([]byte, bool) {
	if bytes.IndexByte(b, '%') >= 0 || bytes.IndexByte(b, '+') >= 0 {
		out := make([]byte, 0, len(b))
		for i := 0; i < len(b); i++ {
			switch {
			case b[i] == '+':
				out = append(out, ' ')
			case b[i] != '%':
				out = append(out, b[i])
			case i+2 < len(b) && hexDigit(b[i+1]) >= 0 && hexDigit(b[i+2]) >= 0:
				out = append(out, byte(hexDigit(b[i+1])<<4|hexDigit(b[i+2])))
				i += 2
			default:
				return nil, false
			}
		}
		b = out
	}
	for _, ch := range b {
		if ch < ' ' || ch == 0x7f {
			return nil, false
		}
	}

	return b, utf8.Valid(b)
}

func hexDigit(ch byte) int {
	switch {
	case ch >= '0' && ch <= '9':
		return int(ch - '0')
	case ch >= 'a' && ch <= 'f':
		return int(ch-'a') + 10
	case ch >= 'A' && ch <= 'F':
		return int(ch-'A') + 10
	}
	return -1
}
