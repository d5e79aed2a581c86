package sale

import (
	"slices"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/sale/waitroom"
)

// decide makes a command happen, without keys.
func (w *twin) decide(at catalog.Time, c Command, key Key) Answer {
	switch c := c.(type) {
	case *DefineEvent:
		return w.define(at, c, key)
	case *SettlePayment:
		return w.settle(at, c)
	case *Tick:
		return Answer{}
	}
	if w.event == nil {
		return refuse(EventNotFound)
	}
	switch c := c.(type) {
	case *RemoveEvent:
		if r := w.lost(nil); r != nil {
			return Answer{Refusal: r}
		}
		w.record(at)
		w.event, w.twinQueue = nil, twinQueue{scan: w.scan}
		w.keep(key, Answer{})
		return Answer{}
	case *PlaceHold:
		return w.place(at, c, key)
	case *ExtendHold:
		h, r := w.use(c.ID, c.By.User, true)
		if r != nil {
			return Answer{Refusal: r}
		}
		next := min(at+catalog.Time(w.event.HoldTime()), h.MaxExpiresAt)
		if next <= h.ExpiresAt && key.None() {
			return Answer{Hold: h}
		}
		w.record(at)
		h.ExpiresAt = max(h.ExpiresAt, next)
		w.keep(key, Answer{Hold: h})
		return Answer{Hold: h}
	case *SwapHold:
		return w.swap(at, c, key)
	case *ReleaseHold:
		h, r := w.use(c.ID, c.By.User, true)
		if r != nil {
			return Answer{Refusal: r}
		}
		w.record(at)
		w.dropHold(h)
		w.endsWithHold(h)
		w.keep(key, Answer{})
		return Answer{}
	case *ShowHold:
		h, r := w.use(c.ID, c.By.User, false)
		return Answer{Hold: h, Refusal: r}
	case *Book:
		return w.book(at, c, key)
	case *ShowBooking:
		b := w.booking(c.ID)
		if b == nil || b.User != "" && b.User != c.By.User {
			return refuse(BookingNotFound)
		}
		return Answer{Booking: b}
	case *CancelBooking:
		return w.cancel(at, c, key)
	case *ShowEvent:
		return Answer{Event: w.event}
	}
	return w.decideQueue(at, c)
}

// lost is what a change or a removal (nil) of the event would take away.
func (w *twin) lost(next *catalog.Event) *Refusal {
	r := &Refusal{Code: TicketsUnavailable}
	var to *inventory.Plan
	if next != nil {
		to = inventory.NewPlan(next.Inventory)
	}
	from := inventory.NewPlan(w.event.Inventory)
	for t := range inventory.Ticket(from.Total()) {
		id := from.ID(t)
		status := w.status(id)
		if status == inventory.Available {
			continue
		}
		if to != nil {
			if n, ok := to.Find(id); ok && to.Price(n) == from.Price(t) && to.Currency() == from.Currency() {
				continue
			}
		}
		r.Tickets = append(r.Tickets, TicketStatus{ID: id, Status: status})
	}
	if r.Tickets == nil {
		return nil
	}
	return r
}

func (w *twin) define(at catalog.Time, c *DefineEvent, key Key) Answer {
	created := w.event == nil
	if !created {
		if w.event.Equal(c.Event) {
			return Answer{Event: w.event, Unchanged: true}
		}
		if r := w.lost(c.Event); r != nil {
			return Answer{Refusal: r}
		}
	}
	w.record(at)
	w.defineRoom(at, w.event, c.Event)
	w.event = c.Event
	a := Answer{Event: c.Event, Created: created}
	w.keep(key, a)
	return a
}

// use is a hold that a user may see, or change.
func (w *twin) use(id ID, user string, change bool) (*Hold, *Refusal) {
	for _, e := range w.expired {
		if e.ID == id && (e.User == "" || e.User == user) {
			return nil, &Refusal{Code: HoldExpired}
		}
	}
	h := w.hold(id)
	if h == nil || h.User != "" && h.User != user {
		return nil, &Refusal{Code: HoldNotFound}
	}
	if change && !h.Paying.IsZero() {
		return nil, &Refusal{Code: HoldInPayment}
	}
	return h, nil
}

func (w *twin) closed(at catalog.Time) *Refusal {
	switch e := w.event; {
	case e.Cancelled, at >= e.StartsAt && at >= e.OnSaleAt:
		return &Refusal{Code: NotOnSale}
	case at < e.OnSaleAt:
		return &Refusal{Code: NotOnSale, OnSaleAt: e.OnSaleAt}
	}
	return nil
}

// known refuses ids that are unknown, or come twice.
func (w *twin) known(ids []string) *Refusal {
	plan := inventory.NewPlan(w.event.Inventory)
	var unknown []string
	for _, id := range ids {
		if _, ok := plan.Find(id); !ok {
			unknown = append(unknown, id)
		}
	}
	if unknown != nil {
		return &Refusal{Code: TicketNotFound, TicketIDs: unknown}
	}
	sorted := slices.Sorted(slices.Values(ids))
	if len(slices.Compact(sorted)) < len(ids) {
		return &Refusal{Code: WrongTickets}
	}
	return nil
}

func (w *twin) limited(user string, size, more int) *Refusal {
	limit := w.event.MaxTicketsPerUser
	switch {
	case size > MaxTicketsPerCommand:
		return &Refusal{Code: LimitExceeded, Limit: MaxTicketsPerCommand}
	case limit > 0 && more > 0 && (user == "" && size > limit || user != "" && w.has(user)+more > limit):
		return &Refusal{Code: LimitExceeded, Limit: limit}
	}
	return nil
}

func (w *twin) taken(ids []string) *Refusal {
	var lost []TicketStatus
	for _, id := range ids {
		if status := w.status(id); status != inventory.Available {
			lost = append(lost, TicketStatus{ID: id, Status: status})
		}
	}
	if lost == nil {
		return nil
	}
	plan := inventory.NewPlan(w.event.Inventory)
	t, _ := plan.Find(ids[0])
	other := w.best(inventory.Query{Quantity: len(ids), Section: plan.Place(t).Section})
	if other == nil {
		other = w.best(inventory.Query{Quantity: len(ids)})
	}
	return &Refusal{Code: TicketsUnavailable, Tickets: lost, Alternatives: other}
}

// first is the first of the refusals.
func first(refusals ...func() *Refusal) *Refusal {
	for _, f := range refusals {
		if r := f(); r != nil {
			return r
		}
	}
	return nil
}

// want refuses tickets that cannot be had.
func (w *twin) want(user string, ids []string) *Refusal {
	if len(ids) == 0 {
		return &Refusal{Code: WrongTickets}
	}
	return first(
		func() *Refusal {
			if len(ids) > MaxTicketsPerCommand {
				return &Refusal{Code: LimitExceeded, Limit: MaxTicketsPerCommand}
			}
			return w.known(ids)
		},
		func() *Refusal { return w.limited(user, len(ids), len(ids)) },
		func() *Refusal { return w.taken(ids) },
	)
}

func (w *twin) place(at catalog.Time, c *PlaceHold, key Key) Answer {
	if r := w.notForSale(at, c.Place, c.By.User); r != nil {
		return Answer{Refusal: r}
	}
	used := slices.ContainsFunc(w.expired, func(e ExpiredHold) bool { return e.ID == c.ID })
	if used || w.hold(c.ID) != nil || c.ID.IsZero() {
		return refuse(WrongTickets)
	}
	ids := c.TicketIDs
	var r *Refusal
	switch {
	case len(ids) > 0:
		r = w.want(c.By.User, ids)
	case c.Best.Quantity < 1:
		r = &Refusal{Code: WrongTickets}
	default:
		if r = w.limited(c.By.User, c.Best.Quantity, c.Best.Quantity); r != nil {
			break
		}
		if ids = w.best(c.Best); ids == nil {
			r = &Refusal{Code: NotEnoughTickets, Available: w.stock().Matching(c.Best)}
		}
	}
	if r != nil {
		return Answer{Refusal: r}
	}
	w.record(at)
	ttl := catalog.Time(w.event.HoldTime())
	h := &Hold{
		ID: c.ID, User: c.By.User, TicketIDs: ids, Total: w.price(ids),
		PlacedAt: at, ExpiresAt: at + ttl, MaxExpiresAt: at + 2*ttl, Place: w.written(c.Place),
	}
	w.holds = append(w.holds, h)
	w.keep(key, Answer{Hold: h})
	return Answer{Hold: h}
}

func (w *twin) swap(at catalog.Time, c *SwapHold, key Key) Answer {
	h, r := w.use(c.ID, c.By.User, true)
	if r == nil && len(c.Add) > 0 {
		r = w.notForSale(at, c.Place, c.By.User)
		if r == nil && h.Place != c.Place && !h.Place.IsZero() {
			r = &Refusal{Code: NotAdmitted}
		}
	}
	if r == nil && len(c.Add)+len(c.Remove) == 0 {
		r = &Refusal{Code: WrongTickets}
	}
	if r != nil {
		return Answer{Refusal: r}
	}
	var left []string
	for _, id := range h.TicketIDs {
		if !slices.Contains(c.Remove, id) {
			left = append(left, id)
		}
	}
	if len(left)+len(c.Remove) != len(h.TicketIDs) { // one is named twice, or is not his
		return refuse(WrongTickets)
	}
	r = first(
		func() *Refusal { return w.known(c.Add) },
		func() *Refusal {
			next := append(slices.Clone(h.TicketIDs), c.Add...)
			if w.known(next) != nil || len(left)+len(c.Add) == 0 {
				return &Refusal{Code: WrongTickets}
			}
			return w.limited(h.User, len(left)+len(c.Add), len(c.Add)-len(c.Remove))
		},
		func() *Refusal { return w.taken(c.Add) },
	)
	if r != nil {
		return Answer{Refusal: r}
	}
	w.record(at)
	h.TicketIDs = append(left, c.Add...)
	h.Total = w.price(h.TicketIDs)
	w.keep(key, Answer{Hold: h})
	return Answer{Hold: h}
}

func (w *twin) book(at catalog.Time, c *Book, key Key) Answer {
	if r := w.notBookable(at, c); r != nil {
		return Answer{Refusal: r}
	}
	if c.ID.IsZero() || w.booking(c.ID) != nil {
		return refuse(WrongTickets)
	}
	ids := c.TicketIDs
	var h *Hold
	var r *Refusal
	if c.Hold.IsZero() {
		r = w.want(c.By.User, ids)
	} else if h, r = w.use(c.Hold, c.By.User, true); r == nil {
		given, held := slices.Sorted(slices.Values(ids)), slices.Sorted(slices.Values(h.TicketIDs))
		if len(ids) > 0 && !slices.Equal(given, held) {
			return refuse(WrongTickets)
		}
		ids = h.TicketIDs
		if h.User == "" && c.By.User != "" {
			r = w.limited(c.By.User, len(ids), len(ids))
		}
	}
	if r != nil {
		return Answer{Refusal: r}
	}
	b := &Booking{
		ID: c.ID, Hold: c.Hold, User: c.By.User, TicketIDs: ids, Total: w.price(ids),
		Status: Pending, Method: c.Method, Token: c.Token, StartedAt: at, Place: w.written(c.Place),
	}
	w.record(at)
	w.bookings = append(w.bookings, b)
	if h != nil {
		h.Paying, b.Place = b.ID, h.Place
	}
	w.keep(key, Answer{Booking: b})
	if b.Total == 0 {
		w.confirm(at, b, "none", "")
	}
	return Answer{Booking: b}
}

func (w *twin) confirm(at catalog.Time, b *Booking, provider, payment string) {
	w.record(at)
	b.Status, b.Payment = BookingConfirmed, Authorised
	if b.Total == 0 {
		b.Payment = PaymentCaptured
	}
	b.Provider, b.PaymentID, b.ConfirmedAt = provider, payment, at
	if h := w.hold(b.Hold); h != nil {
		w.dropHold(h)
	}
	w.done(b.Place, waitroom.Booked)
	w.settled(b.ID, Answer{Booking: b})
}

func (w *twin) decline(at catalog.Time, b *Booking, reason string) {
	w.record(at)
	b.Status, b.Payment, b.Reason, b.EndedAt = BookingDeclined, PaymentDeclined, reason, at
	r := &Refusal{Code: CardDeclined, Reason: reason}
	if h := w.hold(b.Hold); h != nil {
		if h.Paying = (ID{}); h.ExpiresAt <= at {
			w.expire(h)
		} else {
			r.Hold, r.ExpiresAt = h.ID, h.ExpiresAt
		}
	}
	w.settled(b.ID, Answer{Refusal: r})
	w.trim(BookingDeclined)
}

func (w *twin) settle(at catalog.Time, c *SettlePayment) Answer {
	b := w.booking(c.Booking)
	switch {
	case b == nil:
		return refuse(BookingNotFound)
	case c.Task == Authorise && b.Status == Pending && c.Declined:
		w.decline(at, b, c.Reason)
	case c.Task == Authorise && b.Status == Pending:
		w.confirm(at, b, c.Provider, c.PaymentID)
	case c.Task == Capture && b.Status == BookingConfirmed && b.Payment == Authorised:
		w.record(at)
		b.Payment = PaymentCaptured
	case c.Task == Refund && b.Status == BookingCancelled:
		w.refund(at, b)
	}
	return Answer{Booking: b}
}

func (w *twin) refund(at catalog.Time, b *Booking) {
	w.record(at)
	b.Status, b.Payment = BookingRefunded, PaymentRefunded
	w.trim(BookingRefunded)
}

func (w *twin) cancel(at catalog.Time, c *CancelBooking, key Key) Answer {
	b := w.booking(c.ID)
	switch {
	case b == nil, b.User != "" && b.User != c.By.User, b.Status == BookingDeclined:
		return refuse(BookingNotFound)
	case b.Status == Pending:
		return refuse(BookingPending)
	case b.Status != BookingConfirmed:
		return Answer{Booking: b}
	}
	w.record(at)
	b.Status, b.EndedAt = BookingCancelled, at
	w.keep(key, Answer{Booking: b})
	if b.Total == 0 {
		w.refund(at, b)
		for _, st := range w.answers {
			if st.key == key && !key.None() {
				st.answer.Version, st.answer.Booking = w.version, plainBooking(b)
			}
		}
	}
	return Answer{Booking: b}
}
