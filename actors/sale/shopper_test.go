package sale

import (
	"testing"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/waitroom"
)

// redefine changes the event of a hall.
func (h *hall) redefine(change func(*catalog.Event)) {
	h.t.Helper()
	e := *h.s.describe()
	change(&e)
	if a := h.do(&DefineEvent{Event: &e}); a.Refusal != nil {
		h.t.Fatalf("the event cannot be changed: %v", a.Refusal)
	}
}

// pay books a hold and leaves the payment undecided.
func (h *hall) pay(user string, place, hold ID) Answer {
	h.t.Helper()
	return h.do(&Book{By: By{User: user}, ID: h.id(), Hold: hold, Place: place, Method: "card", Token: "t"})
}

// TestFirstOfAShuffle: the first who joins is told no more and no less than all others.
func TestFirstOfAShuffle(t *testing.T) {
	h := newHall(t, catalog.WaitingRoom{MaxActive: 1, Order: "shuffle"})
	first := h.join("a")
	again := h.show("a", first.ID)
	if first.Ahead != -1 || first.Draw == nil || *first.Draw != *again.Draw || first.Draw.Seed != [32]byte{} {
		t.Fatalf("the first is told %+v, later %+v", first, again)
	}
	h = newHall(t, catalog.WaitingRoom{MaxActive: 1, Order: "shuffle"})
	h.at = 2_000_000
	if late := h.join("a"); late.State != waitroom.Active || late.Draw == nil || late.Draw.Seed != [32]byte{5} {
		t.Fatalf("the first after the opening is told %+v", late)
	}
}

// TestDeclineAfterTheHoldsTime: with the payment goes the hold, and where the event says
// so, the shopper's time. A decline within the hold's time ends nothing.
func TestDeclineAfterTheHoldsTime(t *testing.T) {
	for _, late := range []bool{false, true} {
		h := newHall(t, catalog.WaitingRoom{MaxActive: 1, EndWithHold: true, SessionSeconds: 10_000})
		h.at = 2_000_000
		a := h.join("a")
		b := h.pay("a", a.ID, h.hold("a", a.ID).Hold.ID)
		if late {
			h.at += 300_000
		}
		h.do(&SettlePayment{Booking: b.Booking.ID, Task: Authorise, Declined: true, Reason: "no"})
		if late {
			h.gone("a", a.ID, waitroom.HoldEnded)
		} else {
			h.shops("a", a.ID)
		}
	}
}

// TestRoomOpensAgain: what was held in the room before, or before there was one, can be
// paid for without a place, and a place of the new room is not used up by it.
func TestRoomOpensAgain(t *testing.T) {
	h := newHall(t, catalog.WaitingRoom{MaxActive: 2})
	h.at = 2_000_000
	a := h.join("a")
	held := h.hold("a", a.ID).Hold
	direct := h.do(&Book{By: By{User: "a"}, ID: h.id(), Place: a.ID, TicketIDs: []string{"A-1-9"}, Token: "t"})
	h.redefine(func(e *catalog.Event) { e.WaitingRoom.Enabled = false })
	if p := h.show("a", a.ID); p == nil || p.State != waitroom.Active {
		t.Fatalf("whoever waited in a room that was closed is told %+v", p)
	}
	h.redefine(func(e *catalog.Event) { e.WaitingRoom.Enabled = true })
	if h.show("a", a.ID) != nil {
		t.Fatal("a token of the room that was closed is known")
	}
	again := h.join("a")
	h.hold("a", again.ID)
	paid := h.pay("a", a.ID, held.ID)
	if paid.Refusal != nil || !paid.Booking.Place.IsZero() {
		t.Fatalf("an old hold is booked as %+v, %v", paid.Booking, paid.Refusal)
	}
	for _, id := range []ID{paid.Booking.ID, direct.Booking.ID} {
		h.do(&SettlePayment{Booking: id, Task: Authorise, Provider: "p", PaymentID: "1"})
	}
	h.shops("a", again.ID)
}

// TestOrderIsSettled: while a sale goes on nobody who waits is mixed, whatever becomes of
// the event; those who gather for a later one are.
func TestOrderIsSettled(t *testing.T) {
	shuffle := func(e *catalog.Event) { e.WaitingRoom.Order = "shuffle" }
	for _, later := range []bool{false, true} {
		h := newHall(t, catalog.WaitingRoom{MaxActive: 1, GraceSeconds: 3600})
		h.at = 2_000_000
		var places []*Place
		for _, user := range []string{"a", "b", "c", "d", "e"} {
			places = append(places, h.join(user))
		}
		h.redefine(shuffle)
		h.redefine(func(e *catalog.Event) {
			if later {
				e.OnSaleAt = h.at + 60_000
			}
		})
		h.redefine(func(e *catalog.Event) { e.Title = "Another" })
		h.do(&SteerQueue{Rate: new(100)})
		h.do(&Tick{})
		if !later {
			h.waits("e", places[4].ID, 3)
			continue
		}
		if p := h.show("e", places[4].ID); p.Ahead != -1 {
			t.Fatalf("those who gather for a draw are told %+v", p)
		}
		h.at += 60_000
		h.do(&Tick{})
		if p := h.show("e", places[4].ID); p.Ahead < 0 || p.Draw.Seed != [32]byte{5} {
			t.Fatalf("after the draw they are told %+v", p)
		}
	}
}

// TestCancelledBeforeTheDraw: a sale that does not begin draws nothing; one that does
// after all draws then.
func TestCancelledBeforeTheDraw(t *testing.T) {
	h := newHall(t, catalog.WaitingRoom{MaxActive: 1, Order: "shuffle", GraceSeconds: 3600})
	a := h.join("a")
	h.join("b")
	h.redefine(func(e *catalog.Event) { e.Cancelled = true })
	h.at = 2_000_001
	h.do(&Tick{})
	if p := h.show("a", a.ID); p.Ahead != -1 || p.Draw.Seed != [32]byte{} {
		t.Fatalf("of a cancelled sale a place is told %+v", p)
	}
	if due := h.s.Due(); due != 0 && due <= h.at {
		t.Fatalf("at %d something is due at %d", h.at, due)
	}
	h.redefine(func(e *catalog.Event) { e.Cancelled = false })
	h.do(&Tick{})
	if q := h.do(&ShowQueue{}).Queue; q.Active != 1 || q.Draw.Seed != [32]byte{5} {
		t.Fatalf("the sale goes on with %+v", q)
	}
}

// TestNothingIsDueTwice: while people wait and cannot be let in, time asks for no more
// than to look who is there.
func TestNothingIsDueTwice(t *testing.T) {
	for name, prevent := range map[string]func(h *hall){
		"paused":    func(h *hall) { h.do(&SteerQueue{Paused: new(true)}) },
		"cancelled": func(h *hall) { h.redefine(func(e *catalog.Event) { e.Cancelled = true }) },
		"full":      func(h *hall) {},
		"over":      func(h *hall) { h.redefine(func(e *catalog.Event) { e.StartsAt = 2_000_000 }) },
	} {
		h := newHall(t, catalog.WaitingRoom{MaxActive: 1, SessionSeconds: 10_000, GraceSeconds: 3600})
		h.join("a")
		h.join("b")
		prevent(h)
		h.at = 2_000_050
		h.do(&Tick{})
		if due := h.s.Due(); due != h.at+scanPause {
			t.Errorf("%s: at %d something is due at %d", name, h.at, due)
		}
	}
}

// TestFewerShoppers: whoever is in stays in, and nobody follows until there is room.
func TestFewerShoppers(t *testing.T) {
	h := newHall(t, catalog.WaitingRoom{MaxActive: 3})
	h.at = 2_000_000
	a, b, c, d := h.join("a"), h.join("b"), h.join("c"), h.join("d")
	h.do(&SteerQueue{MaxActive: new(1)})
	for _, p := range []*Place{a, b} {
		h.waits("d", d.ID, 0)
		h.do(&LeaveQueue{By: By{User: map[ID]string{a.ID: "a", b.ID: "b"}[p.ID]}, ID: p.ID})
	}
	h.waits("d", d.ID, 0)
	h.do(&LeaveQueue{By: By{User: "c"}, ID: c.ID})
	h.shops("d", d.ID)
}

// TestHoldOfAnother: a token is good for its own shopper's hold only.
func TestHoldOfAnother(t *testing.T) {
	h := newHall(t, catalog.WaitingRoom{MaxActive: 2})
	h.at = 2_000_000
	a, b := h.join(""), h.join("")
	held := h.hold("", a.ID).Hold
	swap := &SwapHold{ID: held.ID, Place: b.ID, Add: []string{"A-1-9"}}
	if got := h.do(swap).Refusal; got == nil || got.Code != NotAdmitted {
		t.Fatalf("adding with another's token is answered with %v", got)
	}
	if got := h.pay("", b.ID, held.ID).Refusal; got == nil || got.Code != NotAdmitted {
		t.Fatalf("booking with another's token is answered with %v", got)
	}
	swap.Place = a.ID
	if got := h.do(swap).Refusal; got != nil {
		t.Fatalf("adding with his own is answered with %v", got)
	}
}

// TestVersionsOfKeys: an answer and its repeat tell of the same version, though records
// follow by themselves.
func TestVersionsOfKeys(t *testing.T) {
	h := newHall(t, catalog.WaitingRoom{MaxActive: 1, EndWithHold: true})
	h.redefine(func(e *catalog.Event) { e.Inventory.Sections[0].Price = 0 })
	h.at = 2_000_000
	a := h.join("a")
	h.join("b")
	book := &Book{By: By{User: "a", Key: testKey(1)}, ID: h.id(), Place: a.ID, TicketIDs: []string{"A-1-1"}}
	if first, again := h.do(book), h.do(book); first.Version != again.Version || !again.Replayed {
		t.Fatalf("version %d, and then %d", first.Version, again.Version)
	}
	h.gone("a", a.ID, waitroom.Booked)
	b := h.join("b")
	release := &ReleaseHold{By: By{User: "b", Key: testKey(2)}, ID: h.hold("b", b.ID).Hold.ID}
	if first, again := h.do(release), h.do(release); first.Version != again.Version || !again.Replayed {
		t.Fatalf("version %d, and then %d", first.Version, again.Version)
	}
	h.gone("b", b.ID, waitroom.HoldEnded)
}

// TestHoldEndsAfterTime: the hold that had kept a shopper in beyond his time ends, and
// the next one is let in in the same step.
func TestHoldEndsAfterTime(t *testing.T) {
	h := newHall(t, catalog.WaitingRoom{MaxActive: 1, SessionSeconds: 100, GraceSeconds: 3600})
	h.at = 2_000_000
	a := h.join("a")
	b := h.join("b")
	h.hold("a", a.ID)
	h.at += 300_000
	h.do(&Tick{})
	h.gone("a", a.ID, waitroom.TimedOut)
	h.shops("b", b.ID)
}

// TestManyLapse: more than one step takes lapse in the next ones, soon.
func TestManyLapse(t *testing.T) {
	s := New()
	e := newHall(t, catalog.WaitingRoom{MaxActive: 1}).s.describe()
	step(t, s, 1_000_000, &DefineEvent{Event: e})
	for i := range 2*maxLapsed + 1 {
		s.Step(1_000_000, &JoinQueue{ID: testID(i + 1)}, nil)
	}
	at := catalog.Time(1_200_000)
	for left := maxLapsed + 1; left > 0; left -= maxLapsed {
		s.Step(at, &Tick{}, nil)
		if s.room.Waiting() != left || s.Due() != at+lapsePause {
			t.Fatalf("%d wait, want %d; at %d due at %d", s.room.Waiting(), left, at, s.Due())
		}
		at = s.Due()
	}
	s.Step(at, &Tick{}, nil)
	if s.room.Waiting() != 0 || s.Due() != 0 {
		t.Fatalf("%d wait; due at %d", s.room.Waiting(), s.Due())
	}
}
