package main

import (
	"bytes"
	"fmt"

	"boxoffice/actors/sale"
	"boxoffice/actors/salepb"
	"boxoffice/storage"
)

const verifyText = `
Replays every record of every event in a stopped node's data directory and
compares: the replayed state must hold the invariants (no ticket in two hands,
available + held + booked = total), equal the state that the last checkpoint
leads to, bit for bit, and be what the stored view says. The feed of changes
must have every event that was described, once. Exit code 1 where anything
differs.`

// verify is the command of that name.
func verify(args []string, env environment) int {
	cfg, _, err := loadConfig(args, env)
	if err != nil {
		return env.fail("verify", err)
	}
	log, err := storage.OpenReadOnly(storeDir(cfg))
	if err != nil {
		return env.fail("verify", err)
	}
	events, records, bad := 0, uint64(0), 0
	err = log.Events(func(event string) error {
		version, err := verifyEvent(log, event)
		events++
		records += version
		if err != nil {
			bad++
			fmt.Fprintf(env.stdout, "%s: %v\n", event, err)
		}
		return nil
	})
	if feed := log.CheckFeed(); err == nil && feed != nil {
		bad++
		fmt.Fprintln(env.stdout, feed)
	}
	if closed := log.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return env.fail("verify", err)
	}
	fmt.Fprintf(env.stdout, "%d events, %d records, %d events with differences\n", events, records, bad)
	if bad > 0 {
		return exitFailed
	}
	return exitDone
}

// verifyEvent replays one event from its first record and compares.
func verifyEvent(log *storage.ReadOnly, event string) (version uint64, err error) {
	defer func() { // Apply panics where a record cannot follow
		if r := recover(); r != nil {
			err = fmt.Errorf("replay: %v", r)
		}
	}()
	h, err := log.Load(event)
	if err != nil {
		return 0, err
	}
	last := sale.New()
	if h.Checkpoint != nil {
		c, err := salepb.DecodeCheckpoint(h.Checkpoint)
		if err != nil {
			return h.Version, fmt.Errorf("read the checkpoint: %w", err)
		}
		last = sale.Restore(c)
	}
	if last, err = replay(last, log, event, h.At+1, h.Version); err != nil {
		return h.Version, err
	}
	if err := last.Check(); err != nil {
		return h.Version, fmt.Errorf("an invariant is broken: %w", err)
	}
	if h.Checkpoint != nil && h.First == 1 { // else retention has left only the checkpoint
		full, err := replay(sale.New(), log, event, 1, h.Version)
		if err != nil {
			return h.Version, err
		}
		if !bytes.Equal(salepb.EncodeCheckpoint(full.Checkpoint()), salepb.EncodeCheckpoint(last.Checkpoint())) {
			return h.Version, fmt.Errorf("the checkpoint at version %d leads to another state", h.At)
		}
	}
	v, err := log.View(event)
	if err != nil {
		return h.Version, err
	}
	if !bytes.Equal(v.Summary, salepb.AppendSummary(nil, last.Summary())) {
		return h.Version, fmt.Errorf("the stored view is not that of the replayed state")
	}
	return h.Version, nil
}

// verifyPage is how many records are read at a time.
const verifyPage = 10_000

// replay applies an event's records of versions from to last.
func replay(s *sale.State, log *storage.ReadOnly, event string, from, last uint64) (*sale.State, error) {
	for from <= last {
		page, err := log.Records(event, from, verifyPage)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			return nil, fmt.Errorf("record %d of %d is missing", from, last)
		}
		for _, b := range page {
			r, err := salepb.DecodeRecord(b)
			if err != nil {
				return nil, fmt.Errorf("read record %d: %w", from, err)
			}
			s.Apply(r)
			from++
		}
	}
	return s, nil
}
