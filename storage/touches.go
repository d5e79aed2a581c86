package storage

import (
	"fmt"
	"sync"
)

// maxTouches bounds the events of a shard whose last append is remembered: one takes
// about 120 bytes.
const maxTouches = 8192

// touches remembers which events of a shard were extended, and when, and wakes who
// waits for more. The machine writes it after each commit, readers come from anywhere.
//
// The events are a list in the order of their last append: an append moves its event
// to the end, and where there are too many the first one is forgotten. What happened
// up to the floor is not known.
type touches struct {
	mu      sync.Mutex
	applied uint64 // committed to the store: what a reader of it sees at least
	floor   uint64
	woken   chan struct{} // closed at the next commit; nil: nobody waits

	where map[string]int32 // of an event in list
	list  []touch          // [0] is before the first and after the last
}

// touch is an event in the list; before and behind are places of others.
type touch struct {
	event          string
	index          uint64
	before, behind int32
}

func newTouches() *touches {
	t := &touches{}
	t.reset(0)
	return t
}

// reset forgets all up to a Raft index, which is what the store is at now.
func (t *touches) reset(index uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.applied, t.floor = index, index
	t.where, t.list = map[string]int32{}, make([]touch, 1)
	t.wakeLocked()
}

// add takes note of appends that are committed now, and that all up to a Raft index is.
func (t *touches) add(extended []extension, applied uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range extended {
		t.addLocked(e)
	}
	t.applied = applied
	t.wakeLocked()
}

func (t *touches) addLocked(e extension) {
	at, known := t.where[string(e.event)]
	switch {
	case known:
		t.unlinkLocked(at)
	case len(t.list) <= maxTouches:
		at = int32(len(t.list))
		t.list = append(t.list, touch{})
	default:
		at = t.list[0].behind
		t.unlinkLocked(at)
		t.floor = t.list[at].index
		delete(t.where, t.list[at].event)
	}
	if !known {
		t.list[at].event = string(e.event)
		t.where[t.list[at].event] = at
	}
	last := t.list[0].before
	t.list[at].index, t.list[at].before, t.list[at].behind = e.index, last, 0
	t.list[last].behind, t.list[0].before = at, at
}

func (t *touches) unlinkLocked(at int32) {
	before, behind := t.list[at].before, t.list[at].behind
	t.list[before].behind, t.list[behind].before = behind, before
}

// wake makes those who wait look again.
func (t *touches) wake() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wakeLocked()
}

func (t *touches) wakeLocked() {
	if t.woken != nil {
		close(t.woken)
		t.woken = nil
	}
}

// watch is what is applied now, and what is closed when that has changed.
func (t *touches) watch() (applied uint64, woken <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.woken == nil {
		t.woken = make(chan struct{})
	}
	return t.applied, t.woken
}

// after lists events that were extended after a Raft index, at most limit, in order;
// next is the index to go on after.
func (t *touches) after(index uint64, limit int) (events []touch, next uint64, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case index < t.floor:
		return nil, index, fmt.Errorf("read what was touched after %d: %w: it is known after %d",
			index, ErrTrimmed, t.floor)
	case index > t.applied || limit <= 0:
		return nil, index, nil
	}
	first := t.list[0].before
	for ; first != 0 && t.list[first].index > index; first = t.list[first].before {
	}
	for at := t.list[first].behind; at != 0; at = t.list[at].behind {
		if events = append(events, t.list[at]); len(events) == limit {
			return events, t.list[at].index, nil
		}
	}
	return events, t.applied, nil
}
