package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"boxoffice/cmd/stampede/truth"
	"boxoffice/cmd/stampede/wire"
)

// What is wanted of a node, beside the least that any server must do: shares of the rate
// of the constant server for views, of the appending server for what changes something.
const (
	wantedView     = 0.9
	wantedMixed    = 0.75
	wantedBook     = 0.7
	wantedContend  = 0.85
	wantedHoldBook = 0.7
	wantedJoin     = 0.7
	wantedP99      = 20.0 // ms of a booking, at half the rate that was reached
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
	x.duration, x.warmup, x.seats = 4*time.Second, time.Second, 60_000
	fs := x.flags("compare", errs)
	fs.StringVar(&x.start, "start", "", "`program` of a node: started on an empty folder, stopped at the end")
	fs.IntVar(&x.rounds, "rounds", x.rounds, "rounds of each side; -duration is one round's")
	fs.BoolVar(&x.strict, "strict", false, "exit 1 where less is reached than is wanted")
	if err := parseFlags(fs, args); err != nil {
		return err
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
	book := 0
	for _, side := range []func() (*pair, error){
		func() (*pair, error) { return x.compareView(to) },
		func() (*pair, error) { return x.compareMixed(to, dir) },
		func() (*pair, error) { return x.compareBook(to, dir, rep) },
		func() (*pair, error) { return x.compareContend(to, dir, rep) },
		func() (*pair, error) { return x.compareHoldBook(to, dir, rep) },
		func() (*pair, error) { return x.compareJoin(to, dir) },
	} {
		p, err := side()
		if err != nil {
			return nil, err
		}
		if p.Kind == "book" {
			book = len(rep.Pairs)
		}
		rep.Pairs = append(rep.Pairs, p)
	}
	return rep, x.halfRate(to, median(rep.Pairs[book].Node)/2, rep)
}

// compareView measures views of small events beside the constant server, whose
// answer has the size of such an event.
func (x *comparison) compareView(to wire.Target) (*pair, error) {
	r, size, err := x.smallEvents(to)
	if err != nil {
		return nil, err
	}
	p := &pair{Kind: "view", Wanted: wantedView}
	return p, x.beside(p, []string{"constant", "-size", fmt.Sprint(size)}, []int{200},
		func() (*run, error) { return r, nil },
		func(turn *run) (*summary, error) { return turn.measure("view", turn.view()) })
}

// smallEvents makes events whose views have the least to say, and gives the size of one.
func (x *comparison) smallEvents(to wire.Target) (r *run, size int, err error) {
	if r, err = x.newRound(to); err != nil {
		return nil, 0, err
	}
	r.config.seats, r.config.check = 500, false
	if err := r.prepare(); err != nil {
		return nil, 0, err
	}
	c := wire.NewConn(to.Address, x.timeout)
	defer c.Close()
	get := wire.Request{Method: "GET", Path: "/events/" + r.houses[0].ID}
	a, err := c.Do(get.Append(nil, &to))
	if err != nil || a.Status != 200 {
		return nil, 0, fmt.Errorf("view %s: status %d, %v", r.houses[0].ID, a.Status, err)
	}
	return r, len(a.Body), nil
}

// compareBook measures bookings of new events beside the appending server, which
// gets the same requests. Every booking is read back afterwards.
func (x *comparison) compareBook(to wire.Target, dir string, total *compareReport) (*pair, error) {
	p := &pair{Kind: "book", Wanted: wantedBook}
	return p, x.beside(p, appendIn(dir, p.Kind), []int{201},
		func() (*run, error) { return x.newEvents(to, nil) },
		func(turn *run) (*summary, error) { return turn.judged("book", turn.book(), total) })
}

// appendIn is the appending server with a file in a directory.
func appendIn(dir, name string) []string {
	return []string{"append", "-file", filepath.Join(dir, name)}
}

// newEvents makes a round with events of its own, as it is changed by like where there is one.
func (x *comparison) newEvents(to wire.Target, like func(c *config)) (*run, error) {
	r, err := x.newRound(to)
	if err != nil {
		return nil, err
	}
	if like != nil {
		like(&r.config)
	}
	return r, r.prepare()
}

// beside measures rounds of a node in turns with a baseline, by the answers that have one
// of the statuses. Before makes what a round is of, turn is one side's part of it.
func (x *comparison) beside(p *pair, baseline []string, statuses []int, before func() (*run, error),
	turn func(r *run) (*summary, error),
) (err error) {
	server, err := startBaseline(baseline...)
	if err != nil {
		return err
	}
	defer server.stop(&err)
	for range x.rounds {
		r, err := before()
		if err != nil {
			return err
		}
		rep, err := turn(r)
		if err != nil {
			return err
		}
		p.Node = append(p.Node, rep.rateOf(statuses...))
		if rep, err = x.baseTurn(r, server.address, turn); err != nil {
			return err
		}
		p.Baseline = append(p.Baseline, rep.rateOf(statuses...))
	}
	p.Ratio = median(p.Node) / median(p.Baseline)
	return nil
}

// baseTurn is the baseline's part of a round: the same requests, recorded as the node's
// are, for the crowd shares the machine. What is recorded is thrown away.
func (x *comparison) baseTurn(r *run, address string, turn func(r *run) (*summary, error)) (rep *summary, err error) {
	b := &run{
		config: r.config, target: wire.Target{Address: address}, name: r.name, began: time.Now(), houses: r.houses,
	}
	b.config.check = false
	if r.rec != nil {
		if b.rec, err = truth.NewRecorder(""); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, b.rec.Close(), b.rec.Remove()) }()
	}
	return turn(b)
}

// halfRate measures the latency of bookings that come at half the rate that was
// reached, each from its intended start.
func (x *comparison) halfRate(to wire.Target, rate float64, total *compareReport) error {
	r, err := x.newEvents(to, func(c *config) { c.rate = max(rate, 1) })
	if err != nil {
		return err
	}
	rep, err := r.judged("book", r.book(), total)
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

// judged drives one operation, and checks every answer where the run is to be checked.
func (r *run) judged(name string, op operation, total *compareReport) (*summary, error) {
	rep, err := r.measure(name, op)
	if !r.config.check {
		return rep, err
	}
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

// rateOf is the rate of answers with some statuses: errors are no achievement.
func (r *summary) rateOf(statuses ...int) float64 {
	if r.Seconds <= 0 {
		return 0
	}
	var n int64
	for _, k := range r.Kinds {
		for _, status := range statuses {
			n += k.Statuses[fmt.Sprint(status)]
		}
	}
	return float64(n) / r.Seconds
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
