package sale

import (
	"math/rand/v2"
	"testing"
)

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
		case was == nil && k != nil || was != nil && (k == nil || k.Booking != was):
			t.Fatalf("%v is %v, want %v", id, k, was)
		case k == nil:
			twin[id] = &Booking{ID: id, Status: Pending}
			s.add(twin[id])
		case k.Task() == Authorise:
			twin[id] = k.confirmed(&Confirmed{ID: id})
			s.replace(k, twin[id])
		case k.Task() == Capture:
			s.capture(k)
		case rnd.IntN(2) == 0:
			delete(twin, id)
			s.remove(id)
		}
		if k := s.get(id); (k == nil) != (twin[id] == nil) || k != nil && k.Booking != twin[id] {
			t.Fatalf("%v is then %v, want %v", id, k, twin[id])
		}
	}
	if len(twin) <= largeSet || len(s.recent) != manyRecent {
		t.Fatalf("%d bookings, %d are found without the map: the test is too short", len(twin), len(s.recent))
	}
	owed := 0
	for _, k := range s.index {
		if k.Task() != NoTask {
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
