package payment

import (
	"errors"
	"strings"
	"testing"
)

func TestAudit(t *testing.T) {
	line := func(effect Effect, key, payment, booking string) Entry {
		return Entry{
			Effect: effect, Key: key, Payment: payment, Event: "ev-1", Booking: booking, Amount: 100, Currency: "USD",
		}
	}
	auth := line(EffectAuthorised, "auth:b", "p", "b")
	capture := line(EffectCaptured, "cap:b", "p", "b")
	capture2 := line(EffectCaptured, "cap2:b", "p", "b")
	void := line(EffectVoided, "ref:b", "p", "b")
	refund := line(EffectRefunded, "ref:b", "p", "b")
	refund2 := line(EffectRefunded, "ref2:b", "p", "b")
	decline := line(EffectDeclined, "auth:b", "p", "b")
	less := capture
	less.Amount--
	for name, c := range map[string]struct {
		entries  []Entry
		fault    error
		reserved int64
		taken    int64
	}{
		"nothing":                {nil, nil, 0, 0},
		"authorised":             {[]Entry{auth}, nil, 100, 0},
		"declined":               {[]Entry{decline}, nil, 0, 0},
		"captured":               {[]Entry{auth, capture}, nil, 0, 100},
		"voided":                 {[]Entry{auth, void}, nil, 0, 0},
		"refunded":               {[]Entry{auth, capture, refund}, nil, 0, 0},
		"a key twice":            {[]Entry{auth, capture, capture}, errAuditKey, 0, 100},
		"a payment twice":        {[]Entry{auth, line(EffectAuthorised, "auth:c", "p", "c")}, errAuditFirst, 100, 0},
		"two of one booking":     {[]Entry{auth, line(EffectAuthorised, "again", "p2", "b")}, errAuditBooking, 100, 0},
		"captured twice":         {[]Entry{auth, capture, capture2}, errAuditTwice, 0, 100},
		"captured after void":    {[]Entry{auth, void, capture}, errAuditTwice, 0, 0},
		"voided after capture":   {[]Entry{auth, capture, void}, errAuditTwice, 0, 100},
		"refunded twice":         {[]Entry{auth, capture, refund, refund2}, errAuditTwice, 0, 0},
		"refund without capture": {[]Entry{auth, refund}, errAuditTwice, 100, 0},
		"captured alone":         {[]Entry{capture}, errAuditNone, 0, 0},
		"captured and declined":  {[]Entry{decline, capture}, errAuditNone, 0, 0},
		"another amount":         {[]Entry{auth, less}, errAuditOther, 100, 0},
		"another booking":        {[]Entry{auth, line(EffectCaptured, "cap:b", "p", "c")}, errAuditOther, 100, 0},
	} {
		positions, err := Audit(c.entries)
		if !errors.Is(err, c.fault) || (err == nil) != (c.fault == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.fault)
		}
		if p := positions["p"]; p.Reserved() != c.reserved || p.Taken() != c.taken {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestAuditStops(t *testing.T) {
	entries := make([]Entry, 100)
	for i := range entries {
		entries[i].Effect = EffectCaptured
	}
	_, err := Audit(entries)
	if n := strings.Count(err.Error(), "\n") + 1; n != maxFaults {
		t.Errorf("%d faults are listed", n)
	}
}
