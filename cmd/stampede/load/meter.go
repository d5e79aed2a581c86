package load

import (
	"sync"
	"sync/atomic"
	"time"
)

// Meter counts what happens to the users of one process. It is safe for concurrent
// use.
type Meter struct {
	late time.Duration
	from time.Time // what was planned before is not counted

	mu     sync.Mutex // guards what follows, not what it points to
	ops    []*Op
	values []*Value
}

// NewMeter makes a meter. A request that is sent more than late after its plan is
// counted as late; what was planned before from is not counted at all (the warm-up).
func NewMeter(late time.Duration, from time.Time) *Meter { return &Meter{late: late, from: from} }

// From is when what is counted begins.
func (m *Meter) From() time.Time { return m.from }

// Op gives the operation of that name and makes it where there is none. Keep what it
// gives: it searches.
func (m *Meter) Op(name string) *Op {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range m.ops {
		if o.name == name {
			return o
		}
	}
	o := &Op{name: name, meter: m, now: newCounts()}
	m.ops = append(m.ops, o)
	return o
}

// Counter gives the counter of that name: a Slice has what it grew by.
func (m *Meter) Counter(name string) *Value { return m.value(name, false) }

// Gauge gives the gauge of that name: a Slice has where it stands.
func (m *Meter) Gauge(name string) *Value { return m.value(name, true) }

func (m *Meter) value(name string, gauge bool) *Value {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, v := range m.values {
		if v.name == name {
			return v
		}
	}
	v := &Value{name: name, gauge: gauge}
	m.values = append(m.values, v)
	return v
}

// Cut takes what was counted since the last cut. Its maps and histograms are the
// caller's.
func (m *Meter) Cut() *Slice {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &Slice{Ops: map[string]*Counts{}, Counters: map[string]int64{}, Gauges: map[string]int64{}}
	for _, o := range m.ops {
		if c := o.cut(); c != nil {
			s.Ops[o.name] = c
		}
	}
	for _, v := range m.values {
		if v.gauge {
			s.Gauges[v.name] = v.v.Load()
		} else if n := v.v.Swap(0); n != 0 {
			s.Counters[v.name] = n
		}
	}
	return s
}

// Value is one number that users change. It is safe for concurrent use.
type Value struct {
	name  string
	gauge bool
	v     atomic.Int64
}

// Add adds n, which may be negative for a gauge.
func (v *Value) Add(n int64) { v.v.Add(n) }

// Set sets a gauge.
func (v *Value) Set(n int64) { v.v.Store(n) }

// Counts is what was counted of one operation in some time.
type Counts struct {
	Latency  Histogram // from the planned instant to the answer that ended it
	Service  Histogram // from its first sending to that
	Started  int64
	Late     int64 // started later than the meter allows
	Dropped  int64 // planned and not started: too many users were under way
	Errors   int64 // tries without an answer
	Retries  int64
	Bytes    int64            // of answers
	Statuses map[int]int64    // tries by the status of their answers
	Reasons  map[string]int64 // why tries were refused or got no answer
}

func newCounts() *Counts { return &Counts{Statuses: map[int]int64{}, Reasons: map[string]int64{}} }

// Merge adds what another has.
func (c *Counts) Merge(from *Counts) {
	c.Latency.Merge(&from.Latency)
	c.Service.Merge(&from.Service)
	c.Started += from.Started
	c.Late += from.Late
	c.Dropped += from.Dropped
	c.Errors += from.Errors
	c.Retries += from.Retries
	c.Bytes += from.Bytes
	for k, n := range from.Statuses {
		c.Statuses[k] += n
	}
	for k, n := range from.Reasons {
		c.Reasons[k] += n
	}
}

// Op is one kind of request, or of anything that takes time. It is safe for
// concurrent use.
type Op struct {
	name  string
	meter *Meter

	mu    sync.Mutex // guards what follows
	now   *Counts
	dirty bool // something was counted since the last cut
}

// Name is what reports call it.
func (o *Op) Name() string { return o.name }

// Try is what one request got.
type Try struct {
	Status int    // of the answer; 0: none came
	Reason string // why it was refused or got no answer; "": it was not
	Bytes  int    // of the answer
}

// Done counts a request that is at its end with the answer of its last try: planned
// is the instant for which it was planned, sent that of its first try.
func (o *Op) Done(planned, sent, end time.Time, last Try) {
	if planned.Before(o.meter.from) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.counts()
	c.Started++
	if sent.Sub(planned) > o.meter.late {
		c.Late++
	}
	c.try(last)
	if last.Status != 0 {
		c.Latency.Record(end.Sub(planned))
		c.Service.Record(end.Sub(sent))
	}
}

// Again counts a try after which another one follows.
func (o *Op) Again(planned time.Time, t Try) {
	if planned.Before(o.meter.from) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.counts()
	c.Retries++
	c.try(t)
}

// Took counts something that is no request and took some time: a wait, a delivery.
func (o *Op) Took(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counts().Latency.Record(d)
}

// Note counts something that happened beside the requests, by name.
func (o *Op) Note(reason string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counts().Reasons[reason]++
}

// Drop counts an arrival that was planned and could not start.
func (o *Op) Drop(planned time.Time) {
	if planned.Before(o.meter.from) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counts().Dropped++
}

// counts is where to count. The caller holds mu.
func (o *Op) counts() *Counts {
	o.dirty = true
	return o.now
}

// try counts what one request got.
func (c *Counts) try(t Try) {
	if t.Status == 0 {
		c.Errors++
	} else {
		c.Statuses[t.Status]++
	}
	if t.Reason != "" {
		c.Reasons[t.Reason]++
	}
	c.Bytes += int64(t.Bytes)
}

// cut takes what was counted and starts anew; nil where nothing was.
func (o *Op) cut() *Counts {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.dirty {
		return nil
	}
	c := o.now
	o.now, o.dirty = newCounts(), false
	return c
}
