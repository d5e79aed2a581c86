package storage_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"boxoffice/storage"
	"boxoffice/storage/internal/early"
)

// owned is an open log whose shards are claimed.
type owned struct {
	storage.Log
	epochs map[uint64]uint64
}

func own(t testing.TB, cfg storage.Config) owned {
	t.Helper()
	l := open(t, cfg)
	return owned{l, claimAll(l, func(err error) { t.Fatal(err) })}
}

func (o owned) batch(event string, base uint64, records ...[]byte) storage.Batch {
	return storage.Batch{Event: event, Epoch: o.epochs[o.Shard(event)], Base: base, Records: records}
}

// eventually waits for a condition by calling it, with other work in between.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	eventuallyIn(t, 20*time.Second, what, condition)
}

func eventuallyIn(t testing.TB, limit time.Duration, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	timeout := time.After(limit)
	for !condition() {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("it is not so after %v: %s", limit, what)
		}
	}
}

func TestTheSoftSettingsAreTaken(t *testing.T) {
	if n := early.Settings(); n != 6 {
		t.Errorf("the library took %d of 6 settings", n)
	}
	wd, err := os.Getwd()
	if err != nil || filepath.Base(wd) != "storage" {
		t.Errorf("the working directory is %s: %v", wd, err)
	}
}

// A node with an address listens there, and its data is bound to that address, not
// to the one it listens on.
func TestANodeWithAnAddress(t *testing.T) {
	port := func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().String()
	}
	cfg := testConfig(t.TempDir())
	cfg.RaftAddress = port()
	for round, listen := range []string{"", port(), cfg.RaftAddress} {
		cfg.ListenAddress = listen
		l := own(t, cfg)
		if err := l.Append(ctx, l.batch("e", uint64(round), []byte("x"))); err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("tcp", cmp.Or(listen, cfg.RaftAddress))
		if err != nil {
			t.Fatalf("nobody listens: %v", err)
		}
		if err := errors.Join(c.Close(), l.Close()); err != nil {
			t.Fatal(err)
		}
	}
	taken, err := net.Listen("tcp", cfg.RaftAddress)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if l, err := storage.Open(cfg); err == nil {
		t.Error("an address that is taken was taken")
		_ = l.Close()
	}
}

// tightDisk is a log on a disk whose free space the test sets.
type tightDisk struct {
	owned
	t           *testing.T
	free, looks atomic.Int64
	broken      atomic.Bool
	version     uint64 // of event e
}

func newTightDisk(t *testing.T, mark uint64) *tightDisk {
	d := &tightDisk{t: t}
	d.free.Store(1 << 30)
	cfg := testConfig(t.TempDir())
	cfg.SpaceInterval = time.Millisecond
	cfg.MinFreeBytes = mark
	storage.SetFreeSpace(&cfg, func(string) (uint64, error) {
		d.looks.Add(1)
		if d.broken.Load() {
			return 0, errors.New("input/output error")
		}
		return uint64(d.free.Load()), nil
	})
	d.owned = own(t, cfg)
	return d
}

// look waits until what is set now has been seen.
func (d *tightDisk) look() {
	d.t.Helper()
	n := d.looks.Load()
	eventually(d.t, "the disk is looked at", func() bool { return d.looks.Load() > n+1 })
}

// add appends a record.
func (d *tightDisk) add() error {
	err := d.Append(ctx, d.batch("e", d.version, []byte("x")))
	if err == nil {
		d.version++
	}
	return err
}

func (d *tightDisk) wantFull() {
	d.t.Helper()
	d.look()
	shard := d.Shard("e")
	epoch := d.epochs[shard]
	_, claim := d.Claim(ctx, shard, epoch)
	for what, err := range map[string]error{
		"healthy":    d.Healthy(),
		"append":     d.add(),
		"tick":       d.Tick(ctx, shard, epoch, 1),
		"checkpoint": d.SaveCheckpoint(ctx, "e", epoch, 1, []byte("x")),
		"claim":      claim,
	} {
		if !errors.Is(err, storage.ErrNoSpace) || !errors.Is(err, storage.ErrUnavailable) {
			d.t.Errorf("%s on a full disk: %v", what, err)
		}
	}
	if err := d.Confirm(ctx, shard, epoch); err != nil {
		d.t.Errorf("confirm: %v", err)
	}
	if h, err := d.Load(ctx, "e"); err != nil || h.Version != d.version {
		d.t.Errorf("load: version %d, %v", h.Version, err)
	}
}

func (d *tightDisk) wantSpace() {
	d.t.Helper()
	d.look()
	if err := errors.Join(d.Healthy(), d.add()); err != nil {
		d.t.Errorf("on a disk with space: %v", err)
	}
}

// A nearly full disk refuses what writes, and lets what reads go on.
func TestANearlyFullDisk(t *testing.T) {
	d := newTightDisk(t, 80<<20)
	d.wantSpace()
	d.free.Store(80<<20 - 1)
	d.wantFull()
	d.free.Store(89 << 20) // more than the mark, less than an eighth more
	d.wantFull()
	d.free.Store(90 << 20)
	d.wantSpace()
	d.free.Store(80 << 20) // it goes down again: the mark itself is enough
	d.wantSpace()
	large := d.batch("e", d.version, make([]byte, 4<<20)) // twice 4 MiB would go below the mark
	if err := d.Append(ctx, large); !errors.Is(err, storage.ErrNoSpace) {
		t.Errorf("a large batch: %v", err)
	}
	d.wantSpace() // for small ones there is
	d.free.Store(1 << 30)
	d.broken.Store(true)
	d.wantFull()
	d.broken.Store(false)
	d.wantSpace()
}

// On a real small disk writes stop in time, nothing hangs, nothing acknowledged is
// lost, and they go on when there is space.
func TestARealFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a disk of 256 MiB")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256m"); err != nil {
		t.Skipf("this user may not mount: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 64<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := testConfig(filepath.Join(dir, "data"))
	cfg.MinFreeBytes = 64 << 20
	cfg.SpaceInterval = 5 * time.Millisecond
	l := own(t, cfg)
	record := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	version := uint64(0)
	fill := func() (err error) {
		for err == nil && version < 10_000 {
			call, cancel := context.WithTimeout(ctx, 10*time.Second)
			if err = l.Append(call, l.batch("e", version, record)); err == nil {
				version++
			}
			cancel()
		}
		return err
	}
	if err := fill(); !errors.Is(err, storage.ErrNoSpace) {
		t.Fatalf("the disk is full after %d batches: %v", version, err)
	}
	full := version
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	eventually(t, "there is space", func() bool { return l.Healthy() == nil })
	if err := fill(); !errors.Is(err, storage.ErrNoSpace) || version <= full {
		t.Fatalf("the disk is full again after %d batches, before after %d: %v", version, full, err)
	}
	h, err := l.Load(ctx, "e")
	if err != nil || h.Version != version {
		t.Fatalf("version %d, acknowledged %d: %v", h.Version, version, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again := own(t, cfgWithSpace(cfg))
	if h, err := again.Load(ctx, "e"); err != nil || h.Version != version || !bytes.Equal(h.Records[full], record) {
		t.Errorf("after a restart version %d, acknowledged %d: %v", h.Version, version, err)
	}
	t.Logf("%d batches of 64 KiB before the disk was full, then %d", full, version-full)
}

// cfgWithSpace is cfg with a mark so low that a full disk can be opened and claimed.
func cfgWithSpace(cfg storage.Config) storage.Config {
	cfg.MinFreeBytes = 8 << 20
	return cfg
}

// After Load no write of before changes the event, whatever its caller was told.
func TestLoadSettlesWhatIsUnknown(t *testing.T) {
	l := own(t, testConfig(t.TempDir()))
	unknown := 0
	for round := range 300 {
		event := fmt.Sprint("event-", round%7)
		h, err := l.Load(ctx, event)
		if err != nil {
			t.Fatal(err)
		}
		call, cancel := context.WithTimeout(ctx, time.Duration(round%20)*20*time.Microsecond)
		err = l.Append(call, l.batch(event, h.Version, []byte("x")))
		cancel()
		if err != nil && !errors.Is(err, storage.ErrUnknown) && !errors.Is(err, storage.ErrUnavailable) {
			t.Fatal(err)
		}
		before, loadErr := l.Load(ctx, event)
		if loadErr != nil {
			t.Fatal(loadErr)
		}
		switch {
		case errors.Is(err, storage.ErrUnknown):
			unknown++
		case err == nil && before.Version != h.Version+1,
			errors.Is(err, storage.ErrUnavailable) && before.Version != h.Version:
			t.Fatalf("append at %d said %v, the version is %d", h.Version, err, before.Version)
		}
		// Whatever was on its way is behind this one.
		if err := l.Tick(ctx, l.Shard(event), l.epochs[l.Shard(event)], 1); err != nil {
			t.Fatal(err)
		}
		if v, err := l.View(event); err == nil && v.Version != before.Version {
			t.Fatalf("version %d was loaded, and then it was %d", before.Version, v.Version)
		}
	}
	if unknown == 0 {
		t.Error("no outcome was unknown: the test has tested nothing")
	}
}

// Calls that are under way when the log is closed end, and say so honestly.
func TestCloseEndsCalls(t *testing.T) {
	dir := t.TempDir()
	l := own(t, testConfig(dir))
	const writers = 8
	versions := make([]uint64, writers)
	doubts := make([]bool, writers)
	var wg sync.WaitGroup
	var started sync.WaitGroup
	started.Add(writers)
	for w := range writers {
		wg.Go(func() {
			var once sync.Once
			for {
				err := l.Append(ctx, l.batch(fmt.Sprint("event-", w), versions[w], []byte("x")))
				once.Do(started.Done)
				if doubts[w] = errors.Is(err, storage.ErrUnknown); doubts[w] || errors.Is(err, storage.ErrUnavailable) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				versions[w]++
				_, _ = l.View(fmt.Sprint("event-", w)) // races with Close
			}
		})
	}
	started.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	again := own(t, testConfig(dir))
	for w, version := range versions {
		h, err := again.Load(ctx, fmt.Sprint("event-", w))
		most := version
		if doubts[w] {
			most++
		}
		if err != nil || h.Version < version || h.Version > most {
			t.Errorf("event %d is at %d, it was %d (in doubt: %t): %v", w, h.Version, version, doubts[w], err)
		}
	}
}

// The Raft log is cut now and then; nothing is lost by it, nor by records that are
// past their retention.
func TestTruncationAndRetention(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.Shards, cfg.SnapshotEntries, cfg.CompactionOverhead, cfg.RetainRecords = 1, 50, 10, 20
	commits, records := 0, 0
	cfg.OnCommit = func(took time.Duration, n, size int) {
		commits, records = commits+1, records+n
		if took <= 0 || size <= 0 {
			t.Errorf("a commit took %v for %d bytes", took, size)
		}
	}
	l := own(t, cfg)
	version := uint64(0)
	for range 400 {
		if err := l.Append(ctx, l.batch("e", version, []byte("one"), []byte("two"))); err != nil {
			t.Fatal(err)
		}
		if version += 2; version%100 == 0 {
			if err := l.SaveCheckpoint(ctx, "e", l.epochs[1], version-1, []byte("state")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if commits != 400 || records != 800 {
		t.Errorf("%d commits of %d records were observed", commits, records)
	}
	check := func(l owned) {
		t.Helper()
		h, err := l.Load(ctx, "e")
		if err != nil || h.Version != 800 || h.At != 799 || len(h.Records) != 1 {
			t.Errorf("loaded version %d, checkpoint at %d: %v", h.Version, h.At, err)
		}
		if _, err := l.Records("e", 778, 1); !errors.Is(err, storage.ErrTrimmed) {
			t.Errorf("record 778: %v", err)
		}
		if got, err := l.Records("e", 779, 100); err != nil || len(got) != 22 {
			t.Errorf("%d records are left: %v", len(got), err)
		}
	}
	check(l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if cuts(t, cfg.Dir) == 0 {
		t.Error("the log was not cut")
	}
	check(own(t, cfg))
}

// cuts counts what the library keeps of the last cuts of its logs.
func cuts(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error {
		if strings.HasSuffix(path, ".gbsnap") {
			n++
		}
		return nil // a file that went away meanwhile is no matter
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A lone replica's log is cut long before those of several.
func TestALoneLogIsCut(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.Shards = 1
	l := own(t, cfg)
	version := uint64(0)
	eventually(t, "the log is cut", func() bool {
		if version >= cfg.SnapshotEntries {
			return true
		}
		for range 100 {
			if err := l.Append(ctx, l.batch("e", version, []byte("x"))); err != nil {
				t.Fatal(err)
			}
			version++
		}
		return cuts(t, cfg.Dir) > 0
	})
	if version >= cfg.SnapshotEntries/2 {
		t.Errorf("it was cut after %d entries", version)
	}
}
