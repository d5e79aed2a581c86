package sale

import (
	"reflect"
	"testing"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
)

const day = KeyRetention

// refusals has each refusal of the contract, and what it takes to get it. The
// sender is ann, the time noon; what was done before was done a minute earlier.
var refusals = []struct {
	name   string
	before []Command
	give   Command // without a key
	want   Refusal
}{
	{
		"no event", []Command{&RemoveEvent{}},
		&PlaceHold{ID: named("h"), TicketIDs: []string{"A-1-1"}},
		Refusal{Code: EventNotFound},
	},
	{
		"unknown tickets", nil,
		&PlaceHold{ID: named("h"), TicketIDs: []string{"A-1-1", "x", "y"}},
		Refusal{Code: TicketNotFound, TicketIDs: []string{"x", "y"}},
	},
	{
		"unknown tickets in a booking", nil,
		&Book{ID: named("b"), TicketIDs: []string{"A-1-9"}},
		Refusal{Code: TicketNotFound, TicketIDs: []string{"A-1-9"}},
	},
	{
		"a ticket twice", nil,
		&PlaceHold{ID: named("h"), TicketIDs: []string{"A-1-1", "A-1-1"}},
		Refusal{Code: WrongTickets, Detail: "A ticket is named twice."},
	},
	{
		"no tickets", nil,
		&Book{ID: named("b")},
		Refusal{Code: WrongTickets, Detail: "No ticket is named."},
	},
	{
		"an id that is in use", []Command{annHolds("h", "A-1-1")},
		&PlaceHold{ID: named("h"), TicketIDs: []string{"A-1-2"}},
		Refusal{Code: WrongTickets, Detail: "The hold's id is in use."},
	},
	{
		"a booking's id that is in use", []Command{annBooks("b", "A-1-1")},
		&Book{ID: named("b"), TicketIDs: []string{"A-1-2"}},
		Refusal{Code: WrongTickets, Detail: "The booking's id is in use."},
	},
	{
		"not on sale yet", []Command{redefine(func(e *catalog.Event) { e.OnSaleAt = noon + 1 })},
		&PlaceHold{ID: named("h"), TicketIDs: []string{"A-1-1"}},
		Refusal{Code: NotOnSale, Detail: "The sale has not begun.", OnSaleAt: noon + 1},
	},
	{
		"not on sale any more", []Command{
			annHolds("h", "A-1-1"), redefine(func(e *catalog.Event) { e.StartsAt = noon }),
		},
		&Book{ID: named("b"), Hold: named("h")},
		Refusal{Code: NotOnSale, Detail: "The event has begun."},
	},
	{
		"cancelled", []Command{annHolds("h", "A-1-1"), redefine(func(e *catalog.Event) { e.Cancelled = true })},
		&SwapHold{ID: named("h"), Add: []string{"A-1-2"}},
		Refusal{Code: NotOnSale, Detail: "The event is cancelled."},
	},
	{
		"taken", []Command{annHolds("h", "A-1-1"), annBooks("b", "G-1"), paid("b")},
		&PlaceHold{ID: named("h2"), TicketIDs: []string{"G-1", "A-1-1", "G-2"}},
		Refusal{
			Code:         TicketsUnavailable,
			Tickets:      []TicketStatus{{"G-1", inventory.Booked}, {"A-1-1", inventory.Held}},
			Alternatives: []string{"A-1-2", "A-1-3", "A-1-4"},
		},
	},
	{
		"taken, in a booking", []Command{annHolds("h", "A-1-1")},
		&Book{ID: named("b"), TicketIDs: []string{"A-1-1"}},
		Refusal{
			Code:         TicketsUnavailable,
			Tickets:      []TicketStatus{{"A-1-1", inventory.Held}},
			Alternatives: []string{"A-1-2"},
		},
	},
	{
		"taken, in a swap", []Command{annHolds("h", "A-1-1"), annHolds("h2", "s1", "s2")},
		&SwapHold{ID: named("h"), Add: []string{"s1"}},
		Refusal{
			Code:         TicketsUnavailable,
			Tickets:      []TicketStatus{{"s1", inventory.Held}},
			Alternatives: []string{"A-1-2"},
		},
	},
	{
		"taken away by a change", []Command{annHolds("h", "A-1-1"), annBooks("b", "G-1"), paid("b")},
		redefine(func(e *catalog.Event) { e.Inventory.Currency = "EUR" }),
		Refusal{
			Code:    TicketsUnavailable,
			Tickets: []TicketStatus{{"A-1-1", inventory.Held}, {"G-1", inventory.Booked}},
		},
	},
	{
		"taken away by the removal", []Command{annBooks("b", "G-1")},
		&RemoveEvent{},
		Refusal{Code: TicketsUnavailable, Tickets: []TicketStatus{{"G-1", inventory.Held}}},
	},
	{
		"not enough", []Command{annHolds("h", "G-2")},
		&PlaceHold{ID: named("h2"), Best: inventory.Query{Quantity: 3, Section: "G"}},
		Refusal{Code: NotEnoughTickets, Available: 2},
	},
	{
		"beyond the user's limit", []Command{annHolds("h", "A-1-1", "A-1-2"), annBooks("b", "G-1", "G-2")},
		&PlaceHold{ID: named("h2"), Best: inventory.Query{Quantity: 2}},
		Refusal{Code: LimitExceeded, Limit: 5},
	},
	{
		"beyond any limit", nil,
		&Book{ID: named("b"), TicketIDs: make([]string, MaxTicketsPerCommand+1)},
		Refusal{Code: LimitExceeded, Limit: MaxTicketsPerCommand},
	},
	{
		"beyond the limit, in a swap", []Command{annHolds("h", "A-1-1")},
		&SwapHold{ID: named("h"), Add: make([]string, MaxTicketsPerCommand+1)},
		Refusal{Code: LimitExceeded, Limit: MaxTicketsPerCommand},
	},
	{
		"no such hold", nil,
		&ExtendHold{ID: named("h")},
		Refusal{Code: HoldNotFound},
	},
	{
		"another's hold", []Command{&PlaceHold{By: By{User: "bob"}, ID: named("h"), TicketIDs: []string{"G-1"}}},
		&Book{ID: named("b"), Hold: named("h")},
		Refusal{Code: HoldNotFound},
	},
	{
		"a booked hold", []Command{annHolds("h", "G-1"), annPays("b", "h"), paid("b")},
		&ReleaseHold{ID: named("h")},
		Refusal{Code: HoldNotFound},
	},
	{
		"an expired hold", []Command{
			redefine(func(e *catalog.Event) { e.HoldSeconds = 30 }), annHolds("h", "G-1"),
		},
		&Book{ID: named("b"), Hold: named("h")},
		Refusal{Code: HoldExpired},
	},
	{
		"a hold in payment", []Command{annHolds("h", "G-1"), annPays("b", "h")},
		&Book{ID: named("b2"), Hold: named("h")},
		Refusal{Code: HoldInPayment},
	},
	{
		"other tickets than the hold's", []Command{annHolds("h", "G-1", "G-2")},
		&Book{ID: named("b"), Hold: named("h"), TicketIDs: []string{"G-1", "G-1"}},
		Refusal{Code: WrongTickets, Detail: "The tickets are not those of the hold."},
	},
	{
		"more tickets than the hold's", []Command{annHolds("h", "G-1", "G-2")},
		&Book{ID: named("b"), Hold: named("h"), TicketIDs: []string{"G-1", "G-2", "G-3"}},
		Refusal{Code: WrongTickets, Detail: "The tickets are not those of the hold."},
	},
	{
		"no such booking", nil,
		&CancelBooking{ID: named("b")},
		Refusal{Code: BookingNotFound},
	},
	{
		"another's booking", []Command{
			&Book{By: By{User: "bob"}, ID: named("b"), TicketIDs: []string{"G-1"}}, paid("b"),
		},
		&CancelBooking{ID: named("b")},
		Refusal{Code: BookingNotFound},
	},
	{
		"a pending booking", []Command{annBooks("b", "G-1")},
		&CancelBooking{ID: named("b")},
		Refusal{Code: BookingPending},
	},
	{
		"no token", []Command{withRoom},
		&PlaceHold{ID: named("h"), TicketIDs: []string{"A-1-1"}},
		Refusal{Code: NotAdmitted},
	},
	{
		"no token, in a booking", []Command{withRoom},
		&Book{ID: named("b"), TicketIDs: []string{"A-1-1"}},
		Refusal{Code: NotAdmitted},
	},
	{
		"a token that waits", []Command{withRoom, joins("bob", "p"), joins("ann", "q")},
		&PlaceHold{ID: named("h"), Place: named("q"), TicketIDs: []string{"A-1-1"}},
		Refusal{Code: NotAdmitted},
	},
	{
		"another's token", []Command{withRoom, joins("bob", "p")},
		&PlaceHold{ID: named("h"), Place: named("p"), TicketIDs: []string{"A-1-1"}},
		Refusal{Code: NotAdmitted},
	},
	{
		"a token whose time is over", []Command{shortRoom, joins("ann", "p"), &PlaceHold{
			By: By{User: "ann"}, ID: named("h"), Place: named("p"), TicketIDs: []string{"A-1-1"}}},
		&SwapHold{ID: named("h"), Place: named("p"), Add: []string{"A-1-2"}},
		Refusal{Code: NotAdmitted},
	},
	{
		"a stopped sale", []Command{withRoom, joins("ann", "p"), &SteerQueue{Stopped: new(true)}},
		&PlaceHold{ID: named("h"), Place: named("p"), TicketIDs: []string{"A-1-1"}},
		Refusal{Code: NotOnSale, Detail: "The sale is stopped."},
	},
	{
		"nothing to wait for", []Command{redefine(func(e *catalog.Event) {
			e.WaitingRoom.Enabled, e.Cancelled = true, true
		})},
		&JoinQueue{ID: named("p")},
		Refusal{Code: NotOnSale, Detail: "The event is cancelled."},
	},
	{
		"a token that is in use", []Command{withRoom, joins("bob", "p")},
		&JoinQueue{ID: named("p")},
		Refusal{Code: WrongTickets, Detail: "The token is in use."},
	},
	{
		"no such place", []Command{withRoom},
		&ShowPlace{ID: named("p")},
		Refusal{Code: PlaceNotFound},
	},
	{
		"another's place", []Command{withRoom, joins("bob", "p")},
		&LeaveQueue{ID: named("p")},
		Refusal{Code: PlaceNotFound},
	},
	{
		"a place that was left", []Command{withRoom, joins("ann", "p"), &LeaveQueue{
			By: By{User: "ann"}, ID: named("p")}},
		&ShowPlace{ID: named("p")},
		Refusal{Code: PlaceNotFound},
	},
	{
		"leaving in payment", []Command{withRoom, joins("ann", "p"), &Book{
			By: By{User: "ann"}, ID: named("b"), Place: named("p"), TicketIDs: []string{"A-1-1"}}},
		&LeaveQueue{ID: named("p")},
		Refusal{Code: BookingPending},
	},
}

// withRoom gives the event a waiting room for one shopper, for ten minutes or for one.
var withRoom, shortRoom = roomOf(600), roomOf(60)

func roomOf(seconds int) Command {
	return redefine(func(e *catalog.Event) {
		e.WaitingRoom = catalog.WaitingRoom{Enabled: true, MaxActive: 1, SessionSeconds: seconds}
	})
}

func joins(user, place string) Command { return &JoinQueue{By: By{User: user}, ID: named(place)} }

// TestFullRoom: a room that has as many places as there may be takes no more, and shows
// those that there are.
func TestFullRoom(t *testing.T) {
	s := newBounded(bounds{keys: 3, ended: 3, places: 2, moves: 2})
	step(t, s, noon, &DefineEvent{Event: worldEvent()})
	step(t, s, noon, withRoom)
	step(t, s, noon, joins("ann", "p"))
	step(t, s, noon, joins("bob", "q"))
	want := Refusal{Code: QueueFull, Detail: "The waiting room is full."}
	if got := step(t, s, noon, joins("cem", "r")).Refusal; got == nil || !reflect.DeepEqual(*got, want) {
		t.Fatalf("a third is answered with %v", got)
	}
	if a := step(t, s, noon, joins("bob", "r")); a.Refusal != nil || a.Place.ID != named("q") {
		t.Fatalf("who has a place is answered with %v", a.Refusal)
	}
}

const noon catalog.Time = 1_000_000_000

func annHolds(hold string, tickets ...string) Command {
	return &PlaceHold{By: By{User: "ann"}, ID: named(hold), TicketIDs: tickets}
}

func annBooks(booking string, tickets ...string) Command {
	return &Book{By: By{User: "ann"}, ID: named(booking), TicketIDs: tickets}
}

func annPays(booking, hold string) Command {
	return &Book{By: By{User: "ann"}, ID: named(booking), Hold: named(hold)}
}

func paid(booking string) Command {
	return &SettlePayment{Booking: named(booking), Task: Authorise, Provider: "bank", PaymentID: "p"}
}

func redefine(change func(*catalog.Event)) Command {
	e := worldEvent()
	change(e)
	return &DefineEvent{Event: e}
}

// withKey is the command as ann sends it, with an idempotency key or without.
func withKey(c Command, key Key) Command {
	v := reflect.New(reflect.TypeOf(c).Elem())
	v.Elem().Set(reflect.ValueOf(c).Elem())
	v.Elem().FieldByName("By").Set(reflect.ValueOf(By{User: "ann", Key: key}))
	return v.Interface().(Command)
}

func TestRefusals(t *testing.T) {
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) {
			s := New()
			step(t, s, noon-60_000, &DefineEvent{Event: worldEvent()})
			for _, c := range tt.before {
				if a := step(t, s, noon-60_000, c); a.Refusal != nil {
					t.Fatalf("%T: %v", c, a.Refusal)
				}
			}
			step(t, s, noon, &Tick{})
			version := s.Version()
			a := step(t, s, noon, withKey(tt.give, Key{}))
			if a.Refusal == nil || !reflect.DeepEqual(*a.Refusal, tt.want) {
				t.Fatalf("got %s, want %s", dump(a), dump(tt.want))
			}
			if s.Version() != version || a.Version != version {
				t.Fatalf("version %d, answer's %d; before %d", s.Version(), a.Version, version)
			}
			keyed := withKey(tt.give, testKey(1))
			first, again := step(t, s, noon, keyed), step(t, s, noon, keyed)
			if want := tt.want.Code.Final(); again.Replayed != want || (s.answers.len() == 1) != want {
				t.Fatalf("replayed %v, stored %d; final %v", again.Replayed, s.answers.len(), want)
			}
			if !reflect.DeepEqual(*first.Refusal, tt.want) {
				t.Fatalf("with a key: %s", dump(first))
			}
			if again.Replayed && (again.Version != version+1 || !reflect.DeepEqual(*again.Refusal, tt.want)) {
				t.Fatalf("again: %s", dump(again))
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	if got := (&Refusal{Code: HoldExpired}).Error(); got != "hold-expired" {
		t.Error(got)
	}
	if got := wrong("No ticket.").Error(); got != "invalid-request: No ticket." {
		t.Error(got)
	}
}

// TestLongList has more tickets sold than a refusal names.
func TestLongList(t *testing.T) {
	s := New()
	e := worldEvent()
	e.MaxTicketsPerUser = 0
	e.Inventory.Sections = []catalog.Section{{Name: "G", Price: 1, Capacity: 1100}}
	step(t, s, noon, &DefineEvent{Event: e})
	for i := range 11 {
		c := &PlaceHold{ID: testID(i), Best: inventory.Query{Quantity: 100}}
		if a := step(t, s, noon, c); a.Refusal != nil {
			t.Fatal(a.Refusal)
		}
	}
	a := step(t, s, noon, &RemoveEvent{})
	if a.Refusal == nil || len(a.Refusal.Tickets) != maxListed || a.Refusal.Detail == "" {
		t.Fatalf("%v", a.Refusal)
	}
}
