package cluster

import (
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// The outcomes of calls, in the order of outcome.
var outcomes = [...]string{"ok", "unreachable", "lost", "busy", "unknown-kind", "too-large"}

// The bounds whose refusals are counted.
const (
	boundCalls    = iota // calls of this node under way
	boundLink            // frames that wait for one peer
	boundHandlers        // calls of others that wait
	boundLinks           // addresses
	boundCount
)

var bounds = [boundCount]string{"calls", "link", "handlers", "links"}

// counts is what a member counts. The calls are an array and not labelled counters:
// a call must cost little.
type counts struct {
	calls   [256][len(outcomes)]atomic.Uint64
	drops   [boundCount]atomic.Uint64
	late    atomic.Uint64 // requests dropped after their deadline
	garbage atomic.Uint64 // batches or frames that could not be read
}

func (c *counts) call(kind uint8, err error) { c.calls[kind][outcome(err)].Add(1) }
func (c *counts) drop(bound int)             { c.drops[bound].Add(1) }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("boxoffice_cluster_"+name, help, labels, nil)
}

var (
	descCalls   = desc("calls_total", "Calls to nodes, by kind and outcome.", "kind", "outcome")
	descPending = desc("bound_length", "What is inside a bound of the cluster.", "bound")
	descDrops   = desc("bound_drops_total", "What was refused because a bound of the cluster was reached.", "bound")
	descLate    = desc("late_total", "Calls of others that arrived after their deadline.")
	descGarbage = desc("garbage_total", "Messages of others that could not be read.")
	descPeers   = desc("peers", "Other nodes, by state.", "state")
)

// Describe names the metrics, for prometheus.
func (m *Member) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descCalls, descPending, descDrops, descLate, descGarbage, descPeers} {
		to <- d
	}
}

// Collect reads the metrics, for prometheus. Kinds that were never called are left
// out.
func (m *Member) Collect(to chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for kind := range m.counts.calls {
		for o := range outcomes {
			if n := m.counts.calls[kind][o].Load(); n > 0 {
				counter(descCalls, n, strconv.Itoa(kind), outcomes[o])
			}
		}
	}
	for b := range bounds {
		counter(descDrops, m.counts.drops[b].Load(), bounds[b])
	}
	counter(descLate, m.counts.late.Load())
	counter(descGarbage, m.counts.garbage.Load())

	var frames, links int
	m.eachLink(func(l *link) {
		l.mu.Lock()
		frames += len(l.waiting)
		l.mu.Unlock()
		links++
	})
	gauge(descPending, float64(m.calls.pending.Load()), bounds[boundCalls])
	gauge(descPending, float64(frames), bounds[boundLink])
	gauge(descPending, float64(len(m.pool.jobs)), bounds[boundHandlers])
	gauge(descPending, float64(links), bounds[boundLinks])

	states := map[State]int{Up: 0, Draining: 0, Leaving: 0, Down: 0}
	for _, p := range m.roster.list() {
		states[p.State]++
	}
	for s, n := range states {
		gauge(descPeers, float64(n), s.String())
	}
}
