package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"boxoffice/cmd/stampede/wire"
)

// What is wanted of a node, beside the least that any server must do.
const (
	wantedView = 0.8  // of the constant server's rate
	wantedBook = 0.6  // of the appending server's rate
	wantedJoin = 0.6  // of the same
	wantedP99  = 20.0 // ms of a booking, at half the rate that was reached
)

// comparison is what compare can be told.
type comparison struct {
	config
	start  string // program of a node to start and stop
	rounds int    // of each side
	strict bool
}

// pair is one kind of request on the node and on its baseline, in turns.
type pair struct {
	Kind     string    `json:"kind"`
	Node     []float64 `json:"node"`     // answers a second, round by round
	Baseline []float64 `json:"baseline"` // the same
	Ratio    float64   `json:"ratio"`    // of the medians
	Wanted   float64   `json:"wanted"`   // at least
}

// compareReport is what a comparison came to.
type compareReport struct {
	Pairs    []*pair `json:"pairs"`
	HalfRate float64 `json:"bookingsAtHalfRate"` // a second, open loop
	P99      float64 `json:"p99AtHalfRate"`      // ms
	Wanted   float64 `json:"wantedP99"`          // below
	Wrong    int     `json:"wrong"`              // of the checks of every round of bookings
}

// runCompare is the command compare: of a node and the baselines, or of two results.
func runCompare(args []string, out, errs io.Writer) (err error) {
	if namesResults(args) {
		return compareResults(args, out, errs)
	}
	x := comparison{config: defaultConfig("book"), rounds: 3}
	x.duration, x.warmup = 4*time.Second, time.Second
	fs := x.flags("compare", errs)
	fs.StringVar(&x.start, "start", "", "`program` of a node: started on an empty folder, stopped at the end")
	fs.IntVar(&x.rounds, "rounds", x.rounds, "rounds of each side; -duration is one round's")
	fs.BoolVar(&x.strict, "strict", false, "exit 1 where less is reached than is wanted")
	if err := fs.Parse(args); err != nil {
		if err == flag.ErrHelp {
			return err
		}
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if err := x.validate(); err != nil {
		return err
	}
	if x.rounds < 1 || x.rounds > 100 {
		return fmt.Errorf("%w: -rounds is 1 to 100", errUsage)
	}
	dir, err := os.MkdirTemp("", "stampede")
	if err != nil {
		return err
	}
	defer func() {
		if e := os.RemoveAll(dir); err == nil {
			err = e
		}
	}()
	rep, err := x.compare(dir)
	if err != nil {
		return err
	}
	if err := rep.write(out, x.format); err != nil {
		return err
	}
	if rep.Wrong > 0 {
		return errUntrue
	}
	if x.strict && !rep.reached() {
		return fmt.Errorf("less was reached than is wanted")
	}
	return nil
}

// compare starts what it needs, measures and stops it.
func (x *comparison) compare(dir string) (rep *compareReport, err error) {
	if x.start != "" {
		node, err := startNode(x.start, filepath.Join(dir, "node"))
		if err != nil {
			return nil, err
		}
		defer node.stop(&err)
		x.server = node.url
	}
	to, err := newTarget(x.server, x.token)
	if err != nil {
		return nil, err
	}
	rep = &compareReport{Wanted: wantedP99}
	view, err := x.compareView(to)
	if err != nil {
		return nil, err
	}
	book, err := x.compareBook(to, filepath.Join(dir, "append"), rep)
	if err != nil {
		return nil, err
	}
	join, err := x.compareJoin(to, filepath.Join(dir, "joins"))
	if err != nil {
		return nil, err
	}
	rep.Pairs = []*pair{view, book, join}
	return rep, x.halfRate(to, median(book.Node)/2, rep)
}

// compareView measures views of small events beside the constant server, whose
// answer has the size of such an event.
func (x *comparison) compareView(to wire.Target) (_ *pair, err error) {
	r, err := x.newRound(to)
	if err != nil {
		return nil, err
	}
	r.config.seats = 500
	if err := r.prepare(); err != nil {
		return nil, err
	}
	c := wire.NewConn(to.Address, x.timeout)
	defer c.Close()
	get := wire.Request{Method: "GET", Path: "/events/" + r.houses[0].ID}
	a, err := c.Do(get.Append(nil, &to))
	if err != nil || a.Status != 200 {
		return nil, fmt.Errorf("view %s: status %d, %v", r.houses[0].ID, a.Status, err)
	}
	base, err := startBaseline("constant", "-size", fmt.Sprint(len(a.Body)))
	if err != nil {
		return nil, err
	}
	defer base.stop(&err)
	p := &pair{Kind: "view", Wanted: wantedView}
	for range x.rounds {
		for _, side := range []struct {
			to    wire.Target
			rates *[]float64
		}{{to, &p.Node}, {wire.Target{Address: base.address}, &p.Baseline}} {
			turn := r.on(side.to)
			rep, err := turn.measure("view", turn.view())
			if err != nil {
				return nil, err
			}
			*side.rates = append(*side.rates, rep.rateOf(viewKind, 200))
		}
	}
	p.Ratio = median(p.Node) / median(p.Baseline)
	return p, nil
}

// compareBook measures bookings of new events beside the appending server, which
// gets the same requests. Every booking is read back afterwards.
func (x *comparison) compareBook(to wire.Target, file string, total *compareReport) (*pair, error) {
	p := &pair{Kind: "book", Wanted: wantedBook}
	return p, x.besideAppend(p, to, file, bookKind,
		func(r *run) (*summary, error) { return r.bookRound(total) },
		func(turn *run) (*summary, error) { return turn.measure("book", turn.book()) })
}

// besideAppend measures rounds of a node in turns with the appending server, by the
// answers of 201 to requests of a kind. A round's own is what one of them does.
func (x *comparison) besideAppend(p *pair, to wire.Target, file string, of kind,
	node, base func(r *run) (*summary, error)) (err error) {
	server, err := startBaseline("append", "-file", file)
	if err != nil {
		return err
	}
	defer server.stop(&err)
	for range x.rounds {
		r, err := x.newRound(to)
		if err != nil {
			return err
		}
		rep, err := node(r)
		if err != nil {
			return err
		}
		p.Node = append(p.Node, rep.rateOf(of, 201))
		if rep, err = base(r.on(wire.Target{Address: server.address})); err != nil {
			return err
		}
		p.Baseline = append(p.Baseline, rep.rateOf(of, 201))
	}
	p.Ratio = median(p.Node) / median(p.Baseline)
	return nil
}

// halfRate measures the latency of bookings that come at half the rate that was
// reached, each from its intended start.
func (x *comparison) halfRate(to wire.Target, rate float64, total *compareReport) error {
	r, err := x.newRound(to)
	if err != nil {
		return err
	}
	r.config.rate = max(rate, 1)
	rep, err := r.bookRound(total)
	if err != nil {
		return err
	}
	total.HalfRate, total.P99 = r.config.rate, rep.kind(bookKind).P99
	return nil
}

// newRound makes a run of the comparison's size on the node.
func (x *comparison) newRound(to wire.Target) (*run, error) {
	c := x.config
	c.record, c.rate, c.count = "", 0, 0
	r, err := newRun(c)
	if err != nil {
		return nil, err
	}
	r.target = to
	return r, nil
}

// on gives a run of the same requests on another server.
func (r *run) on(to wire.Target) *run {
	return &run{config: r.config, target: to, name: r.name, began: time.Now(), houses: r.houses}
}

// bookRound makes events, books their tickets and checks every booking.
func (r *run) bookRound(total *compareReport) (*summary, error) {
	if err := r.prepare(); err != nil {
		return nil, err
	}
	rep, err := r.measure("book", r.book())
	v, err2 := r.judge()
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	if v != nil && !v.Holds {
		total.Wrong += len(v.Violations)
		return nil, fmt.Errorf("%w: %s", errUntrue, &v.Violations[0])
	}
	return rep, nil
}

// measure drives one operation and reports it.
func (r *run) measure(name string, op operation) (*summary, error) {
	workers, took := r.drive(op)
	rep := newSummary(name, r.config, workers, took)
	if r.ranOut.Load() {
		return nil, fmt.Errorf("the tickets ran out: take more -events or -seats, or a shorter -duration")
	}
	return rep, nil
}

// rateOf is the rate of answers with one status: errors are no achievement.
func (r *summary) rateOf(k kind, status int) float64 {
	if r.Seconds <= 0 {
		return 0
	}
	return float64(r.kind(k).Statuses[fmt.Sprint(status)]) / r.Seconds
}

// median is the middle of the rates; of two middles the mean.
func median(rates []float64) float64 {
	s := slices.Sorted(slices.Values(rates))
	n := len(s)
	if n == 0 {
		return 0
	}
	return (s[(n-1)/2] + s[n/2]) / 2
}

// reached says whether all that is wanted was reached.
func (r *compareReport) reached() bool {
	return r.P99 < r.Wanted && !slices.ContainsFunc(r.Pairs, func(p *pair) bool { return !(p.Ratio >= p.Wanted) })
}

// write writes the comparison as a table or as JSON.
func (r *compareReport) write(out io.Writer, format string) error {
	if format == "json" {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "request\tnode per s\tbaseline per s\tratio\twanted\t")
	for _, p := range r.Pairs {
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.2f\t≥ %.2f\t\n",
			p.Kind, median(p.Node), median(p.Baseline), p.Ratio, p.Wanted)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, p := range r.Pairs {
		fmt.Fprintf(out, "%s rounds, node and baseline in turns: %.0f, %.0f\n", p.Kind, p.Node, p.Baseline)
	}
	_, err := fmt.Fprintf(out, "bookings at %.0f/s, half the rate that was reached: p99 %.2f ms, wanted < %.0f ms\n",
		r.HalfRate, r.P99, r.Wanted)
	return err
}
