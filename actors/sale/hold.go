package sale

import (
	"slices"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
)

// placeHold locks tickets that the sender names, or the best that are left. The
// hold's longest life is two hold times from now: enough for somebody who is
// typing a card number, not for somebody who keeps seats off the market.
func (s *State) placeHold(at catalog.Time, c *PlaceHold, out []Record) ([]Record, Answer) {
	if refusal := s.notForSale(at, c.Place, c.By.User); refusal != nil {
		return out, Answer{Refusal: refusal}
	}
	if c.ID.IsZero() || s.holds.get(c.ID) != nil || s.expired.get(c.ID) != nil {
		return out, Answer{Refusal: wrong("The hold's id is in use.")}
	}
	var tickets choice
	var refusal *Refusal
	if len(c.TicketIDs) > 0 {
		tickets, refusal = s.choose(c.By.User, c.TicketIDs)
	} else {
		tickets, refusal = s.chooseBest(c.By.User, c.Best)
	}
	if refusal != nil {
		return out, Answer{Refusal: refusal}
	}
	ttl := holdTime(s.event) // of now: a later change of the event leaves this hold alone
	r := &HoldPlaced{At: at, Key: c.By.Key, Hold: Hold{
		ID:           c.ID,
		User:         c.By.User,
		TicketIDs:    tickets.ids,
		Total:        tickets.total,
		PlacedAt:     at,
		ExpiresAt:    at + ttl,
		MaxExpiresAt: at + 2*ttl,
		Place:        s.shopper(c.Place, ID{}),
		seats:        tickets.seats,
	}}
	return append(out, r), Answer{Hold: &r.Hold}
}

// extendHold gives a hold its full time from now, within its longest life. It
// never makes a hold shorter, though the event's hold time may have become
// shorter since. With a key there is a record even where nothing moves: the key
// has to be in one.
func (s *State) extendHold(at catalog.Time, c *ExtendHold, out []Record) ([]Record, Answer) {
	h, refusal := s.idleHoldOf(at, c.ID, c.By.User)
	if refusal != nil {
		return out, Answer{Refusal: refusal}
	}
	expires := max(h.ExpiresAt, min(at+holdTime(s.event), h.MaxExpiresAt))
	if expires == h.ExpiresAt && c.By.Key.None() {
		return out, Answer{Hold: h}
	}
	r := &HoldChanged{At: at, Hold: *h, Key: c.By.Key}
	r.Hold.ExpiresAt = expires
	return append(out, r), Answer{Hold: &r.Hold}
}

// swapHold exchanges tickets. The new hold is one record, so whoever crashes in the
// middle has the old tickets or the new ones. Its deadline stays: a swap that
// gave time would be an extension without an end.
func (s *State) swapHold(at catalog.Time, c *SwapHold, out []Record) ([]Record, Answer) {
	h, refusal := s.idleHoldOf(at, c.ID, c.By.User)
	if refusal != nil {
		return out, Answer{Refusal: refusal}
	}
	if len(c.Add) > 0 {
		if refusal := s.notAddable(at, h, c); refusal != nil {
			return out, Answer{Refusal: refusal}
		}
	}
	tickets, refusal := s.swapped(h, c.Add, c.Remove)
	if refusal != nil {
		return out, Answer{Refusal: refusal}
	}
	r := &HoldChanged{At: at, Hold: *h, Key: c.By.Key}
	r.Hold.TicketIDs, r.Hold.seats, r.Hold.Total = tickets.ids, tickets.seats, tickets.total
	return append(out, r), Answer{Hold: &r.Hold}
}

// swapped is what a hold has after a swap: the tickets that stay, in their order,
// then the added ones in theirs. A ticket that is in the hold can be neither added
// nor added back in the same step: the sender has lost track of what he holds, and
// to guess would be worse than to say so.
func (s *State) swapped(h *Hold, add, remove []string) (choice, *Refusal) {
	if len(add) == 0 && len(remove) == 0 {
		return choice{}, wrong("Nothing is added or removed.")
	}
	if len(add) > MaxTicketsPerCommand || len(remove) > MaxTicketsPerCommand {
		return choice{}, &Refusal{Code: LimitExceeded, Limit: MaxTicketsPerCommand}
	}
	for i, id := range remove {
		if !slices.Contains(h.TicketIDs, id) {
			return choice{}, wrong("A ticket to remove is not in the hold.")
		}
		if slices.Contains(remove[:i], id) {
			return choice{}, wrong("A ticket is named twice.")
		}
	}
	added, refusal := s.find(add)
	if refusal != nil {
		return choice{}, refusal
	}
	for _, t := range added {
		if slices.Contains(h.seats, t) {
			return choice{}, wrong("A ticket to add is in the hold.")
		}
	}
	n := len(h.seats) - len(remove) + len(added)
	if n == 0 {
		return choice{}, wrong("No ticket would be left in the hold.")
	}
	if refusal := s.overLimit(h.User, n, n-len(h.seats)); refusal != nil {
		return choice{}, refusal
	}
	if refusal := s.taken(add, added); refusal != nil {
		return choice{}, refusal
	}
	left := choice{ids: make([]string, 0, n), seats: make([]inventory.Ticket, 0, n)}
	for i, id := range h.TicketIDs {
		if !slices.Contains(remove, id) {
			left.ids, left.seats = append(left.ids, id), append(left.seats, h.seats[i])
		}
	}
	left.ids, left.seats = append(left.ids, add...), append(left.seats, added...)
	left.total = s.total(left.seats)
	return left, nil
}

// releaseHold gives the tickets back at once. The answer has nothing in it: there is
// nothing left to show.
func (s *State) releaseHold(at catalog.Time, c *ReleaseHold, out []Record) ([]Record, Answer) {
	h, refusal := s.idleHoldOf(at, c.ID, c.By.User)
	if refusal != nil {
		return out, Answer{Refusal: refusal}
	}
	return append(out, &HoldEnded{At: at, ID: h.ID, Key: c.By.Key}), Answer{}
}

// holdOf is a live hold that a user may use. It may be in payment: that can be
// shown. A hold that became a booking or was released is not found; one whose
// time was over is HoldExpired, as long as it is remembered.
func (s *State) holdOf(at catalog.Time, id ID, user string) (*Hold, *Refusal) {
	h := s.holds.get(id)
	if h == nil {
		if e := s.expired.get(id); e != nil && mayUse(e.User, user) {
			return nil, &Refusal{Code: HoldExpired}
		}
		return nil, &Refusal{Code: HoldNotFound}
	}
	if !mayUse(h.User, user) {
		return nil, &Refusal{Code: HoldNotFound}
	}
	if h.Paying.IsZero() && h.ExpiresAt <= at {
		return nil, &Refusal{Code: HoldExpired}
	}
	return h, nil
}

// idleHoldOf is a live hold that a user may change: one that is not being paid for.
func (s *State) idleHoldOf(at catalog.Time, id ID, user string) (*Hold, *Refusal) {
	h, refusal := s.holdOf(at, id, user)
	if refusal == nil && !h.Paying.IsZero() {
		return nil, &Refusal{Code: HoldInPayment}
	}
	return h, refusal
}
