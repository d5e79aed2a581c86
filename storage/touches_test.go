package storage

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// The list of touches is that of somebody who keeps every append and looks through all
// of them.
func TestTouchesAgainstATwin(t *testing.T) {
	const events, appends = maxTouches + 500, 60_000
	rng := rand.New(rand.NewPCG(1, 2))
	list := newTouches()
	last := make([]uint64, events) // by event
	var order []int                // of appends
	for index := uint64(1); index <= appends; index++ {
		e := rng.IntN(events)
		if rng.IntN(2) == 0 {
			e = rng.IntN(50) // some are hot
		}
		last[e], order = index, append(order, e)
		list.add([]extension{{fmt.Append(nil, e), index}}, index)
	}
	var want []string // the distinct ones, the latest first
	floor := uint64(0)
	for index := uint64(appends); index > 0; index-- {
		if e := order[index-1]; last[e] == index {
			if len(want) == maxTouches {
				floor = index
				break
			}
			want = append(want, fmt.Sprint(e))
		}
	}
	slices.Reverse(want)
	if list.floor != floor || floor == 0 {
		t.Errorf("the floor is %d, want %d", list.floor, floor)
	}
	if _, _, err := list.after(floor-1, 1); !errors.Is(err, ErrTrimmed) {
		t.Errorf("before the floor: %v", err)
	}
	var got []string
	for after := floor; ; {
		page, next, err := list.after(after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if after = next; len(page) == 0 {
			break
		}
		for _, e := range page {
			got = append(got, e.event)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d events were touched, want %d", len(got), len(want))
	}
	if len(list.where) != maxTouches || len(list.list) != maxTouches+1 {
		t.Errorf("%d events in %d places", len(list.where), len(list.list))
	}
}

// Nothing is allocated for an event that is known, whoever waits or does not.
func TestATouchAllocatesNothing(t *testing.T) {
	list := newTouches()
	extended := []extension{{[]byte("a"), 1}, {[]byte("b"), 2}, {[]byte("a"), 3}}
	index := uint64(0)
	touch := func() {
		for i := range extended {
			index++
			extended[i].index = index
		}
		list.add(extended, index)
	}
	touch()
	if n := testing.AllocsPerRun(100, touch); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkTouch is what an append of a known event costs in memory, in updates of 64.
func BenchmarkTouch(b *testing.B) {
	for _, events := range []int{64, maxTouches, 4 * maxTouches} {
		b.Run(fmt.Sprint("events=", events), func(b *testing.B) {
			ids := make([][]byte, events)
			for i := range ids {
				ids[i] = fmt.Appendf(nil, "event-%024d", i)
			}
			rng, list := rand.New(rand.NewPCG(1, 2)), newTouches()
			extended := make([]extension, 64)
			b.ReportAllocs()
			for n := uint64(0); b.Loop(); n++ {
				i := n % 64
				extended[i] = extension{ids[rng.IntN(events)], n + 1}
				if i == 63 {
					list.add(extended, n+1)
				}
			}
		})
	}
}
