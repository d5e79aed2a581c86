package sale

import (
	"slices"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
)

// choice is the tickets that a command is about.
type choice struct {
	ids   []string
	seats []inventory.Ticket // ids in the current plan
	total int64
}

// choose finds the tickets that a user asks for by id and can have: all of them,
// or a refusal. more is how many he would have in addition to those he has.
func (s *State) choose(user string, ids []string) (choice, *Refusal) {
	if len(ids) == 0 {
		return choice{}, wrong("No ticket is named.")
	}
	if len(ids) > MaxTicketsPerCommand { // before anything that takes time with each
		return choice{}, &Refusal{Code: LimitExceeded, Limit: MaxTicketsPerCommand}
	}
	seats, refusal := s.find(ids)
	if refusal == nil {
		refusal = s.overLimit(user, len(ids), len(ids))
	}
	if refusal == nil {
		refusal = s.taken(ids, seats)
	}
	return choice{ids: ids, seats: seats, total: s.total(seats)}, refusal
}

// chooseBest finds the best available tickets, or refuses. What is best is said in
// package inventory; the same house and query give the same tickets, so a rush of
// equal wishes is served from the front row to the back.
func (s *State) chooseBest(user string, q inventory.Query) (choice, *Refusal) {
	if q.Quantity <= 0 {
		return choice{}, wrong("The quantity is less than 1.")
	}
	if refusal := s.overLimit(user, q.Quantity, q.Quantity); refusal != nil {
		return choice{}, refusal
	}
	seats, ok := s.stock.Best(q, make([]inventory.Ticket, 0, q.Quantity))
	if !ok {
		return choice{}, &Refusal{Code: NotEnoughTickets, Available: s.stock.Matching(q)}
	}
	return choice{ids: s.ids(seats), seats: seats, total: s.total(seats)}, nil
}

// find resolves ticket ids: every one, or a refusal that names all unknown ones.
// An id that comes twice is a mistake of the sender: WrongTickets.
func (s *State) find(ids []string) ([]inventory.Ticket, *Refusal) {
	plan := s.stock.Plan()
	seats := make([]inventory.Ticket, 0, len(ids))
	var unknown []string
	twice := false
	for _, id := range ids {
		t, ok := plan.Find(id)
		if !ok {
			unknown = append(unknown, id)
			continue
		}
		twice = twice || slices.Contains(seats, t) // at most MaxTicketsPerCommand
		seats = append(seats, t)
	}
	if unknown != nil {
		return nil, &Refusal{Code: TicketNotFound, TicketIDs: unknown}
	}
	if twice {
		return nil, wrong("A ticket is named twice.")
	}
	return seats, nil
}

// taken refuses where any of the tickets is not available: it names every such
// ticket and proposes others.
func (s *State) taken(ids []string, seats []inventory.Ticket) *Refusal {
	var lost []TicketStatus
	for i, t := range seats {
		if status := s.stock.Status(t); status != inventory.Available {
			lost = append(lost, TicketStatus{ID: ids[i], Status: status})
		}
	}
	if lost == nil {
		return nil
	}
	return &Refusal{Code: TicketsUnavailable, Tickets: lost, Alternatives: s.alternatives(seats)}
}

// alternatives proposes, without holding them, as many available tickets as were
// asked for: in the section of the first one, else anywhere, else none. It is for a
// rush, where most are refused: it costs about what the hold would have.
func (s *State) alternatives(seats []inventory.Ticket) []string {
	q := inventory.Query{Quantity: len(seats), Section: s.stock.Plan().Place(seats[0]).Section}
	best, ok := s.stock.Best(q, make([]inventory.Ticket, 0, len(seats)))
	if !ok {
		q.Section = ""
		best, ok = s.stock.Best(q, best[:0])
	}
	if !ok {
		return nil
	}
	return s.ids(best)
}

// overLimit refuses a hold or booking of size tickets that gives its user more
// tickets than he has now, where that is too many. An anonymous sender cannot be
// recognised: for him the event's limit holds for each hold and booking alone.
func (s *State) overLimit(user string, size, more int) *Refusal {
	if size > MaxTicketsPerCommand {
		return &Refusal{Code: LimitExceeded, Limit: MaxTicketsPerCommand}
	}
	limit := s.event.MaxTicketsPerUser
	if limit == 0 || more <= 0 {
		return nil
	}
	has := size
	if user != "" {
		has = s.users[user] + more
	}
	if has > limit {
		return &Refusal{Code: LimitExceeded, Limit: limit}
	}
	return nil
}

// notOnSale refuses where nothing is sold at this time: from OnSaleAt on, before
// StartsAt. It is for commands that sell.
func (s *State) notOnSale(at catalog.Time) *Refusal {
	e := s.event
	switch {
	case e.Cancelled:
		return &Refusal{Code: NotOnSale, Detail: "The event is cancelled."}
	case at < e.OnSaleAt:
		return &Refusal{Code: NotOnSale, Detail: "The sale has not begun.", OnSaleAt: e.OnSaleAt}
	case at >= e.StartsAt:
		return &Refusal{Code: NotOnSale, Detail: "The event has begun."}
	}
	return nil
}

// ids names tickets as the outside world knows them.
func (s *State) ids(seats []inventory.Ticket) []string {
	plan, ids := s.stock.Plan(), make([]string, len(seats))
	for i, t := range seats {
		ids[i] = plan.ID(t)
	}
	return ids
}

// total is what tickets cost together, in minor units.
func (s *State) total(seats []inventory.Ticket) (sum int64) {
	plan := s.stock.Plan()
	for _, t := range seats {
		sum += plan.Price(t)
	}
	return sum
}

// mayUse reports whether a user reaches a thing of an owner, given its id. What an
// anonymous sender made is reached by anyone who has the id.
func mayUse(owner, user string) bool { return owner == "" || owner == user }
