package cluster

import "time"

// lateness says how much later than usual a batch arrived: the time it lay in a
// socket because this node was paused, or the network was slow. "Milliseconds left"
// cannot know of it. The two clocks are not synchronised: the smallest difference
// seen between them lately is the fastest way a batch can take, and what a batch
// takes beyond it, it came late. Clocks drift, so the smallest of two windows is
// used; a window ends when a batch arrives after it, so a pause makes no new one
// without traffic.
//
// The caller holds the link's lock.
type lateness struct {
	life           uint64 // of the sender; another one begins anew
	previous, this int64  // smallest difference in the window before, and in this one, µs
	began          int64  // of this window, µs
}

const lateWindow = int64(30 * time.Second / time.Microsecond)

// of tells how late a batch is that was sent at sent and received at received,
// microseconds of the two clocks; 0 for the first one of a life.
func (l *lateness) of(life uint64, sent, received int64) time.Duration {
	took := received - sent
	switch {
	case life != l.life:
		*l = lateness{life: life, previous: took, this: took, began: received}
	case received-l.began > lateWindow:
		l.previous, l.this, l.began = l.this, took, received
	default:
		l.this = min(l.this, took)
	}
	return time.Duration(took-min(l.previous, l.this)) * time.Microsecond
}
