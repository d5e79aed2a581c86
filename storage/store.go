package storage

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// openDirStore opens the state store of a data directory.
//
// The newest format of the store checks every record of a write-ahead log, so that
// a flipped bit is an error and not the end of the log. But the first log of a new
// store is of an older format: so a new store is opened, closed and opened again
// before anything is written to it.
func openDirStore(ending context.Context, d *directory, cfg *Config) (*pebble.DB, error) {
	dir := filepath.Join(d.path, stateDir)
	if !d.id.ready {
		db, err := openStore(ending, dir, cfg)
		if err != nil {
			return nil, err
		}
		if err := db.Close(); err != nil {
			return nil, fmt.Errorf("close the new state store: %w", err)
		}
	}
	return openStore(ending, dir, cfg)
}

const (
	// stateBufferBytes bounds the state store's write buffer.
	stateBufferBytes = 16 << 20
	// stateBuffers is how many write buffers there are when writes wait for a flush.
	stateBuffers = 4
	// compactAt is how many tables a read may have to look at on level 0 before a
	// compaction begins.
	compactAt = 4
	// deletionRate is how many bytes a second of tables that are not needed any more are
	// given back to the file system. Where that tells the disk at once which blocks are
	// free (mount -o discard), a gigabyte took 230 ms, and syncs meanwhile 20 to 30 ms
	// each instead of 0.3.
	deletionRate = 128 << 20
)

// openStore opens the state store, which has all shards of the node. When ending is over
// it writes its tables as fast as it can.
func openStore(ending context.Context, dir string, cfg *Config) (*pebble.DB, error) {
	cache := pebble.NewCache(cfg.CacheBytes)
	defer cache.Unref()
	fs := newGentleFS(ending, vfs.Default)
	opts := &pebble.Options{
		Cache:                       cache,
		FS:                          fs,
		FormatMajorVersion:          pebble.FormatNewest,
		Logger:                      storeLogger{cfg.Logger},
		MemTableSize:                atOddTimes(stateBufferBytes),
		MemTableStopWritesThreshold: stateBuffers,
		WALBytesPerSync:             512 << 10,
		L0CompactionThreshold:       compactAt,
		TargetByteDeletionRate:      deletionRate,
	}
	for i := range opts.Levels {
		// Most reads are of keys that are known, or known by no table at all.
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	db, err := pebble.Open(dir, opts)
	if err != nil {
		return nil, fmt.Errorf("open the state store: %w", err)
	}
	fs.db.Store(db)
	return db, nil
}

// storeLogger is the state store's logger.
type storeLogger struct{ log *slog.Logger }

// Infof drops the store's diary.
func (storeLogger) Infof(string, ...any) {}

func (l storeLogger) Errorf(format string, args ...any) {
	l.log.Error(fmt.Sprintf(format, args...), "part", "store")
}

// Fatalf must not return: the store cannot go on, for example because a sync has
// failed and nobody knows what is on the disk. The process ends; a restart reads
// what the disk has. The panic has a goroutine of its own, so that no caller can
// recover from it.
func (l storeLogger) Fatalf(format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	l.log.LogAttrs(context.Background(), slog.LevelError, "the state store cannot go on: the process ends",
		slog.String("part", "store"), slog.String("err", message))
	go panic("storage: the state store cannot go on: " + message)
	select {}
}
