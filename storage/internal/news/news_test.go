package news

import (
	"sync"
	"testing"
)

type item struct{ topic, n uint64 }

func newBoard(topics uint64) *Board[item] {
	return New(topics, func(i item) uint64 { return i.topic })
}

func TestTheLatestOfEachTopicStays(t *testing.T) {
	b := newBoard(3)
	for n := range uint64(100) {
		b.Post(item{n % 3, n})
	}
	b.Close()
	b.Post(item{0, 1000}) // ignored
	b.Close()
	got := map[uint64]uint64{}
	for i := range b.C() {
		if _, twice := got[i.topic]; twice {
			t.Fatalf("topic %d was read twice", i.topic)
		}
		got[i.topic] = i.n
	}
	want := map[uint64]uint64{0: 99, 1: 97, 2: 98}
	for topic, n := range want {
		if got[topic] != n {
			t.Errorf("topic %d: got %d, want %d", topic, got[topic], n)
		}
	}
}

func TestOrderWithinATopic(t *testing.T) {
	const topics, posts = 4, 5000
	b := newBoard(topics)
	var writers sync.WaitGroup
	for topic := range uint64(topics) {
		writers.Go(func() {
			for n := range uint64(posts) {
				b.Post(item{topic, n + 1})
			}
		})
	}
	go func() { writers.Wait(); b.Close() }()
	last := make([]uint64, topics)
	for i := range b.C() {
		if i.n <= last[i.topic] {
			t.Fatalf("topic %d: %d after %d", i.topic, i.n, last[i.topic])
		}
		last[i.topic] = i.n
	}
	for topic, n := range last {
		if n != posts {
			t.Errorf("topic %d: the last read is %d, not the last posted", topic, n)
		}
	}
}
