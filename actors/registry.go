package actors

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// activation is one life of an event in memory: its actor's address and what
// other goroutines may know of it.
type activation struct {
	event  string
	shard  *shard
	pid    *actor.PID
	gate   gate
	pace   pace
	queued atomic.Int64 // messages posted and not yet received
	due    atomic.Int64 // earliest deadline in the shard's time; 0: none
	used   atomic.Int64 // monotonic ns of the last command
	counts eventCounts
}

// eventCounts is what metrics say of an event in memory.
type eventCounts struct{ holds, bookings, waiting, shopping atomic.Int64 }

// registry is the events in memory. Lookups take no lock.
type registry struct {
	byID sync.Map // event id → *activation
	size atomic.Int64
}

func (r *registry) get(event string) *activation {
	if a, ok := r.byID.Load(event); ok {
		return a.(*activation)
	}
	return nil
}

// add puts a in unless the event is there; it returns the one that is in.
func (r *registry) add(a *activation) (*activation, bool) {
	got, loaded := r.byID.LoadOrStore(a.event, a)
	if !loaded {
		r.size.Add(1)
	}
	return got.(*activation), !loaded
}

// remove takes a out, and only a: a later activation of the event stays.
func (r *registry) remove(a *activation) {
	if r.byID.CompareAndDelete(a.event, a) {
		r.size.Add(-1)
	}
}

func (r *registry) each(f func(*activation)) {
	r.byID.Range(func(_, a any) bool {
		f(a.(*activation))
		return true
	})
}

// touch notes that the event is in use.
func (a *activation) touch(start time.Time) { a.used.Store(int64(time.Since(start))) }

// idle is how long nobody has asked for the event.
func (a *activation) idle(start time.Time) time.Duration {
	return time.Since(start) - time.Duration(a.used.Load())
}
