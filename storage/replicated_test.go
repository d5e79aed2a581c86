package storage_test

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"boxoffice/storage"
	"boxoffice/storage/storagetest"
)

// testConfig is a small, quick node; it logs where the tests are verbose.
func testConfig(dir string) storage.Config {
	cfg := storage.DefaultConfig(dir)
	cfg.MinFreeBytes = 1 << 20
	cfg.Shards = 3
	cfg.TickInterval = 10 * time.Millisecond
	cfg.ProposalTimeout = 20 * time.Second // the disk of a test machine may be busy
	if flag.Parsed() && testing.Verbose() {
		cfg.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return cfg
}

func open(t testing.TB, cfg storage.Config) storage.Node {
	t.Helper()
	l, err := storage.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// ctx is for calls whose test does not end them.
var ctx = context.Background()

func TestReplicatedConforms(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	storagetest.Conformance(t, func(t *testing.T, dir string) storage.Log {
		l, err := storage.Open(testConfig(dir)) // the suite closes it
		if err != nil {
			t.Fatal(err)
		}
		return l
	})
}
