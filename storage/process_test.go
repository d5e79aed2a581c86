package storage_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"boxoffice/storage"
)

// roles are what the test binary does when a test starts it again as a process of
// its own.
var roles = map[string]func(dir string){
	"append":   roleAppend,
	"fatal":    func(string) { storage.Fatal(slog.New(slog.NewTextHandler(os.Stderr, nil))) },
	"hostname": roleHostname,
}

const (
	roleVariable = "STORAGE_TEST_ROLE"
	dirVariable  = "STORAGE_TEST_DIR"
)

func TestMain(m *testing.M) {
	if role := roles[os.Getenv(roleVariable)]; role != nil {
		role(os.Getenv(dirVariable))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// process prepares a process of the test binary in a role.
func process(t *testing.T, role, dir string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), roleVariable+"="+role, dirVariable+"="+dir)
	return cmd
}

// die ends a process in a role with an error.
func die(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// claimAll waits until every shard is led and claims it.
func claimAll(l storage.Log, fail func(error)) map[uint64]uint64 {
	epochs := map[uint64]uint64{}
	timeout := time.After(60 * time.Second)
	for uint64(len(epochs)) < l.Shards()+1 {
		select {
		case n := <-l.Leaderships():
			if !n.Leader {
				continue
			}
			_, err := l.Claim(ctx, n.Shard, n.Term)
			if err != nil && !errors.Is(err, storage.ErrFenced) {
				fail(err)
				return nil
			}
			epochs[n.Shard] = n.Term
		case <-timeout:
			fail(errors.New("the shards have no leaders"))
			return nil
		}
	}
	return epochs
}

const crashEvents = 8

// roleAppend goes on appending to events, from where they are, until it is killed.
// It prints each batch that was acknowledged: event, base, records.
func roleAppend(dir string) {
	l, err := storage.Open(testConfig(dir))
	die(err)
	epochs := claimAll(l, die)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range crashEvents {
		wg.Go(func() {
			event := fmt.Sprint("event-", i)
			h, err := l.Load(ctx, event)
			die(err)
			for base := h.Version; ; {
				n := 1 + int(base)%3
				b := storage.Batch{Event: event, Epoch: epochs[l.Shard(event)], Base: base, Summary: []byte(event)}
				for k := range n {
					b.Records = append(b.Records, recordOf(event, base+uint64(k)+1))
				}
				die(l.Append(ctx, b))
				mu.Lock()
				fmt.Printf("%s %d %d\n", event, base, n)
				mu.Unlock()
				base += uint64(n)
				if base%50 == 0 {
					die(l.SaveCheckpoint(ctx, event, b.Epoch, base, recordOf(event, base)))
				}
			}
		})
	}
	wg.Wait()
}

func recordOf(event string, version uint64) []byte { return fmt.Appendf(nil, "%s/%d", event, version) }

// TestKilledUnderLoad kills a process that appends, at a random moment, and reads
// everything again: what was acknowledged is there, once, and in order.
func TestKilledUnderLoad(t *testing.T) {
	rounds := 5
	if testing.Short() {
		rounds = 2
	}
	dir := t.TempDir()
	acked := map[string]uint64{} // by event: the version that was acknowledged
	total := 0
	for round := range rounds {
		cmd := process(t, "append", dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		n := 0
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			var event string
			var base, records uint64
			if _, err := fmt.Sscan(lines.Text(), &event, &base, &records); err != nil {
				break // a line that was cut by the kill
			}
			acked[event] = base + records
			if n++; n == 150+round*77 {
				if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // it was killed
		if n < 150 {
			t.Fatalf("the process of round %d ended after %d batches", round, n)
		}
		total += n
		checkAcked(t, dir, acked)
	}
	t.Logf("%d batches were acknowledged in %d rounds", total, rounds)
}

// checkAcked opens the log and reads every event from its first record.
func checkAcked(t *testing.T, dir string, acked map[string]uint64) {
	t.Helper()
	l, err := storage.Open(testConfig(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	claimAll(l, func(err error) { t.Fatal(err) })
	for event, version := range acked {
		h, err := l.Load(ctx, event)
		if err != nil || h.Version < version {
			t.Fatalf("%s is at version %d, acknowledged was %d: %v", event, h.Version, version, err)
		}
		if h.Version > version+3 {
			t.Errorf("%s is at version %d, more than one batch after %d", event, h.Version, version)
		}
		if h.At > 0 && !bytes.Equal(h.Checkpoint, recordOf(event, h.At)) {
			t.Errorf("%s has checkpoint %q at %d", event, h.Checkpoint, h.At)
		}
		records, err := l.Records(event, 1, int(h.Version)+1)
		if err != nil || uint64(len(records)) != h.Version {
			t.Fatalf("%s has %d records at version %d: %v", event, len(records), h.Version, err)
		}
		for i, r := range records {
			if !bytes.Equal(r, recordOf(event, uint64(i)+1)) {
				t.Fatalf("record %d of %s is %q", i+1, event, r)
			}
		}
	}
}

// A store that cannot go on ends the process, with words, even if a caller recovers
// from panics.
func TestAFatalErrorEndsTheProcess(t *testing.T) {
	out, err := process(t, "fatal", "").CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Success() {
		t.Fatalf("the process ended with %v", err)
	}
	if !strings.Contains(string(out), "cannot go on: sync of a file: input/output error") {
		t.Errorf("it said %s", out)
	}
}

// roleHostname opens the log under the host name on its standard input.
func roleHostname(dir string) {
	name, err := io.ReadAll(os.Stdin)
	die(err)
	die(syscall.Sethostname(name))
	l, err := storage.Open(testConfig(dir))
	die(err)
	epochs := claimAll(l, die)
	h, err := l.Load(ctx, "e")
	die(err)
	die(l.Append(ctx, storage.Batch{Event: "e", Epoch: epochs[l.Shard("e")], Base: h.Version, Records: [][]byte{name}}))
	die(l.Close())
}

// The data outlives the name of its host.
func TestTheHostNameMayChange(t *testing.T) {
	dir := t.TempDir()
	names := []string{"box-a", "box-b", "host", "box-a"}
	for _, name := range names {
		cmd := process(t, "hostname", dir)
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUTS}
		cmd.Stdin = strings.NewReader(name)
		out, err := cmd.CombinedOutput()
		if errors.Is(err, os.ErrPermission) {
			t.Skip("this user may not change a host name")
		}
		if err != nil {
			t.Fatalf("as %s: %v\n%s", name, err, out)
		}
		if _, err := os.Lstat(storage.HostLink(dir, name)); err != nil {
			t.Errorf("the host name was not %s: %v", name, err)
		}
	}
	l := open(t, testConfig(dir))
	claimAll(l, func(err error) { t.Fatal(err) })
	records, err := l.Records("e", 1, 10)
	if err != nil || string(bytes.Join(records, []byte(" "))) != strings.Join(names, " ") {
		t.Errorf("the records are %q: %v", records, err)
	}
}
