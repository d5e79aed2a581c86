package sale

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/sale/waitroom"
)

// watcher is who watches an event from outside: it has what it was told, and nothing else.
type watcher struct {
	since   uint64
	tickets map[string]inventory.Status
	places  map[ID]Place // without those that wait
	resyncs int
}

// look asks for news, and takes over what there is.
func (w *watcher) look(p *pair) {
	a := w.ask(p, &ShowNews{Since: w.since})
	if a.News == nil {
		*w = watcher{} // the event is not there
		return
	}
	if a.News.Stale || w.tickets == nil {
		w.resyncs++
		w.readTickets(p)
	}
	for _, c := range a.News.Changes {
		w.tickets[c.ID] = c.Status
	}
	if a.News.Missed || w.places == nil {
		w.places = known(p.s)
	}
	for _, moved := range a.Places {
		w.places[moved.ID] = moved
	}
	w.since = a.Version
}

func (w *watcher) ask(p *pair, c Command) Answer {
	_, a := p.s.Decide(p.s.Now(), c, nil)
	return a
}

func (w *watcher) readTickets(p *pair) {
	w.tickets = map[string]inventory.Status{}
	for t := range inventory.Ticket(p.s.Plan().Total()) {
		w.tickets[p.s.Plan().ID(t)] = p.s.stock.Status(t)
	}
}

// known are the places that do not wait, as they are told of.
func known(s *State) map[ID]Place {
	all := map[ID]Place{}
	if s.room == nil {
		return all
	}
	for _, place := range s.room.Snapshot().Places {
		if place.State != waitroom.Waiting {
			all[ID(place.Token)] = s.moved(place)
		}
	}
	return all
}

// check compares what was told with what is.
func (w *watcher) check(t tester, s *State) {
	if s.event == nil {
		return
	}
	var right watcher
	right.readTickets(&pair{s: s})
	if !reflect.DeepEqual(w.tickets, right.tickets) {
		t.Fatalf("the tickets are %v, and it was told %v", right.tickets, w.tickets)
	}
	for id, is := range known(s) {
		if told, ok := w.places[id]; !ok || told != is {
			t.Fatalf("place %v is %+v, and it was told %+v", id, is, told)
		}
	}
}

// Whoever takes over all news knows the same as who reads everything, however seldom he
// asks and whatever was forgotten meanwhile: a new owner of the state, a new house.
func TestNewsLeaveNothingOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, w := newPair(t), &watcher{}
		w.look(p)
		for _, seed := range seeds(t, 60) {
			r := p.seeded(seed)
			if r.pick(10) == 0 {
				p.s = newBounded(p.s.bounds).restore(plain(p.s.Checkpoint()))
				p.w.restored()
			}
			p.do(r.command(p.clock))
			p.clock += catalog.Time(r.pick(5) * 10_000)
			if r.pick(3) == 0 {
				w.look(p)
				w.check(t, p.s)
			}
		}
	})
}

// What is told is no more than what changed, and each ticket once.
func TestNewsAreShort(t *testing.T) {
	s := New()
	now := catalog.Time(1_000_000)
	do := func(c Command) Answer {
		_, a := s.Step(now, c, nil)
		return a
	}
	e := worldEvent()
	e.WaitingRoom = catalog.WaitingRoom{Enabled: true, MaxActive: 1}
	from := do(&DefineEvent{Event: e}).Version
	news := func(since uint64) string {
		a := do(&ShowNews{Since: since})
		text := fmt.Sprintf("v%d %v", a.Version, a.News.Changes)
		if a.News.Stale {
			text += " stale"
		}
		if a.News.Missed {
			text += " missed"
		}
		for _, p := range a.Places {
			text += fmt.Sprintf(" %s=%d", label(p.ID), p.State)
		}
		return text
	}
	want := func(since uint64, want string) {
		t.Helper()
		if got := news(since); got != want {
			t.Errorf("after %d: %s, want %s", since, got, want)
		}
	}
	want(from, "v1 []")
	want(0, "v1 [] stale missed") // there was no house then
	want(2, "v1 [] stale missed")
	do(&JoinQueue{ID: named("q1"), By: By{User: "ann"}}) // opened, taken, admitted
	do(&JoinQueue{ID: named("q2"), By: By{User: "bob"}})
	want(from, "v5 [] q1=2")
	do(&PlaceHold{ID: named("h1"), By: By{User: "ann"}, Place: named("q1"), TicketIDs: []string{"A-1-1", "A-1-2"}})
	do(&SwapHold{ID: named("h1"), By: By{User: "ann"}, Place: named("q1"), Add: []string{"A-1-3"},
		Remove: []string{"A-1-1"}})
	want(5, "v7 [{A-1-1 available} {A-1-2 held} {A-1-3 held}]")
	want(6, "v7 [{A-1-1 available} {A-1-3 held}]")
	do(&LeaveQueue{ID: named("q1"), By: By{User: "ann"}})
	want(7, "v10 [{A-1-2 available} {A-1-3 available}] q1=3 q2=2")
	want(9, "v10 [] q2=2")
	s = Restore(s.Checkpoint())
	want(9, "v10 [] missed")
	want(10, "v10 []")
	e2 := *e
	e2.Title = "Another"
	do(&DefineEvent{Event: &e2})
	want(10, "v11 []")
	e2.Inventory = worldEvent().Inventory
	e2.Inventory.Sections = e2.Inventory.Sections[1:]
	e3 := e2
	do(&DefineEvent{Event: &e3})
	want(11, "v12 [] stale")
	want(12, "v12 []")
	if a := do(&RemoveEvent{}); a.Refusal != nil {
		t.Fatal(a.Refusal)
	}
	if a := do(&ShowNews{Since: 12}); a.Refusal == nil || a.Refusal.Code != EventNotFound {
		t.Errorf("of an event that was removed: %+v", a)
	}
}

// Too many changes are not listed, and the ring of moves keeps the last ones.
func TestNewsAreBounded(t *testing.T) {
	s := New()
	e := worldEvent()
	e.MaxTicketsPerUser = 0
	e.Inventory.Sections = []catalog.Section{{Name: "G", Price: 50, Capacity: maxChanges + 1}}
	e.WaitingRoom = catalog.WaitingRoom{Enabled: true, MaxActive: 10_000}
	s.Step(1000, &DefineEvent{Event: e}, nil)
	place := named("p")
	s.Step(1000, &JoinQueue{ID: place}, nil)
	from := s.Version()
	for i := 0; i <= maxChanges; i += MaxTicketsPerCommand {
		n := min(MaxTicketsPerCommand, maxChanges+1-i)
		hold := &PlaceHold{ID: named(fmt.Sprint("h", i)), Place: place, Best: inventory.Query{Quantity: n}}
		if _, a := s.Step(1000, hold, nil); a.Refusal != nil {
			t.Fatal(a.Refusal)
		}
	}
	_, a := s.Step(1000, &ShowNews{Since: from}, nil)
	if !a.News.Stale || a.News.Changes != nil {
		t.Errorf("%d changes are told", len(a.News.Changes))
	}
	if _, a = s.Step(1000, &ShowNews{Since: from + 1}, nil); a.News.Stale || len(a.News.Changes) != maxChanges-99 {
		t.Errorf("%d changes are told, want %d", len(a.News.Changes), maxChanges-99)
	}
	m := moves{since: 5}
	for v := uint64(10); v < 20; v++ {
		m.add(move{version: v}, 4)
	}
	if m.since != 15 || m.after(15) != 4 || m.after(17) != 2 || m.last(0).version != 19 || m.last(3).version != 16 {
		t.Errorf("after ten moves it has %+v", m)
	}
}
