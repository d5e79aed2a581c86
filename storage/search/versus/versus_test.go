package versus

import (
	"flag"
	"slices"
	"strings"
	"testing"
	"time"

	"boxoffice/storage/search"
	"boxoffice/storage/search/internal/geo"
	"boxoffice/storage/search/internal/text"
	"boxoffice/storage/search/searchtest"
)

// What TestVersus compares.
var (
	events  = flag.Int("events", 20_000, "events in each index")
	queries = flag.Int("queries", 500, "queries of each kind")
	few     = flag.Int("few", 100, "of those, asked once more to compare exact totals")
	least   = flag.Duration("least", time.Second, "at least so long for each engine and kind")
	dir     = flag.String("dir", "", "a folder in which the indexes are kept for the next time")
)

// The comparison, as large as the flags say.
func TestVersus(t *testing.T) {
	o := options{dir: *dir, events: *events, queries: *queries, few: *few, least: *least}
	if o.dir == "" {
		o.dir = t.TempDir()
	}
	if _, err := compare(o, t.Output()); err != nil {
		t.Fatal(err)
	}
}

// All engines find as many events, or else the comparison says nothing.
func TestTotalsAgree(t *testing.T) {
	c, err := compare(options{dir: t.TempDir(), events: 4000, queries: 60, few: 60}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	w := newWitness(c.world)
	for kind, rows := range c.rows {
		judged := 0
		for k, q := range c.asked[kind] {
			first := rows[0].exact[k]
			if q.Facets != nil && first.counted != first.total {
				t.Errorf("%s %+v: %d hits, %d by genre", kind, q, first.total, first.counted)
			}
			if w.crowded(q.Text) {
				continue
			}
			judged++
			rim := w.rim(&q)
			for i, r := range rows {
				a := r.exact[k]
				if more := a.total - first.total; max(more, -more) > rim || q.Facets != nil && a.counted != a.total {
					t.Errorf("%s %+v: ours found %d, %s %d (%d by genre)",
						kind, q, first.total, contenders[i].name, a.total, a.counted)
				}
				if a.hits != min(q.Size, a.total) || a.hits > 0 && a.bytes < 100*a.hits {
					t.Errorf("%s %+v: %s gave %d hits of %d with %d bytes",
						kind, q, contenders[i].name, a.hits, a.total, a.bytes)
				}
			}
		}
		if judged < len(c.asked[kind])/2 {
			t.Errorf("%s: only %d queries were judged", kind, judged)
		}
	}
}

// witness knows where totals may differ.
type witness struct {
	names []string // words of names, venues and cities, in order
	at    []geo.Point
}

// newWitness looks at all events.
func newWitness(w *world) *witness {
	out := &witness{}
	for i := range w.events {
		e := w.catalog.Event(i)
		d := newDocument(&e, search.Live{})
		for _, s := range append(d.names, d.where...) {
			out.names = append(out.names, text.Words(s)...)
		}
		out.at = append(out.at, geo.Point(*e.Venue.Location))
	}
	slices.Sort(out.names)
	out.names = slices.Compact(out.names)
	return out
}

// crowded tells whether more words begin as a text ends than ours looks at.
func (w *witness) crowded(s string) bool {
	const most = 64
	for _, p := range parse(s, false) {
		for _, begin := range p.begin {
			i, _ := slices.BinarySearch(w.names, begin)
			if i+most < len(w.names) && strings.HasPrefix(w.names[i+most], begin) {
				return true
			}
		}
	}
	return false
}

// rim is how many events lie where a circle ends.
func (w *witness) rim(q *search.Query) int {
	n := 0
	if q.Near == nil {
		return 0
	}
	for _, p := range w.at {
		if away := geo.Haversine(geo.Point(*q.Near), p) / q.Radius; away > 0.99 && away < 1.01 {
			n++
		}
	}
	return n
}

// What is demanded is measured, and no kind has conditions that only ours answers.
func TestKinds(t *testing.T) {
	for _, kind := range demanded {
		if !slices.Contains(kinds, kind) {
			t.Errorf("%s is not measured", kind)
		}
	}
	catalog := searchtest.NewCatalog(searchtest.Small)
	for _, kind := range kinds {
		for _, q := range catalog.Queries(kind, 100, 50) {
			if q.Venue+q.Performer+q.Genre+q.After != "" || q.StartsBefore != 0 || (q.Near == nil) != (q.Radius == 0) ||
				q.Availability != search.AnyAvailability || q.Sort != search.ByRelevance {
				t.Errorf("%s: %+v has a condition that only ours answers", kind, q)
			}
		}
	}
}
