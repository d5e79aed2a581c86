package main

import (
	"os"
	"sync"
)

// groupFile appends to a file in group commits: what comes while a sync runs is
// written and synced together in the next one. It is the least that anything
// durable must do, and so both the crowd's ledger and the baseline of bookings.
// It is safe for concurrent use.
type groupFile struct {
	file disk
	wake chan struct{} // one token: there is something to write
	done chan struct{} // closed when the writer has ended

	mu     sync.Mutex // guards what follows
	buf    []byte     // bounded by its callers, each of whom waits
	round  *round     // of what is in buf
	closed bool
}

// disk is what a group file needs of a file.
type disk interface {
	Write(b []byte) (int, error)
	Sync() error // returns when all that was written is durable
	Close() error
}

// round is one group commit.
type round struct {
	done chan struct{} // closed when it is synced
	err  error         // valid after that
}

// newGroupFile takes over an open file.
func newGroupFile(f disk) *groupFile {
	g := &groupFile{
		file: f, wake: make(chan struct{}, 1), done: make(chan struct{}), round: &round{done: make(chan struct{})},
	}
	go g.write()
	return g
}

// append appends data, and where wait is set returns when it is synced. Data that
// is not waited for is synced before any that is appended later.
func (g *groupFile) append(data []byte, wait bool) error {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return os.ErrClosed
	}
	g.buf = append(g.buf, data...)
	r := g.round
	g.mu.Unlock()
	select {
	case g.wake <- struct{}{}:
	default: // the writer has not seen the last token yet
	}
	if !wait {
		return nil
	}
	<-r.done
	return r.err
}

// write is the writer: one commit after the other. After an error nothing more is
// written: what the file holds is not known then.
func (g *groupFile) write() {
	defer close(g.done)
	var spare []byte
	var failed error
	for open := true; open; {
		_, open = <-g.wake
		g.mu.Lock()
		data, r := g.buf, g.round
		g.buf, g.round = spare[:0], &round{done: make(chan struct{})}
		g.mu.Unlock()
		if failed == nil && len(data) > 0 {
			if _, failed = g.file.Write(data); failed == nil {
				failed = g.file.Sync()
			}
		}
		r.err = failed
		close(r.done)
		spare = data
	}
}

// close commits what is left and closes the file. No append may run or come later.
func (g *groupFile) close() error {
	g.mu.Lock()
	g.closed = true
	r := g.round
	g.mu.Unlock()
	close(g.wake)
	<-g.done
	<-r.done
	if err := g.file.Close(); r.err == nil {
		return err
	}
	return r.err
}
