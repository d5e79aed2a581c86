package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/waitroom"
)

// queue has a new socket watch the place of user u<i>.
func (n *node) queue(tokens []sale.ID, i int) (*socket, func()) {
	n.f.t.Helper()
	s := &socket{}
	stop, err := n.hub.WatchPlace("e", tokens[i], fmt.Sprint("u", i), 0, s)
	if err != nil {
		n.f.t.Fatal(err)
	}
	synctest.Wait()
	return s, stop
}

// inQueue is inFleet with a waiting room for two shoppers.
func inQueue(t *testing.T, size int, room catalog.WaitingRoom, test func(*fleet)) {
	t.Helper()
	inFleet(t, size, nil, func(f *fleet) {
		room.Enabled = true
		if room.MaxActive == 0 {
			room.MaxActive = 2
		}
		f.all[0].must(&sale.DefineEvent{Event: popular(room)})
		test(f)
	})
}

// A place is told how it stands, that it was let in, as soon as it was, and how it ended.
func TestAPlaceIsFollowedToItsEnd(t *testing.T) {
	inQueue(t, 2, catalog.WaitingRoom{SessionSeconds: 3600}, func(f *fleet) {
		tokens := f.join(5)
		n := f.all[1]
		s, _ := n.queue(tokens, 4)
		second, _ := n.queue(tokens, 4) // another tab
		in, _ := n.queue(tokens, 0)
		want(t, "the last", s.got(), `{"type":"position","version":10,"ahead":2,"waiting":3}`)
		until := time.Now().Add(time.Hour).UTC().Format(catalog.Layout)
		want(t, "a shopper", in.got(), `{"type":"admitted","version":10,"admittedUntil":"`+until+`"}`)
		second.got()

		f.all[0].must(&sale.LeaveQueue{By: sale.By{User: "u2"}, ID: tokens[2]}) // he was the first in line
		pass(time.Second)
		want(t, "the last", s.got(), `{"type":"position","version":11,"ahead":1,"waiting":2}`)
		want(t, "his other tab", second.got(), `{"type":"position","version":11,"ahead":1,"waiting":2}`)
		pass(time.Minute)
		want(t, "who stands still", s.got())

		f.all[0].must(&sale.LeaveQueue{By: sale.By{User: "u0"}, ID: tokens[0]})
		synctest.Wait()
		want(t, "who left", in.got(), `{"type":"ended","version":13,"reason":"left"}`)
		pass(time.Second)
		want(t, "the last", s.got(), `{"type":"position","version":13,"ahead":0,"waiting":1}`)
		f.all[0].must(&sale.LeaveQueue{By: sale.By{User: "u1"}, ID: tokens[1]})
		synctest.Wait()
		until = time.Now().Add(time.Hour).UTC().Format(catalog.Layout)
		want(t, "who is let in", s.got(), `{"type":"admitted","version":15,"admittedUntil":"`+until+`"}`)
		pass(2 * time.Hour)
		want(t, "whose time is over", s.got(), `{"type":"expired","version":17,"reason":"timed-out"}`)
		n.hub.Goodbye()
		if got := in.got(); len(got) != 1 || !strings.Contains(got[0], "goodbye") {
			t.Errorf("who left is told %q in the end", got)
		}
	})
}

// Only whose place it is may watch it, and the answer does not say whether there is one.
func TestOnlyTheOwnerWatchesAPlace(t *testing.T) {
	inQueue(t, 2, catalog.WaitingRoom{}, func(f *fleet) {
		tokens := f.join(3)
		for _, c := range []struct {
			token sale.ID
			user  string
		}{{tokens[2], "u1"}, {tokens[2], ""}, {sale.ID{9}, "u2"}} {
			var refusal *sale.Refusal
			_, err := f.all[1].hub.WatchPlace("e", c.token, c.user, 0, &socket{})
			if !errors.As(err, &refusal) || refusal.Code != sale.PlaceNotFound {
				t.Errorf("%q watches %v: %v", c.user, c.token, err)
			}
		}
		pass(time.Minute)
		if n := f.all[1].hub.events(); n != 0 {
			t.Errorf("%d events are watched by those who were refused", n)
		}
	})
}

// Who watches counts as being there, on whatever node; who stops is gone after the grace.
func TestWatchingKeepsAPlace(t *testing.T) {
	room := catalog.WaitingRoom{MaxActive: 1, SessionSeconds: 86_400, GraceSeconds: 10}
	inQueue(t, 2, room, func(f *fleet) {
		tokens := f.join(4)
		s, stop := f.all[1].queue(tokens, 2)
		local, _ := f.all[0].queue(tokens, 3)
		pass(time.Hour)
		if q := f.all[0].must(&sale.ShowQueue{}).Queue; q.Waiting != 2 {
			t.Fatalf("%d wait, want the two who watch", q.Waiting)
		}
		s.got()
		stop()
		pass(20 * time.Second)
		if q := f.all[0].must(&sale.ShowQueue{}).Queue; q.Waiting != 1 {
			t.Errorf("%d wait, want the one who watches", q.Waiting)
		}
		want(t, "who stopped", s.got())
		if got := local.got(); !strings.Contains(got[len(got)-1], `"ahead":0`) {
			t.Errorf("who is the first now was told %q", got)
		}
	})
}

// A place that ends on its own is told why, and that nobody was seen there is told to a
// tab that comes back too late.
func TestAPlaceThatLapsed(t *testing.T) {
	room := catalog.WaitingRoom{MaxActive: 1, SessionSeconds: 86_400, GraceSeconds: 10}
	inQueue(t, 1, room, func(f *fleet) {
		tokens := f.join(2)
		pass(time.Minute)
		s, _ := f.all[0].queue(tokens, 1)
		want(t, "who comes too late", s.got(), `{"type":"expired","version":7,"reason":"lapsed"}`)
	})
}

// position is what a place was told, as numbers.
type position struct {
	Type          string
	Version       uint64
	Ahead         int
	AdmittedUntil string
}

// line checks what a place was told: that versions and positions only go one way.
func line(t *testing.T, name string, texts []string) (last position) {
	t.Helper()
	last.Ahead = 1 << 30
	for _, text := range texts {
		var p position
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			t.Fatal(err)
		}
		if p.Version < last.Version || last.Type == "admitted" && p.Type == "position" ||
			p.Type == "position" && p.Ahead > last.Ahead {
			t.Errorf("%s was told %s after %+v", name, text, last)
		}
		last = p
	}
	return last
}

// While the event moves from node to node, nobody's position gets worse, and whoever is
// let in learns it, wherever he watches.
func TestPositionsSurviveMoves(t *testing.T) {
	inQueue(t, 3, catalog.WaitingRoom{MaxActive: 1, SessionSeconds: 5}, func(f *fleet) {
		tokens := f.join(40)
		sockets := make([]*socket, len(tokens))
		for i := range tokens {
			sockets[i], _ = f.all[i%3].queue(tokens, i)
		}
		for round := range 6 {
			pass(3700 * time.Millisecond)
			f.lead("")
			pass(700 * time.Millisecond)
			f.lead(f.all[(round+1)%3].name)
		}
		pass(5 * time.Second)
		admitted := 0
		for i, s := range sockets {
			last := line(t, fmt.Sprint("place ", i), s.got())
			p := f.all[0].must(&sale.ShowPlace{By: sale.By{User: fmt.Sprint("u", i)}, ID: tokens[i]}).Place
			switch p.State {
			case waitroom.Waiting:
				if last.Type != "position" || last.Ahead != p.Ahead {
					t.Errorf("place %d has %d ahead, and was told %+v", i, p.Ahead, last)
				}
			case waitroom.Active:
				admitted++
				if last.Type != "admitted" || last.AdmittedUntil != p.Until.String() {
					t.Errorf("place %d is in until %v, and was told %+v", i, p.Until, last)
				}
			default:
				admitted++
				if last.Type != "expired" {
					t.Errorf("place %d is over, and was told %+v", i, last)
				}
			}
		}
		if admitted < 3 {
			t.Errorf("only %d were let in", admitted)
		}
	})
}

// More places than the event remembers to have moved are asked for anew: nobody waits in
// vain for the news that he is in.
func TestManyAreLetInAtOnce(t *testing.T) {
	inQueue(t, 2, catalog.WaitingRoom{MaxActive: 1}, func(f *fleet) {
		const many = 5000 // more than sale remembers
		tokens := f.join(1)
		for range many {
			tokens = append(tokens, f.all[0].must(&sale.JoinQueue{ID: f.id()}).Place.ID)
		}
		sockets := make([]*socket, many)
		for i := range sockets {
			sockets[i] = &socket{}
			if _, err := f.all[1].hub.WatchPlace("e", tokens[1+i], "", 0, sockets[i]); err != nil {
				t.Fatal(err)
			}
		}
		pass(5 * time.Second)
		all := 10_000
		f.all[0].must(&sale.SteerQueue{MaxActive: &all})
		pass(time.Second)
		for i, s := range sockets {
			if last := line(t, fmt.Sprint(i), s.got()); last.Type != "admitted" {
				t.Fatalf("place %d was told %+v", i, last)
			}
		}
	})
}

// A waiting room that is closed lets everybody in.
func TestTheRoomIsClosed(t *testing.T) {
	inQueue(t, 2, catalog.WaitingRoom{}, func(f *fleet) {
		tokens := f.join(3)
		s, _ := f.all[1].queue(tokens, 2)
		s.got()
		f.all[0].must(&sale.DefineEvent{Event: popular(catalog.WaitingRoom{})})
		pass(time.Second)
		want(t, "who waited", s.got(), `{"type":"admitted","version":9}`)
		f.all[0].must(&sale.DefineEvent{Event: popular(catalog.WaitingRoom{Enabled: true})})
		pass(time.Second)
		want(t, "who waited in another room", s.got(), `{"type":"ended","version":10,"reason":"unknown"}`)
	})
}
