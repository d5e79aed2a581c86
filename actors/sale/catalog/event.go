// Package catalog describes what is on sale: an event with its venue, its
// performers and its inventory, as an organiser writes it down.
//
// The types here are the admin form of an event (PUT /admin/events/{id}, one
// line of POST /admin/catalog): their JSON names are the contract's. They are
// plain values: nothing here knows what is sold already. Check says everything
// that is wrong with an event, field by field; the state machine in package
// sale only ever sees events that passed it.
//
// The package is pure: standard library only, no I/O, no clock.
package catalog

// Event is one event as the admin paths take it.
type Event struct {
	ID          string      `json:"id"`
	Title       string      `json:"title"`
	Description string      `json:"description,omitempty"`
	Genre       string      `json:"genre,omitempty"`
	StartsAt    Time        `json:"startsAt"`
	Timezone    string      `json:"timezone,omitempty"` // IANA name
	OnSaleAt    Time        `json:"onSaleAt,omitzero"`  // zero: on sale at once
	Cancelled   bool        `json:"cancelled,omitempty"`
	Venue       Venue       `json:"venue,omitzero"`
	Performers  []Performer `json:"performers,omitempty"`
	Inventory   Inventory   `json:"inventory"`

	// HoldSeconds is how long a hold lasts; 0 means DefaultHoldSeconds.
	HoldSeconds int `json:"holdSeconds,omitempty"`
	// MaxTicketsPerUser bounds a user's held and booked tickets; 0: no limit.
	MaxTicketsPerUser int         `json:"maxTicketsPerUser,omitempty"`
	WaitingRoom       WaitingRoom `json:"waitingRoom,omitzero"`
}

// Venue is where an event takes place. The zero Venue means "not known".
type Venue struct {
	ID       string    `json:"id"`
	Name     string    `json:"name,omitempty"`
	City     string    `json:"city,omitempty"`
	Region   string    `json:"region,omitempty"`
	Country  string    `json:"country,omitempty"`
	Location *Location `json:"location,omitempty"`
}

// Location is a point on Earth in degrees, WGS 84.
type Location struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// Performer is who appears at an event.
type Performer struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// Inventory is every ticket of an event: sections in order of preference.
type Inventory struct {
	Currency string    `json:"currency"` // ISO 4217
	Sections []Section `json:"sections"`
}

// Section is a part of the house with one price. Exactly one of Rows, Seats and
// Capacity is given: numbered rows (ids "section-row-number"), seats with ids of
// their own, or general admission (ids "section-number").
type Section struct {
	Name     string `json:"name"`
	Price    int64  `json:"price"` // minor units of the inventory's currency
	Rows     []Row  `json:"rows,omitempty"`
	Seats    []Seat `json:"seats,omitempty"`
	Capacity int    `json:"capacity,omitempty"`
}

// Row is a row of seats numbered 1 to Seats.
type Row struct {
	Name  string `json:"name"`
	Seats int    `json:"seats"`
}

// Seat is a seat of a real hall, with an id of its own. Seats that stand next to
// each other in the list and share a row are neighbours.
type Seat struct {
	ID     string `json:"id"`
	Row    string `json:"row,omitempty"`
	Number string `json:"number,omitempty"`
}

// WaitingRoom says how people are let in to a popular event.
type WaitingRoom struct {
	Enabled        bool   `json:"enabled,omitempty"`
	MaxActive      int    `json:"maxActive,omitempty"`
	SessionSeconds int    `json:"sessionSeconds,omitempty"`
	Order          string `json:"order,omitempty"` // "fifo" (default) or "shuffle"
}
