package columns

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
)

// loaded loads a table with the rows of a twin, from several goroutines.
func loaded(w twin, goroutines int) (*Table, error) {
	table := New()
	l := table.Load()
	rows := make(chan Row)
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			f := l.Filler()
			for r := range rows {
				put := Loaded{
					ID: []byte(r.ID), Title: []byte(r.Title), Version: r.Version, Start: r.Start, OnSale: r.OnSale,
					Cancelled: r.Cancelled, Popularity: r.Popularity, Genre: l.Genre(r.Genre), Place: l.Place(r.Place),
				}
				for _, p := range r.Performers {
					put.Billing = append(put.Billing, l.Billed(p))
				}
				f.Put(&put)
			}
		})
	}
	for _, r := range w {
		rows <- r
	}
	close(rows)
	all.Wait()
	return table, l.End()
}

// A table that was loaded is like one that rows were put into, and changes like it.
func TestLoaded(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 2))
		w := twin{}
		for i := range []int{0, 1, 255, 256, 257, 400, 1500, 3000}[seed] {
			id := fmt.Sprint("e", i)
			w[id] = someRow(r, id, uint64(r.IntN(50)))
		}
		table, err := loaded(w, 1+int(seed)%3)
		if err != nil {
			t.Fatal(err)
		}
		first := table.Now()
		w.check(t, first)
		if left := first.Len() - len(w); len(table.free) != left {
			t.Fatalf("%d of %d ordinals can be given to others", len(table.free), left)
		}
		now := twin{}
		for id, row := range w {
			now[id] = row
		}
		for range 10 {
			c := table.Begin()
			for range 100 {
				step(t, r, c, now)
			}
			c.Commit()
			now.check(t, table.Now())
		}
		w.check(t, first)
		for id := range now {
			if o := table.Ordinal(id); o == None || table.Now().ID(o) != id {
				t.Fatalf("seed %d: %s has ordinal %d", seed, id, o)
			}
			if !table.SetLive(id, Live{Version: 1, Total: 7}) {
				t.Fatalf("seed %d: %s has no live columns", seed, id)
			}
		}
	}
}

// An id that is there twice is found.
func TestLoadedTwice(t *testing.T) {
	table := New()
	l := table.Load()
	f, g := l.Filler(), l.Filler()
	for i := range 300 {
		f.Put(&Loaded{ID: fmt.Append(nil, "e", i)})
	}
	g.Put(&Loaded{ID: []byte("e299")})
	if err := l.End(); err == nil {
		t.Error("an event that is there twice was loaded")
	}
}
