package suggest

import "slices"

// Index is a set of entries by the beginnings of their words. It never changes, and may
// be read by many goroutines at once.
type Index struct {
	distance func(a, b Point) float64
	base     *part
	over     *part
	// changed are the entries of over, with their forms, in the order of IDs.
	changed []Entry
	// gone has a bit for each entry of base that was changed or removed; nil: none was.
	gone  []uint64
	taken int // bits of gone
}

// Build makes an index of entries; of two with the same ID it takes the later. Where
// there are more than MaxEntries, the least popular are left out. It takes about a
// second for MaxEntries, and keeps the strings and points, but no slice. Distance gives
// the metres between two points along the Earth's surface. Find calls it.
func Build(entries []Entry, distance func(a, b Point) float64) *Index {
	return &Index{distance: distance, base: newPart(Keep(entries)), over: newPart(nil)}
}

// Keep gives the entries that Build keeps of these, in a slice of their own: for what is
// only worth finding out of them.
func Keep(entries []Entry) []Entry {
	kept := unique(slices.Clone(entries))
	if len(kept) > MaxEntries {
		slices.SortFunc(kept, compareRanks)
		kept = slices.Clone(kept[:MaxEntries])
	}
	return kept
}

// unique gives the entries in the order of IDs, of each ID the last, and makes them
// what Find can rely on. It takes the slice.
func unique(entries []Entry) []Entry {
	slices.SortStableFunc(entries, func(a, b Entry) int { return compareIDs(a.ID, b.ID) })
	out := entries[:0]
	for i, e := range entries {
		if i+1 < len(entries) && entries[i+1].ID == e.ID {
			continue
		}
		if !(e.Popularity > 0) { // nor a number
			e.Popularity = 0
		}
		e.Popularity = min(e.Popularity, MostPopular)
		if !e.At.valid() {
			e.At = nil
		}
		out = append(out, e)
	}
	return out
}

// With gives the index with entries changed, added, and removed; of what is both changed
// and removed, nothing stays. It copies the overlay, not the rest: about 1 us for each
// entry changed since Build, so many changes are better made at once. It gives x and
// false where that would be more than MaxChanged: then Build anew.
func (x *Index) With(changed []Entry, removed []ID) (*Index, bool) {
	y := *x
	y.gone = slices.Clone(x.gone)
	if y.gone == nil {
		y.gone = make([]uint64, (len(x.base.entries)+63)/64)
	}
	out := map[ID]bool{}
	for _, id := range removed {
		out[id] = true
		y.take(id)
	}
	for i := range changed {
		y.take(changed[i].ID)
	}
	y.changed = slices.DeleteFunc(unique(slices.Concat(x.changed, changed)), func(e Entry) bool { return out[e.ID] })
	if len(y.changed) > MaxChanged || y.taken > MaxChanged {
		return x, false
	}
	y.over = newPart(slices.Clone(y.changed))
	return &y, true
}

// take takes an entry from the base, where it has it.
func (x *Index) take(id ID) {
	if rank, ok := x.base.rank(id); ok && !x.isGone(rank) {
		x.gone[rank/64] |= 1 << (rank % 64)
		x.taken++
	}
}

// isGone says whether an entry of the base is no more.
func (x *Index) isGone(rank uint32) bool {
	return x.gone != nil && x.gone[rank/64]&(1<<(rank%64)) != 0
}

// Len is how many entries there are.
func (x *Index) Len() int { return len(x.base.entries) - x.taken + len(x.over.entries) }

// Changed is how many entries the overlay has, or took away, of MaxChanged.
func (x *Index) Changed() int { return max(len(x.changed), x.taken) }

// Bytes is about how much memory the index has, with the strings of its entries.
func (x *Index) Bytes() int { return x.base.bytes() + x.over.bytes() }
