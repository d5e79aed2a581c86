package storage

import (
	"fmt"
	"strings"
)

// The bounds of what a log takes. Beyond them a call is refused with an error
// that is ErrUnavailable: nothing was written.
const (
	MaxEventBytes      = 128      // of an event id
	MaxBatchBytes      = 16 << 20 // of a batch: records, summary and details together
	MaxBatchRecords    = 65536    // of a batch
	MaxCheckpointBytes = 1 << 30  // of a checkpoint
)

// Check is nil if the batch is within the bounds and says what every batch must:
// an event, an epoch and at least one record.
func (b *Batch) Check() error {
	if err := CheckEvent(b.Event); err != nil {
		return err
	}
	size := len(b.Summary) + len(b.Details)
	for _, r := range b.Records {
		size += len(r)
	}
	switch {
	case b.Epoch == 0:
		return fmt.Errorf("%w: the batch has no epoch", ErrUnavailable)
	case len(b.Records) == 0:
		return fmt.Errorf("%w: the batch has no record", ErrUnavailable)
	case len(b.Records) > MaxBatchRecords:
		return fmt.Errorf("%w: %d records in a batch, at most %d are taken", ErrUnavailable,
			len(b.Records), MaxBatchRecords)
	case size > MaxBatchBytes:
		return fmt.Errorf("%w: a batch of %d bytes, at most %d are taken", ErrUnavailable, size, MaxBatchBytes)
	}
	return nil
}

// CheckEvent is nil if event can be the id of an event: 1 to MaxEventBytes bytes,
// none of them zero (a zero ends the id in a key).
func CheckEvent(event string) error {
	if event == "" || len(event) > MaxEventBytes || strings.IndexByte(event, 0) >= 0 {
		return fmt.Errorf("%w: %q is no event id", ErrUnavailable, event)
	}
	return nil
}
