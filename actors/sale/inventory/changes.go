package inventory

import (
	"fmt"
	"iter"
	"math"
	"slices"
)

// changes is, for each ticket, the version that last changed it; 0: none. It is
// exact for every version. While all versions fit, a ticket takes 4 bytes; the
// first that does not, after four billion records of one event, widens all of
// them to 8. The zero changes has none.
type changes struct {
	narrow []uint32 // at most one of the two is not nil
	wide   []uint64
}

// newChanges copies versions, one a ticket; nil: none.
func newChanges(total int, versions []uint64) changes {
	if versions == nil {
		return changes{}
	}
	if len(versions) != total {
		panic(fmt.Sprintf("inventory: %d versions for %d tickets", len(versions), total))
	}
	if len(versions) > 0 && slices.Max(versions) > math.MaxUint32 {
		return changes{wide: slices.Clone(versions)}
	}
	c := changes{narrow: make([]uint32, total)}
	for i, v := range versions {
		c.narrow[i] = uint32(v)
	}
	return c
}

// get is the version of a ticket.
func (c *changes) get(t Ticket) uint64 {
	switch {
	case c.wide != nil:
		return c.wide[t]
	case c.narrow != nil:
		return uint64(c.narrow[t])
	}
	return 0
}

// set notes the version of a ticket. It allocates at the first version and at the
// first one past 2^32-1.
func (c *changes) set(total int, t Ticket, version uint64) {
	switch {
	case c.wide != nil:
		c.wide[t] = version
	case version > math.MaxUint32:
		if c.wide = c.all(); c.wide == nil {
			c.wide = make([]uint64, total)
		}
		c.narrow = nil
		c.wide[t] = version
	case c.narrow != nil:
		c.narrow[t] = uint32(version)
	case version != 0:
		c.narrow = make([]uint32, total)
		c.narrow[t] = uint32(version)
	}
}

// all copies the versions; nil: none.
func (c *changes) all() []uint64 {
	if c.narrow == nil {
		return slices.Clone(c.wide)
	}
	out := make([]uint64, len(c.narrow))
	for i, v := range c.narrow {
		out[i] = uint64(v)
	}
	return out
}

// after are the tickets with a later version, in the order of the plan. Only one of the
// two loops has something to look at. It costs about a nanosecond a ticket: no index of
// versions is kept for it, which every change would have to pay for, and a checkpoint
// would have to make anew.
func (c *changes) after(version uint64) iter.Seq[Ticket] {
	return func(yield func(Ticket) bool) {
		for t, v := range c.wide {
			if v > version && !yield(Ticket(t)) {
				return
			}
		}
		for t, v := range c.narrow {
			if uint64(v) > version && !yield(Ticket(t)) {
				return
			}
		}
	}
}

// clone copies, for a Snapshot.
func (c *changes) clone() changes {
	return changes{narrow: slices.Clone(c.narrow), wide: slices.Clone(c.wide)}
}
