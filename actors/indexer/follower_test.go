package indexer

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"boxoffice/actors/control"
	"boxoffice/cluster"
	"boxoffice/storage"
	"boxoffice/storage/search"
)

// What the log says is in the index, soon after: events, what is available of them,
// and their ends, of either kind.
func TestFollows(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newShop(t, 4)
		for i := range 10 {
			s.define(fmt.Sprint("e", i), "Before")
		}
		s.sell("e3", 7)
		s.remove("e9", true)
		f := startFollower(t, testConfig(t, newShelf(), s.log, 4))
		after(2 * newsEvery)
		s.same(f)
		if !f.Current() {
			t.Error("it has everything and is not current")
		}
		s.define("new", "After")
		s.define("e1", "After")
		s.sell("e3", 6)
		s.sell("new", 1)
		s.remove("e8", true)
		s.remove("e7", false)
		after(newsEvery)
		s.same(f)
		stop(t, f)
	})
}

// What is written after changes were read and before summaries or touches are is not
// taken for read.
func TestBetween(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newShop(t, 1)
		s.define("a", "Show")
		g := gaps(s.log)
		write := func(id string) {
			do := func() { s.define(id, "Show") }
			g.meanwhile.Store(&do)
		}
		write("b")
		f := startFollower(t, testConfig(t, newShelf(), g, 1))
		after(time.Second)
		s.same(f)
		write("c")
		s.sell("a", 5)
		after(0)
		s.same(f)
		stop(t, f)
	})
}

// A follower that has everything waits: it reads nothing for an hour but for a look
// every Config.NewsWait, and then takes what comes at once.
func TestIdle(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newShop(t, 2)
		s.define("e", "Show")
		g := gaps(s.log)
		f := startFollower(t, testConfig(t, newShelf(), g, 2))
		after(time.Second)
		before := g.reads.Load()
		after(time.Hour)
		if looks := g.reads.Load() - before; looks > 2*3600/5+2 {
			t.Errorf("%d looks in an hour", looks)
		}
		s.sell("e", 3)
		after(0)
		s.same(f)
		stop(t, f)
	})
}

// A shard that sells all the time is asked for its news so often, and not for each.
func TestBusy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newShop(t, 1)
		s.define("e", "Show")
		g := gaps(s.log)
		f := startFollower(t, testConfig(t, newShelf(), g, 1))
		after(time.Second)
		before := g.reads.Load()
		for i := range 1000 {
			s.sell("e", i%90)
			after(time.Millisecond)
		}
		if looks, most := g.reads.Load()-before, int64(2*time.Second/newsEvery+4); looks > most {
			t.Errorf("%d looks in a second, want at most %d", looks, most)
		}
		after(newsEvery)
		s.same(f)
		stop(t, f)
	})
}

// The index goes on where it ended: nothing is applied twice, nothing is lost, and what
// is available is read anew.
func TestGoesOn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, shelf := newShop(t, 4), newShelf()
		for i := range 20 {
			s.define(fmt.Sprint("e", i), "Before")
		}
		c := testConfig(t, shelf, s.log, 4)
		f := startFollower(t, c)
		after(time.Second)
		stop(t, f)
		s.sell("e3", 7)
		s.define("e4", "After")
		s.remove("e5", false)
		f = startFollower(t, c)
		after(time.Second)
		s.same(f)
		if st := f.Status(); st.Applied != 2 || st.Rebuilds != 0 {
			t.Errorf("applied %d events again", st.Applied)
		}
		stop(t, f)
		if shelf.open != 0 {
			t.Errorf("%d indexes are open", shelf.open)
		}
	})
}

// Where the touches do not reach back, all summaries are read.
func TestTrimmed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newShop(t, 1)
		s.define("a", "Show")
		s.define("b", "Show")
		f := startFollower(t, testConfig(t, newShelf(), s.log, 1))
		after(time.Second)
		failure := errors.New("no space")
		s.define("c", "Show")
		s.sell("a", 1)
		x := index(f)
		x.fail.Store(&failure) // after "c" was applied
		after(0)
		s.define("d", "Show") // cannot be applied
		s.sell("b", 2)
		after(time.Second)
		s.log.Forget(1)
		x.fail.Store(nil)
		after(10 * time.Second)
		s.same(f)
		stop(t, f)
	})
}

// What cannot be applied is tried again, slower and slower, and the failure is told.
func TestRetries(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newShop(t, 1)
		c := testConfig(t, newShelf(), s.log, 1)
		f := startFollower(t, c)
		after(time.Second)
		failure := errors.New("no space")
		index(f).fail.Store(&failure)
		s.define("a", "Show")
		after(time.Minute)
		st := f.Status()
		if lag := st.LagSeconds; lag < 55 || lag > 61 || st.Shards[0].Failure == "" || st.Shards[0].Lag == 0 {
			t.Errorf("after a minute of failures: %+v", st.Shards[0])
		}
		index(f).fail.Store(nil)
		after(c.RetryMost)
		s.same(f)
		if st := f.Status(); st.LagSeconds != 0 || st.Shards[0].Lag != 0 || st.Shards[0].Failure != "" {
			t.Errorf("after it works again: %+v", st.Shards[0])
		}
		stop(t, f)
	})
}

// An event that cannot be read is left out; the others are not.
func TestSkips(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newShop(t, 1)
		s.define("a", "Show")
		s.events["bad"] = &written{}
		s.append("bad", []byte{0xff})
		s.events["bad"].gone = true // not in the index
		s.define("b", "Show")
		f := startFollower(t, testConfig(t, newShelf(), s.log, 1))
		after(time.Second)
		s.same(f)
		if st := f.Status(); st.Skipped != 1 {
			t.Errorf("%d events were skipped", st.Skipped)
		}
		stop(t, f)
	})
}

// Whatever is done, in whatever order, also to replicas, and however often the follower
// is stopped: in the end the index is as the log.
func TestTwin(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	bubble(t, func(t *testing.T) { twin(t, rand.New(rand.NewPCG(seed, 1)), 3_000) })
}

func twin(t *testing.T, r *rand.Rand, steps int) {
	const shards = 4
	s, shelf := newShop(t, shards), newShelf()
	net := newNetwork(cluster.Peer{Node: "n1"}, cluster.Peer{Node: "n2"}, cluster.Peer{Node: "n3"})
	feeds := []*gappy{gaps(s.log), gaps(s.log), gaps(s.log)}
	for i, g := range feeds[1:] {
		ServeFeed(net.as(fmt.Sprint("n", i+2)), g)
	}
	c := testConfig(t, shelf, feeds[0], shards)
	c.Company = net.as("n1")
	f := startFollower(t, c)
	for range steps {
		id := fmt.Sprint("e", r.IntN(60))
		w := s.events[id]
		there := w != nil && !w.gone
		switch n := r.IntN(100); {
		case n < 40 && there:
			s.sell(id, r.IntN(101))
		case n < 60:
			s.define(id, fmt.Sprint("Show ", r.IntN(1000)))
		case n < 70 && there:
			s.remove(id, r.IntN(2) == 0)
		case n < 80:
			feeds[r.IntN(3)].lack(r.IntN(2) == 0, 1+r.Uint64N(shards))
		case n < 82:
			s.log.Forget(1 + r.Uint64N(shards))
		case n < 83:
			s.log.Adopt(1 + r.Uint64N(shards))
		case n < 85:
			net.break_(fmt.Sprint("n", 2+r.IntN(2)), []error{nil, cluster.ErrLost, cluster.ErrUnreachable}[r.IntN(3)])
		case n < 86:
			stop(t, f)
			f = startFollower(t, c)
		case n < 87:
			if err := f.Rebuild(); err != nil {
				t.Fatal(err)
			}
		default:
			after(time.Duration(r.IntN(100)) * time.Millisecond)
		}
	}
	feeds[0].lack(false, 1, 2, 3, 4)
	after(time.Minute)
	s.same(f)
	if st := f.Status(); st.State != control.SearchCurrent || st.LagSeconds != 0 || st.Rebuilding {
		t.Errorf("in the end: %+v", st)
	}
	stop(t, f)
	if shelf.open != 0 {
		t.Errorf("%d indexes are open", shelf.open)
	}
}

// A new index takes the place of the one before, which serves until then; on the disk
// too.
func TestRebuild(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, shelf := newShop(t, 2), newShelf()
		for i := range 10 {
			s.define(fmt.Sprint("e", i), "Show")
		}
		g := gaps(s.log)
		c := testConfig(t, shelf, g, 2)
		f := startFollower(t, c)
		after(time.Second)
		old := index(f)
		g.lack(true, 2) // it cannot be finished
		if err := errors.Join(f.Rebuild(), f.Rebuild()); err != nil {
			t.Fatal(err)
		}
		after(time.Second)
		if st := f.Status(); !st.Rebuilding || st.Progress.Shards != 1 || st.State != control.SearchCurrent ||
			st.Rebuilds != 1 || index(f) != old {
			t.Errorf("meanwhile: %+v, %+v", st, st.Progress)
		}
		ix, done, _ := f.borrow() // a question that takes long
		g.lack(false, 2)
		after(10 * time.Second)
		if index(f) == old {
			t.Fatal("the old index still serves")
		}
		if _, err := ix.Search(t.Context(), search.Query{}); err != nil {
			t.Errorf("the old index was closed under a question: %v", err)
		}
		done()
		after(0)
		s.same(f)
		if st := f.Status(); st.Rebuilding || shelf.open != 1 {
			t.Errorf("afterwards: %+v, %d are open", st, shelf.open)
		}
		if _, err := os.Stat(filepath.Join(c.Dir, "1")); !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
		stop(t, f)
		f = startFollower(t, c)
		if n := f.serving.Load().number; n != 2 {
			t.Errorf("index %d is opened", n)
		}
		stop(t, f)
	})
}

// A node that stops while an index is made anew has the one before.
func TestRebuildInterrupted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, shelf := newShop(t, 2), newShelf()
		s.define("a", "Show")
		g := gaps(s.log)
		c := testConfig(t, shelf, g, 2)
		f := startFollower(t, c)
		after(time.Second)
		g.lack(true, 1)
		if err := f.Rebuild(); err != nil {
			t.Fatal(err)
		}
		after(time.Second)
		stop(t, f)
		g.lack(false, 1)
		f = startFollower(t, c)
		after(time.Second)
		s.same(f)
		if n := f.serving.Load().number; n != 1 || shelf.open != 1 {
			t.Errorf("index %d is opened, %d are", n, shelf.open)
		}
		stop(t, f)
	})
}

// An index of another cluster, or that cannot be opened, is made anew.
func TestUnusable(t *testing.T) {
	for name, spoil := range map[string]func(c *Config, s *shelf){
		"of another cluster": func(c *Config, _ *shelf) { c.Cluster++ },
		"cannot be opened":   func(c *Config, s *shelf) { s.refuse[filepath.Join(c.Dir, "1")] = errors.New("damaged") },
		"nobody knows which": func(c *Config, _ *shelf) {
			_ = os.WriteFile(filepath.Join(c.Dir, currentFile), nil, 0o600) // the test fails without it
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s, shelf := newShop(t, 2), newShelf()
				s.define("a", "Show")
				s.define("b", "Show")
				c := testConfig(t, shelf, s.log, 2)
				f := startFollower(t, c)
				after(time.Second)
				stop(t, f)
				shelf.mu.Lock()
				for _, d := range shelf.disks { // it is seen if it is used
					d.events["ghost"] = search.Event{}
				}
				if name == "nobody knows which" {
					shelf.disks = map[string]*disk{}
				}
				shelf.mu.Unlock()
				spoil(&c, shelf)
				f = startFollower(t, c)
				after(time.Second)
				s.same(f)
				if shelf.open != 1 {
					t.Errorf("%d indexes are open", shelf.open)
				}
				stop(t, f)
			})
		})
	}
}

// Positions say which cluster they are of.
func TestPosition(t *testing.T) {
	at := storage.Position{Index: 1 << 40, Event: "e-1"}
	if got, err := parsePosition(5, positionBytes(5, at)); err != nil || got != at {
		t.Errorf("%+v, %v", got, err)
	}
	for _, b := range [][]byte{positionBytes(6, at), {1}, {2, 0, 0, 0, 0, 0, 0, 0, 5}, []byte("12345678")} {
		if _, err := parsePosition(5, b); !errors.Is(err, errForeign) {
			t.Errorf("%x: %v", b, err)
		}
	}
	if got, err := parsePosition(5, nil); err != nil || got != (storage.Position{}) {
		t.Errorf("%+v, %v", got, err)
	}
}
