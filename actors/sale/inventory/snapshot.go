package inventory

import "slices"

// Snapshot is the state of every ticket at a version. It is immutable: any number
// of goroutines may read it.
type Snapshot struct {
	plan         *Plan
	version      uint64 // of the event
	free, booked bitSet // as in Stock
	changes      changes
}

// Snapshot copies the state for readers on other goroutines: 4.25 bytes a ticket,
// a quarter of a byte where none was changed yet.
func (s *Stock) Snapshot(version uint64) *Snapshot {
	return &Snapshot{
		plan:    s.plan,
		version: version,
		free:    slices.Clone(s.free),
		booked:  slices.Clone(s.booked),
		changes: s.changes.clone(),
	}
}

// Plan is the layout.
func (s *Snapshot) Plan() *Plan { return s.plan }

// Version is the version of the event that the snapshot shows.
func (s *Snapshot) Version() uint64 { return s.version }

// Status is a ticket's state.
func (s *Snapshot) Status(t Ticket) Status { return statusOf(s.free, s.booked, t) }

// ChangedAt is the version that last changed a ticket; 0: none.
func (s *Snapshot) ChangedAt(t Ticket) uint64 { return s.changes.get(t) }
