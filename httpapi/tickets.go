package httpapi

import (
	"strconv"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/inventory"
)

// seatMap is the encoded answer of GET /events/{eventId}/tickets for one choice
// of section and status.
type seatMap struct {
	body    []byte
	etag    []byte
	version uint64
}

// maxSection bounds the name of a section in a query, in bytes.
const maxSection = 256

// ticketQuery is which tickets are asked for.
type ticketQuery struct {
	section string
	status  string
	since   uint64
	delta   bool // since was given
}

// getTickets is GET /events/{eventId}/tickets.
func (s *Server) getTickets(c *call) {
	var q ticketQuery
	if !c.query(&q) {
		return
	}
	least, _, ok := c.uintHeader(headerMinVersion, c.head.minVersion, 0, maxVersion)
	if !ok {
		return
	}
	if q.delta {
		// A client that has seen a version has a right to it on every node.
		least = max(least, q.since)
	}
	if q.delta {
		s.ticketsSince(c, q, least)
		return
	}
	key := append(append(append(append(c.buf[:0], c.args[0]...), 0), q.section...), 0)
	key = append(key, q.status...)
	if m, ok := s.seatMaps.get(key, c.start); ok && m.version >= least {
		c.setVersion(m.version)
		c.cached(m.etag, m.body)
		return
	}
	s.loadSeatMap(c, q, string(key), least)
}

// ticketParams are the call's query parameters.
var ticketParams = []param{{name: "section"}, {name: "status"}, {name: "since"}}

func (q *ticketQuery) params() []param { return ticketParams }

// set copies values: they outlive the call as keys of the cache.
func (q *ticketQuery) set(i int, v []byte) string {
	switch ticketParams[i].name {
	case "section":
		if q.section = string(v); q.section == "" || len(v) > maxSection {
			return "must be 1 to 256 bytes"
		}
	case "status":
		switch q.status = string(v); q.status {
		case "available", "held", "booked":
		default:
			return "must be available, held or booked"
		}
	case "since":
		var ok bool
		if q.since, ok = parseUint(v, maxVersion); !ok {
			return "must be a version, a whole number"
		}
		q.delta = true
	}
	return ""
}

func (q *ticketQuery) whole(uint32) []fieldError { return nil }

// loadSeatMap encodes a seat map, or shows the last one again where the event did
// not change since.
func (s *Server) loadSeatMap(c *call, q ticketQuery, key string, least uint64) {
	snap, began, ok := s.snapshot(c, least)
	if !ok {
		return
	}
	if old, ok := s.seatMaps.stale([]byte(key)); ok && old.version == snap.Version() {
		s.seatMaps.put(key, old, int64(cap(old.body)), began)
		c.setVersion(old.version)
		c.cached(old.etag, old.body)
		return
	}
	first, end, known := section(snap, q.section)
	if !known {
		c.noSection(snap.Version())
		return
	}
	// The version makes the key of the flight, so that a later state is never
	// answered with an earlier one's bytes.
	flight := key + "\x00" + strconv.FormatUint(snap.Version(), 10)
	m, err := s.encodings.load(flight, func() (*seatMap, int64, error) {
		m := &seatMap{body: appendTickets(nil, c.arg(0), snap, first, end, q), version: snap.Version()}
		m.etag = strongTag(m.body)
		return m, 0, nil
	})
	if err != nil {
		c.failed(err)
		return
	}
	s.seatMaps.put(key, m, int64(cap(m.body)), began)
	c.setVersion(m.version)
	c.cached(m.etag, m.body)
}

// ticketsSince answers with the tickets that changed after a version.
func (s *Server) ticketsSince(c *call, q ticketQuery, least uint64) {
	snap, _, ok := s.snapshot(c, least)
	if !ok {
		return
	}
	first, end, known := section(snap, q.section)
	if !known {
		c.noSection(snap.Version())
		return
	}
	c.setVersion(snap.Version())
	// In memory of its own: the call's is used again before fasthttp has sent it.
	body := appendTickets(nil, c.arg(0), snap, first, end, q)
	c.cached(strongTag(body), body)
}

// noSection answers a section that the event has not, at a version. It is a fault of
// the request and no empty list: a client that misspells a section would wait for ever.
func (c *call) noSection(version uint64) {
	c.setVersion(version)
	c.invalid(fieldError{At: "?section", Detail: "is not a section of this event"})
}

// section is the range of a section's tickets; "" is the whole house.
func section(snap *inventory.Snapshot, name string) (first, end inventory.Ticket, ok bool) {
	if name == "" {
		return 0, inventory.Ticket(snap.Plan().Total()), true
	}
	return snap.Plan().Section(name)
}

// snapshot is the state of every ticket, at most ViewAge old and at least of a
// version; began is when it was asked for. False: it has answered.
func (s *Server) snapshot(c *call, least uint64) (snap *inventory.Snapshot, began time.Time, ok bool) {
	if held, ok := s.snapshots.get(c.args[0], c.start); ok && held.snap.Version() >= least {
		return held.snap, held.began, true
	}
	deadline, ok := c.deadline(s.cfg.CommandTimeout)
	if !ok {
		return nil, began, false
	}
	id := c.arg(0)
	fetch := func() (snapshotView, int64, error) {
		began := time.Now()
		a, err := s.cfg.Seller.Do(id, &sale.ShowTickets{}, deadline)
		switch {
		case err != nil:
			return snapshotView{}, 0, err
		case a.Refusal != nil:
			return snapshotView{}, 0, a.Refusal
		}
		// Two bits of state and eight bytes of version a ticket.
		return snapshotView{a.Tickets, began}, int64(a.Tickets.Plan().Total())*9 + 1024, nil
	}
	v, err := s.snapshots.load(id, fetch)
	if err == nil && v.snap.Version() < least {
		// It joined a load that began before that version was there.
		v, err = s.snapshots.load(id, fetch)
		if err == nil && v.snap.Version() < least {
			err = actors.ErrUnavailable
		}
	}
	if err != nil {
		c.failed(err)
		return nil, began, false
	}
	return v.snap, v.began, true
}

// snapshotView is a snapshot and when it was asked for.
type snapshotView struct {
	snap  *inventory.Snapshot
	began time.Time
}

// appendTickets appends the list of tickets from first to end-1 that q asks for.
func appendTickets(
	b []byte, event string, snap *inventory.Snapshot, first, end inventory.Ticket, q ticketQuery,
) []byte {
	b = appendString(append(b, `{"eventId":`...), event)
	b = strconv.AppendUint(append(b, `,"version":`...), snap.Version(), 10)
	b = append(b, `,"tickets":[`...)
	plan, none := snap.Plan(), true
	w := newTicketWriter(plan)
	for t := first; t < end; t++ {
		status := snap.Status(t)
		if q.status != "" && q.status != status.String() || q.delta && snap.ChangedAt(t) <= q.since {
			continue
		}
		if !none {
			b = append(b, ',')
		}
		none = false
		b = w.append(b, t)
		b = append(append(append(b, `,"status":"`...), status.String()...), `"}`...)
	}
	return append(b, `]}`...)
}

// ticketWriter encodes tickets of a plan. It keeps the parts that neighbours
// share: section and price are encoded once a section.
type ticketWriter struct {
	plan     *inventory.Plan
	section  string
	price    int64
	sectionJ []byte
	priceJ   []byte
	id       []byte
}

func newTicketWriter(plan *inventory.Plan) *ticketWriter { return new(ticketWriter).of(plan) }

// of makes w a writer of a plan's tickets, in the memory that it has.
func (w *ticketWriter) of(plan *inventory.Plan) *ticketWriter {
	*w = ticketWriter{plan: plan, price: -1, sectionJ: w.sectionJ[:0], priceJ: w.priceJ[:0], id: w.id[:0]}
	return w
}

// append appends a ticket's object without its closing brace.
func (w *ticketWriter) append(b []byte, t inventory.Ticket) []byte {
	place := w.plan.Place(t)
	if place.Section != w.section || len(w.sectionJ) == 0 {
		w.section = place.Section
		w.sectionJ = appendString(append(w.sectionJ[:0], `,"section":`...), place.Section)
	}
	if place.Price != w.price {
		w.price = place.Price
		w.priceJ = appendMoney(append(w.priceJ[:0], `,"price":`...), place.Price, w.plan.Currency())
	}
	w.id = w.plan.AppendID(w.id[:0], t)
	b = appendString(append(b, `{"id":`...), w.id)
	b = append(b, w.sectionJ...)
	if place.Row != "" {
		b = appendString(append(b, `,"row":`...), place.Row)
	}
	if place.Seat != "" {
		b = appendString(append(b, `,"seat":`...), place.Seat)
	}
	return append(b, w.priceJ...)
}

// appendTicket appends a ticket by its id, as holds and bookings show it. A
// ticket that is no longer in the plan is shown by its id alone.
func (w *ticketWriter) appendTicket(b []byte, id string) []byte {
	if w.plan != nil {
		if t, ok := w.plan.Find(id); ok {
			return append(w.append(b, t), '}')
		}
	}
	return append(appendString(append(b, `{"id":`...), id), '}')
}

func (w *ticketWriter) appendList(b []byte, ids []string) []byte {
	b = append(b, `,"tickets":[`...)
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = w.appendTicket(b, id)
	}
	return append(b, ']')
}
