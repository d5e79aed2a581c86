package actors

import "sync/atomic"

// gate is the admission bound of one activation, and the guard of its end: it
// counts the commands between admission and answer, and once closed it lets
// nobody in. Refusing before the mailbox keeps a flood from becoming memory.
//
// The count and the closed flag share one word, so "empty, therefore closed"
// is one step: no command can slip into a mailbox that nobody reads any more.
type gate struct {
	word atomic.Int64
	// emptied is called each time a closed gate becomes empty, by whoever was last.
	emptied func()
}

// closedGate is added to the word when the gate closes: below zero means closed.
const closedGate = -1 << 62

// enter lets one command in, and says how many were inside before it. It fails with
// errMoved once the gate is closed, with ErrOverloaded when limit commands are inside.
func (g *gate) enter(limit int) (before int, err error) {
	n := g.word.Add(1)
	switch {
	case n < 0:
		g.leave()
		return 0, errMoved
	case n > int64(limit):
		g.leave()
		return 0, ErrOverloaded
	}
	return int(n - 1), nil
}

// leave is called once for each command that entered.
func (g *gate) leave() {
	if g.word.Add(-1) == closedGate {
		g.emptied()
	}
}

// close closes the gate for good; commands inside stay inside until they leave.
func (g *gate) close() {
	for {
		n := g.word.Load()
		if n < 0 || g.word.CompareAndSwap(n, n+closedGate) {
			return
		}
	}
}

// closeEmpty closes the gate if nobody is inside.
func (g *gate) closeEmpty() bool { return g.word.CompareAndSwap(0, closedGate) }

// inside is the number of commands that entered and did not leave.
func (g *gate) inside() int {
	n := g.word.Load()
	if n < 0 {
		n -= closedGate
	}
	return int(n)
}
