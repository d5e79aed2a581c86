package sale

import (
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
)

// maxListed bounds the tickets that a refused change or removal of an event names:
// a sold-out arena would make a refusal of megabytes.
const maxListed = 1000

// defineEvent makes or replaces the event. What is described already makes no record,
// not even with a key: an importer that runs every night would fill the log with
// nothing. The description passed catalog.Check at the edge.
func (s *State) defineEvent(at catalog.Time, c *DefineEvent, out []Record) ([]Record, Answer) {
	if s.event != nil {
		was := s.describe()
		if was.Equal(c.Event) {
			return out, Answer{Event: was, Unchanged: true}
		}
		if refusal := s.wouldLose(was, c.Event); refusal != nil {
			return out, Answer{Refusal: refusal}
		}
	}
	r := &EventDefined{At: at, Event: c.Event, Key: c.By.Key}
	return append(out, r), Answer{Event: c.Event, Created: s.event == nil}
}

// removeEvent takes an event off sale for good, as long as nobody has a ticket.
func (s *State) removeEvent(at catalog.Time, c *RemoveEvent, out []Record) ([]Record, Answer) {
	if refusal := s.sold(nil); refusal != nil {
		return out, Answer{Refusal: refusal}
	}
	return append(out, &EventRemoved{At: at, Key: c.By.Key}), Answer{}
}

// describe is the event as it was defined.
func (s *State) describe() *catalog.Event {
	e := *s.event
	e.Inventory = s.stock.Plan().Inventory()
	return &e
}

// wouldLose refuses a description that takes away a held or booked ticket, or
// gives it another price: its buyer was promised both.
func (s *State) wouldLose(was, is *catalog.Event) *Refusal {
	if _, held, booked := s.stock.Counts(); held+booked == 0 || sameInventory(was, is) {
		return nil
	}
	from, to := s.stock.Plan(), inventory.NewPlan(is.Inventory)
	samePrices := from.Currency() == to.Currency()
	return s.sold(func(t inventory.Ticket) bool {
		next, ok := to.Find(from.ID(t))
		return ok && samePrices && to.Price(next) == from.Price(t)
	})
}

// sold refuses where there is a held or booked ticket, except for those that keep
// reports true for. It looks at every ticket of the house.
func (s *State) sold(keep func(inventory.Ticket) bool) *Refusal {
	if _, held, booked := s.stock.Counts(); held+booked == 0 {
		return nil
	}
	plan := s.stock.Plan()
	var lost []TicketStatus
	for t := inventory.Ticket(0); int(t) < plan.Total(); t++ {
		status := s.stock.Status(t)
		if status == inventory.Available || keep != nil && keep(t) {
			continue
		}
		if len(lost) == maxListed {
			return &Refusal{Code: TicketsUnavailable, Tickets: lost, Detail: "There are more than the listed ones."}
		}
		lost = append(lost, TicketStatus{ID: plan.ID(t), Status: status})
	}
	if lost == nil {
		return nil
	}
	return &Refusal{Code: TicketsUnavailable, Tickets: lost}
}

// sameInventory reports whether two descriptions lay out the same house.
func sameInventory(a, b *catalog.Event) bool {
	moved := *a
	moved.Inventory = b.Inventory
	return moved.Equal(a)
}

// holdTime is how long a hold of an event lasts.
func holdTime(e *catalog.Event) catalog.Time { return catalog.Time(e.HoldTime()) }

// setEvent makes a description current. The house is kept as a plan, which is
// smaller than the list of sections that it was made from, and gives it back.
func (s *State) setEvent(e *catalog.Event) {
	bare := *e
	bare.Inventory.Sections = nil
	s.event = &bare
}

// layOut builds a house for the tickets that are held and booked: they keep their
// status, and every ticket counts as changed, because what a reader of the old
// layout knows is of no use to him.
func (s *State) layOut(inv catalog.Inventory) {
	plan := inventory.NewPlan(inv)
	var changedAt []uint64
	if s.version > 1 {
		changedAt = make([]uint64, plan.Total())
		for i := range changedAt {
			changedAt[i] = s.version
		}
	}
	s.stock, s.laidOut = inventory.NewStock(plan, changedAt), s.version
	s.occupy(changedAt)
}

// occupy is what a new stock needs, be it for a new layout or for a checkpoint: it
// finds the tickets of all live holds and bookings again and takes them, where all
// are available. changedAt is the version of each ticket, as the stock has it
// already; taking them again is no change. Holds and bookings are immutable, so
// each gets a successor that knows its new seats. The order does not matter: no
// ticket is taken twice.
func (s *State) occupy(changedAt []uint64) {
	take := func(seats []inventory.Ticket, to inventory.Status) {
		for _, t := range seats {
			must(s.stock.Status(t) == inventory.Available, "a ticket is in two live holds or bookings")
			var version uint64
			if changedAt != nil {
				version = changedAt[t]
			}
			s.stock.Set(t, to, version)
		}
	}
	for h := range s.holds.all() {
		next := *h
		next.seats = s.resolve(h.TicketIDs)
		s.holds.put(&next)
		take(next.seats, inventory.Held)
	}
	for _, k := range s.bookings.index {
		b := k.now()
		if !b.live() {
			continue
		}
		seats := s.resolve(b.TicketIDs)
		s.bookings.seat(k, b, seats)
		switch {
		case b.Status == BookingConfirmed:
			take(seats, inventory.Booked)
		case b.Hold.IsZero():
			take(seats, inventory.Held)
		}
	}
}

// resolve finds tickets that a record names: they exist.
func (s *State) resolve(ids []string) []inventory.Ticket {
	must(len(ids) > 0, "it has no tickets")
	seats, refusal := s.find(ids)
	must(refusal == nil, "it names a ticket that does not exist, or one twice")
	return seats
}
