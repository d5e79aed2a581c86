package live

import (
	"strconv"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/waitroom"

	"github.com/go-json-experiment/json/jsontext"
)

// The functions of this file make frames: each message is encoded once.

// message begins a message of an event's version.
func message(b []byte, k Kind, version uint64) []byte {
	b = append(append(append(b, `{"type":"`...), k.String()...), `","version":`...)
	return strconv.AppendUint(b, version, 10)
}

// versionFrame is a Snapshot or a Resync.
func versionFrame(k Kind, version uint64) *Frame {
	return &Frame{Kind: k, Version: version, JSON: append(message(nil, k, version), '}')}
}

// ticketsFrame is how tickets are at a version that changed after since.
func ticketsFrame(since, version uint64, changes []sale.TicketStatus) *Frame {
	b := message(make([]byte, 0, 96+32*len(changes)), Tickets, version)
	b = strconv.AppendUint(append(b, `,"since":`...), since, 10)
	b = append(b, `,"changes":[`...)
	for i := range changes {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, '['), changes[i].ID)
		b = append(append(append(b, `,"`...), changes[i].Status.String()...), `"]`...)
	}
	return &Frame{Kind: Tickets, Version: version, JSON: append(b, `]}`...), since: since}
}

// placeFrame is how a place is at a version. encode is Config.Place.
func placeFrame(version uint64, p *sale.Place, encode func([]byte, *sale.Place) []byte) *Frame {
	k := kindOf(p)
	b := message(make([]byte, 0, 512), k, version)
	switch k {
	case Position:
		b = append(b, ',')
		at := len(b)
		b = encode(b, p)
		b = append(b[:at], b[at+1:]...) // without its own brace
		return &Frame{Kind: k, Version: version, JSON: b}
	case Admitted:
		if p.Until != 0 {
			b, _ = p.Until.AppendText(append(b, `,"admittedUntil":"`...)) // always nil
			b = append(b, '"')
		}
	default:
		b = append(append(append(b, `,"reason":"`...), reasonOf(p)...), '"')
	}
	return &Frame{Kind: k, Version: version, JSON: append(b, '}')}
}

// kindOf is what is to be said of a place.
func kindOf(p *sale.Place) Kind {
	switch {
	case p.State == waitroom.Waiting:
		return Position
	case p.State == waitroom.Active:
		return Admitted
	case p.Reason == waitroom.TimedOut || p.Reason == waitroom.Lapsed:
		return Expired
	}
	return Ended
}

// reasonOf is why a place ended.
func reasonOf(p *sale.Place) string {
	switch p.Reason {
	case waitroom.Left:
		return "left"
	case waitroom.Lapsed:
		return "lapsed"
	case waitroom.TimedOut:
		return "timed-out"
	case waitroom.Booked:
		return "booked"
	case waitroom.HoldEnded:
		return "hold-ended"
	}
	return "unknown" // its event forgot it, or has another waiting room by now
}

// goodbyeFrame is one listener's own.
func goodbyeFrame(retryAfter time.Duration) *Frame {
	b := strconv.AppendInt([]byte(`{"type":"goodbye","retryAfterMs":`), retryAfter.Milliseconds(), 10)
	return &Frame{Kind: Goodbye, JSON: append(b, '}')}
}

// appendString appends a JSON string. Nearly all ids are plain letters.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			b, _ = jsontext.AppendQuote(b, s) // the error says that it mended bad UTF-8
			return b
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
