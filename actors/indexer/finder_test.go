package indexer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/control"
	"boxoffice/cluster"
	"boxoffice/storage/search"
)

// trio is three nodes of two zones; each has an index with an event of its name, or
// none.
type trio struct {
	*network
	t       *testing.T
	finders map[string]*Finder
	hosts   map[string]*fakeHost
}

// fakeHost has an index that is as current as it says.
type fakeHost struct {
	index   *fakeIndex
	current bool
}

func (h *fakeHost) borrow() (Index, func(), bool) {
	if h.index == nil {
		return nil, nil, false
	}
	return h.index, func() {}, h.current
}

func newTrio(t *testing.T, with ...string) *trio {
	r := &trio{t: t, network: newNetwork(), finders: map[string]*Finder{}, hosts: map[string]*fakeHost{}}
	for i, node := range []string{"n1", "n2", "n3"} {
		p := cluster.Peer{Node: node, Zone: []string{"a", "b", "a"}[i]}
		c := FinderConfig{Node: node, Zone: p.Zone, Company: r.as(node), MaxQueries: 2}
		if !slices.Contains(with, node) {
			r.peers = append(r.peers, p)
			r.finders[node] = newFinder(c, nil)
			continue
		}
		p.Roles = []string{RoleSearch}
		r.peers = append(r.peers, p)
		ix, _ := newShelf().Open("")
		r.hosts[node] = &fakeHost{ix.(*fakeIndex), true}
		r.hosts[node].index.disk.events[node] = search.Event{ID: node}
		r.finders[node] = newFinder(c, r.hosts[node])
	}
	return r
}

// asks is who answers a question of a node, or the error.
func (r *trio) asks(node string) (string, error) {
	r.t.Helper()
	p, err := r.finders[node].Search(context.Background(), search.Query{})
	if err != nil {
		return "", err
	}
	return p.Hits[0].ID, nil
}

func (r *trio) answers(node, who string) {
	r.t.Helper()
	if got, err := r.asks(node); got != who || err != nil {
		r.t.Errorf("%s was answered by %q, %v; not %s", node, got, err, who)
	}
}

// This node's index is asked, else that of a node of the same zone, else any, else the
// next; one that has failed is last for a while.
func TestNearest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newTrio(t, "n1", "n2", "n3")
		r.answers("n1", "n1")
		if r.called("n2")+r.called("n3") != 0 {
			t.Error("others were asked")
		}
		r = newTrio(t, "n2", "n3")
		for range 20 {
			r.answers("n1", "n3")
		}
		r.break_("n3", cluster.ErrUnreachable)
		r.answers("n1", "n2")
		calls := r.called("n3")
		r.answers("n1", "n2")
		if r.called("n3") != calls {
			t.Error("a node that has just failed was asked first")
		}
		r.break_("n3", nil)
		after(2 * time.Second)
		r.answers("n1", "n3")
		r.peers[2].State = cluster.Draining
		r.answers("n1", "n2")
		r.peers[1].State = cluster.Down
		r.answers("n1", "n3")
	})
}

// A page that does not say of each event what is live is no answer: the next node is asked.
func TestPageWithoutLive(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newTrio(t, "n2", "n3")
		r.hosts["n3"].index.live = nil // the nearest
		r.answers("n1", "n2")
		if r.called("n3") != 1 {
			t.Errorf("the nearest node was asked %d times", r.called("n3"))
		}
		r = newTrio(t, "n2")
		r.hosts["n2"].index.live = nil
		if who, err := r.asks("n1"); !errors.Is(err, actors.ErrUnavailable) {
			t.Errorf("%q, %v; want ErrUnavailable", who, err)
		}
	})
}

// A node that says nothing leaves time for the next one.
func TestSilentNode(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newTrio(t, "n2", "n3")
		r.silent["n3"] = true
		began := time.Now()
		r.answers("n1", "n2")
		if took := time.Since(began); took > 1100*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		r.silent["n2"] = true
		if _, err := r.asks("n1"); !errors.Is(err, actors.ErrUnavailable) {
			t.Error(err)
		}
	})
}

// An index that is still being built answers only where no other can.
func TestBuilding(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newTrio(t, "n1", "n2", "n3")
		r.hosts["n1"].current, r.hosts["n3"].current = false, false
		r.answers("n1", "n2")
		r.hosts["n2"].current = false
		r.answers("n1", "n1")
		r.break_("n2", cluster.ErrUnreachable)
		r.answers("n1", "n1")
		r = newTrio(t, "n2")
		r.hosts["n2"].current = false
		r.answers("n1", "n2")
	})
}

// Each error of an index or a node is what callers know it as, here and from afar.
func TestErrors(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, node := range []string{"n2", "n1"} {
			r := newTrio(t, "n2")
			var bad *search.BadQuery
			_, err := r.finders[node].Search(t.Context(), search.Query{Size: -1})
			if !errors.As(err, &bad) || *bad != (search.BadQuery{At: "?size", Detail: "below 0"}) {
				t.Errorf("%s: a bad query: %v", node, err)
			}
			if _, err := r.finders[node].Search(t.Context(), search.Query{Text: "\xff"}); node == "n1" &&
				!errors.As(err, &bad) {
				t.Errorf("%s: a text that is none: %v", node, err)
			}
			hold := make(chan struct{})
			r.hosts["n2"].index.hold.Store(&hold)
			short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			if _, err := r.finders[node].Search(short, search.Query{}); !errors.Is(err, search.ErrBudget) &&
				!errors.Is(err, actors.ErrUnavailable) {
				t.Errorf("%s: no time: %v", node, err)
			}
			cancel()
			after(0) // until the node that was asked has given up as well
			for range 2 {
				go r.finders[node].Search(context.Background(), search.Query{})
			}
			after(100 * time.Millisecond)
			if _, err := r.asks(node); !errors.Is(err, actors.ErrOverloaded) {
				t.Errorf("%s: too many: %v", node, err)
			}
			close(hold)
			after(0)
			r.answers(node, "n2")
			r.hosts["n2"].index.closed = true
			if _, err := r.asks(node); !errors.Is(err, actors.ErrUnavailable) {
				t.Errorf("%s: closed: %v", node, err)
			}
			r.hosts["n2"].index = nil
			if _, err := r.asks(node); !errors.Is(err, actors.ErrUnavailable) {
				t.Errorf("%s: stopped: %v", node, err)
			}
		}
		r := newTrio(t)
		if _, err := r.asks("n1"); !errors.Is(err, errNoNode) || !errors.Is(err, actors.ErrUnavailable) {
			t.Errorf("no node has the role: %v", err)
		}
		alone := NewFinder(FinderConfig{Node: "n1"})
		if _, err := alone.Suggest(t.Context(), search.SuggestQuery{}); !errors.Is(err, actors.ErrUnavailable) {
			t.Errorf("alone: %v", err)
		}
	})
}

// Everything in a query and in an answer arrives.
func TestWhole(t *testing.T) {
	q := search.Query{Text: "a", Exact: true, Venue: "v", Performer: "p", Genre: "g",
		Near: &search.Point{Lat: 1, Lon: -2}, Radius: 3, StartsAfter: 4, StartsBefore: 5,
		Availability: search.Few, Facets: []search.Facet{search.FacetMonth},
		Sort: search.ByName, Size: 6, After: "c"}
	b, err := appendQuestion(nil, onlyCurrent, q)
	if err != nil {
		t.Fatal(err)
	}
	var got search.Query
	if flags, err := parseQuestion(b, &got); err != nil || flags != onlyCurrent || !reflect.DeepEqual(got, q) {
		t.Errorf("%+v, %v", got, err)
	}
	p := &search.Page{Hits: []search.Hit{{ID: "e", Source: []byte{0, 1, 255}, Version: 1, StartsAt: 2, OnSaleAt: 3,
		Cancelled: true, Distance: 4.5, Score: 6}}, Live: []search.Live{{Version: 7, Total: 8, Available: 9, Held: 10,
		Booked: 11, Waiting: 12}}, Total: 13, Next: "n", Facets: []search.FacetCounts{{Facet: search.FacetCity,
		Values: []search.FacetCount{{ID: "i", Value: "v", Place: "w", Count: 1}}}},
		Corrected: []search.Correction{{Word: "w", For: []string{"x"}}}}
	var page *search.Page
	if err := parseAnswer(appendAnswer(nil, p, nil), &page); err != nil || !reflect.DeepEqual(page, p) {
		t.Errorf("%+v, %v", page, err)
	}
	bubble(t, func(t *testing.T) {
		r := newTrio(t, "n2")
		names, err := r.finders["n1"].Suggest(t.Context(), search.SuggestQuery{Text: "x"})
		want, _ := r.finders["n2"].Suggest(t.Context(), search.SuggestQuery{Text: "x"})
		if err != nil || len(names) != 1 || names[0] != want[0] {
			t.Errorf("%v, %v", names, err)
		}
	})
}

// The wire of the first version is kept, and what a later one adds is let be.
func TestQuestionGolden(t *testing.T) {
	golden, err := os.ReadFile("testdata/question.json")
	if err != nil {
		t.Fatal(err)
	}
	b, err := appendQuestion(nil, 0, search.Query{Text: "beyoncé", Near: &search.Point{Lat: 40.7, Lon: -74}, Size: 20})
	if err != nil || strings.TrimSpace(string(golden)) != string(b[2:]) {
		t.Errorf("%s, %v", b[2:], err)
	}
	later := append([]byte{wireVersion, 0x80}, `{"Text":"a","Hue":{"of":["a later version"]}}`...)
	var q search.Query
	if _, err := parseQuestion(later, &q); err != nil || q.Text != "a" {
		t.Errorf("%+v, %v", q, err)
	}
	for _, b := range [][]byte{nil, {1}, {2, 0, '{', '}'}, {1, 0, '['}, make([]byte, maxQuestion+1)} {
		if _, err := parseQuestion(b, &q); err == nil {
			t.Errorf("%.10x was read", b)
		}
	}
	for _, b := range [][]byte{nil, {1}, {2, 0, '{', '}'}, {1, 0, '['}, {1, 99}} {
		if err := parseAnswer(b, &q); !errors.Is(err, actors.ErrUnavailable) {
			t.Errorf("%x: %v", b, err)
		}
	}
	var page *search.Page
	if err := parseAnswer(append([]byte{1, isAnswer}, "null"...), &page); !errors.Is(err, actors.ErrUnavailable) {
		t.Errorf("no page at all: %v", err)
	}
}

// An operator asks any node, and hears of all that have the role.
func TestOperator(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newShop(t, 2)
		s.define("e", "Show")
		net := newNetwork(cluster.Peer{Node: "n1"}, cluster.Peer{Node: "n2", Roles: []string{RoleSearch}},
			cluster.Peer{Node: "n3", Roles: []string{RoleSearch}})
		finders := map[string]*Finder{}
		for i, node := range []string{"n1", "n2", "n3"} {
			c := FinderConfig{Node: node, Company: net.as(node)}
			if i > 0 {
				fc := testConfig(t, newShelf(), s.log, 2)
				fc.Node = node
				c.Local = startFollower(t, fc)
				defer stop(t, c.Local)
			}
			finders[node] = NewFinder(c)
		}
		after(time.Second)
		for node, f := range finders {
			all, err := f.SearchStatus(t.Context())
			if err != nil || len(all) != 2 || all[0].Node != "n2" || all[1].Node != "n3" || all[1].Events != 1 ||
				all[0].State != control.SearchCurrent || len(all[0].Shards) != 2 || all[0].Shards[0].Source != "n2" {
				t.Errorf("%s: %+v, %v", node, all, err)
			}
		}
		if err := finders["n1"].RebuildSearch(t.Context(), "n3"); err != nil {
			t.Error(err)
		}
		after(time.Second)
		if err := finders["n2"].RebuildSearch(t.Context(), ""); err != nil {
			t.Error(err)
		}
		after(time.Second)
		all, _ := finders["n1"].SearchStatus(t.Context())
		if all[0].Rebuilds != 1 || all[1].Rebuilds != 2 {
			t.Errorf("%+v", all)
		}
		var unknown control.UnknownNodeError
		for _, node := range []string{"n1", "n4"} { // without the role, without a node
			if err := finders["n2"].RebuildSearch(t.Context(), node); !errors.As(err, &unknown) {
				t.Errorf("%s: %v", node, err)
			}
		}
		net.break_("n3", cluster.ErrUnreachable)
		if err := finders["n1"].RebuildSearch(t.Context(), ""); !errors.Is(err, control.ErrUnavailable) {
			t.Error(err)
		}
		if all, _ = finders["n1"].SearchStatus(t.Context()); all[1].State != control.SearchUnreachable {
			t.Errorf("%+v", all[1])
		}
	})
}

func FuzzFeed(f *testing.F) {
	p := page{applied: 9, more: true, trimmed: true, touched: 8}
	p.next.Index, p.next.Event = 7, "e"
	f.Add(appendPage(nil, p, nil))
	f.Add(appendPage(nil, page{}, errBehind))
	f.Add(appendRequest(nil, request{part: partNews, shard: 3, touched: 4, from: "e", least: 5, wait: time.Second,
		limit: 6}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := parsePage(b); err == nil {
			again, err := parsePage(appendPage(nil, p, nil))
			if err != nil || fmt.Sprint(again) != fmt.Sprint(p) {
				t.Errorf("%v became %v, %v", p, again, err)
			}
		}
		if q, err := parseRequest(b); err == nil {
			if again, err := parseRequest(appendRequest(nil, q)); err != nil || again != q {
				t.Errorf("%v became %v, %v", q, again, err)
			}
		}
	})
}
