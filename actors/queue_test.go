package actors

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/waitroom"
	"boxoffice/storage/storagetest"

	"github.com/prometheus/client_golang/prometheus"
)

// popular is a theatre with a waiting room, on sale in a minute.
func popular(room catalog.WaitingRoom) *catalog.Event {
	e := theatre("e", time.Now())
	e.OnSaleAt = catalog.At(time.Now().Add(time.Minute))
	e.WaitingRoom = room
	e.WaitingRoom.Enabled = true
	return e
}

// join takes places for users u0, u1, …
func (w *world) join(n int) (tokens []sale.ID) {
	w.t.Helper()
	for i := range n {
		a := w.must(&sale.JoinQueue{By: sale.By{User: fmt.Sprint("u", i)}, ID: w.id(), Seed: [32]byte{7}})
		tokens = append(tokens, a.Place.ID)
	}
	return tokens
}

// places shows each user his place, without what is about now.
func (w *world) places(tokens []sale.ID) (list []sale.Place) {
	w.t.Helper()
	for i, token := range tokens {
		p := *w.must(&sale.ShowPlace{By: sale.By{User: fmt.Sprint("u", i)}, ID: token}).Place
		p.Draw, p.Estimate, p.SoldOut = nil, waitroom.Estimate{}, 0
		list = append(list, p)
	}
	return list
}

// room is how many wait and shop, as the view says: asking it wakes nobody.
func (w *world) room(waiting, active int) {
	w.t.Helper()
	v, err := w.View(context.Background(), "e", 0)
	if err != nil || v.Summary.Waiting != waiting || v.Summary.Active != active {
		w.t.Fatalf("%d wait and %d shop, want %d and %d; %v", v.Summary.Waiting, v.Summary.Active, waiting, active, err)
	}
}

// Time alone opens the sale, draws, ends sessions, lets in the next and lets places lapse.
func TestTheWaitingRoomGoesByTime(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.must(&sale.DefineEvent{Event: popular(catalog.WaitingRoom{MaxActive: 2, SessionSeconds: 100,
			GraceSeconds: 200, Order: "shuffle"})})
		w.join(5)
		pass(59 * time.Second)
		w.room(5, 0)
		pass(2 * time.Second)
		w.room(3, 2)
		if q := w.must(&sale.ShowQueue{}).Queue; q.Draw.Seed != [32]byte{7} {
			t.Errorf("nothing was drawn: %+v", q)
		}
		pass(100 * time.Second)
		w.room(1, 2)
		pass(50 * time.Second) // 211 seconds after joining
		w.room(0, 2)
		pass(60 * time.Second)
		w.room(0, 0)
		pass(time.Minute)
		if w.node.events.size.Load() != 0 {
			t.Error("an event whose waiting room is empty is still in memory")
		}
	})
}

// The rate lets in one after another, without anybody asking.
func TestTheRateLetsIn(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.must(&sale.DefineEvent{Event: popular(catalog.WaitingRoom{MaxActive: 100, RatePerMinute: 6,
			GraceSeconds: 600})})
		w.join(5)
		for shopping := range 5 {
			pass(10 * time.Second)
			if shopping == 0 {
				pass(51 * time.Second)
			}
			w.room(4-shopping, shopping+1)
		}
	})
}

// Whoever waits keeps the event in memory, though nobody asks for it.
func TestWaitingPlacesKeepTheEvent(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		e := popular(catalog.WaitingRoom{GraceSeconds: 3600})
		e.OnSaleAt = catalog.At(time.Now().Add(20 * time.Minute))
		w.must(&sale.DefineEvent{Event: e})
		token := w.join(1)[0]
		pass(5 * time.Minute)
		if w.node.events.size.Load() != 1 {
			t.Fatal("an event that somebody waits for left memory")
		}
		w.must(&sale.LeaveQueue{By: sale.By{User: "u0"}, ID: token})
		pass(time.Minute)
		if w.node.events.size.Load() != 0 {
			t.Fatal("an event that nobody waits for is still in memory")
		}
	})
}

// After a crash the order, the positions and the sessions are as before; the time in
// which nobody could be seen, or shop, counts for nothing.
func TestTheWaitingRoomSurvives(t *testing.T) {
	for _, every := range []int{32768, 5} { // from records alone, and from a checkpoint
		inWorld(t, func(c *Config) { c.CheckpointEvery = every }, func(w *world) {
			w.must(&sale.DefineEvent{Event: popular(catalog.WaitingRoom{MaxActive: 3, Order: "shuffle"})})
			tokens := w.join(20)
			pass(61 * time.Second)
			w.must(&sale.LeaveQueue{By: sale.By{User: "u4"}, ID: tokens[4]})
			tokens = tokens[:4]
			before := w.places(tokens)
			pass(50 * time.Second) // 111 s after joining
			w.node.Stop()
			pass(time.Hour)
			w.restart(nil)
			after := w.places(tokens)
			for i := range before {
				b, a := before[i], after[i]
				if gap := a.Until - b.Until; b.State == waitroom.Active && (gap < 3_600_000 || gap > 3_601_500) {
					t.Errorf("a session ends %d ms later, want the hour", gap)
				}
				if a.Until = b.Until; a != b {
					t.Errorf("after the crash a place is %+v, before %+v", a, b)
				}
			}
			w.room(16, 3)
			pass(118 * time.Second) // a new owner begins anew
			w.room(16, 3)
			pass(10 * time.Second)
			w.room(0, 3)
		})
	}
}

// Another node's places: reads are asked again, and whoever does not know whether he
// joined asks again with his key.
func TestPlacesOnAnotherNode(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		n1.must(&sale.DefineEvent{Event: popular(catalog.WaitingRoom{MaxActive: 1, Order: "shuffle"})})
		join := &sale.JoinQueue{By: key(1), ID: f.id(), Seed: [32]byte{7}}
		f.next("n1", lostReply)
		if _, err := n2.do(join); !errors.Is(err, ErrUnknown) {
			t.Fatalf("a place whose token was lost: %v", err)
		}
		again := n2.must(&sale.JoinQueue{By: key(1), ID: f.id(), Seed: [32]byte{8}})
		if again.Place.ID != join.ID || !again.Unchanged || again.Place.Ahead != -1 || again.Place.Draw == nil ||
			again.Place.Grace != 120_000 {
			t.Fatalf("asked again: %+v", again.Place)
		}
		f.next("n1", lostReply, lostQuery)
		shown := n2.must(&sale.ShowPlace{ID: join.ID})
		f.next("n1", lostReply)
		seen := n2.must(&sale.SeePlaces{IDs: []sale.ID{join.ID}})
		queue := n2.must(&sale.ShowQueue{})
		if shown.Version != again.Version || seen.Version != again.Version || queue.Queue.Waiting != 1 {
			t.Errorf("reads made %d and %d of version %d; %+v", shown.Version, seen.Version, again.Version, queue.Queue)
		}
		pass(100 * time.Second)
		f.lead("n2")
		pass(time.Second)
		steered := n1.must(&sale.SteerQueue{MaxActive: new(5)})
		if got := n1.must(&sale.ShowPlace{ID: join.ID}).Place; got.State != waitroom.Active || steered.Version == 0 {
			t.Errorf("after the move the place is %+v", got)
		}
	})
}

// A shopper's payment may outlast his time and ends it; what its key says later, the
// version too, is what its sender is told.
func TestAShopperPays(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.must(&sale.DefineEvent{Event: popular(catalog.WaitingRoom{MaxActive: 1, SessionSeconds: 100})})
		tokens := w.join(2)
		pass(61 * time.Second)
		book := w.book("S-A-1")
		book.By, book.Place = sale.By{User: "u0", Key: key(1).Key}, tokens[0]
		first := w.must(book)
		again := w.must(book)
		if first.Version != again.Version || !again.Replayed {
			t.Errorf("version %d, and then %d", first.Version, again.Version)
		}
		pass(time.Second)
		w.room(0, 1)
		if got := w.places(tokens)[0]; got.State != waitroom.Gone || got.Reason != waitroom.Booked {
			t.Errorf("after his booking a shopper has %+v", got)
		}
	})
}

// What the metrics say of waiting rooms.
func TestQueueMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	inWorld(t, func(c *Config) { c.Registry = registry }, func(w *world) {
		w.must(&sale.DefineEvent{Event: popular(catalog.WaitingRoom{MaxActive: 2, SessionSeconds: 3600})})
		w.join(5)
		pass(61 * time.Second)
		told := func(want map[string]float64) {
			t.Helper()
			families, err := registry.Gather()
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range families {
				if v, ok := want[f.GetName()]; ok {
					m := f.GetMetric()[0]
					if got := m.GetGauge().GetValue() + m.GetCounter().GetValue(); got != v {
						t.Errorf("%s is %v, want %v", f.GetName(), got, v)
					}
					delete(want, f.GetName())
				}
			}
			if len(want) > 0 {
				t.Errorf("%v are not told", want)
			}
		}
		told(map[string]float64{"boxoffice_queue_waiting": 3, "boxoffice_queue_active": 2,
			"boxoffice_queue_admissions_total": 2, "boxoffice_queue_lapses_total": 0})
		pass(70 * time.Second)
		told(map[string]float64{"boxoffice_queue_waiting": 0, "boxoffice_queue_lapses_total": 3})
	})
}

// A place whose record may be lost is not told of before it is durable.
func TestAPlaceWaitsForItsCommit(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.must(&sale.DefineEvent{Event: popular(catalog.WaitingRoom{})})
		w.log.FailAppend("e", storagetest.UnknownLost)
		join := &sale.JoinQueue{By: key(1), ID: w.id()}
		if _, err := w.do(join); !errors.Is(err, ErrUnknown) {
			t.Fatalf("got %v, want ErrUnknown", err)
		}
		w.room(0, 0)
		if a := w.must(join); a.Unchanged {
			t.Error("a place that was lost is there")
		}
		w.room(1, 0)
	})
}
