package sale

import (
	"encoding/json"
	"reflect"
	"testing"

	"boxoffice/actors/sale/catalog"
)

// plainHold is a hold as a codec sees it.
func plainHold(h *Hold) *Hold {
	if h == nil {
		return nil
	}
	next := *h
	next.seats = nil
	return &next
}

// plainBooking is a booking as a codec sees it.
func plainBooking(b *Booking) *Booking {
	if b == nil {
		return nil
	}
	next := *b
	next.seats = nil
	return &next
}

// plainRecord is a record as it is read from a log: without what Decide knows of it.
func plainRecord(r Record) Record {
	switch r := r.(type) {
	case *HoldPlaced:
		return &HoldPlaced{At: r.At, Hold: *plainHold(&r.Hold), Key: r.Key}
	case *HoldChanged:
		return &HoldChanged{At: r.At, Hold: *plainHold(&r.Hold), Key: r.Key}
	case *PaymentStarted:
		return &PaymentStarted{At: r.At, Booking: *plainBooking(&r.Booking), Key: r.Key}
	}
	return r
}

// plain is a checkpoint as a codec sees it.
func plain(c Checkpoint) Checkpoint {
	for i, h := range c.Holds {
		c.Holds[i] = plainHold(h)
	}
	for i, b := range c.Bookings {
		c.Bookings[i] = plainBooking(b)
	}
	for i := range c.Answers {
		a := &c.Answers[i]
		switch what := a.What.(type) {
		case *Hold:
			a.What = plainHold(what)
		case *Booking:
			a.What = plainBooking(what)
		}
	}
	return c
}

// booking is the booking of a checkpoint with an id.
func (c *Checkpoint) booking(t tester, id ID) *Booking {
	t.Helper()
	for _, b := range c.Bookings {
		if b.ID == id {
			return b
		}
	}
	t.Fatalf("the checkpoint has an answer that is booking %v, and no such booking", id)
	return nil
}

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

// same compares states by all that a checkpoint says.
func same(t tester, what string, got, want *State) {
	t.Helper()
	g, w := plain(got.Checkpoint()), plain(want.Checkpoint())
	if !reflect.DeepEqual(g, w) {
		t.Fatalf("%s:\n got %s\nwant %s", what, dump(g), dump(w))
	}
	if got.Summary() != want.Summary() || got.Due() != want.Due() || got.Busy() != want.Busy() {
		t.Fatalf("%s: summary %+v, due %v, busy %v; want %+v, %v, %v", what,
			got.Summary(), got.Due(), got.Busy(), want.Summary(), want.Due(), want.Busy())
	}
	if !reflect.DeepEqual(tasks(got), tasks(want)) {
		t.Fatalf("%s: tasks %s; want %s", what, dump(tasks(got)), dump(tasks(want)))
	}
}

func tasks(s *State) (owed []*Booking) {
	for b := range s.Tasks() {
		owed = append(owed, plainBooking(b))
	}
	return owed
}

func dump(v any) string {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// sound holds a state against its invariants, against a replay of the records that
// made it, and against its own checkpoint.
func sound(t tester, s *State, log []Record) {
	t.Helper()
	if err := s.Check(); err != nil {
		t.Fatalf("version %d: %v", s.Version(), err)
	}
	replayed := newBounded(s.bounds)
	for _, r := range log {
		replayed.Apply(plainRecord(r))
	}
	replayed.scan = s.scan // who looks when is no part of what records make
	same(t, "replayed", replayed, s)
	restored := newBounded(s.bounds).restore(plain(s.Checkpoint()))
	restored.scan = s.scan
	same(t, "restored", restored, s)
	if err := restored.Check(); err != nil {
		t.Fatalf("restored: %v", err)
	}
}

func newBounded(b bounds) *State {
	s := New()
	s.bounds = b
	return s
}

// named is an id that reads well in a test.
func named(name string) (id ID) {
	copy(id[:], name)
	return id
}

// step is Step for tests that care for the answer.
func step(t *testing.T, s *State, at catalog.Time, c Command) Answer {
	t.Helper()
	_, a := s.Step(at, c, nil)
	if err := s.Check(); err != nil {
		t.Fatalf("after %T: %v", c, err)
	}
	return a
}
