package storage

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2"
)

// One flipped bit in the middle of the write-ahead log of a new store is found: the
// store does not open as if its history ended there.
func TestAFlippedBitIsFound(t *testing.T) {
	dir := &directory{path: t.TempDir(), id: &identity{}} // not ready: a new store
	cfg := DefaultConfig(dir.path)
	db, err := openDirStore(t.Context(), dir, &cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		if err := db.Set(fmt.Appendf(nil, "key %d", i), make([]byte, 100), pebble.Sync); err != nil {
			t.Fatal(err)
		}
	}
	// What the disk has now is what it would have after a power cut.
	image := t.TempDir()
	if err := os.CopyFS(image, os.DirFS(filepath.Join(dir.path, stateDir))); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := openStore(t.Context(), image, &cfg)
	if err != nil {
		t.Fatalf("the image is good: %v", err)
	}
	if _, closer, err := whole.Get([]byte("key 299")); err != nil || closer.Close() != nil {
		t.Fatalf("the last key: %v", err)
	}
	if err := whole.Close(); err != nil {
		t.Fatal(err)
	}

	image = t.TempDir()
	if err := os.CopyFS(image, os.DirFS(filepath.Join(dir.path, stateDir))); err != nil {
		t.Fatal(err)
	}
	logs, err := filepath.Glob(filepath.Join(image, "*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("no log: %v", err)
	}
	flipped := false
	for _, name := range logs {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > 20_000 {
			b[15_000] ^= 4
			flipped = true
		}
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if !flipped {
		t.Fatal("no log is long enough")
	}
	if bad, err := openStore(t.Context(), image, &cfg); err == nil {
		_ = bad.Close()
		t.Error("a store with a flipped bit was opened")
	}
}
