package versus

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"boxoffice/storage/search"
	"boxoffice/storage/search/searchtest"
)

// kinds are those that are compared.
var kinds = []searchtest.Kind{
	searchtest.Term, searchtest.TwoWords, searchtest.Geo, searchtest.TextGeo, searchtest.Facetted, searchtest.Full,
}

// demanded are the kinds for which ours must need at most a tenth of the others' CPU.
var demanded = []searchtest.Kind{searchtest.TextGeo, searchtest.Full}

// demandedRatio is how many times ours theirs must be.
const demandedRatio = 10

// options say what to compare, and how long.
type options struct {
	dir     string // of the indexes; a later run uses them again
	events  int
	queries int           // of each kind
	few     int           // of those, for comparing totals
	least   time.Duration // for each engine and kind
}

// comparison is a run.
type comparison struct {
	options
	out   io.Writer
	world *world
	dirs  []string                  // of contenders
	rows  map[searchtest.Kind][]row // of contenders
	asked map[searchtest.Kind][]search.Query
}

// compare builds what is missing, measures everything and prints it.
func compare(o options, out io.Writer) (*comparison, error) {
	c := &comparison{
		options: o, out: out, world: &world{searchtest.NewCatalog(searchtest.Large), o.events},
		rows: map[searchtest.Kind][]row{}, asked: map[searchtest.Kind][]search.Query{},
	}
	c.printf("%d events, %d queries of a kind, a page of 20, no cache; %s, %d processors, load %s\n\n",
		o.events, o.queries, runtime.Version(), runtime.GOMAXPROCS(0), load())
	if err := c.prepare(); err != nil {
		return nil, err
	}
	c.printf("\n%-16s %-8s %8s %9s %9s %10s %10s\n", "kind", "engine", "queries", "p50 ms", "p99 ms", "CPU µs", "hits")
	for _, kind := range kinds {
		if err := c.kind(kind); err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
	}
	c.verdict()
	return c, nil
}

// prepare builds the indexes that are not there.
func (c *comparison) prepare() error {
	c.printf("%-8s %9s %9s %9s %9s\n", "engine", "build s", "events/s", "KB/event", "segments")
	for i := range contenders {
		dir, b, err := contenders[i].prepare(c.dir, c.world)
		if err != nil {
			return err
		}
		c.dirs = append(c.dirs, dir)
		took, rate := "there", "-"
		if b.took > 0 {
			took = fmt.Sprintf("%.1f", b.took.Seconds())
			rate = fmt.Sprintf("%.0f", float64(c.events)/b.took.Seconds())
		}
		c.printf("%-8s %9s %9s %9.2f %9d\n",
			contenders[i].name, took, rate, float64(b.bytes)/1e3/float64(c.events), b.segments)
	}
	return nil
}

// kind measures one kind, with one engine after the other.
func (c *comparison) kind(kind searchtest.Kind) error {
	c.asked[kind] = c.world.catalog.Queries(kind, c.events, c.queries)
	for i := range contenders {
		r, err := c.measure(i, c.asked[kind])
		if err != nil {
			return fmt.Errorf("%s: %w", contenders[i].name, err)
		}
		c.rows[kind] = append(c.rows[kind], r)
		c.printf("%-16s %-8s %8d %9.3f %9.3f %10.1f %10.0f\n",
			kind, contenders[i].name, r.queries, ms(r.p50), ms(r.p99), micros(r.cpu), r.hits)
	}
	rows := c.rows[kind]
	c.printf("%-16s as many found, exactly: %s; as typed: %s\n", "",
		agreed(func(r *row) []answer { return r.exact }, rows), agreed(func(r *row) []answer { return r.typed }, rows))
	return nil
}

// measure measures one engine, which is open only meanwhile.
func (c *comparison) measure(i int, queries []search.Query) (row, error) {
	e, err := contenders[i].open(c.dirs[i], c.world)
	if err != nil {
		return row{}, err
	}
	err = settle()
	var r row
	if err == nil {
		r, err = measure(e, queries, c.few, c.least)
	}
	if closed := e.close(); err == nil {
		err = closed
	}
	return r, err
}

// agreed says for how many queries each of the others found as many as the first.
func agreed(of func(*row) []answer, rows []row) string {
	var out []string
	for i := 1; i < len(rows); i++ {
		same := 0
		for k, a := range of(&rows[i]) {
			if a.agrees(of(&rows[0])[k]) {
				same++
			}
		}
		out = append(out, fmt.Sprintf("%s %d of %d", contenders[i].name, same, len(of(&rows[i]))))
	}
	return strings.Join(out, ", ")
}

// verdict prints how many times our CPU the others need.
func (c *comparison) verdict() {
	c.printf("\n%-16s", "CPU / ours")
	for _, x := range contenders[1:] {
		c.printf(" %9s", x.name)
	}
	c.printf("\n")
	for _, kind := range kinds {
		c.printf("%-16s", kind)
		for i := range contenders[1:] {
			c.printf(" %9.1f", c.ratio(kind, 1+i))
		}
		c.printf("\n")
	}
	c.printf("\nat least %d times less CPU a query?\n", demandedRatio)
	for _, kind := range demanded {
		c.printf("%-16s", kind)
		for i := range contenders[1:] {
			said := "yes"
			if c.ratio(kind, 1+i) < demandedRatio {
				said = "NO"
			}
			c.printf(" %9s", said)
		}
		c.printf("\n")
	}
	c.printf("load now %s\n", load())
}

// ratio is how many times our CPU an engine needs.
func (c *comparison) ratio(kind searchtest.Kind, i int) float64 {
	return float64(c.rows[kind][i].cpu) / float64(max(1, c.rows[kind][0].cpu))
}

// printf prints. What cannot be printed is lost.
func (c *comparison) printf(format string, args ...any) { _, _ = fmt.Fprintf(c.out, format, args...) }

func ms(d time.Duration) float64     { return float64(d) / float64(time.Millisecond) }
func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// load is how many processes wanted a processor during the last minute, where the
// system tells.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "not known"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
