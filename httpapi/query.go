package httpapi

import (
	"bytes"
	"unicode/utf8"

	"boxoffice/actors/payment/luhn"
)

// asked is what the query parameters of a route fill. A route that takes none has
// nil.
type asked interface {
	// params are the parameters in their order, at most 32. The table is only read.
	params() []param
	// set takes a value of the i-th parameter, which is valid until set returns, and
	// says what is wrong with it; "" is nothing. Empty values of blank ones are not set.
	set(i int, value []byte) string
	// whole says what is wrong with the parameters together. given has a bit for each
	// that was there, in the order of params, be its value right or wrong; a blank one
	// that is empty was not.
	whole(given uint32) []fieldError
}

// param is a query parameter that a route takes.
type param struct {
	name  string
	cards cards
	// blank: an empty value is none. Forms send a name for each of their fields, filled
	// in or not.
	blank bool
}

// seen has a bit for each parameter of a route: those whose name was there, and of
// these those whose value is empty and may be.
type seen struct{ names, blank uint32 }

// cards says how a parameter's value is searched for a card number.
type cards uint8

const (
	anywhere cards = iota // a text: none must be in it
	asWhole               // an id: it must not be one as a whole
	nowhere               // its own syntax keeps them out: degrees have many digits by nature
)

// The bounds of a query: a value after unescaping, in bytes, and how many faults
// are told at once, which is more than any route has parameters.
const (
	maxValue  = 1024
	maxFaults = 32
)

// query reads the query by the route's parameters: no other name, none twice, no
// bad escape. Nothing between two ampersands is nothing. Every fault is told at once.
// False: it has answered.
func (c *call) query(a asked) bool {
	_, raw, _ := bytes.Cut(c.ctx.Request.Header.RequestURI(), []byte{'?'})
	if errs := readQuery(raw, a, c.buf[:0]); len(errs) > 0 {
		c.invalid(errs...)
		return false
	}
	return true
}

// readQuery has a filled from a raw query and says what is wrong with it. scratch is
// memory for what has to be unescaped.
func readQuery(raw []byte, a asked, scratch []byte) (errs []fieldError) {
	var at seen
	for rest, more := raw, len(raw) > 0; more && len(errs) < maxFaults; {
		var pair []byte
		pair, rest, more = bytes.Cut(rest, []byte{'&'})
		if len(pair) == 0 {
			continue
		}
		if f := takeParam(a, pair, &at, scratch); f != nil {
			errs = append(errs, *f)
		}
	}
	if a != nil {
		errs = append(errs, a.whole(at.names&^at.blank)...)
	}
	return errs
}

// takeParam reads one "name=value".
func takeParam(a asked, pair []byte, at *seen, scratch []byte) *fieldError {
	rawName, rawValue, _ := bytes.Cut(pair, []byte{'='})
	name, wrong := unescape(rawName, nil)
	if wrong == "" {
		wrong = takeValue(a, name, rawValue, at, scratch)
	}
	if wrong != "" {
		return &fieldError{At: "?" + shownName(name), Detail: wrong}
	}
	return nil
}

// takeValue has a parameter set, and says what is wrong with it.
func takeValue(a asked, name, rawValue []byte, at *seen, scratch []byte) string {
	i := findParam(a, name)
	if i < 0 {
		return "is not a parameter of this call"
	}
	if at.names&(1<<i) != 0 {
		return "is given twice"
	}
	at.names |= 1 << i
	if len(rawValue) == 0 && a.params()[i].blank {
		at.blank |= 1 << i
		return ""
	}
	value, wrong := unescape(rawValue, scratch)
	switch cards := a.params()[i].cards; {
	case wrong != "":
		return wrong
	case len(value) > maxValue:
		return "is too long"
	case cards == anywhere && luhn.Contains(value), cards == asWhole && luhn.Is(value):
		return "holds what looks like a card number"
	}
	return a.set(i, value)
}

// findParam is the place of a parameter; -1: the route has none of that name.
func findParam(a asked, name []byte) int {
	if a == nil {
		return -1
	}
	for i, p := range a.params() {
		if p.name == string(name) {
			return i
		}
	}
	return -1
}

// shownName is a parameter's name as an error may repeat it: only where it is
// made of the characters that names have, and is no card number.
func shownName(name []byte) string {
	if !isToken(name, 64) || luhn.Contains(name) {
		return ""
	}
	return string(name)
}

// unescape undoes percent escapes and plus signs, in scratch where there are any.
// Control characters and what is not UTF-8 are wrong.
func unescape(b, scratch []byte) (text []byte, wrong string) {
	if bytes.IndexByte(b, '%') >= 0 || bytes.IndexByte(b, '+') >= 0 {
		out := scratch[:0]
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
				return nil, "has a bad percent escape"
			}
		}
		b = out
	}
	switch {
	case !utf8.Valid(b):
		return nil, "is not UTF-8"
	case hasControl(b):
		return nil, "holds a control character"
	}
	return b, ""
}

// hasControl reports whether there is a control character in UTF-8: C0, DEL or C1,
// which is C2 80 to C2 9F.
func hasControl(b []byte) bool {
	for i, ch := range b {
		if ch < ' ' || ch == 0x7f || ch == 0xC2 && b[i+1] < 0xA0 {
			return true
		}
	}
	return false
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
