package payment

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// Effect is what a line of the ledger says has happened.
type Effect string

// The effects.
const (
	EffectAuthorised Effect = "authorised"
	EffectDeclined   Effect = "declined"
	EffectCaptured   Effect = "captured"
	EffectVoided     Effect = "voided" // an authorisation that was not captured was let go
	EffectRefunded   Effect = "refunded"
)

// Entry is one line of the sandbox's ledger.
type Entry struct {
	At       time.Time // in UTC, to the millisecond
	Effect   Effect
	Key      string // idempotency key of the call
	Payment  string // payment id
	Event    string
	Booking  string
	Amount   int64  // minor units: of the whole payment, always
	Currency string // ISO 4217
	Reason   string // of a decline
	Params   uint64 // digest of the request, of authorised and declined; 0: matches any
}

// entryTime is how At is written.
const entryTime = "2006-01-02T15:04:05.000Z"

// maxEntry bounds a line, in bytes: six strings of at most maxText bytes, each of
// which is at most six bytes of JSON, and what is around them.
const maxEntry = 16 << 10

var errEntry = errors.New("not a line of a ledger")

// appendEntry appends an entry as a line of JSON with its newline. The members
// stand always in the same order, the empty ones too, so that reading is simple.
func appendEntry(b []byte, e *Entry) []byte {
	return appendEntryAt(b, e, e.At.UTC().AppendFormat(nil, entryTime))
}

// appendEntryAt is appendEntry for who has the time written down.
func appendEntryAt(b []byte, e *Entry, at []byte) []byte {
	b = append(b, `{"at":"`...)
	b = append(b, at...)
	b = append(b, `","effect":"`...)
	b = appendText(b, string(e.Effect))
	b = append(b, `","key":"`...)
	b = appendText(b, e.Key)
	b = append(b, `","payment":"`...)
	b = appendText(b, e.Payment)
	b = append(b, `","event":"`...)
	b = appendText(b, e.Event)
	b = append(b, `","booking":"`...)
	b = appendText(b, e.Booking)
	b = append(b, `","amount":`...)
	b = strconv.AppendInt(b, e.Amount, 10)
	b = append(b, `,"currency":"`...)
	b = appendText(b, e.Currency)
	b = append(b, `","reason":"`...)
	b = appendText(b, e.Reason)
	b = append(b, `","params":"`...)
	b = strconv.AppendUint(b, e.Params, 16)
	return append(b, '"', '}', '\n')
}

// appendText appends what stands between the quotes of a string; nearly always as it
// is.
func appendText(b []byte, v string) []byte {
	for i := range len(v) {
		if c := v[i]; c < 0x20 || c == '"' || c == '\\' {
			return appendEscaped(append(b, v[:i]...), v[i:])
		}
	}
	return append(b, v...)
}

// appendEscaped is appendText where something has to be escaped.
func appendEscaped(b []byte, v string) []byte {
	for i := range len(v) {
		switch c := v[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20:
			b = append(b, `\u00`...)
			b = append(b, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		default:
			b = append(b, c)
		}
	}
	return b
}

// parseEntry reads what appendEntry wrote, without the newline, and nothing else.
func parseEntry(line []byte) (Entry, error) {
	p := parser{b: line}
	var e Entry
	at := p.member(`{"at":`)
	e.Effect = Effect(p.member(`,"effect":`))
	e.Key = p.member(`,"key":`)
	e.Payment = p.member(`,"payment":`)
	e.Event = p.member(`,"event":`)
	e.Booking = p.member(`,"booking":`)
	e.Amount = p.number(`,"amount":`)
	e.Currency = p.member(`,"currency":`)
	e.Reason = p.member(`,"reason":`)
	params := p.member(`,"params":`)
	p.take("}")
	if p.bad || len(p.b) > 0 {
		return Entry{}, errEntry
	}
	var err error
	if e.At, err = time.Parse(entryTime, at); err != nil {
		return Entry{}, fmt.Errorf("%w: %w", errEntry, err)
	}
	if e.Params, err = strconv.ParseUint(params, 16, 64); err != nil {
		return Entry{}, fmt.Errorf("%w: %w", errEntry, err)
	}
	switch e.Effect {
	case EffectAuthorised, EffectDeclined, EffectCaptured, EffectVoided, EffectRefunded:
		return e, nil
	}
	return Entry{}, fmt.Errorf("%w: effect %q", errEntry, e.Effect)
}

// parser takes a line to pieces from the left. After the first thing that is not
// as it should be, bad is set and everything is empty.
type parser struct {
	b   []byte
	bad bool
}

// take takes a text that must be there.
func (p *parser) take(text string) {
	rest, ok := bytes.CutPrefix(p.b, []byte(text))
	if !ok {
		p.bad = true
		p.b = nil
		return
	}
	p.b = rest
}

// number takes a name and an integer.
func (p *parser) number(name string) int64 {
	p.take(name)
	end := bytes.IndexByte(p.b, ',')
	if end < 0 {
		p.bad = true
		return 0
	}
	n, err := strconv.ParseInt(string(p.b[:end]), 10, 64)
	if err != nil {
		p.bad = true
	}
	p.b = p.b[end:]
	return n
}

// member takes a name and a string.
func (p *parser) member(name string) string {
	p.take(name)
	p.take(`"`)
	var v []byte
	for i := 0; i < len(p.b); i++ {
		switch c := p.b[i]; {
		case c == '"':
			if v == nil {
				v = p.b[:i]
			}
			p.b = p.b[i+1:]
			if !utf8.Valid(v) {
				p.bad = true
			}
			return string(v)
		case c == '\\':
			if v == nil {
				v = append(make([]byte, 0, len(p.b)), p.b[:i]...)
			}
			n := p.escape(p.b[i+1:], &v)
			i += n
		case c < 0x20:
			p.bad = true
			return ""
		case v != nil:
			v = append(v, c)
		}
	}
	p.bad = true
	return ""
}

// escape reads what follows a backslash, appends what it stands for, and returns
// how long it was.
func (p *parser) escape(b []byte, v *[]byte) int {
	if len(b) > 0 && (b[0] == '"' || b[0] == '\\') {
		*v = append(*v, b[0])
		return 1
	}
	if len(b) >= 5 && string(b[:3]) == "u00" {
		if c, err := strconv.ParseUint(string(b[3:5]), 16, 8); err == nil && c < 0x20 {
			*v = append(*v, byte(c))
			return 5
		}
	}
	p.bad = true
	return 0
}
