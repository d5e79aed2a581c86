package catalog

import "slices"

// Equal reports whether two events have the same description and inventory, value
// by value: a list that is left out is an empty one, but a HoldSeconds of 0 is not
// one of 600. It allocates nothing and costs about what a comparison of their
// texts does.
func (e *Event) Equal(o *Event) bool {
	if e == o || e == nil || o == nil {
		return e == o
	}
	return e.ID == o.ID &&
		e.Title == o.Title &&
		e.Description == o.Description &&
		e.Genre == o.Genre &&
		e.StartsAt == o.StartsAt &&
		e.Timezone == o.Timezone &&
		e.OnSaleAt == o.OnSaleAt &&
		e.Cancelled == o.Cancelled &&
		e.HoldSeconds == o.HoldSeconds &&
		e.MaxTicketsPerUser == o.MaxTicketsPerUser &&
		e.WaitingRoom == o.WaitingRoom &&
		e.Venue.equal(o.Venue) &&
		slices.Equal(e.Performers, o.Performers) &&
		e.Inventory.equal(o.Inventory)
}

// equal compares the location by value and the rest as it is.
func (v Venue) equal(o Venue) bool {
	a, b := v.Location, o.Location
	if (a == nil) != (b == nil) || a != nil && *a != *b {
		return false
	}
	v.Location, o.Location = nil, nil
	return v == o
}

func (inv Inventory) equal(o Inventory) bool {
	return inv.Currency == o.Currency && slices.EqualFunc(inv.Sections, o.Sections, Section.equal)
}

func (s Section) equal(o Section) bool {
	return s.Name == o.Name && s.Price == o.Price && s.Capacity == o.Capacity &&
		slices.Equal(s.Rows, o.Rows) && slices.Equal(s.Seats, o.Seats)
}
