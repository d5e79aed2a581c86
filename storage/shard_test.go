package storage

import (
	"strconv"
	"testing"
)

// The values are part of the data format.
func TestShardOfIsFixed(t *testing.T) {
	for _, c := range []struct {
		event  string
		shards uint64
		want   uint64
	}{
		{"a", 16, 1}, {"G5vYZ9vQ7kX1A", 16, 12}, {"g5vyz9vq7kx1a", 16, 16},
		{"demo-1", 16, 7}, {"demo-1", 1, 1}, {"", 16, 2},
	} {
		if got := ShardOf(c.event, c.shards); got != c.want {
			t.Errorf("ShardOf(%q, %d) = %d, want %d", c.event, c.shards, got, c.want)
		}
	}
}

func TestShardOfSpreads(t *testing.T) {
	const events, shards = 16000, 16
	var n [shards + 1]int
	for i := range events {
		n[ShardOf("event-"+strconv.Itoa(i), shards)]++
	}
	for s := 1; s <= shards; s++ {
		if n[s] < events/shards*8/10 || n[s] > events/shards*12/10 {
			t.Errorf("shard %d has %d of %d events", s, n[s], events)
		}
	}
}
