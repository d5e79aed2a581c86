package storage

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/objstorage/objstorageprovider"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// tableBytes is the size of the tables that a snapshot is written as.
const tableBytes = 16 << 20

// tables writes keys that come in order as the store's own tables, and hands them over
// one by one. That is one write of the data and one sync a table; as batches it would
// be written three times: to the store's log, by a flush, and by a compaction.
type tables struct {
	db     *pebble.DB
	fs     vfs.FS
	name   string // of the file that is written
	writer *sstable.Writer
	size   int
}

// incoming begins to write tables for the machine's shard.
func (m *machine) incoming() *tables {
	return &tables{db: m.db, fs: m.fs, name: filepath.Join(m.dir, fmt.Sprintf("incoming-%d", m.shard))}
}

// set adds a key that is greater than all before it.
func (t *tables) set(key, value []byte) error {
	if t.writer == nil {
		if err := t.begin(); err != nil {
			return err
		}
	}
	if err := t.writer.Set(key, value); err != nil {
		return err
	}
	if t.size += len(key) + len(value); t.size < tableBytes {
		return nil
	}
	return t.flush()
}

func (t *tables) begin() error {
	f, err := t.fs.Create(t.name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	f = vfs.NewSyncingFile(f, vfs.SyncingFileOptions{BytesPerSync: 512 << 10}) // no long sync at the end
	opts := pebble.Options{FormatMajorVersion: t.db.FormatMajorVersion()}
	opts.EnsureDefaults()
	last := len(opts.Levels) - 1
	opts.Levels[last].FilterPolicy = bloom.FilterPolicy(10)
	t.writer = sstable.NewWriter(objstorageprovider.NewFileWritable(f),
		opts.MakeWriterOptions(last, t.db.TableFormat()))
	t.size = 0
	return nil
}

// flush makes what was set a part of the store, durably.
func (t *tables) flush() error {
	if t.writer == nil {
		return nil
	}
	err := t.writer.Close()
	t.writer = nil
	if err != nil {
		return err
	}
	return t.db.Ingest(context.Background(), []string{t.name})
}

// end gives up what was not flushed.
func (t *tables) end() {
	if t.writer != nil {
		_ = t.writer.Close() // given up
		t.writer = nil
	}
	_ = t.fs.Remove(t.name) // mostly it is not there; the next one overwrites it
}
