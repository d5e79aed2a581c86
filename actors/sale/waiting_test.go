package sale

import (
	"reflect"
	"testing"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/sale/waitroom"
)

// hall is an event with a waiting room, and what happened to it.
type hall struct {
	t       *testing.T
	s       *State
	at      catalog.Time
	n       byte
	records []Record
}

func newHall(t *testing.T, room catalog.WaitingRoom) *hall {
	h := &hall{t: t, s: New(), at: 1_000_000}
	room.Enabled = true
	h.do(&DefineEvent{Event: &catalog.Event{
		ID: "e", Title: "e", OnSaleAt: 2_000_000, StartsAt: 100_000_000, WaitingRoom: room, HoldSeconds: 300,
		Inventory: catalog.Inventory{Currency: "USD", Sections: []catalog.Section{
			{Name: "A", Price: 100, Rows: []catalog.Row{{Name: "1", Seats: 50}}},
		}},
	}})
	return h
}

// do makes a command happen, and holds the state against its own replay, checkpoint
// and invariants.
func (h *hall) do(c Command) Answer {
	h.t.Helper()
	from := len(h.records)
	var a Answer
	h.records, a = h.s.Step(h.at, c, h.records)
	if err := h.s.Check(); err != nil {
		h.t.Fatalf("after %T: %v", c, err)
	}
	again := New()
	for _, r := range h.records {
		again.Apply(r)
	}
	if want, got := h.s.Checkpoint(), again.Checkpoint(); !reflect.DeepEqual(got, want) {
		h.t.Fatalf("after %T (%d records) a replay gives\n%+v, not\n%+v", c, len(h.records)-from, got.Room, want.Room)
	}
	if want, got := h.s.Checkpoint(), Restore(again.Checkpoint()).Checkpoint(); !reflect.DeepEqual(got, want) {
		h.t.Fatalf("after %T the restored state is\n%+v, not\n%+v", c, got.Room, want.Room)
	}
	return a
}

func (h *hall) id() ID { h.n++; return ID{h.n, 9: 1} }

func (h *hall) join(user string) *Place {
	h.t.Helper()
	a := h.do(&JoinQueue{By: By{User: user}, ID: h.id(), Seed: [32]byte{5}})
	if a.Refusal != nil {
		h.t.Fatalf("%s cannot join: %v", user, a.Refusal)
	}
	return a.Place
}

func (h *hall) show(user string, id ID) *Place {
	h.t.Helper()
	a := h.do(&ShowPlace{By: By{User: user}, ID: id})
	if a.Refusal != nil {
		return nil
	}
	return a.Place
}

func (h *hall) hold(user string, place ID) Answer {
	h.t.Helper()
	return h.do(&PlaceHold{By: By{User: user}, ID: h.id(), Place: place, Best: inventory.Query{Quantity: 1}})
}

// pass lets time pass in which those are there whose places these are.
func (h *hall) pass(ms catalog.Time, present ...ID) {
	h.t.Helper()
	for end := h.at + ms; h.at < end; {
		h.at = min(h.at+60_000, end)
		h.do(&SeePlaces{IDs: present})
	}
}

func (h *hall) waits(user string, id ID, ahead int) {
	h.t.Helper()
	if p := h.show(user, id); p == nil || p.State != waitroom.Waiting || p.Ahead != ahead {
		h.t.Fatalf("%s has %+v, and should have %d ahead", user, p, ahead)
	}
}

func (h *hall) shops(user string, id ID) {
	h.t.Helper()
	if p := h.show(user, id); p == nil || p.State != waitroom.Active {
		h.t.Fatalf("%s has %+v, and should be let in", user, p)
	}
}

func (h *hall) gone(user string, id ID, why waitroom.Reason) {
	h.t.Helper()
	if p := h.show(user, id); p == nil || p.State != waitroom.Gone || p.Reason != why {
		h.t.Fatalf("%s has %+v, and should be gone for reason %d", user, p, why)
	}
}

// TestWaitingInOrder: people gather, are let in as there is room, and each in his turn.
func TestWaitingInOrder(t *testing.T) {
	h := newHall(t, catalog.WaitingRoom{MaxActive: 2, SessionSeconds: 600})
	a, b, c, d := h.join("a"), h.join("b"), h.join("c"), h.join("d")
	if again := h.join("b"); again.ID != b.ID || again.Ahead != 1 {
		t.Fatalf("joining again b has %+v", again)
	}
	h.waits("d", d.ID, 3)
	if got := h.hold("a", a.ID).Refusal; got == nil || got.Code != NotOnSale {
		t.Fatalf("before the sale a hold is answered with %v", got)
	}
	h.pass(1_000_000, a.ID, b.ID, c.ID, d.ID)
	h.shops("a", a.ID)
	h.shops("b", b.ID)
	h.waits("d", d.ID, 1)
	if got := h.hold("c", c.ID).Refusal; got == nil || got.Code != NotAdmitted {
		t.Fatalf("who waits is answered with %v", got)
	}
	if got := h.hold("c", a.ID).Refusal; got == nil || got.Code != NotAdmitted {
		t.Fatalf("another's token is answered with %v", got)
	}
	h.do(&LeaveQueue{By: By{User: "a"}, ID: a.ID})
	h.shops("c", c.ID)
	if h.show("a", a.ID) != nil {
		t.Fatal("a place that was left can be seen")
	}
	h.pass(600_000)
	h.gone("b", b.ID, waitroom.TimedOut)
	h.gone("d", d.ID, waitroom.Lapsed)
}

// TestShopperBooks: with the booking the time is over, and the next is let in in the
// same step; the used-up token is worth nothing.
func TestShopperBooks(t *testing.T) {
	h := newHall(t, catalog.WaitingRoom{MaxActive: 1})
	h.at = 2_000_000
	a := h.join("a")
	if a.State != waitroom.Active {
		t.Fatalf("who finds the room empty has %+v", a)
	}
	b := h.join("b")
	hold := h.hold("a", a.ID).Hold
	booked := h.do(&Book{By: By{User: "a"}, ID: h.id(), Hold: hold.ID, Place: a.ID, Method: "card", Token: "t"})
	h.pass(700_000, b.ID)
	h.shops("a", a.ID) // his payment is undecided
	h.do(&SettlePayment{Booking: booked.Booking.ID, Task: Authorise, Provider: "p", PaymentID: "1"})
	h.gone("a", a.ID, waitroom.Booked)
	h.shops("b", b.ID)
	if got := h.hold("a", a.ID).Refusal; got == nil || got.Code != NotAdmitted {
		t.Fatalf("a used-up token is answered with %v", got)
	}
}

// TestHoldOutlivesTime: a hold keeps its shopper in until its end, but he takes no more.
func TestHoldOutlivesTime(t *testing.T) {
	h := newHall(t, catalog.WaitingRoom{MaxActive: 1, SessionSeconds: 100})
	h.at = 2_000_000
	a := h.join("a")
	h.at += 50_000
	hold := h.hold("a", a.ID).Hold
	h.at += 60_000
	h.do(&Tick{})
	h.shops("a", a.ID)
	if got := h.hold("a", a.ID).Refusal; got == nil || got.Code != NotAdmitted {
		t.Fatalf("after his time a hold is answered with %v", got)
	}
	h.do(&ReleaseHold{By: By{User: "a"}, ID: hold.ID})
	h.do(&Tick{})
	h.gone("a", a.ID, waitroom.TimedOut)
}

// TestEndWithHold: where the event says so, the last hold's end is the shopper's.
func TestEndWithHold(t *testing.T) {
	h := newHall(t, catalog.WaitingRoom{MaxActive: 1, EndWithHold: true, SessionSeconds: 10_000})
	h.at = 2_000_000
	a := h.join("a")
	h.hold("a", a.ID)
	h.hold("a", a.ID)
	released := h.hold("a", a.ID).Hold
	h.do(&ReleaseHold{By: By{User: "a"}, ID: released.ID})
	h.shops("a", a.ID)
	h.at += 300_000 // both others end in one tick
	h.do(&Tick{})
	h.gone("a", a.ID, waitroom.HoldEnded)
}

// TestGrace: who is seen keeps his place, who is not loses it, and a new owner of the
// event gives everybody the grace again.
func TestGrace(t *testing.T) {
	h := newHall(t, catalog.WaitingRoom{MaxActive: 1, SessionSeconds: 10_000})
	h.at = 2_000_000
	h.join("a")
	b, c, d := h.join("b"), h.join("c"), h.join("d")
	h.at += 100_000
	h.do(&SeePlaces{IDs: []ID{c.ID}})
	h.do(&Resume{From: h.at, To: h.at})
	h.at += 60_000
	h.do(&SeePlaces{IDs: []ID{c.ID}})
	h.do(&Tick{})
	h.waits("d", d.ID, 2)
	h.at += 70_000
	h.do(&Tick{})
	h.gone("b", b.ID, waitroom.Lapsed)
	h.waits("c", c.ID, 0)
}

// TestDraw: those who gathered are mixed when the sale begins, as the seed says that was
// committed before, and later ones are behind them.
func TestDraw(t *testing.T) {
	h := newHall(t, catalog.WaitingRoom{MaxActive: 1, Order: "shuffle", GraceSeconds: 3600})
	var early []*Place
	for _, user := range []string{"a", "b", "c", "d", "e", "f"} {
		early = append(early, h.join(user))
	}
	before := h.show("a", early[0].ID)
	if before.Ahead >= 0 || before.Draw.Seed != [32]byte{} {
		t.Fatalf("before the draw a place is %+v", before)
	}
	h.at = 2_000_000
	late := h.join("g")
	h.waits("g", late.ID, 5)
	draw := h.show("g", late.ID).Draw
	if draw.Commitment != before.Draw.Commitment || draw.Seed != [32]byte{5} {
		t.Fatalf("the draw is %+v, committed was %+v", draw, before.Draw)
	}
	order := waitroom.Mix(draw.Seed, 0, 6)
	h.shops(string(rune('a'+order[0])), early[order[0]].ID)
	for i, n := range order[1:] {
		h.waits(string(rune('a'+n)), early[n].ID, i)
	}
}

// TestSteer: an operator pauses, stops, and makes room, and payments go on.
func TestSteer(t *testing.T) {
	h := newHall(t, catalog.WaitingRoom{MaxActive: 1})
	h.at = 2_000_000
	a, b, c := h.join("a"), h.join("b"), h.join("c")
	yes, no, three := true, false, 3
	h.do(&SteerQueue{Paused: &yes, MaxActive: &three})
	h.waits("b", b.ID, 0)
	hold := h.hold("a", a.ID).Hold
	h.do(&SteerQueue{Paused: &no, Stopped: &yes})
	h.waits("b", b.ID, 0)
	if got := h.hold("a", a.ID).Refusal; got == nil || got.Code != NotOnSale {
		t.Fatalf("a hold in a stopped sale is answered with %v", got)
	}
	got := h.do(&Book{By: By{User: "a"}, ID: h.id(), Hold: hold.ID, Place: a.ID, Method: "card", Token: "t"})
	if got.Refusal != nil {
		t.Fatalf("a hold cannot be paid in a stopped sale: %v", got.Refusal)
	}
	h.do(&SteerQueue{Stopped: &no})
	h.shops("b", b.ID)
	h.shops("c", c.ID)
	if q := h.do(&ShowQueue{}).Queue; q.Active != 3 || q.MaxActive != 3 || q.Waiting != 0 {
		t.Fatalf("the queue is %+v", q)
	}
}

// TestLeaveWithTickets: what a leaving shopper holds is free, unless he is paying.
func TestLeaveWithTickets(t *testing.T) {
	h := newHall(t, catalog.WaitingRoom{MaxActive: 1})
	h.at = 2_000_000
	a := h.join("a")
	h.hold("a", a.ID)
	by := By{User: "a"}
	paying := h.do(&Book{By: by, ID: h.id(), Place: a.ID, TicketIDs: []string{"A-1-9"}, Method: "card", Token: "t"})
	if got := h.do(&LeaveQueue{By: By{User: "a"}, ID: a.ID}).Refusal; got == nil || got.Code != BookingPending {
		t.Fatalf("leaving while paying is answered with %v", got)
	}
	h.do(&SettlePayment{Booking: paying.Booking.ID, Task: Authorise, Declined: true, Reason: "no"})
	h.do(&LeaveQueue{By: By{User: "a"}, ID: a.ID})
	if sum := h.s.Summary(); sum.Held != 0 || sum.Active != 0 {
		t.Fatalf("what is left is %+v", sum)
	}
}

// TestRoomCloses: without the waiting room everybody may shop, and old tokens do no harm.
func TestRoomCloses(t *testing.T) {
	h := newHall(t, catalog.WaitingRoom{MaxActive: 1})
	h.at = 2_000_000
	a := h.join("a")
	h.join("b")
	hold := h.hold("a", a.ID).Hold
	event := *h.s.describe()
	event.WaitingRoom.Enabled = false
	h.do(&DefineEvent{Event: &event})
	if got := h.hold("b", ID{}).Refusal; got != nil {
		t.Fatalf("without a room a hold is answered with %v", got)
	}
	h.do(&ReleaseHold{By: By{User: "a"}, ID: hold.ID})
	if p := h.join("c"); p.State != waitroom.Active {
		t.Fatalf("without a room whoever joins has %+v", p)
	}
}
