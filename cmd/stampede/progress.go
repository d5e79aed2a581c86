package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"boxoffice/cmd/stampede/load"

	"golang.org/x/term"
)

// quietSteps is how many seconds lie between two lines where nobody watches.
const quietSteps = 10

// progress tells people how a run goes: on a terminal one line that changes every
// second, else a line now and then. It is safe for concurrent use.
type progress struct {
	order *order
	begin time.Time
	live  bool

	mu    sync.Mutex // guards what follows
	out   io.Writer
	dirty bool // the cursor stands behind a line that may be written over
}

// newProgress begins to tell.
func newProgress(out io.Writer, o *order, begin time.Time) *progress {
	p := &progress{order: o, begin: begin, out: out, live: isTerminal(out)}
	if o.quiet {
		p.out = io.Discard
	}
	s := o.script
	p.say("%s: %s\n%s, seed %d, %d process(es), on %s", s.Scenario, s.Says(), s.Describe(), s.Seed, s.Load.Processes,
		strings.Join(s.URLs, ", "))
	return p
}

// isTerminal says whether somebody watches.
func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// say tells something in a line of its own.
func (p *progress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	fmt.Fprintf(p.out, format+"\n", args...)
}

// clear takes the changing line away. The caller holds mu.
func (p *progress) clear() {
	if p.dirty {
		fmt.Fprint(p.out, "\r\033[K")
		p.dirty = false
	}
}

// second tells how a second went.
func (p *progress) second(s *load.Slice) {
	text := p.line(s)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.live:
		p.clear()
		fmt.Fprint(p.out, text)
		p.dirty = true
	case (s.Second+1)%quietSteps == 0:
		fmt.Fprintln(p.out, text)
	}
}

// line is a second in words.
func (p *progress) line(s *load.Slice) string {
	var all load.Histogram
	var answers, errors, dropped int64
	var bad strings.Builder
	statuses := map[int]int64{}
	for _, c := range s.Ops {
		for status, n := range c.Statuses {
			answers += n
			statuses[status/100] += n
		}
		if c.Started > 0 {
			all.Merge(&c.Latency)
		}
		errors += c.Errors
		dropped += c.Dropped
	}
	for _, class := range []int{4, 5} {
		if n := statuses[class]; n > 0 {
			fmt.Fprintf(&bad, "  %dxx %d", class, n)
		}
	}
	for _, x := range []struct {
		name string
		n    int64
	}{{"errors", errors}, {"dropped", dropped}} {
		if x.n > 0 {
			fmt.Fprintf(&bad, "  %s %d", x.name, x.n)
		}
	}
	for _, name := range []string{"booked", "held", "waiting", "active"} {
		if n := s.Gauges[name]; n > 0 {
			fmt.Fprintf(&bad, "  %s %d", map[string]string{"booked": "sold"}[name]+map[string]string{
				"held": name, "waiting": name, "active": name}[name], n)
		}
	}
	return fmt.Sprintf("%4ds/%v  %6d/s  p50 %.1f  p99 %.1f  max %.1f ms%s", s.Second+1, p.order.script.Load.Duration,
		answers, ms(all.At(50)), ms(all.At(99)), ms(all.Max()), bad.String())
}

// end leaves the last line alone.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dirty {
		fmt.Fprintln(p.out)
		p.dirty = false
	}
}
