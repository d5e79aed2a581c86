package salepb

import (
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/sale/waitroom"
)

// The examples are in the golden file: they are never changed, only added to.

const noon = catalog.Time(1_780_315_200_000) // 2026-06-01T12:00:00Z

func id(first byte) (v sale.ID) {
	for i := range v {
		v[i] = first + byte(i)
	}
	return v
}

var exampleKey = sale.Key{ID: id(0x10), Body: id(0x20)}

var exampleHold = sale.Hold{
	ID: id(0x30), User: "alice", TicketIDs: []string{"101-A-1", "101-A-2"}, Total: 25_000,
	PlacedAt: noon, ExpiresAt: noon + 600_000, MaxExpiresAt: noon + 1_200_000, Paying: id(0x40),
}

var exampleBooking = sale.Booking{
	ID: id(0x40), Hold: id(0x30), User: "alice", TicketIDs: []string{"101-A-1", "101-A-2"}, Total: 25_000,
	Status: sale.BookingCancelled, Payment: sale.PaymentCaptured, Method: "card", Token: "pm_card_visa",
	Provider: "sandbox", PaymentID: "pay_1", Reason: "card_declined",
	StartedAt: noon, ConfirmedAt: noon + 40, EndedAt: noon + 90_000,
}

// startedBooking is a booking as PaymentStarted has it.
var startedBooking = sale.Booking{
	ID: id(0x40), Hold: id(0x30), User: "alice", TicketIDs: []string{"101-A-1", "101-A-2"}, Total: 25_000,
	Status: sale.Pending, Method: "card", Token: "pm_card_visa", StartedAt: noon,
}

var exampleRefusal = sale.Refusal{
	Code: sale.TicketsUnavailable, Detail: "two of them are gone",
	Tickets:   []sale.TicketStatus{{ID: "101-A-1", Status: inventory.Held}, {ID: "101-A-2", Status: inventory.Booked}},
	TicketIDs: []string{"nowhere"}, Alternatives: []string{"101-B-1", "101-B-2"},
	Limit: 8, Available: 3, OnSaleAt: noon, Reason: "insufficient_funds", Hold: id(0x30), ExpiresAt: noon + 1,
}

var exampleEvent = &catalog.Event{
	ID: "ev-1", Title: "Łódź Night", Description: "Doors at seven.", Genre: "Rock",
	StartsAt: noon, Timezone: "Europe/Warsaw", OnSaleAt: noon - 1000, Cancelled: true,
	Venue: catalog.Venue{ID: "v-1", Name: "Hall", City: "Łódź", Region: "LD", Country: "PL",
		Location: &catalog.Location{Lat: 51.75, Lon: 19.45}},
	Performers: []catalog.Performer{{ID: "p-1", Name: "The Rows"}, {ID: "p-2"}},
	Inventory: catalog.Inventory{Currency: "PLN", Sections: []catalog.Section{
		{Name: "101", Price: 12_500, Rows: []catalog.Row{{Name: "A", Seats: 20}, {Name: "B", Seats: 22}}},
		{Name: "BOX", Price: 30_000, Seats: []catalog.Seat{{ID: "box~1", Row: "1", Number: "1a"}, {ID: "box~2"}}},
		{Name: "FLOOR", Price: 9_900, Capacity: 2000},
	}},
	HoldSeconds: 300, MaxTicketsPerUser: 8,
	WaitingRoom: catalog.WaitingRoom{Enabled: true, MaxActive: 500, SessionSeconds: 600, Order: "shuffle"},
}

var exampleCheckpoint = sale.Checkpoint{
	Version: 7, Now: noon, Event: exampleEvent,
	ChangedAt: []uint64{0, 0, 7, 7, 300, 0},
	Holds:     []*sale.Hold{&exampleHold},
	Bookings:  []*sale.Booking{&exampleBooking, &startedBooking},
	Answers: []sale.StoredAnswer{
		{At: noon, Key: exampleKey, Version: 3, What: exampleEvent, Created: true},
		{At: noon, Key: exampleKey, Version: 4, What: &exampleHold},
		{At: noon, Key: exampleKey, Version: 5, What: &exampleBooking},
		{At: noon, Key: exampleKey, Version: 6, What: &exampleRefusal},
	},
	Expired: []sale.ExpiredHold{{At: noon, ID: id(0x50), User: "bob"}, {At: noon + 1, ID: id(0x51)}},
}

var exampleSummary = sale.Summary{
	Version: 300, Exists: true, Total: 2044, Available: 2000, Held: 40, Booked: 4, Holds: 20, Bookings: 2,
}

var exampleDetails = Details{Event: withoutSections(exampleEvent), MinPrice: 9_900, MaxPrice: 30_000}

func withoutSections(e *catalog.Event) *catalog.Event {
	c := *e
	c.Inventory.Sections = nil
	return &c
}

// exampleRecords has one record of each kind, and some with little in them.
var exampleRecords = []sale.Record{
	&sale.EventDefined{At: noon, Event: exampleEvent, Key: exampleKey},
	&sale.EventRemoved{At: noon, Key: exampleKey},
	&sale.HoldPlaced{At: noon, Hold: exampleHold, Key: exampleKey},
	&sale.HoldChanged{At: noon, Hold: exampleHold, Key: exampleKey},
	&sale.HoldEnded{At: noon, ID: id(0x30), Expired: true, Key: exampleKey},
	&sale.PaymentStarted{At: noon, Booking: startedBooking, Key: exampleKey},
	&sale.Confirmed{At: noon, ID: id(0x40), Provider: "sandbox", PaymentID: "pay_1"},
	&sale.Declined{At: noon, ID: id(0x40), Reason: "card_declined"},
	&sale.Captured{At: noon, ID: id(0x40)},
	&sale.Cancelled{At: noon, ID: id(0x40), Key: exampleKey},
	&sale.Refunded{At: noon, ID: id(0x40)},
	&sale.Refused{At: noon, Refusal: exampleRefusal, Key: exampleKey},
	&sale.Resumed{At: noon, Gap: 12_345},
	&sale.EventDefined{At: noon},
	&sale.EventDefined{At: noon, Event: &catalog.Event{Venue: catalog.Venue{Location: &catalog.Location{}}}},
	&sale.EventRemoved{},
	&sale.HoldPlaced{},
	&sale.Resumed{At: -1, Gap: -1},
	&sale.QueueOpened{At: noon, Seed: [32]byte{1, 31: 2}},
	&sale.PlaceTaken{At: noon, ID: id(0x70), Owner: id(0x80)},
	&sale.PlacesAdmitted{At: noon, Count: 500},
	&sale.PlaceEnded{At: noon, ID: id(0x70), Reason: waitroom.HoldEnded},
	&sale.QueueDrawn{At: noon},
	&sale.QueueSteered{At: noon, MaxActive: 700, Rate: 1200, Paused: true, Stopped: true},
	&sale.HoldPlaced{At: noon, Hold: sale.Hold{ID: id(0x30), Place: id(0x70)}},
	&sale.PaymentStarted{At: noon, Booking: sale.Booking{ID: id(0x40), Status: sale.Pending, Place: id(0x70)}},
	&sale.EventDefined{At: noon, Event: &catalog.Event{WaitingRoom: catalog.WaitingRoom{
		Enabled: true, GraceSeconds: 60, RatePerMinute: 1000, EndWithHold: true}}},
}

var exampleRoom = &waitroom.Snapshot{
	Settings: waitroom.Settings{
		MaxActive: 500, Session: 600_000, Grace: 120_000, Rate: 1000, Shuffle: true, Paused: true,
	},
	Seed: [32]byte{1, 31: 2}, Opened: true, Drawn: true, First: 4096,
	Places: []waitroom.Place{
		{Token: id(0x70), Who: id(0x80), Number: 4096, State: waitroom.Gone, Reason: waitroom.Lapsed, At: int64(noon)},
		{Token: id(0x71), Number: 4097, State: waitroom.Active, At: int64(noon) + 1, Busy: 3},
		{Token: id(0x72), Number: 4098, State: waitroom.Waiting, At: int64(noon) + 2},
	},
	Mixed: []uint32{4097, 4096}, MixedFrom: 4096, Credit: 12, CreditAt: int64(noon),
	Flow:  []waitroom.Flow{{Step: 178_031_520, Admitted: 1, Freed: 2, Dropped: 3, Sold: 4, Waiting: 5}},
	Began: int64(noon),
}

var roomCheckpoint = sale.Checkpoint{
	Version: 8, Now: noon, Event: exampleEvent, Room: exampleRoom, Paused: true, Stopped: true,
}

var roomSummary = sale.Summary{Version: 301, Exists: true, Waiting: 70_000, Active: 500}

var examplePlace = &sale.Place{
	ID: id(0x70), State: waitroom.Waiting, Number: 4098, Ahead: 12, Waiting: 40, Until: noon, OpensAt: noon + 1,
	Estimate: waitroom.Estimate{Known: true, P50: 1000, P90: 2000, Most: 3000}, SoldOut: 0.25,
	Draw: &sale.Draw{Commitment: [32]byte{3}, Seed: [32]byte{4}},
}

var exampleQueue = &sale.Queue{
	Enabled: true, Waiting: 70_000, Active: 500, MaxActive: 500, Rate: 1000, Paused: true, Stopped: true,
	Oldest: noon, Flow: exampleRoom.Flow, Estimate: examplePlace.Estimate, Draw: examplePlace.Draw,
}
