package columns

// Change is a writer's work on a table: nothing of it is seen before Commit.
type Change struct {
	t    *Table
	base *Snapshot
	next Snapshot

	ids   map[string]uint32 // that this change gave ordinals or took them; None: removed
	out   []dated           // leave the order by start
	in    map[uint32]int64  // enter it: ordinal and start
	taken int               // of t.free, from its end
	freed []uint32

	sealed *Snapshot // nil before Seal
}

// Begin starts a change. The one before must have ended.
func (t *Table) Begin() *Change {
	base := t.now.Load()
	c := &Change{t: t, base: base, next: *base, ids: make(map[string]uint32), in: make(map[uint32]int64)}
	c.next.rows, c.next.hots = base.rows.fork(), base.hots.fork()
	c.next.atPlace.shared = base.atPlace.fork()
	c.next.ofPerformer.shared = base.ofPerformer.fork()
	c.next.atVenue.shared = base.atVenue.fork()
	return c
}

// Ordinal gives the ordinal of an id as of this change, or else None.
func (c *Change) Ordinal(id string) uint32 {
	if o, ok := c.ids[id]; ok {
		return o
	}
	return c.t.Ordinal(id)
}

// Put enters an event, new or changed. It is not fresh, and ignored, where its version
// is not newer than the one that is there.
func (c *Change) Put(r Row) (ordinal uint32, fresh bool) {
	o := c.Ordinal(r.ID)
	switch {
	case o == None:
		o = c.allocate(r.ID)
	case r.Version <= c.next.Version(o):
		return o, false
	default:
		c.unlist(o)
	}
	c.write(o, &r)
	return o, true
}

// Remove takes an event out. It is false, and nothing happens, where there is no such
// event, or one of a newer version.
func (c *Change) Remove(id string, version uint64) bool {
	o := c.Ordinal(id)
	if o == None || version < c.next.Version(o) {
		return false
	}
	c.unlist(o)
	p, h := c.row(o)
	h.flags = 0
	p.title[o&pieceMask], p.performers[o&pieceMask] = "", nil
	c.ids[id] = None
	c.freed = append(c.freed, o)
	c.next.events--
	return true
}

// allocate gives a new event an ordinal.
func (c *Change) allocate(id string) uint32 {
	var o uint32
	if free := c.t.free; c.taken < len(free) {
		c.taken++
		o = free[len(free)-c.taken]
	} else {
		o = uint32(c.next.n)
		if o&pieceMask == 0 {
			c.next.live = append(c.next.live, new(livePiece))
		}
		c.next.n++
	}
	c.ids[id] = o
	c.next.events++
	return o
}

// row gives the piece of an ordinal, and what is hot of its row, for writing: the rows
// behind the last one of the base are in no snapshot, and need no copy.
func (c *Change) row(o uint32) (*piece, *hot) {
	i := int(o >> pieceBits)
	if int(o) >= c.base.n {
		return c.next.rows.extend(i), &c.next.hots.extend(i)[o&pieceMask]
	}
	return c.next.rows.edit(i), &c.next.hots.edit(i)[o&pieceMask]
}

// unlist takes an event out of the order and the lists.
func (c *Change) unlist(o uint32) {
	if _, ok := c.in[o]; ok {
		delete(c.in, o) // entered in this change
	} else {
		c.out = append(c.out, dated{c.next.Start(o), o})
	}
	if place := c.next.Place(o); place != 0 {
		c.next.atPlace.remove(place, o)
	}
	c.eachPerformer(c.next.Billing(o), func(who uint32) { c.next.ofPerformer.remove(who, o) })
}

// write fills a row and enters it in the order and the lists.
func (c *Change) write(o uint32, r *Row) {
	place, genre, billing := c.place(r.Place), c.next.genres.put(r.Genre), c.billing(r.Performers)
	p, h := c.row(o)
	i := o & pieceMask
	p.id[i], p.head[i], p.version[i], p.title[i] = r.ID, idHead(r.ID), r.Version, r.Title
	p.onSale[i], p.performers[i] = r.OnSale, billing
	*h = hot{start: r.Start, popularity: r.Popularity, place: place, genre: genre}
	h.fill(r.Title, billing, r.Cancelled)
	c.in[o] = r.Start
	if place != 0 {
		c.next.atPlace.add(place, o)
	}
	c.eachPerformer(billing, func(who uint32) { c.next.ofPerformer.add(who, o) })
}

// eachPerformer calls f with everybody of a billing, once.
func (c *Change) eachPerformer(billing []uint32, f func(who uint32)) {
	for i, b := range billing {
		who := c.next.PerformerOf(b)
		if !c.next.plays(billing[:i], who) {
			f(who)
		}
	}
}

// place numbers a place, and enters it at its venue.
func (c *Change) place(p Place) uint32 {
	if p == (Place{}) {
		return 0
	}
	if number, ok := c.t.numbers[p]; ok {
		return number
	}
	places := &c.next.places
	number := uint32(len(places.all))
	c.t.numbers[p] = number
	venue := c.next.venues.put(Value{Key: keyOf(p.ID, p.Name), Name: p.Name})
	places.all = append(places.all, p)
	places.named = append(places.named, InitialsOf(p.Named))
	places.cityNamed = append(places.cityNamed, InitialsOf(p.CityNamed))
	places.venue = append(places.venue, venue)
	places.city = append(places.city, c.next.cities.put(Value{p.CityKey, p.City, p.CityPlace}))
	if venue != 0 {
		c.next.atVenue.add(venue, number)
	}
	return number
}

// billing numbers performers.
func (c *Change) billing(performers []Performer) []uint32 {
	numbers := make([]uint32, 0, len(performers))
	for _, p := range performers {
		who := c.next.performers.put(Value{Key: keyOf(p.ID, p.Name), Name: p.Name})
		if who == 0 {
			continue // neither an id nor a name
		}
		b := billing{who, p.Folded}
		number, ok := c.t.billed[b]
		if !ok {
			number = c.next.billings.add(who, p.Folded)
			c.t.whole.add(p.Folded, number)
			c.t.billed[b] = number
		}
		numbers = append(numbers, number)
	}
	return numbers
}

// keyOf is the key of a venue or a performer: its id, or its name where it has none. No
// id begins with a zero byte.
func keyOf(id, name string) string {
	if id == "" && name != "" {
		return "\x00" + name
	}
	return id
}

// Seal gives the snapshot that Commit will publish, which nobody else sees yet: to be
// paired with what is about to be written elsewhere. No Put or Remove may follow.
func (c *Change) Seal() *Snapshot {
	if c.sealed == nil {
		c.settle()
		out, in := c.moves()
		c.next.order = reorder(c.base.order, out, in, c.base.Start)
		c.sealed = new(Snapshot)
		*c.sealed = c.next
	}
	return c.sealed
}

// Commit ends a change: everybody sees all of it, and the snapshot it gives.
func (c *Change) Commit() *Snapshot {
	next, t := c.Seal(), c.t
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, o := range c.ids {
		c.enter(id, o)
	}
	t.free = append(t.free[:len(t.free)-c.taken], c.freed...)
	t.now.Store(next)
	return next
}

// Abort ends a change: nothing of it is seen. What it added to dictionaries stays there.
// A snapshot that Seal gave must not be used any more.
func (c *Change) Abort() {
	if c.sealed == nil {
		c.settle()
	}
	same := *c.base
	same.places, same.atVenue = c.next.places, c.next.atVenue
	same.genres, same.cities, same.venues = c.next.genres, c.next.cities, c.next.venues
	same.performers, same.billings = c.next.performers, c.next.billings
	c.t.now.Store(&same)
}

// settle gives the snapshot what it shares.
func (c *Change) settle() {
	c.next.rows, c.next.hots = c.next.rows.publish(), c.next.hots.publish()
	c.next.atPlace.shared = c.next.atPlace.publish()
	c.next.ofPerformer.shared = c.next.ofPerformer.publish()
	c.next.atVenue.shared = c.next.atVenue.publish()
	c.next.places.settle()
}

// moves are the events that leave the order by start and those that enter it, without
// those that stay where they are.
func (c *Change) moves() (out, in []dated) {
	for _, d := range c.out {
		if start, ok := c.in[d.ordinal]; ok && start == d.start {
			delete(c.in, d.ordinal)
			continue
		}
		out = append(out, d)
	}
	for o, start := range c.in {
		in = append(in, dated{start, o})
	}
	return out, in
}

// enter makes an id lead to its ordinal, or nowhere. The caller holds t.mu.
func (c *Change) enter(id string, o uint32) {
	t := c.t
	before := t.ids.get(id, c.next.ID) // a removed row still has its id
	if before == o {
		return
	}
	if before != None {
		t.ids.remove(id, c.next.ID)
	}
	if o == None {
		return
	}
	t.ids.add(o, c.next.ID)
	t.liveMu.Lock() // another event may have had the ordinal
	c.next.live[o>>pieceBits][o&pieceMask].store(Live{})
	t.liveMu.Unlock()
}
