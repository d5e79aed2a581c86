package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"boxoffice/storage"
)

func TestReadOnly(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.Shards, cfg.RetainRecords = 4, 1
	if _, err := storage.OpenReadOnly(cfg.Dir); err == nil {
		t.Error("an empty directory was opened")
	}
	l := own(t, cfg)
	var wrote []string
	for i := range 10 {
		event := fmt.Sprintf("event-%d", i)
		for version, record := range []string{"one", "two", "three"} {
			b := l.batch(event, uint64(version), []byte(record))
			b.Summary, b.Details = []byte("summary"), []byte("details")
			if err := l.Append(ctx, b); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.SaveCheckpoint(ctx, event, l.epochs[l.Shard(event)], 3, []byte("state")); err != nil {
			t.Fatal(err)
		}
		wrote = append(wrote, event)
	}
	if _, err := storage.OpenReadOnly(cfg.Dir); err == nil {
		t.Error("the directory of a running node was opened")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	r, err := storage.OpenReadOnly(cfg.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := r.Events(func(event string) error { got = append(got, event); return nil }); err != nil {
		t.Fatal(err)
	}
	if slices.Sort(got); !slices.Equal(got, wrote) {
		t.Errorf("events %v", got)
	}
	k, err := r.Load("event-3")
	if err != nil || k.Version != 3 || k.At != 3 || k.First != 3 || string(k.Checkpoint) != "state" {
		t.Errorf("loaded %+v, %v", k, err)
	}
	if v, err := r.View("event-3"); err != nil || string(v.Summary) != "summary" || string(v.Details) != "details" {
		t.Errorf("view %v, %v", v, err)
	}
	if page, err := r.Records("event-3", 3, 9); err != nil || len(page) != 1 || string(page[0]) != "three" {
		t.Errorf("records %q, %v", page, err)
	}
	if _, err := r.Records("event-3", 1, 9); !errors.Is(err, storage.ErrTrimmed) {
		t.Errorf("a deleted record: %v", err)
	}
	if _, err := r.Load("event-99"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("an event that is not there: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := own(t, cfg).Close(); err != nil {
		t.Errorf("the node after it was read: %v", err)
	}
}
