package live

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/sale/waitroom"
)

// script is an event whose answers the test gives, in the order that it likes.
type script struct{ news, old, places, place chan sale.Answer }

func (s *script) Do(_ string, cmd sale.Command, _ time.Time) (sale.Answer, error) {
	switch cmd := cmd.(type) {
	case *sale.ShowNews:
		switch cmd.Since {
		case 0:
			return sale.Answer{Version: 100, News: &sale.News{}}, nil
		case 1: // of who comes back with version 1
			return <-s.old, nil
		}
		return <-s.news, nil
	case *sale.SeePlaces:
		return <-s.places, nil
	case *sale.ShowPlace:
		return <-s.place, nil
	}
	panic(fmt.Sprintf("%T is not asked", cmd))
}

// inScript runs a test with a hub whose event the test speaks for.
func inScript(t *testing.T, test func(*script, *Hub)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &script{make(chan sale.Answer), make(chan sale.Answer), make(chan sale.Answer), make(chan sale.Answer)}
		c := DefaultConfig()
		c.Events, c.Place = s, plainPlace
		h, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		test(s, h)
		h.Goodbye()
		for _, c := range []chan sale.Answer{s.news, s.old, s.places, s.place} {
			close(c) // every question is answered with nothing
		}
		pass(time.Minute)
	})
}

// seatNews is that a seat changed.
func seatNews(version uint64, seat string) sale.Answer {
	return sale.Answer{Version: version, News: &sale.News{
		Changes: []sale.TicketStatus{{ID: seat, Status: inventory.Held}}}}
}

// waiting is a place with so many before it.
func waiting(ahead int) sale.Place {
	return sale.Place{ID: sale.ID{7}, State: waitroom.Waiting, Ahead: ahead}
}

// What happens while somebody catches up is told to him behind what he missed; where that is
// more than the node has kept, he is to read everything.
func TestTheStreamGoesOnWhileSomebodyCatchesUp(t *testing.T) {
	for _, missed := range []int{1, maxKept, maxKept + 1} {
		inScript(t, func(s *script, h *Hub) {
			back := &socket{}
			if _, err := h.WatchSeats("e", 1, back); err != nil {
				t.Fatal(err)
			}
			for i := range missed {
				pass(time.Second)
				s.news <- seatNews(uint64(101+i), "B")
			}
			synctest.Wait()
			if got := back.got(); got != nil {
				t.Fatalf("who is behind is told %q", got)
			}
			s.old <- seatNews(100, "A")
			synctest.Wait()
			got := back.got()
			if got[0] != `{"type":"tickets","version":100,"since":1,"changes":[["A","held"]]}` {
				t.Errorf("first he is told %s", got[0])
			}
			if missed <= maxKept {
				if len(got) != 1+missed || got[1] != `{"type":"tickets","version":101,"since":100,"changes":[["B","held"]]}` {
					t.Errorf("of %d messages he is told %q", missed, got)
				}
				return
			}
			want(t, "who missed too much", got[1:], fmt.Sprintf(`{"type":"resync","version":%d}`, 100+missed))
		})
	}
}

// An answer that was overtaken is dropped: nobody who is in is told that he waits, and
// nobody's position gets worse.
func TestLateAnswersAreDropped(t *testing.T) {
	inScript(t, func(s *script, h *Hub) {
		sock := &socket{}
		go func() { s.place <- sale.Answer{Version: 100, Place: new(waiting(9))} }()
		if _, err := h.WatchPlace("e", sale.ID{7}, "", 0, sock); err != nil {
			t.Fatal(err)
		}
		want(t, "who waits", sock.got(), `{"type":"position","version":100,"ahead":9,"waiting":0}`)
		s.news <- sale.Answer{Version: 101, News: &sale.News{}}
		pass(2 * time.Second) // a round is under way
		in := sale.Place{ID: sale.ID{7}, State: waitroom.Active}
		s.news <- sale.Answer{Version: 102, News: &sale.News{}, Places: []sale.Place{in}}
		synctest.Wait()
		want(t, "who is let in", sock.got(), `{"type":"admitted","version":102}`)
		s.places <- sale.Answer{Version: 101, Places: []sale.Place{waiting(8)}}
		synctest.Wait()
		want(t, "who is in", sock.got())
	})
}

// News that passed between the answer to who wants to watch and his watching are asked for.
func TestNewsThatPassAWatcherAreAskedFor(t *testing.T) {
	inScript(t, func(s *script, h *Hub) {
		if _, err := h.WatchSeats("e", 0, &socket{}); err != nil {
			t.Fatal(err)
		}
		sock, done := &socket{}, make(chan error)
		go func() {
			_, err := h.WatchPlace("e", sale.ID{7}, "", 0, sock)
			done <- err
		}()
		synctest.Wait()
		in := sale.Place{ID: sale.ID{7}, State: waitroom.Active}
		s.news <- sale.Answer{Version: 101, News: &sale.News{}, Places: []sale.Place{in}}
		synctest.Wait()
		s.place <- sale.Answer{Version: 100, Place: new(waiting(0))}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		s.places <- sale.Answer{Version: 101, Places: []sale.Place{in}}
		synctest.Wait()
		want(t, "who was let in meanwhile", sock.got(), `{"type":"position","version":100,"ahead":0,"waiting":0}`,
			`{"type":"admitted","version":101}`)
	})
}
