// Package inventory keeps the tickets of one event: which exist, which are
// available, held or booked, and which are the best that are left.
//
// A Plan is the immutable layout of a house, made once from the catalog's
// sections; a Stock is the changing part, a few bits a ticket. Both speak of
// tickets as Ticket, a dense index that is meaningful only with its Plan; the
// outside world speaks of ticket ids, which Plan.Find and Plan.AppendID
// translate. A Snapshot is a copy of a Stock for readers on other goroutines.
//
// # Layout
//
// Tickets are numbered through the house in order of preference. A line is what
// the search for neighbours works on: a row of numbered seats, a maximal group of
// listed seats with the same row, or, in general admission, up to 64 tickets
// (one word of bits) so that a large floor is searched like many small rows.
//
// No map has an entry a ticket. An id "section-row-number" is cut at its last
// hyphen: the first part finds the line in a hash table with an entry a row, the
// number is the offset in it. Ids of listed seats are kept once, in one string
// (see labels), and found by a hash table of four bytes an entry.
//
// # Best available
//
// The answer to a Query is a function of the statuses alone, so every replica
// gives the same. Sections come in the catalog's order; those that are another
// section or cost too much are passed over. The rule for neighbours:
//
//  1. The first section that has room, and in it the first row that has: a row
//     has room where one run of available seats is long enough.
//  2. In the row, the run that can seat the party nearest the row's centre: the
//     distance is that from the middle of the party to the middle of the row. Of
//     two runs at the same distance, the one with the lower seats.
//  3. In the run, the place that leaves the fewest single seats at its ends, then
//     the nearest to the centre, then the lowest. In practice the party moves by
//     at most one seat so that nobody is left to sit alone.
//
// In general admission everybody is everybody's neighbour: a section has room
// where enough tickets are left, and the lowest numbers go first. Where
// neighbours are wished for but not demanded and there are none in any section,
// the first available tickets of the house in order are given.
//
// # Cost
//
// A tree over the lines holds the longest run of each (see maxTree). Stock.Set
// changes two bits and, where a longest run changed, the line's path in the tree;
// Stock.Best goes down the tree once and then looks at one row. Neither looks at
// the whole house, and neither allocates.
//
// A ticket costs 2 bits of status, 4 bytes for the version that changed it last
// (none before the first change, 8 bytes once a version passes 2^32), and a share
// of its line: 34 bytes a line. A listed seat costs 5.3 bytes in the hash table and
// its id and number in text, without what it shares with its 7 neighbours.
//
// The package is pure: standard library only, no I/O, no clock, no goroutine.
package inventory

// Ticket is the index of a ticket in its Plan, 0 to Plan.Total()-1, in order of
// preference: sections in the catalog's order, rows in theirs, seats in theirs.
type Ticket uint32

// Status is what can be said of a ticket.
type Status uint8

// The statuses of a ticket, in the order in which a sale goes through them.
const (
	Available Status = iota
	Held
	Booked
)

// String is the status as in the HTTP contract.
func (s Status) String() string {
	switch s {
	case Available:
		return "available"
	case Held:
		return "held"
	case Booked:
		return "booked"
	}
	return "unknown"
}
