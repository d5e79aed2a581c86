package search

import (
	"cmp"
	"slices"

	"boxoffice/storage/search/internal/columns"
)

// maxValues is how many values of a facet a page has.
const maxValues = 100

// counters count the values of facets among hits: an array for each facet, by the
// value's number. A value of none is not counted.
type counters struct {
	now    *columns.Snapshot
	facets []Facet
	counts [FacetAvailability + 1][]int32

	waiting []uint32 // events that are not counted yet
}

// reset makes the counters those of a query, at nought.
func (c *counters) reset(now *columns.Snapshot, facets []Facet) {
	c.now, c.facets, c.waiting = now, facets, c.waiting[:0]
	for _, f := range facets {
		n := c.values(f)
		if cap(c.counts[f]) < n {
			c.counts[f] = make([]int32, n+n/4)
		}
		c.counts[f] = c.counts[f][:n]
		clear(c.counts[f])
	}
}

// values is how many numbers a facet has.
func (c *counters) values(f Facet) int {
	switch f {
	case FacetGenre:
		return c.now.Genres().Len()
	case FacetCity:
		return c.now.Cities().Len()
	case FacetVenue:
		return c.now.Venues().Len()
	case FacetPerformer:
		return c.now.Performers().Len()
	case FacetMonth:
		return 1 << 16
	}
	return int(Few) + 1
}

// add counts an event, soon: those that wait are counted together, facet by facet, for
// reading what is all over the memory takes much less side by side.
func (c *counters) add(o uint32) {
	if c.waiting = append(c.waiting, o); len(c.waiting) == stride {
		c.count()
	}
}

// count counts the events that wait.
func (c *counters) count() {
	for _, f := range c.facets {
		counts := c.counts[f]
		switch f {
		case FacetGenre:
			for _, o := range c.waiting {
				counts[c.now.Genre(o)]++
			}
		case FacetCity:
			for _, o := range c.waiting {
				counts[c.now.Places().City(c.now.Place(o))]++
			}
		case FacetVenue:
			for _, o := range c.waiting {
				counts[c.now.Places().Venue(c.now.Place(o))]++
			}
		case FacetPerformer:
			for _, o := range c.waiting {
				c.billing(o, counts)
			}
		case FacetMonth:
			for _, o := range c.waiting {
				counts[c.now.Month(o)]++
			}
		case FacetAvailability:
			for _, o := range c.waiting {
				counts[availabilityOf(c.now, o)]++
			}
		}
	}
	c.waiting = c.waiting[:0]
}

// billing counts everybody who appears at an event, once.
func (c *counters) billing(o uint32, counts []int32) {
	if b := c.now.Single(o); b != 0 {
		counts[c.now.PerformerOf(b)]++
		return
	}
	billing := c.now.Billing(o)
	for i, b := range billing {
		who := c.now.PerformerOf(b)
		again := slices.ContainsFunc(billing[:i], func(b uint32) bool { return c.now.PerformerOf(b) == who })
		if !again {
			counts[who]++
		}
	}
}

// counted is what was counted, as a page has it.
func (c *counters) counted() []FacetCounts {
	c.count()
	var all []FacetCounts
	for _, f := range c.facets {
		all = append(all, FacetCounts{Facet: f, Values: c.most(f)})
	}
	return all
}

// most are the most frequent values of a facet; equals are in the order of their names.
func (c *counters) most(f Facet) []FacetCount {
	if f == FacetAvailability {
		return c.stock()
	}
	var values []FacetCount
	least := int32(1) // of a value that may be among the most frequent
	for number, n := range c.counts[f] {
		if n < least || number == 0 && f != FacetMonth {
			continue
		}
		values = append(values, c.value(f, uint32(number), n))
		if len(values) == 2*maxValues {
			values = first(values)
			least = int32(values[maxValues-1].Count)
		}
	}
	return first(values)
}

// first are the first values in the order of a page.
func first(values []FacetCount) []FacetCount {
	slices.SortFunc(values, func(a, b FacetCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value),
			cmp.Compare(a.Place, b.Place), cmp.Compare(a.ID, b.ID))
	})
	return values[:min(len(values), maxValues)]
}

// value says what a number stands for.
func (c *counters) value(f Facet, number uint32, n int32) FacetCount {
	var v columns.Value
	switch f {
	case FacetGenre:
		return FacetCount{Value: c.now.Genres().Value(number).Name, Count: int(n)}
	case FacetCity:
		v = c.now.Cities().Value(number)
		return FacetCount{Value: v.Name, Place: v.Place, Count: int(n)}
	case FacetMonth:
		return FacetCount{Value: columns.MonthName(uint16(number)), Count: int(n)}
	case FacetVenue:
		v = c.now.Venues().Value(number)
	case FacetPerformer:
		v = c.now.Performers().Value(number)
	}
	if v.Key != "" && v.Key[0] == 0 {
		v.Key = "" // known by its name alone
	}
	return FacetCount{ID: v.Key, Value: v.Name, Count: int(n)}
}

// stock are the counts of availability: each is what its filter would find.
func (c *counters) stock() []FacetCount {
	counts := c.counts[FacetAvailability]
	values := []FacetCount{
		{Value: "available", Count: int(counts[Available] + counts[Few])},
		{Value: "few", Count: int(counts[Few])},
		{Value: "none", Count: int(counts[AnyAvailability])},
	}
	values = slices.DeleteFunc(values, func(v FacetCount) bool { return v.Count == 0 })
	return first(values)
}
