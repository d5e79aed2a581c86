package actors

import "time"

// pool runs short functions on goroutines that it keeps: an actor's turn is deep,
// and a new goroutine would grow its stack again for every turn, which was two
// fifths of an actor's time. It is proto.actor's dispatcher for events.
//
// A function never waits for another one: where no goroutine is idle, a new one is
// made. They are as many as functions run at once, and a few seconds later fewer.
type pool struct {
	work chan func() // unbuffered: taken by an idle goroutine or not at all
	stop chan struct{}
}

// poolIdle is how long a goroutine of a pool waits for work.
const poolIdle = 5 * time.Second

func newPool() *pool { return &pool{make(chan func()), make(chan struct{})} }

// Schedule runs f soon, on another goroutine. It does not block.
func (p *pool) Schedule(f func()) {
	select {
	case p.work <- f:
	default:
		go p.run(f)
	}
}

// Throughput is after how many messages an actor lets others run.
func (p *pool) Throughput() int { return 300 }

// close lets idle goroutines go. Schedule may still be called.
func (p *pool) close() { close(p.stop) }

func (p *pool) run(f func()) {
	idle := time.NewTimer(poolIdle)
	defer idle.Stop()
	for {
		f()
		idle.Reset(poolIdle)
		select {
		case f = <-p.work:
		case <-idle.C:
			return
		case <-p.stop:
			return
		}
	}
}
