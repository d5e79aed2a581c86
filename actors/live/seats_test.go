package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
)

// watch has a new socket watch the seats.
func (n *node) watch(since uint64) (*socket, func()) {
	n.f.t.Helper()
	s := &socket{}
	stop, err := n.hub.WatchSeats("e", since, s)
	if err != nil {
		n.f.t.Fatal(err)
	}
	synctest.Wait()
	return s, stop
}

func want(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s was told\n\t%s\nwant\n\t%s", what, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// Seats that change are seen on every node, at once the first time, then together what
// changed in a tenth of a second; all who watch share one frame.
func TestSeatsAreSeenEverywhere(t *testing.T) {
	inFleet(t, 3, nil, func(f *fleet) {
		var sockets []*socket
		for _, n := range f.all {
			for range 2 {
				s, _ := n.watch(0)
				sockets = append(sockets, s)
				want(t, n.name, s.got(), `{"type":"snapshot-version","version":1}`)
			}
		}
		first := f.hold("S-A-1")
		f.all[1].must(first)
		synctest.Wait()
		if a, b := sockets[0].frames[0], sockets[1].frames[0]; a != b {
			t.Error("two who watch got two frames")
		}
		for i, s := range sockets {
			want(t, fmt.Sprint(i), s.got(), `{"type":"tickets","version":2,"since":1,"changes":[["S-A-1","held"]]}`)
		}
		f.all[2].must(f.hold("S-A-2"))
		f.all[0].must(&sale.ReleaseHold{ID: first.ID})
		pass(99 * time.Millisecond)
		want(t, "who was told just now", sockets[0].got())
		pass(time.Millisecond)
		for i, s := range sockets {
			want(t, fmt.Sprint(i), s.got(), `{"type":"tickets","version":4,"since":2,`+
				`"changes":[["S-A-1","available"],["S-A-2","held"]]}`)
		}
	})
}

// Who comes back is told what he missed: from what the node has kept, from the event, or
// that he has to read everything.
func TestWhoComesBackIsToldWhatHeMissed(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		n := f.all[1]
		n.must(f.hold("S-A-1")) // 2
		n.must(f.hold("S-A-2")) // 3
		_, _ = n.watch(0)
		n.must(f.hold("S-B-1")) // 4
		pass(time.Second)
		n.must(f.hold("S-B-2")) // 5
		pass(time.Second)
		calls := f.called()
		for since, wanted := range map[uint64][]string{
			5: nil,
			4: {`{"type":"tickets","version":5,"since":4,"changes":[["S-B-2","held"]]}`},
			3: {`{"type":"tickets","version":4,"since":3,"changes":[["S-B-1","held"]]}`,
				`{"type":"tickets","version":5,"since":4,"changes":[["S-B-2","held"]]}`},
		} {
			s, _ := n.watch(since)
			want(t, fmt.Sprint("since ", since), s.got(), wanted...)
		}
		if f.called() != calls {
			t.Error("the event was asked for what the node had")
		}
		s1, _ := n.watch(1)
		want(t, "since 1", s1.got(), `{"type":"tickets","version":5,"since":1,"changes":`+
			`[["S-A-1","held"],["S-A-2","held"],["S-B-1","held"],["S-B-2","held"]]}`)
		future, _ := n.watch(1000)
		want(t, "since 1000", future.got(), `{"type":"resync","version":5}`)
		n.must(f.hold("S-C-1"))
		pass(time.Second)
		for _, s := range []*socket{s1, future} {
			want(t, "who is up to date", s.got(),
				`{"type":"tickets","version":6,"since":5,"changes":[["S-C-1","held"]]}`)
		}
	})
}

// A version that another node has told of is no forgery, though this node is behind.
func TestALaterVersionThanTheNodeKnows(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		n := f.all[0]
		_, _ = n.watch(0)
		n.must(f.hold("S-A-1")) // 2: told at once
		synctest.Wait()
		n.must(f.hold("S-A-2")) // 3: in a tenth of a second
		s, _ := n.watch(3)
		want(t, "who knows 3", s.got())
		pass(time.Second)
		n.must(f.hold("S-A-3"))
		pass(time.Second)
		want(t, "who knows 3", s.got(), `{"type":"tickets","version":3,"since":2,"changes":[["S-A-2","held"]]}`,
			`{"type":"tickets","version":4,"since":3,"changes":[["S-A-3","held"]]}`)
	})
}

// client is who watches and follows the rule of the package comment.
type client struct {
	socket
	version uint64
	tickets map[string]string
	gaps    int
}

// read is GET …/tickets.
func (c *client) read(n *node) {
	snap := n.must(&sale.ShowTickets{}).Tickets
	c.version, c.tickets = snap.Version(), map[string]string{}
	for i := range inventory.Ticket(snap.Plan().Total()) {
		c.tickets[snap.Plan().ID(i)] = snap.Status(i).String()
	}
}

// follow takes over what the client was told.
func (c *client) follow(t testing.TB, n *node) {
	c.mu.Lock()
	frames := c.frames
	c.frames = nil
	c.mu.Unlock()
	for _, f := range frames {
		var m struct {
			Type           string
			Since, Version uint64
			Changes        [][2]string
		}
		if err := json.Unmarshal(f.JSON, &m); err != nil || m.Type != f.Kind.String() || m.Version != f.Version {
			t.Fatalf("%s: %v", f.JSON, err)
		}
		switch {
		case m.Type == "snapshot-version" || m.Type == "resync":
			c.read(n)
		case m.Version <= c.version:
		case m.Since > c.version:
			c.gaps++
			c.read(n)
		default:
			for _, change := range m.Changes {
				c.tickets[change[0]] = change[1]
			}
			c.version = m.Version
		}
	}
}

// While the event moves from node to node, those who watch miss nothing: each ends with
// the seats as they are, and no chain has a hole.
func TestNothingIsMissedWhenTheEventMoves(t *testing.T) {
	inFleet(t, 3, nil, func(f *fleet) {
		clients := []*client{{}, {}, {}}
		for i, c := range clients {
			if _, err := f.all[i].hub.WatchSeats("e", 0, c); err != nil {
				t.Fatal(err)
			}
			c.follow(t, f.all[i])
		}
		seat := 0
		sell := func(n *node) {
			for range 3 {
				n.must(f.hold(fmt.Sprintf("S-%c-%d", 'A'+seat/10, seat%10+1)))
				seat++
				pass(40 * time.Millisecond)
			}
		}
		for round := range 8 {
			sell(f.all[round%3])
			f.lead("")
			pass(700 * time.Millisecond) // longer than a question waits for a leader
			f.lead(f.all[(round+1)%3].name)
			pass(300 * time.Millisecond)
			if round == 3 { // somebody comes back elsewhere, with what he knows
				clients = append(clients, &client{version: clients[0].version, tickets: clients[0].tickets})
				clients[0].tickets = nil
				if _, err := f.all[2].hub.WatchSeats("e", clients[3].version, clients[3]); err != nil {
					t.Fatal(err)
				}
				clients[0].read(f.all[0])
			}
		}
		sell(f.all[0])
		pass(5 * time.Second)
		right := &client{}
		right.read(f.all[0])
		for i, c := range clients {
			c.follow(t, f.all[min(i, 2)])
			if c.gaps != 0 || fmt.Sprint(c.tickets) != fmt.Sprint(right.tickets) {
				t.Errorf("client %d: %d gaps, at version %d of %d", i, c.gaps, c.version, right.version)
			}
		}
	})
}

// A house that is laid out anew is to be read anew; an event that is removed sends
// everybody away.
func TestTheHouseAndTheEventGo(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		s, _ := f.all[1].watch(0)
		s.got()
		e := popular(catalog.WaitingRoom{})
		e.Title = "Macbeth"
		f.all[0].must(&sale.DefineEvent{Event: e})
		pass(time.Second)
		want(t, "who sees another title", s.got())
		other := *e
		other.Inventory.Sections = slices.Clone(e.Inventory.Sections)
		other.Inventory.Sections[0].Rows = e.Inventory.Sections[0].Rows[1:]
		f.all[0].must(&sale.DefineEvent{Event: &other})
		pass(time.Second)
		want(t, "who sees another house", s.got(), `{"type":"resync","version":3}`)
		f.all[0].must(&sale.RemoveEvent{})
		pass(time.Second)
		if got := s.got(); len(got) != 1 || !strings.HasPrefix(got[0], `{"type":"goodbye","retryAfterMs":`) {
			t.Errorf("of an event that was removed it was told %q", got)
		}
		var refusal *sale.Refusal
		_, err := f.all[1].hub.WatchSeats("e", 0, s)
		if !errors.As(err, &refusal) || refusal.Code != sale.EventNotFound {
			t.Errorf("watching it gives %v", err)
		}
	})
}

// Nobody has a bound event out of memory brought back, and nothing is asked while nothing
// happens; what happens is told though the event was out of memory.
func TestAnIdleEventCostsNothing(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		s, stop := f.all[1].watch(0)
		s.got()
		pass(2 * time.Minute) // it leaves memory
		before := f.called()
		pass(10 * time.Minute)
		if calls := f.called() - before; calls > 26 {
			t.Errorf("%d calls in ten minutes in which nothing happened", calls)
		}
		if n := f.inMemory(); n != 0 {
			t.Errorf("%d events are in memory because they are watched", n)
		}
		f.all[0].must(f.hold("S-A-1"))
		synctest.Wait()
		want(t, "who waited long", s.got(), `{"type":"tickets","version":2,"since":1,"changes":[["S-A-1","held"]]}`)
		stop()
		stop()
		pass(time.Minute)
		if n := f.all[1].hub.events(); n != 0 {
			t.Errorf("%d events are watched for nobody", n)
		}
	})
}

// The bounds refuse, and are free again when somebody stops.
func TestTheBoundsOfTheHub(t *testing.T) {
	bounds := func(c *Config) { c.MaxListeners, c.MaxEvents = 2, 1 }
	inFleet(t, 1, bounds, func(f *fleet) {
		hub := f.all[0].hub
		other := popular(catalog.WaitingRoom{})
		other.ID = "other"
		if _, err := f.all[0].Do("other", &sale.DefineEvent{Event: other}, time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		_, stop := f.all[0].watch(0)
		if _, err := hub.WatchSeats("other", 0, &socket{}); !errors.Is(err, ErrOverloaded) {
			t.Errorf("a second event: %v", err)
		}
		_, _ = f.all[0].watch(0)
		if _, err := hub.WatchSeats("e", 0, &socket{}); !errors.Is(err, ErrOverloaded) {
			t.Errorf("a third listener: %v", err)
		}
		stop()
		_, _ = f.all[0].watch(0)
		if _, err := hub.WatchSeats("nothing", 0, &socket{}); !errors.Is(err, ErrOverloaded) {
			t.Errorf("a third listener again: %v", err)
		}
	})
}

// Goodbye comes to everybody, at different times to come back, and is the last thing.
func TestGoodbyeIsTheLastWord(t *testing.T) {
	inFleet(t, 1, nil, func(f *fleet) {
		var sockets []*socket
		times := map[string]bool{}
		for range 20 {
			s, _ := f.all[0].watch(0)
			s.got()
			sockets = append(sockets, s)
		}
		f.all[0].hub.Goodbye()
		f.all[0].must(f.hold("S-A-1"))
		f.all[0].hub.Goodbye()
		pass(time.Second)
		for _, s := range sockets {
			got := s.got()
			if len(got) != 1 || !strings.HasPrefix(got[0], `{"type":"goodbye","retryAfterMs":`) {
				t.Fatalf("it was told %q", got)
			}
			times[got[0]] = true
		}
		if len(times) < 15 {
			t.Errorf("20 sockets come back at %d times", len(times))
		}
		again, _ := f.all[0].watch(0)
		want(t, "who comes back", again.got(), `{"type":"snapshot-version","version":2}`)
	})
}

// Without an answer nobody is taken in, and the next one may be.
func TestWatchingNeedsAnAnswer(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		f.lead("")
		pass(time.Second)
		if _, err := f.all[1].hub.WatchSeats("e", 0, &socket{}); !errors.Is(err, actors.ErrUnavailable) {
			t.Errorf("without a leader: %v", err)
		}
		f.lead("n1")
		pass(time.Second)
		s, _ := f.all[1].watch(0)
		want(t, "who watches then", s.got(), `{"type":"snapshot-version","version":1}`)
	})
}
