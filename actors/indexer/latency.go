package indexer

import (
	"math"
	"sync/atomic"
	"time"

	"boxoffice/actors/control"
	"boxoffice/storage/search"
)

// latencies is how long questions took that this node's index has answered, by what they
// are mostly made of.
type latencies [len(queryKinds)]latency

// queryKinds are the names of kinds, as operators see them.
var queryKinds = [...]string{"filter", "text", "geo", "text+geo", "suggest"}

const (
	withText   = 1
	withPlace  = 2
	forSuggest = 4
)

// kindOf tells the kind of a question.
func kindOf(q any) int {
	query, ok := q.(search.Query)
	if !ok {
		return forSuggest
	}
	kind := 0
	if query.Text != "" {
		kind |= withText
	}
	if query.Near != nil {
		kind |= withPlace
	}
	return kind
}

// latency counts times in buckets, four for each doubling, from 1 µs to a minute and
// more: a quantile is 19 % too high at most. It takes no lock.
type latency struct {
	count   atomic.Uint64
	buckets [bucketsPerDoubling * 28]atomic.Uint64
}

const bucketsPerDoubling = 4

func (l *latency) add(took time.Duration) {
	i := 0
	if us := float64(took) / float64(time.Microsecond); us > 1 {
		i = min(int(math.Log2(us)*bucketsPerDoubling), len(l.buckets)-1)
	}
	l.buckets[i].Add(1)
	l.count.Add(1)
}

// quantile is the upper end of the bucket that has it, in milliseconds.
func (l *latency) quantile(q float64) float64 {
	rest := q * float64(l.count.Load())
	for i := range l.buckets {
		if rest -= float64(l.buckets[i].Load()); rest <= 0 {
			return math.Round(math.Exp2(float64(i+1)/bucketsPerDoubling)) / 1e3
		}
	}
	return 0
}

// status is the kinds that were asked for.
func (l *latencies) status() (kinds []control.SearchLatency) {
	for i := range l {
		if n := l[i].count.Load(); n > 0 {
			kinds = append(kinds, control.SearchLatency{Kind: queryKinds[i], Count: n,
				P50Millis: l[i].quantile(0.5), P99Millis: l[i].quantile(0.99)})
		}
	}
	return kinds
}
