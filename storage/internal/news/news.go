// Package news is a board on which only the latest news of each topic hangs.
//
// A writer never blocks and never waits for the reader: news that nobody has
// read is replaced by later news of the same topic. So the board is bounded by
// the number of topics, and a reader that was slow learns where things stand,
// not how they came to be so. News of one topic is read in the order it was
// posted.
package news

import "sync"

// Board holds at most one unread item a topic. Post and Close may be called by
// many goroutines; C has one reader.
type Board[T any] struct {
	mu     sync.Mutex
	closed bool
	topic  func(T) uint64
	c      chan T
}

// New makes a board for at most topics topics; topic says which one an item is of.
func New[T any](topics uint64, topic func(T) uint64) *Board[T] {
	return &Board[T]{topic: topic, c: make(chan T, topics)}
}

// C delivers the items; it is closed by Close, after what was unread.
func (b *Board[T]) C() <-chan T { return b.c }

// Post hangs up an item. It does not block: the channel has a place for every
// topic, and an unread item of the same topic is taken down first.
func (b *Board[T]) Post(item T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	for range len(b.c) {
		select {
		case old := <-b.c:
			if b.topic(old) != b.topic(item) {
				b.c <- old
			}
		default: // the reader was faster
		}
	}
	b.c <- item
}

// Close ends the board. Later posts are ignored; closing twice is harmless.
func (b *Board[T]) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.closed = true
		close(b.c)
	}
}
