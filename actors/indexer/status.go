package indexer

import (
	"strconv"
	"time"

	"boxoffice/actors/control"
	"boxoffice/storage/search"

	"github.com/prometheus/client_golang/prometheus"
)

// Brief tells how the index is, in one line. It reads memory.
func (f *Follower) Brief() control.SearchBrief { return f.Status().SearchBrief }

// Status tells how the index is. It reads memory.
func (f *Follower) Status() control.SearchStatus {
	s := control.SearchStatus{Node: f.cfg.Node, Zone: f.cfg.Zone, Shards: []control.SearchShard{},
		SearchBrief: control.SearchBrief{State: control.SearchOpening},
		Applied:     f.counts.events.Load(), Touched: f.counts.touches.Load(), Skipped: f.counts.skipped.Load(),
		Rebuilds: f.counts.rebuilds.Load()}
	f.mu.Lock()
	if f.stopped {
		s.State = control.SearchStopped
	}
	if c := f.next; c != nil {
		s.Progress, s.Rebuilding = c.progress(), true
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
	stats, err := c.index.Stats()
	if err != nil { // of its directory: what is in memory is told
		f.cfg.Logger.Warn("look at the search index", "error", err)
	}
	s.Events, s.Index = stats.Events, indexOf(stats)
	s.State = control.SearchCatchingUp
	if c.current() {
		s.State = control.SearchCurrent
	}
	now := time.Now()
	for i, t := range c.states() {
		shard := t.status(uint64(i+1), now)
		s.LagSeconds = max(s.LagSeconds, shard.LagSeconds)
		s.Shards = append(s.Shards, shard)
	}
	return s
}

// indexOf is what an index tells of itself, for an operator.
func indexOf(s search.Stats) control.SearchIndex {
	x := control.SearchIndex{
		Segments: s.Segments, Bytes: s.Bytes, Rebuilt: s.Rebuilt, Batches: s.Applied, RefreshMost: s.ApplyMax,
		Failures: s.Failures, LastFailure: s.LastFailure, Queries: []control.SearchLatency{},
		Cache: control.SearchCache{Hits: s.Cache.Hits + s.Cache.Stale, Stale: s.Cache.Stale, Misses: s.Cache.Misses,
			Pages: s.Cache.Pages, Bytes: s.Cache.Bytes},
	}
	if s.Applied > 0 {
		x.RefreshMillis = float64(s.ApplyTime) / float64(s.Applied)
	}
	return x
}

// progress is how far the copy is.
func (c *indexCopy) progress() *control.SearchProgress {
	c.missing.mu.Lock()
	missing := len(c.missing.shards)
	c.missing.mu.Unlock()
	p := &control.SearchProgress{Shards: len(c.tails) - missing, Of: len(c.tails)}
	if done, ok := c.borrow(); ok {
		stats, _ := c.index.Stats() // 0 until it can be told
		p.Events = stats.Events
		done()
	}
	return p
}

// status is what an operator sees of a tail.
func (s tailState) status(shard uint64, now time.Time) control.SearchShard {
	out := control.SearchShard{ID: shard, Position: s.position, Applied: s.applied, Source: s.source,
		Failure: s.failure}
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
	if s.State == control.SearchCurrent {
		current = 1
	}
	gauge(descCurrent, current)
	count(descEvents, s.Applied)
	count(descTouches, s.Touched)
	count(descSkipped, s.Skipped)
	count(descRebuilds, s.Rebuilds)
}
