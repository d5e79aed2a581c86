package httpapi

import (
	"errors"
	"io"
	"reflect"
	"strings"

	"boxoffice/actors/payment/luhn"
	"boxoffice/actors/sale/catalog"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// minRun is the fewest digits of a card number.
const minRun = 13

// maxDepth bounds the nesting of a body. The contract's deepest body has 6 levels.
const maxDepth = 16

// strictJSON decodes as the contract wants it: no unknown members; duplicates,
// bad UTF-8, other spellings of a name and trailing bytes are refused already.
var strictJSON = json.JoinOptions(json.RejectUnknownMembers(true))

// eventJSON reads an event's description, half a location of which would pass for a
// whole one: on the equator, or at Greenwich.
var eventJSON = json.JoinOptions(strictJSON, json.WithUnmarshalers(json.UnmarshalFromFunc(readLocation)))

// readLocation reads a location, which has both of its members.
func readLocation(d *jsontext.Decoder, to *catalog.Location) error {
	var at struct {
		Lat *float64 `json:"lat"`
		Lon *float64 `json:"lon"`
	}
	if err := json.UnmarshalDecode(d, &at); err != nil {
		return err
	}
	if at.Lat == nil || at.Lon == nil {
		return memberError("must have lat and lon")
	}
	to.Lat, to.Lon = *at.Lat, *at.Lon
	return nil
}

// decode reads the body into v, a pointer to a struct. False: it has answered.
func (c *call) decode(v any) bool {
	if errs := decodeJSON(c.body, v); len(errs) > 0 {
		c.invalid(errs...)
		return false
	}
	return true
}

// decodeJSON reads one JSON object, or says what is wrong with it. Nothing of the
// result points into b.
func decodeJSON(b []byte, v any) []fieldError {
	if suspicious(b) {
		if f := inspect(b); f != nil {
			return []fieldError{*f}
		}
	}
	options := strictJSON
	if _, ok := v.(*catalog.Event); ok {
		options = eventJSON
	}
	if err := json.Unmarshal(b, v, options); err != nil {
		return []fieldError{fieldOf(err)}
	}
	return nil
}

// suspicious looks at the bytes alone, without parsing: could there be something
// that the decoder would let pass? It may be wrong in saying yes, never in saying
// no. It costs a nanosecond or so a byte, and most bodies end here.
func suspicious(b []byte) bool {
	depth, digits, first := 0, 0, true
	for i, ch := range b {
		switch {
		case ch >= '0' && ch <= '9':
			// A run of digits with blanks or dashes between them.
			if digits++; digits >= minRun {
				return true
			}
			continue
		case ch == ' ' || ch == '-':
			continue
		}
		digits = 0
		switch ch {
		case '{', '[':
			if depth++; depth > maxDepth || first && ch == '[' {
				return true
			}
		case '}', ']':
			depth--
		case 'n':
			if len(b)-i >= 4 && string(b[i:i+4]) == "null" {
				return true
			}
		case '\\': // \u0000, or digits in disguise
			if i+1 < len(b) && b[i+1] == 'u' {
				return true
			}
		case '\t', '\n', '\r':
			continue
		default:
			if first {
				return true
			}
		}
		first = false
	}
	return first
}

// inspect walks over the tokens and finds what the decoder would let pass: a body
// that is no object, null, NUL characters, card numbers, deep nesting. What the
// decoder refuses itself is left to it.
func inspect(b []byte) *fieldError {
	d := jsontext.NewDecoder(newReader(b))
	if kind := d.PeekKind(); kind != '{' && kind != 0 {
		return &fieldError{At: "", Detail: "the body must be a JSON object"}
	}
	for {
		tok, err := d.ReadToken()
		if err != nil {
			return inspectEnd(err)
		}
		if d.StackDepth() > maxDepth {
			return &fieldError{At: "", Detail: "nested more than 16 levels deep"}
		}
		switch tok.Kind() {
		case 'n':
			return &fieldError{At: pointer(d.StackPointer()), Detail: "must not be null; leave the member out"}
		case '"':
			if f := inspectString(d, tok.String()); f != nil {
				return f
			}
		}
	}
}

func inspectEnd(err error) *fieldError {
	if err == io.EOF {
		return nil
	}
	f := fieldOf(err)
	return &f
}

func inspectString(d *jsontext.Decoder, s string) *fieldError {
	text := []byte(s)
	if luhn.Contains(text) && (luhn.Is(text) || !isID(d.StackPointer())) {
		at := pointer(d.StackPointer())
		if luhn.Contains(at) {
			at = "" // a member's name: it is not repeated
		}
		return &fieldError{At: at, Detail: "holds what looks like a card number; send the payment provider's token"}
	}
	for _, ch := range text {
		if ch == 0 {
			return &fieldError{At: pointer(d.StackPointer()), Detail: "holds a NUL character"}
		}
	}
	return nil
}

// ids are the members that hold ids, or names that ids of tickets are made of: in
// requests, then in events. Ids have long numbers in them, and one of ten looks like
// a card's by chance. So these are refused only where they are one as a whole.
var ids = map[string]bool{
	"/ticketIds/*": true, "/add/*": true, "/remove/*": true,
	"/id": true, "/venue/id": true, "/performers/*/id": true,
	"/inventory/sections/*/name": true, "/inventory/sections/*/rows/*/name": true,
	"/inventory/sections/*/seats/*/id":     true,
	"/inventory/sections/*/seats/*/row":    true,
	"/inventory/sections/*/seats/*/number": true,
}

// isID reports whether a member is one of ids.
func isID(p jsontext.Pointer) bool {
	var pattern strings.Builder
	for step := range p.Tokens() {
		if _, ok := parseUint([]byte(step), maxVersion); ok {
			step = "*"
		}
		pattern.WriteString("/" + step)
	}
	return ids[pattern.String()]
}

// fieldOf says where and what a JSON error is, without repeating the input.
func fieldOf(err error) fieldError {
	var syntax *jsontext.SyntacticError
	var meaning *json.SemanticError
	switch {
	case errors.As(err, &syntax):
		detail := "not valid JSON"
		if errors.Is(err, jsontext.ErrDuplicateName) {
			detail = "is given twice"
		}
		return fieldError{At: pointer(syntax.JSONPointer), Detail: detail}
	case errors.As(err, &meaning):
		return fieldError{At: pointer(meaning.JSONPointer), Detail: meaningOf(meaning)}
	}
	return fieldError{Detail: "not valid JSON"}
}

// meaningOf says why a value is not what the member takes.
func meaningOf(e *json.SemanticError) string {
	var own memberError
	switch {
	case errors.Is(e.Err, json.ErrUnknownName):
		return "is not a member of this request"
	case errors.As(e.Err, &own):
		return string(own)
	case e.GoType == nil:
		return "is not of the right type"
	case e.GoType == reflect.TypeFor[catalog.Time]():
		return "must be a time as in 2027-06-01T19:30:00Z (RFC 3339)"
	}
	switch e.GoType.Kind().String() {
	case "int", "int64":
		return "must be a whole number"
	case "string":
		return "must be a string"
	case "bool":
		return "must be true or false"
	case "slice":
		return "must be an array"
	case "struct":
		return "must be an object"
	case "float64":
		return "must be a number"
	}
	return "is not of the right form"
}

// memberError is what a member's own decoder says is wrong.
type memberError string

func (e memberError) Error() string { return string(e) }

// maxPointer bounds what is told of where a fault is: names can be long.
const maxPointer = 200

func pointer(p jsontext.Pointer) string {
	if len(p) > maxPointer {
		return string(p[:maxPointer])
	}
	return string(p)
}

// newReader is a reader of b for the token decoder.
func newReader(b []byte) io.Reader { return &byteReader{b} }

type byteReader struct{ b []byte }

func (r *byteReader) Read(p []byte) (int, error) {
	if len(r.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.b)
	r.b = r.b[n:]
	return n, nil
}
