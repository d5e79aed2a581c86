package salepb

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"boxoffice/actors/sale"
)

// message is the bytes of a message with one field of bytes type.
func message(field protowire.Number, body ...byte) []byte {
	b, at := open(nil, field)
	return shut(append(b, body...), at)
}

func TestDecodeRecordErrors(t *testing.T) {
	hold := AppendRecord(nil, &sale.HoldPlaced{At: noon, Hold: exampleHold})
	booking := exampleBooking
	booking.Status = sale.BookingRefunded + 1
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"nothing", nil, "a record without a kind"},
		{"no kind", appendInt(nil, 2, 1), "a record without a kind"},
		{"shared field, no kind", message(1000), "a record without a kind"},
		{"later kind", message(24, 1, 2, 3), "kind 24 is not known: a later version wrote it"},
		{"later kind and shared field", append(message(1000), message(24)...), "kind 24 is not known"},
		{"later format", append(appendInt(nil, 1, 1), hold...), "format 1; this program reads up to 0"},
		{"two kinds", append(message(13), message(15)...), "field 15: a record of two kinds"},
		{"a kind twice", append(message(13), message(13)...), "a record of two kinds"},
		{"kind of another type", appendInt(nil, 7, 1), "field 7: wrong wire type"},
		{"time of another type", message(2, 'x'), "field 2: wrong wire type"},
		{"short key", message(3, 1, 2), "field 3: an id of 2 bytes, not 16"},
		{"short id in a kind", message(13, message(1, 1)...), "record of kind 13: field 1: an id of 1 bytes"},
		{"unknown status", AppendRecord(nil, &sale.PaymentStarted{Booking: booking}), "status 6 is not known"},
		{"cut", hold[:len(hold)-1], "unexpected EOF"},
		{"cut in the tag", []byte{0x80}, "unexpected EOF"},
		{"field 0", []byte{0x00, 0x00}, "invalid field number"},
		{"rubbish in an empty kind", message(6, 0xff), "unexpected EOF"},
		{"length beyond the end", []byte{0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f}, "unexpected EOF"},
	} {
		r, err := DecodeRecord(c.b)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, %v; want an error with %q", c.name, r, err, c.want)
		}
		if r != nil {
			t.Errorf("%s: an error and a record", c.name)
		}
	}
}

// TestLaterFields: fields that a later version adds are skipped wherever they
// are, and of whatever type.
func TestLaterFields(t *testing.T) {
	later := func(b []byte) []byte {
		b = appendString(b, 2000, "later")
		b = appendInt(b, 2001, 7)
		b = appendFloat(b, 2002, 7)
		b = protowire.AppendTag(b, 2003, protowire.Fixed32Type)
		b = protowire.AppendFixed32(b, 7)
		b = protowire.AppendTag(b, 2004, protowire.StartGroupType)
		return protowire.AppendTag(b, 2004, protowire.EndGroupType)
	}
	want := &sale.HoldPlaced{At: noon, Key: exampleKey, Hold: exampleHold}
	hold := appendHold(nil, 1, &exampleHold)
	_, n := protowire.ConsumeVarint(hold[1:])
	hold = message(1, later(hold[1+n:])...)
	b := appendAtKey(later(nil), 2, noon, exampleKey)
	b = append(b, message(holdPlaced, later(hold)...)...)
	got, err := DecodeRecord(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(AppendRecord(nil, got), AppendRecord(nil, want)) {
		t.Fatalf("read as %+v", got)
	}

	for _, g := range goldens() {
		got, err := g.decode(later(bytes.Clone(g.bytes)))
		if err != nil {
			t.Errorf("%s: %v", g.name, err)
		} else if got == nil {
			t.Errorf("%s: nothing", g.name)
		}
	}
}

// TestLaterFormats: each thing with a format says so when it is too new.
func TestLaterFormats(t *testing.T) {
	for _, g := range goldens() {
		_, err := g.decode(appendInt(bytes.Clone(g.bytes), 1, 3))
		if err == nil || !strings.Contains(err.Error(), "format 3") {
			t.Errorf("%s: %v", g.name, err)
		}
	}
}

// TestUnpacked: a repeated number may be written one by one, or in parts.
func TestUnpacked(t *testing.T) {
	b := appendInt(nil, 5, uint64(300))
	b = append(b, message(5, 1, 2)...)
	c, err := DecodeCheckpoint(b)
	if err != nil || len(c.ChangedAt) != 3 || c.ChangedAt[0] != 300 || c.ChangedAt[2] != 2 {
		t.Fatalf("%v, %v", c.ChangedAt, err)
	}
	if _, err := DecodeCheckpoint(message(5, 1, 0x80)); err == nil {
		t.Fatal("half a number is no error")
	}
}

// TestDecodedKeepsNothing: what was decoded does not change with its bytes.
func TestDecodedKeepsNothing(t *testing.T) {
	for _, g := range goldens() {
		b := bytes.Clone(g.bytes)
		v, err := g.decode(b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b {
			b[i] ^= 0xff
		}
		if got := encodeAny(v); !bytes.Equal(got, g.bytes) {
			t.Errorf("%s changed with the bytes that it was read from", g.name)
		}
	}
}

func encodeAny(v any) []byte {
	switch v := v.(type) {
	case sale.Checkpoint:
		return EncodeCheckpoint(v)
	case sale.Summary:
		return AppendSummary(nil, v)
	case Details:
		return EncodeDetails(v)
	}
	return AppendRecord(nil, v.(sale.Record))
}

// TestDecodeMemory: the worst that a megabyte can ask for is still in proportion
// to it. Empty bookings are the most expensive: 2 bytes become some 300.
func TestDecodeMemory(t *testing.T) {
	const size = 1 << 20
	for name, element := range map[string][]byte{
		"bookings": {7<<3 | 2, 0}, "holds": {6<<3 | 2, 0}, "answers": {8<<3 | 2, 0},
		"numbers": {5 << 3, 0}, "events": {4<<3 | 2, 0}, "expired": {9<<3 | 2, 0},
	} {
		b := bytes.Repeat(element, size/len(element))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := DecodeCheckpoint(b); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if used := (after.TotalAlloc - before.TotalAlloc) / size; used > 512 {
			t.Errorf("%s: %d bytes allocated for a byte of input", name, used)
		}
	}
}

func TestForeignRecordPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("a record of no known type has bytes")
		}
	}()
	AppendRecord(nil, nil)
}

func TestAppendAllocatesNothing(t *testing.T) {
	buf := make([]byte, 0, 4096)
	for _, r := range exampleRecords {
		if n := testing.AllocsPerRun(100, func() { AppendRecord(buf, r) }); n != 0 {
			t.Errorf("%T: %v allocations", r, n)
		}
	}
	if n := testing.AllocsPerRun(100, func() { AppendSummary(buf, exampleSummary) }); n != 0 {
		t.Errorf("summary: %v allocations", n)
	}
}

// TestEncodeChangesNothing: the sections stay in the event of the caller.
func TestEncodeDetailsKeepsSections(t *testing.T) {
	EncodeDetails(Details{Event: exampleEvent})
	if len(exampleEvent.Inventory.Sections) != 3 {
		t.Fatal("the sections are gone")
	}
}
