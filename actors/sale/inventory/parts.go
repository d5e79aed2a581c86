package inventory

import (
	"errors"
	"fmt"
)

// Parts is a Snapshot without its plan, for whoever sends it to where the plan is
// known. It is read only: it shares memory with the Snapshot.
type Parts struct {
	Version      uint64   // of the event
	Free, Booked []uint64 // a bit a ticket; neither: held
	ChangedAt    []uint64 // as Stock.ChangedAt
}

// Parts takes a snapshot apart. It copies ChangedAt, 8 bytes a ticket.
func (s *Snapshot) Parts() Parts {
	return Parts{Version: s.version, Free: s.free, Booked: s.booked, ChangedAt: s.changes.all()}
}

var errParts = errors.New("inventory: these are not the parts of a snapshot of this plan")

// Snapshot puts a snapshot together again. It is an error where the parts are not
// of this plan, as far as their lengths tell, or say of a ticket that it is both
// available and booked. The snapshot keeps Free and Booked.
func (p *Plan) Snapshot(parts Parts) (*Snapshot, error) {
	// What comes from another node is not trusted further than can be seen: a wrong
	// length would be a panic later, in whoever shows the tickets.
	total := p.Total()
	words := (total + wordBits - 1) / wordBits
	if len(parts.Free) != words || len(parts.Booked) != words ||
		parts.ChangedAt != nil && len(parts.ChangedAt) != total {
		return nil, fmt.Errorf("%w: %d words, %d words and %d versions for %d tickets",
			errParts, len(parts.Free), len(parts.Booked), len(parts.ChangedAt), total)
	}
	for i, free := range parts.Free {
		// Bits behind the last ticket are always clear.
		used := ^uint64(0)
		if i == words-1 && total%wordBits != 0 {
			used = 1<<(total%wordBits) - 1
		}
		if free&parts.Booked[i] != 0 || (free|parts.Booked[i])&^used != 0 {
			return nil, fmt.Errorf("%w: word %d is %x and %x", errParts, i, free, parts.Booked[i])
		}
	}
	return &Snapshot{plan: p, version: parts.Version, free: parts.Free, booked: parts.Booked,
		changes: newChanges(total, parts.ChangedAt)}, nil
}
