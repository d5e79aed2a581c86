package sale

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/slab"

	"pgregory.net/rapid"
)

// TestPack: a booking is the same after it was packed, whatever is in it.
func TestPack(t *testing.T) {
	id := rapid.Custom(func(t *rapid.T) (id ID) {
		copy(id[:], rapid.SliceOfN(rapid.Byte(), len(id), len(id)).Draw(t, "id"))
		return id
	})
	at := rapid.Custom(func(t *rapid.T) catalog.Time { return catalog.Time(rapid.Int64().Draw(t, "time")) })
	seat := rapid.Custom(func(t *rapid.T) inventory.Ticket {
		return inventory.Ticket(rapid.Uint32Max(math.MaxInt32).Draw(t, "seat"))
	})
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) string { return rapid.String().Draw(t, name) }
		b := &Booking{
			ID: id.Draw(t, "ID"), Hold: id.Draw(t, "Hold"), Place: id.Draw(t, "Place"), User: text("User"),
			Total: rapid.Int64().Draw(t, "Total"), Status: BookingConfirmed, Payment: PaymentCaptured,
			Method: text("Method"), Token: text("Token"), Provider: text("Provider"), PaymentID: text("PaymentID"),
			Reason: text("Reason"), StartedAt: at.Draw(t, "StartedAt"), ConfirmedAt: at.Draw(t, "ConfirmedAt"),
			EndedAt: at.Draw(t, "EndedAt"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "tickets") {
			b.TicketIDs = append(b.TicketIDs, text("ticket"))
		}
		for range rapid.IntRange(0, 3).Draw(t, "seats") {
			b.seats = append(b.seats, seat.Draw(t, "a seat"))
		}
		p := pack(b, new(slab.Texts))
		if got := p.booking(); p.id() != b.ID || !reflect.DeepEqual(got, b) {
			t.Fatalf("packed and unpacked it is %+v, want %+v", got, b)
		}
	})
	if n := reflect.TypeFor[Booking]().NumField(); n != 17 {
		t.Errorf("a Booking has %d fields: is the new one packed?", n)
	}
}

// TestBookingSet holds a set that outgrows the cache of its map against a map.
func TestBookingSet(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	s, twin := newBookingSet(), map[ID]*Booking{}
	for range 50_000 {
		id := testID(rnd.IntN(3 * largeSet))
		was := twin[id]
		switch k := s.get(id); {
		case (k == nil) != (was == nil) || k != nil && !reflect.DeepEqual(k.now(), was):
			t.Fatalf("%v is %v, want %v", id, k, was)
		case k == nil:
			twin[id] = &Booking{ID: id, Status: Pending, Total: 1}
			s.add(twin[id])
		case k.task() == Authorise:
			twin[id] = was.confirmed(&Confirmed{ID: id})
			s.replace(k, twin[id])
		case k.task() == Capture:
			twin[id] = was.captured()
			s.capture(k)
		case rnd.IntN(2) == 0:
			delete(twin, id)
			s.remove(id)
		}
		if k := s.get(id); (k == nil) != (twin[id] == nil) || k != nil && !reflect.DeepEqual(k.now(), twin[id]) {
			t.Fatalf("%v is then %v, want %v", id, k, twin[id])
		}
	}
	if len(twin) <= largeSet || len(s.recent) != manyRecent {
		t.Fatalf("%d bookings, %d are found without the map: the test is too short", len(twin), len(s.recent))
	}
	owed := 0
	for _, k := range s.index {
		if k.task() != NoTask {
			owed++
		}
	}
	listed := 0
	for k := s.first; k != nil; k = k.next {
		listed++
	}
	if len(s.index) != len(twin) || owed != s.owed || owed != listed {
		t.Fatalf("%d bookings, want %d; %d are owed something, %d counted, %d listed",
			len(s.index), len(twin), owed, s.owed, listed)
	}
}

// A booking that was forgotten takes no memory, but while a stored answer tells of it: those
// that lie beside it may be there for long.
func TestForgottenBookingsAreEmpty(t *testing.T) {
	s := newBookingSet()
	for i, isTold := range []bool{false, true} {
		s.add(&Booking{ID: ID{byte(1 + i)}, Status: BookingDeclined})
		k := s.get(ID{byte(1 + i)})
		if isTold {
			k.answer = told
		}
		s.remove(k.id())
		if (k.open != nil) != isTold {
			t.Errorf("told %v: %v is left", isTold, k.open)
		}
		if k.untell(); k.open != nil || k.packed != "" {
			t.Errorf("told %v: %v is left when nobody tells of it", isTold, k.open)
		}
	}
}
