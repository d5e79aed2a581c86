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
	ID          string      `json:"id"`                    // [A-Za-z0-9_-]{1,64}, case matters
	Title       string      `json:"title"`                 // 1 to 500 characters, one line
	Description string      `json:"description,omitempty"` // at most 20,000 bytes, any lines
	Genre       string      `json:"genre,omitempty"`       // free text; searched and counted by it
	StartsAt    Time        `json:"startsAt"`              // required
	Timezone    string      `json:"timezone,omitempty"`    // IANA name, for display only
	OnSaleAt    Time        `json:"onSaleAt,omitzero"`     // zero: on sale at once
	Cancelled   bool        `json:"cancelled,omitempty"`   // shown, not sold
	Venue       Venue       `json:"venue,omitzero"`
	Performers  []Performer `json:"performers,omitempty"` // at most 100, in order of billing
	Inventory   Inventory   `json:"inventory"`

	// HoldSeconds is how long a hold lasts; 0 means DefaultHoldSeconds.
	HoldSeconds int `json:"holdSeconds,omitempty"`
	// MaxTicketsPerUser bounds a user's held and booked tickets; 0: no limit.
	MaxTicketsPerUser int         `json:"maxTicketsPerUser,omitempty"`
	WaitingRoom       WaitingRoom `json:"waitingRoom,omitzero"`
}

// Venue is where an event takes place. The zero Venue means "not known".
type Venue struct {
	ID       string    `json:"id"` // required where anything else is given
	Name     string    `json:"name,omitempty"`
	City     string    `json:"city,omitempty"`
	Region   string    `json:"region,omitempty"`   // a state or province, as people write it
	Country  string    `json:"country,omitempty"`  // likewise
	Location *Location `json:"location,omitempty"` // nil: not known
}

// Location is a point on Earth in degrees, WGS 84.
type Location struct {
	Lat float64 `json:"lat"` // -90 to 90
	Lon float64 `json:"lon"` // -180 to 180
}

// Performer is who appears at an event.
type Performer struct {
	ID   string `json:"id"`             // [A-Za-z0-9_-]{1,64}
	Name string `json:"name,omitempty"` // "" where only the id is known
}

// Inventory is every ticket of an event: sections in order of preference.
type Inventory struct {
	Currency string    `json:"currency"` // ISO 4217
	Sections []Section `json:"sections"` // 1 to 2,000, of 200,000 tickets together
}

// Section is a part of the house with one price. Exactly one of Rows, Seats and
// Capacity is given: numbered rows (ids "section-row-number"), seats with ids of
// their own, or general admission (ids "section-number").
type Section struct {
	Name     string `json:"name"`               // 1 to 40 characters without "/", unique
	Price    int64  `json:"price"`              // minor units of the inventory's currency
	Rows     []Row  `json:"rows,omitempty"`     // front row first
	Seats    []Seat `json:"seats,omitempty"`    // best seats first, neighbours together
	Capacity int    `json:"capacity,omitempty"` // how many may stand
}

// Row is a row of seats numbered 1 to Seats.
type Row struct {
	Name  string `json:"name"`  // 1 to 40 characters without "/", unique in the section
	Seats int    `json:"seats"` // 1 to 10,000
}

// Seat is a seat of a real hall, with an id of its own. Seats that stand next to
// each other in the list and share a row are neighbours.
type Seat struct {
	ID     string `json:"id"`               // a ticket id: 1 to 64 characters without "/"
	Row    string `json:"row,omitempty"`    // as the sign at the row says
	Number string `json:"number,omitempty"` // as the sign at the seat says; may repeat
}

// WaitingRoom says how people are let in to a popular event.
type WaitingRoom struct {
	Enabled        bool   `json:"enabled,omitempty"`
	MaxActive      int    `json:"maxActive,omitempty"`      // shoppers at a time; 0: DefaultMaxActive
	SessionSeconds int    `json:"sessionSeconds,omitempty"` // how long a shopper may shop; 0: DefaultSessionSeconds
	Order          string `json:"order,omitempty"`          // "fifo" (default) or "shuffle"
	// GraceSeconds is how long a place is kept that nobody is seen at; 0: DefaultGraceSeconds.
	GraceSeconds int `json:"graceSeconds,omitempty"`
	// RatePerMinute bounds how many are let in a minute; 0: no bound but MaxActive.
	RatePerMinute int `json:"ratePerMinute,omitempty"`
	// EndWithHold ends a shopper's time when his last hold ends without a booking.
	EndWithHold bool `json:"endWithHold,omitempty"`
}
