package catalog

// The bounds of an event. Check holds an event to them; lengths are in characters
// (Unicode code points) unless a name says bytes.
const (
	MaxProblems         = 20            // what Check says of one event
	MaxID               = 64            // of an event, a venue, a performer, a ticket
	MaxText             = 500           // a title and every other name outside the inventory
	MaxDescriptionBytes = 20_000        // a description
	MaxPerformers       = 100           // of an event
	MaxSections         = 2_000         // of an inventory
	MaxTickets          = 200_000       // of an inventory, all sections together
	MaxRowSeats         = 10_000        // of a row, numbered or listed
	MaxLabel            = 40            // the name of a section or row, the number of a seat
	MaxPrice            = 1_000_000_000 // of a ticket, in minor units
	MaxTicketsPerUser   = 10_000        // the highest limit that can be set
	MaxActiveShoppers   = 10_000_000    // the highest WaitingRoom.MaxActive
	MaxSessionSeconds   = 86_400        // the longest WaitingRoom.SessionSeconds: a day
	MaxGraceSeconds     = 3_600         // the longest WaitingRoom.GraceSeconds: an hour
	MaxRatePerMinute    = 1_000_000     // the highest WaitingRoom.RatePerMinute
	MinHoldSeconds      = 1             // the shortest hold: for rehearsals
	MaxHoldSeconds      = 86_400        // the longest hold: a day
	DefaultHoldSeconds  = 600           // where an event does not say

	DefaultMaxActive      = 500 // where an event with a waiting room does not say
	DefaultSessionSeconds = 600 // likewise
	DefaultGraceSeconds   = 120 // likewise
)

// maxTimezone is the length of a time zone's name in bytes; the longest real one
// has 32.
const maxTimezone = 64

// endOfTime is the first moment of the year 10000, which the JSON form of a Time
// cannot hold.
const endOfTime Time = 253_402_300_800_000

// HoldTime is how long a hold of the event lasts, in milliseconds.
func (e *Event) HoldTime() int64 {
	if e.HoldSeconds == 0 {
		return DefaultHoldSeconds * 1000
	}
	return int64(e.HoldSeconds) * 1000
}
