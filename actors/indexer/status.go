package indexer

import (
	"strconv"
	"time"

	"boxoffice/storage/search"

	"github.com/prometheus/client_golang/prometheus"
)

// Status is how a node's index is.
type Status struct {
	Node string `json:"node"`
	Zone string `json:"zone,omitempty"`
	// State is "current", "catching-up" where the index has not caught up since it was
	// opened, or "stopped".
	State string `json:"state"`
	// Lag is that of the shard that is farthest behind.
	LagSeconds float64 `json:"lagSeconds"`
	// Rebuilding is how far a new copy is; absent: none is being made.
	Rebuilding *Progress `json:"rebuilding,omitempty"`
	// Applied and Touched are the events and summaries that were put into the index, and
	// Skipped the events that could not be, since the node's start.
	Applied  uint64        `json:"applied"`
	Touched  uint64        `json:"touched"`
	Skipped  uint64        `json:"skipped"`
	Rebuilds uint64        `json:"rebuilds"` // that were begun since the node's start
	Index    search.Stats  `json:"index"`
	Shards   []ShardStatus `json:"shards"` // by number
}

// Progress is how far a copy is.
type Progress struct {
	Events int `json:"events"`
	Shards int `json:"shards"` // that have caught up
	Of     int `json:"of"`     // shards
}

// ShardStatus is how far the index is with a shard.
type ShardStatus struct {
	ID       uint64 `json:"id"`
	Position uint64 `json:"position"` // Raft index of the last change in the index
	Applied  uint64 `json:"applied"`  // Raft index that the replica is known to have applied
	Lag      uint64 `json:"lag"`      // entries between what the index has seen and Applied
	// LagSeconds is how long ago the index had everything, 0 where it has.
	LagSeconds float64 `json:"lagSeconds"`
	Source     string  `json:"source,omitempty"`  // the node whose replica is read
	Failure    string  `json:"failure,omitempty"` // why none is
}

// Status tells how the index is. It reads memory.
func (f *Follower) Status() Status {
	s := Status{Node: f.cfg.Node, Zone: f.cfg.Zone, State: "stopped", Shards: []ShardStatus{},
		Applied: f.counts.events.Load(), Touched: f.counts.touches.Load(), Skipped: f.counts.skipped.Load(),
		Rebuilds: f.counts.rebuilds.Load()}
	f.mu.Lock()
	if c := f.next; c != nil {
		s.Rebuilding = c.progress()
	}
	f.mu.Unlock()
	c := f.serving.Load()
	if c == nil {
		return s
	}
	done, ok := c.borrow()
	if !ok {
		return s
	}
	defer done()
	s.Index = c.index.Stats()
	s.State = "catching-up"
	if c.current() {
		s.State = "current"
	}
	now := time.Now()
	for i, t := range c.states() {
		shard := t.status(uint64(i+1), now)
		s.LagSeconds = max(s.LagSeconds, shard.LagSeconds)
		s.Shards = append(s.Shards, shard)
	}
	return s
}

// progress is how far the copy is.
func (c *indexCopy) progress() *Progress {
	c.missing.mu.Lock()
	missing := len(c.missing.shards)
	c.missing.mu.Unlock()
	p := &Progress{Shards: len(c.tails) - missing, Of: len(c.tails)}
	if done, ok := c.borrow(); ok {
		p.Events = c.index.Stats().Events
		done()
	}
	return p
}

// status is what an operator sees of a tail.
func (s tailState) status(shard uint64, now time.Time) ShardStatus {
	out := ShardStatus{ID: shard, Position: s.position, Applied: s.applied, Source: s.source, Failure: s.failure}
	if s.applied > s.done {
		out.Lag = s.applied - s.done
	}
	if !s.waiting {
		from := s.caughtUp
		if from.IsZero() {
			from = s.began
		}
		out.LagSeconds = now.Sub(from).Round(time.Millisecond).Seconds()
	}
	return out
}

// collector is the Follower's metrics.
type collector struct{ f *Follower }

var (
	descPosition = desc("position", "Raft index of the last change in the search index.", "shard")
	descLag      = desc("lag_entries", "Raft entries that the search index has not seen.", "shard")
	descSeconds  = desc("lag_seconds", "How long ago the search index had all of the shard; 0: it has.", "shard")
	descCurrent  = desc("current", "1 where the search index has caught up since it was opened.")
	descEvents   = desc("applied_events_total", "Events that were put into the search index or taken out.")
	descTouches  = desc("applied_summaries_total", "Summaries of events that were put into the search index.")
	descSkipped  = desc("skipped_events_total", "Events that could not be put into the search index.")
	descRebuilds = desc("rebuilds_total", "New search indexes that were begun.")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("boxoffice_search_"+name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descPosition, descLag, descSeconds, descCurrent, descEvents, descTouches,
		descSkipped, descRebuilds} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(to chan<- prometheus.Metric) {
	s := c.f.Status()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	count := func(d *prometheus.Desc, v uint64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v))
	}
	for _, shard := range s.Shards {
		id := strconv.FormatUint(shard.ID, 10)
		gauge(descPosition, float64(shard.Position), id)
		gauge(descLag, float64(shard.Lag), id)
		gauge(descSeconds, shard.LagSeconds, id)
	}
	current := 0.0
	if s.State == "current" {
		current = 1
	}
	gauge(descCurrent, current)
	count(descEvents, s.Applied)
	count(descTouches, s.Touched)
	count(descSkipped, s.Skipped)
	count(descRebuilds, s.Rebuilds)
}
