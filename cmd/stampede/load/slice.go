package load

import (
	"encoding/json"
	"fmt"
)

// Slice is what one process counted in one second, or all of them together.
type Slice struct {
	Second   int // since the begin of the run
	Ops      map[string]*Counts
	Counters map[string]int64 // what they grew by
	Gauges   map[string]int64 // where they stand at its end
}

// Merge adds another process's slice of the same second.
func (s *Slice) Merge(from *Slice) {
	for name, c := range from.Ops {
		if s.Ops[name] == nil {
			s.Ops[name] = newCounts()
		}
		s.Ops[name].Merge(c)
	}
	for name, n := range from.Counters {
		s.Counters[name] += n
	}
	for name, n := range from.Gauges {
		s.Gauges[name] += n
	}
}

// wireCounts and wireSlice are the forms in which processes hand slices to each other.
type (
	wireCounts struct {
		Counts
		Latency, Service wireHistogram // in the place of those of Counts
	}
	wireSlice struct {
		Second           int
		Ops              map[string]*wireCounts
		Counters, Gauges map[string]int64
	}
)

// MarshalJSON is the form for another process.
func (s *Slice) MarshalJSON() ([]byte, error) {
	w := wireSlice{s.Second, map[string]*wireCounts{}, s.Counters, s.Gauges}
	for name, c := range s.Ops {
		latency, err := c.Latency.pack()
		if err != nil {
			return nil, fmt.Errorf("pack the latencies of %s: %w", name, err)
		}
		service, err := c.Service.pack()
		if err != nil {
			return nil, fmt.Errorf("pack the service times of %s: %w", name, err)
		}
		w.Ops[name] = &wireCounts{*c, latency, service}
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON made.
func (s *Slice) UnmarshalJSON(text []byte) error {
	var w wireSlice
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	*s = Slice{w.Second, map[string]*Counts{}, w.Counters, w.Gauges}
	for name, c := range w.Ops {
		counts := c.Counts
		if err := counts.Latency.unpack(c.Latency); err != nil {
			return fmt.Errorf("unpack the latencies of %s: %w", name, err)
		}
		if err := counts.Service.unpack(c.Service); err != nil {
			return fmt.Errorf("unpack the service times of %s: %w", name, err)
		}
		s.Ops[name] = &counts
	}
	return nil
}

// Series puts the slices of all processes together, second by second. It belongs to
// one goroutine.
type Series struct {
	parts int
	open  map[int]*Slice // seconds of which not all parts have come
	came  map[int]int
	next  int
	total *Slice
	each  func(s *Slice)
}

// NewSeries makes a series of so many parts, which calls each for every second that
// is whole, in order.
func NewSeries(parts int, each func(s *Slice)) *Series {
	return &Series{parts: parts, open: map[int]*Slice{}, came: map[int]int{}, total: newSlice(0), each: each}
}

func newSlice(second int) *Slice {
	return &Slice{second, map[string]*Counts{}, map[string]int64{}, map[string]int64{}}
}

// Add takes a part's slice, which is the series' then. What comes after its second was closed by Flush is in the
// totals alone.
func (r *Series) Add(s *Slice) {
	r.total.Merge(s)
	if s.Second < r.next {
		return
	}
	if open := r.open[s.Second]; open != nil {
		open.Merge(s)
	} else {
		r.open[s.Second] = s
	}
	r.came[s.Second]++
	for r.came[r.next] >= r.parts {
		r.close()
	}
}

// Flush closes the seconds that some part never told of.
func (r *Series) Flush() {
	for len(r.open) > 0 {
		r.close()
	}
}

// close gives the next second away.
func (r *Series) close() {
	if s := r.open[r.next]; s != nil {
		r.each(s)
	}
	delete(r.open, r.next)
	delete(r.came, r.next)
	r.next++
}

// Total is everything so far. Its gauges mean nothing.
func (r *Series) Total() *Slice { return r.total }
