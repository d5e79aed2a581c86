package live

import "boxoffice/actors/sale"

// maxKept bounds the frames that a chain keeps: who comes back within six seconds is
// told what he missed without a question.
const maxKept = 64

// chain is the last messages about an event's seats. Each follows the one before, so
// that a version between base and the last is brought up to date by those after it.
type chain struct {
	base uint64   // all that changed after this version is in kept
	last uint64   // of the last frame: what the next one follows
	kept []*Frame // Tickets, oldest first
}

// begin makes a version the first.
func (c *chain) begin(version uint64) { *c = chain{base: version, last: version} }

// add makes a frame of news as of a version, where seats changed; else nil.
func (c *chain) add(version uint64, n *sale.News) *Frame {
	switch {
	case n.Stale:
		c.begin(version)
		return versionFrame(Resync, version)
	case len(n.Changes) == 0:
		return nil
	}
	f := ticketsFrame(c.last, version, n.Changes)
	c.last = version
	if len(c.kept) == maxKept {
		c.base = c.kept[0].Version
		c.kept = append(c.kept[:0], c.kept[1:]...)
	}
	c.kept = append(c.kept, f)
	return f
}

// after are the frames that bring a version up to date; false: some are missing.
func (c *chain) after(version uint64) ([]*Frame, bool) {
	if version < c.base {
		return nil, false
	}
	for i, f := range c.kept {
		if f.Version > version {
			return c.kept[i:], true
		}
	}
	return nil, true
}
