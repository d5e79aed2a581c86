package postings

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/blugelabs/bluge/index"
)

// tidy leaves in the directory the last snapshot that is whole and the segments that
// it names, and removes the rest: snapshots that a crash tore, and segments that a
// crash left without a snapshot. Bluge would skip the former and keep both for ever.
// Worse, it numbers snapshots on from the last good one and does not empty a file
// before it writes: a new snapshot in the place of a longer torn one is not readable.
// It also compares the checksums of what it leaves, which Bluge does only for
// snapshots: Bluge panics over what is damaged. Nothing may have the directory open.
func tidy(dir string) error {
	snapshots, err := list(dir, index.ItemKindSnapshot)
	if err != nil {
		return err
	}
	keep := map[string]bool{}
	var needed []string
	for _, name := range slices.Backward(snapshots) {
		named, err := snapshotSegments(dir, name)
		if errors.Is(err, errTorn) {
			continue
		}
		if err != nil {
			return err
		}
		keep[name] = true
		for _, s := range named {
			keep[s] = true
		}
		needed = named
		break
	}
	if len(snapshots) > 0 && len(keep) == 0 {
		return fmt.Errorf("%w: none of %d snapshots is whole", ErrDamaged, len(snapshots))
	}
	if len(snapshots) == 0 && wasSaved(dir) {
		return fmt.Errorf("%w: all snapshots are gone", ErrDamaged)
	}
	if err := checkAll(dir, needed); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	segments, err := list(dir, index.ItemKindSegment)
	if err != nil {
		return err
	}
	for _, name := range append(snapshots, segments...) {
		if keep[name] {
			continue
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("remove a file that nothing needs: %w", err)
		}
	}
	return nil
}

// savedName is of a file, empty, that says that something was saved: from then on there is
// always a snapshot. Without it nobody could tell an index that lost all of them from one
// that a crash ended before the first.
const savedName = "SAVED"

// wasSaved tells whether something was ever saved in the directory.
func wasSaved(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, savedName))
	return err == nil
}

// markSaved says so from now on.
func markSaved(dir string) error {
	return os.WriteFile(filepath.Join(dir, savedName), nil, 0o600)
}

// list gives the names of the files of a kind, in the order of their numbers. Names
// that are no numbers are refused: Bluge would fail over them.
func list(dir, kind string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list the index: %w", err)
	}
	var names []string
	for _, e := range entries {
		base, ok := strings.CutSuffix(e.Name(), kind)
		if !ok {
			continue
		}
		if _, err := strconv.ParseUint(base, 16, 64); err != nil || len(base) != 12 {
			return nil, fmt.Errorf("%w: a file is called %q", ErrDamaged, e.Name())
		}
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names, nil
}

// errTorn is a snapshot that was not written to its end.
var errTorn = errors.New("torn")

// snapshotSegments reads which segment files a snapshot names. The form is Bluge's: a
// version, a number of segments, and of each its type, version, number and deleted
// documents; a checksum at the end.
func snapshotSegments(dir, name string) ([]string, error) {
	file, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("read a snapshot: %w", err)
	}
	if !sealed(file) {
		return nil, errTorn
	}
	r := reader{file[:len(file)-sumBytes]}
	if version, err := r.uvarint(); err != nil || version != 1 {
		return nil, fmt.Errorf("%w: a snapshot of version %d", ErrDamaged, version)
	}
	n, err := r.uvarint()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	var segments []string
	for range n {
		id, err := snapshotSegment(&r)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		segments = append(segments, fmt.Sprintf("%012x", id)+index.ItemKindSegment)
	}
	return segments, nil
}

// snapshotSegment takes one segment of a snapshot and gives its number.
func snapshotSegment(r *reader) (uint64, error) {
	if _, err := r.counted(); err != nil { // type
		return 0, err
	}
	if _, err := r.take(4); err != nil { // version
		return 0, err
	}
	id, err := r.uvarint()
	if err != nil {
		return 0, err
	}
	_, err = r.counted() // deleted documents
	return id, err
}

// checkAll compares the checksums of segment files, several at a time.
func checkAll(dir string, names []string) error {
	failures := make([]error, len(names))
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, name := range names {
		slots <- struct{}{}
		wg.Go(func() {
			failures[i] = check(filepath.Join(dir, name))
			<-slots
		})
	}
	wg.Wait()
	return errors.Join(failures...)
}

// check compares the checksum of a segment's file: its last four bytes are that of all
// others. It reads the whole file, which is to be read anyway.
func check(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("open a segment: %w", err)
	}
	defer func() { _ = f.Close() }()
	sum := crc32.NewIEEE()
	info, err := f.Stat()
	if err == nil && info.Size() > sumBytes {
		_, err = io.CopyBuffer(struct{ io.Writer }{sum}, io.LimitReader(f, info.Size()-sumBytes), make([]byte, 1<<18))
	}
	var want [sumBytes]byte
	if err == nil {
		_, err = io.ReadFull(f, want[:])
	}
	if err != nil {
		return fmt.Errorf("read a segment: %w", err)
	}
	if binary.BigEndian.Uint32(want[:]) != sum.Sum32() {
		return fmt.Errorf("the checksum of segment %s is wrong", filepath.Base(file))
	}
	return nil
}

// sumBytes is how long the checksum at the end of a file is.
const sumBytes = 4

// sealed says whether a file ends with its checksum.
func sealed(file []byte) bool {
	body := len(file) - sumBytes
	return body >= 0 && crc32.ChecksumIEEE(file[:body]) == binary.BigEndian.Uint32(file[body:])
}

// size is how many bytes the files of a directory have.
func size(dir string) (int64, error) {
	total := int64(0)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, fmt.Errorf("measure the index: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // merged away meanwhile
		}
		if err != nil {
			return 0, fmt.Errorf("measure the index: %w", err)
		}
		total += info.Size()
	}
	return total, nil
}
