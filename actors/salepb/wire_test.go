package salepb

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/inventory"
)

var exampleBy = sale.By{User: "alice", Key: exampleKey}

// exampleCommands has one command of each kind that clients send.
var exampleCommands = []sale.Command{
	&sale.DefineEvent{By: exampleBy, Event: exampleEvent},
	&sale.RemoveEvent{By: exampleBy},
	&sale.PlaceHold{By: exampleBy, ID: id(0x30), TicketIDs: []string{"101-A-1", "101-A-2"}},
	&sale.PlaceHold{ID: id(0x30), Best: inventory.Query{Quantity: 4, Section: "101", MaxPrice: 9_900, Adjacent: true}},
	&sale.ExtendHold{By: exampleBy, ID: id(0x30)},
	&sale.SwapHold{By: exampleBy, ID: id(0x30), Add: []string{"101-A-1"}, Remove: []string{"101-A-2", "101-A-3"}},
	&sale.ReleaseHold{By: exampleBy, ID: id(0x30)},
	&sale.ShowHold{By: exampleBy, ID: id(0x30)},
	&sale.Book{By: exampleBy, ID: id(0x40), Hold: id(0x30), TicketIDs: []string{"101-A-1"}, Method: "card",
		Token: "pm_card_visa"},
	&sale.ShowBooking{By: exampleBy, ID: id(0x40)},
	&sale.CancelBooking{By: exampleBy, ID: id(0x40)},
	&sale.ShowTickets{},
	&sale.ShowEvent{},
	&sale.JoinQueue{By: exampleBy, ID: id(0x70), Seed: [32]byte{1, 31: 2}},
	&sale.ShowPlace{By: exampleBy, ID: id(0x70)},
	&sale.SeePlaces{IDs: []sale.ID{id(0x70), id(0x71)}},
	&sale.LeaveQueue{By: exampleBy, ID: id(0x70)},
	&sale.ShowQueue{},
	&sale.SteerQueue{},
	&sale.SteerQueue{MaxActive: new(0), Rate: new(70), Paused: new(false), Stopped: new(true)},
	&sale.PlaceHold{ID: id(0x30), Place: id(0x70)},
	&sale.SwapHold{ID: id(0x30), Place: id(0x70)},
	&sale.Book{ID: id(0x40), Place: id(0x70)},
	&sale.ShowNews{Since: 300},
}

// exampleRequests has one request for each of them, and one without.
func exampleRequests() (qs []*Request) {
	for _, c := range exampleCommands {
		qs = append(qs, &Request{Event: "ev-1", Term: 300, Begun: true, Grace: 500, Command: c})
	}
	return append(qs, &Request{Event: "ev-1", Term: 3, From: 1000, Limit: 100})
}

var exampleReplies = []*Reply{
	{Status: Answered, Plan: id(0x60), Answer: sale.Answer{Version: 300, Replayed: true, Hold: &exampleHold}},
	{Status: Answered, Plan: id(0x60), Answer: sale.Answer{Version: 300, Booking: &exampleBooking}},
	{Status: Answered, Answer: sale.Answer{Version: 1, Event: exampleEvent, Created: true}},
	{Status: Answered, Answer: sale.Answer{Version: 2, Event: exampleEvent, Unchanged: true}},
	{Status: Answered, Answer: sale.Answer{Version: 2, Refusal: &exampleRefusal}},
	{Status: Answered, Plan: id(0x60), Answer: sale.Answer{Version: 300}, Tickets: &inventory.Parts{
		Version: 300, Free: []uint64{0xfedcba9876543210, 1}, Booked: []uint64{1, 0}, ChangedAt: []uint64{7, 0, 300}}},
	{Status: Moved, Node: "node-2", Term: 301, Begun: true},
	{Status: Overloaded},
	{Status: Unavailable, Text: "the node is draining"},
	{Status: Unknown, Text: "the commit took too long"},
	{Status: Trimmed, Text: "the first is 200"},
	{Status: Answered, Bytes: [][]byte{[]byte("summary"), {}, {0, 1, 2}}},
	{Status: Answered, Answer: sale.Answer{Version: 2, Place: examplePlace}},
	{Status: Answered, Answer: sale.Answer{Version: 2, Place: &sale.Place{Ahead: -1}}},
	{Status: Answered, Answer: sale.Answer{Version: 2, Queue: exampleQueue}},
	{Status: Answered, Answer: sale.Answer{Version: 2, Place: &sale.Place{Grace: 120_000}, Unchanged: true}},
	{Status: Answered, Answer: sale.Answer{Version: 2, Queue: &sale.Queue{At: noon}}},
	{Status: Answered, Answer: sale.Answer{Version: 300, Places: []sale.Place{*examplePlace, {ID: id(0x71)}}}},
	{Status: Answered, Answer: sale.Answer{Version: 300, News: &sale.News{Changes: exampleRefusal.Tickets}}},
	{Status: Answered, Answer: sale.Answer{Version: 300, News: &sale.News{Stale: true, Missed: true}}},
}

func encodeRequest(q Request) []byte { return AppendRequest(nil, &q) }
func encodeReply(p Reply) []byte     { return AppendReply(nil, &p) }

// sent reports whether a field of an answer goes over the wire.
func sent(f reflect.StructField) bool {
	return f.Type != reflect.TypeFor[*inventory.Plan]() && f.Type != reflect.TypeFor[*inventory.Snapshot]()
}

// checkCommand draws commands of a type: every field survives.
func TestCommandsRoundTrip(t *testing.T) {
	seen := map[string]bool{}
	for _, example := range exampleCommands {
		typ := reflect.TypeOf(example).Elem()
		if seen[typ.Name()] {
			continue
		}
		seen[typ.Name()] = true
		t.Run(typ.Name(), rapid.MakeCheck(func(t *rapid.T) {
			v := reflect.New(typ)
			v.Elem().Set(draw(t, typ.Name(), typ))
			prune(t, v)
			want := Request{Event: rapid.String().Draw(t, "event"), Term: rapid.Uint64().Draw(t, "term"),
				Begun: rapid.Bool().Draw(t, "begun"), Command: v.Interface().(sale.Command)}
			prefix := []byte("prefix")
			b := AppendRequest(prefix, &want)
			got, err := DecodeRequest(bytes.TrimPrefix(b, prefix))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("read as\n%+v %+v, want\n%+v; error %v", got, got.Command, want.Command, err)
			}
		}))
	}
	ours := map[string]bool{"Tick": true, "Resume": true, "SettlePayment": true} // the node's own
	for _, name := range declaredCommands(t) {
		if !seen[name] && !ours[name] {
			t.Errorf("package sale has a command %s; there is no example of it", name)
		}
	}
}

// declaredCommands are the types with a method command in package sale's source.
func declaredCommands(t *testing.T) (names []string) {
	file, err := parser.ParseFile(token.NewFileSet(), "../sale/command.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "command" {
			names = append(names, f.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name)
		}
	}
	if len(names) == 0 {
		t.Fatal("no commands found")
	}
	return names
}

func TestRequestsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Request{Event: rapid.String().Draw(t, "event"), Term: rapid.Uint64().Draw(t, "term"),
			Begun: rapid.Bool().Draw(t, "begun"), Grace: rapid.Uint64().Draw(t, "grace"),
			From: rapid.Uint64().Draw(t, "from"), Limit: rapid.Uint64().Draw(t, "limit")}
		if reflect.TypeOf(want).NumField() != 7 {
			t.Fatal("a request has a field that this test does not know")
		}
		if got, err := DecodeRequest(encodeRequest(want)); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("read as %+v, want %+v; error %v", got, want, err)
		}
	})
}

func TestRepliesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawReply(t)
		got, err := DecodeReply(encodeReply(want))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("read as\n%+v, want\n%+v; error %v", got, want, err)
		}
	})
}

// drawReply fills every field of a reply that is sent.
func drawReply(t *rapid.T) Reply {
	var p Reply
	v := reflect.ValueOf(&p).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Type != reflect.TypeFor[sale.Answer]() {
			v.Field(i).Set(draw(t, f.Name, f.Type))
			continue
		}
		for j := range f.Type.NumField() {
			if a := f.Type.Field(j); sent(a) {
				v.Field(i).Field(j).Set(draw(t, a.Name, a.Type))
			}
		}
	}
	prune(t, v.Addr())
	for i, b := range p.Bytes {
		if b == nil {
			p.Bytes[i] = []byte{} // an element is never nil
		}
	}
	return p
}

// TestWireGolden holds the code to the bytes that the nodes of earlier versions
// send.
func TestWireGolden(t *testing.T) {
	var gs []golden
	for _, q := range exampleRequests() {
		name := "none"
		if q.Command != nil {
			name = strings.TrimPrefix(reflect.TypeOf(q.Command).String(), "*sale.")
		}
		gs = append(gs, golden{"Request" + name, *q, encodeRequest(*q),
			func(b []byte) (any, error) { return DecodeRequest(b) }})
	}
	for _, p := range exampleReplies {
		gs = append(gs, golden{"Reply", *p, encodeReply(*p), func(b []byte) (any, error) { return DecodeReply(b) }})
	}
	checkGolden(t, "testdata/wire.txt", gs)
}

// TestWireErrors: what cannot be understood is refused, with the reason.
func TestWireErrors(t *testing.T) {
	q := encodeRequest(*exampleRequests()[8])
	later := bytes.Clone(q)
	later[0] = wireVersion + 1
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"nothing", nil, "a message without a version"},
		{"version 0", []byte{0}, "a message without a version"},
		{"later version", later, "version 2; this program reads up to 1"},
		{"cut", q[:len(q)-1], "unexpected EOF"},
		{"no kind", append([]byte{1}, message(5)...), "a command without a kind"},
		{"later kind", append([]byte{1}, message(5, 8, 99)...), "command 99 is not known: a later version sent it"},
		{"kind beyond all", append([]byte{1}, message(5, 8, 0xff, 0x7f)...), "is not known"},
		{"short id", append([]byte{1}, message(5, message(5, 1)...)...), "an id of 1 bytes"},
		{"wrong type", append([]byte{1}, appendInt(nil, 1, 1)...), "field 1: wrong wire type"},
	} {
		got, err := DecodeRequest(c.b)
		if err == nil || !strings.Contains(err.Error(), c.want) || !reflect.DeepEqual(got, Request{}) {
			t.Errorf("%s: %+v, %v; want an error with %q", c.name, got, err, c.want)
		}
	}
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"later version", []byte{wireVersion + 1}, "version 2; this program reads up to 1"},
		{"half a word", append([]byte{1}, message(8, message(2, 1, 2, 3)...)...), "half a word of bits"},
	} {
		if _, err := DecodeReply(c.b); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("reply, %s: %v; want an error with %q", c.name, err, c.want)
		}
	}
	// A status that a later version has is kept: its receiver knows that it knows nothing.
	if p, err := DecodeReply(encodeReply(Reply{Status: 77})); err != nil || p.Status != 77 {
		t.Errorf("a later status: %v, %v", p.Status, err)
	}
}

// TestLaterWireFields: fields that a later version adds are skipped, wherever.
func TestLaterWireFields(t *testing.T) {
	extra := appendInt(appendString(nil, 2000, "later"), 2001, 7)
	want := *exampleRequests()[8]
	cmd := appendCommand(nil, 5, want.Command)
	inner := message(5, append(bytes.Clone(cmd[2:]), extra...)...)
	if cmd[1] >= 0x80 {
		inner = message(5, append(bytes.Clone(cmd[3:]), extra...)...)
	}
	without := want
	without.Command = nil
	b := append(append(encodeRequest(without), inner...), extra...)
	if got, err := DecodeRequest(b); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read as %+v %+v; error %v", got, got.Command, err)
	}
	for _, p := range exampleReplies {
		got, err := DecodeReply(append(encodeReply(*p), extra...))
		if err != nil || !reflect.DeepEqual(got, *p) {
			t.Errorf("read as %+v, want %+v; error %v", got, *p, err)
		}
	}
}

func TestWireKeepsNothing(t *testing.T) {
	for _, q := range exampleRequests() {
		b := encodeRequest(*q)
		got, err := DecodeRequest(b)
		for i := range b {
			b[i] ^= 0xff
		}
		if err != nil || !reflect.DeepEqual(got, *q) {
			t.Errorf("%T changed with its bytes: %v", q.Command, err)
		}
	}
	for _, p := range exampleReplies {
		b := encodeReply(*p)
		got, err := DecodeReply(b)
		for i := range b {
			b[i] ^= 0xff
		}
		if err != nil || !reflect.DeepEqual(got, *p) {
			t.Errorf("%+v changed with its bytes: %v", *p, err)
		}
	}
}

func TestWireAllocatesNothing(t *testing.T) {
	buf := make([]byte, 0, 4096)
	for _, q := range exampleRequests() {
		if n := testing.AllocsPerRun(100, func() { AppendRequest(buf, q) }); n != 0 {
			t.Errorf("%T: %v allocations", q.Command, n)
		}
	}
	for _, p := range exampleReplies {
		if n := testing.AllocsPerRun(100, func() { AppendReply(buf, p) }); n != 0 {
			t.Errorf("%+v: %v allocations", p, n)
		}
	}
}

// TestWireMemory: a message asks for memory in proportion to its size.
func TestWireMemory(t *testing.T) {
	const size = 1 << 20
	for name, element := range map[string][]byte{
		"bytes": {9<<3 | 2, 0}, "holds": {6<<3 | 2, 2, 6<<3 | 2, 0}, "versions": {8<<3 | 2, 2, 4 << 3, 0},
	} {
		b := append([]byte{1}, bytes.Repeat(element, size/len(element))...)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := DecodeReply(b); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if used := (after.TotalAlloc - before.TotalAlloc) / size; used > 128 {
			t.Errorf("%s: %d bytes allocated for a byte of input", name, used)
		}
	}
}

func TestForeignCommandPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("the clock's command has bytes")
		}
	}()
	AppendRequest(nil, &Request{Command: &sale.Tick{}})
}

// checkOneForm says whether what was read has one form.
func checkOneForm[T any](t *testing.T, v T, encode func(T) []byte, decode func([]byte) (T, error)) {
	b := encode(v)
	again, err := decode(b)
	if err != nil {
		t.Fatalf("%x was written, then: %v", b, err)
	}
	if b2 := encode(again); !bytes.Equal(b, b2) {
		t.Fatalf("written as %x, then as %x", b, b2)
	}
}

func FuzzDecodeRequest(f *testing.F) {
	for _, q := range exampleRequests() {
		f.Add(encodeRequest(*q))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if q, err := DecodeRequest(b); err == nil {
			checkOneForm(t, q, encodeRequest, DecodeRequest)
		}
	})
}

func FuzzDecodeReply(f *testing.F) {
	for _, p := range exampleReplies {
		f.Add(encodeReply(*p))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := DecodeReply(b); err == nil {
			checkOneForm(t, p, encodeReply, DecodeReply)
		}
	})
}

// BenchmarkWire is a booking's way to another node and back: its request and its
// reply are each written and read.
func BenchmarkWire(b *testing.B) {
	q := &Request{Event: "ev-1", Term: 300, Grace: 500, Command: exampleCommands[8]}
	booking := startedBooking
	booking.Status, booking.Payment, booking.PaymentID = sale.BookingConfirmed, sale.Authorised, "pay_1234567890"
	p := &Reply{Status: Answered, Plan: id(0x60), Answer: sale.Answer{Version: 300, Booking: &booking}}
	b.Run("request", func(b *testing.B) {
		buf := make([]byte, 0, 1024)
		b.ReportAllocs()
		for b.Loop() {
			buf = AppendRequest(buf[:0], q)
			if _, err := DecodeRequest(buf); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(buf)), "bytes")
	})
	b.Run("reply", func(b *testing.B) {
		buf := make([]byte, 0, 1024)
		b.ReportAllocs()
		for b.Loop() {
			buf = AppendReply(buf[:0], p)
			if _, err := DecodeReply(buf); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(buf)), "bytes")
	})
}
