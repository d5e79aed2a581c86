package search

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"syscall"
)

// childEnv tells this program to be a child of a test, and which.
const childEnv = "SEARCH_TEST_CHILD"

// How often the tests do what they do. Ten times as much is for the patient.
var (
	kills   = flag.Int("search.kills", 4, "how often TestKilled kills")
	damages = flag.Int("search.damages", 30, "how often TestDamaged damages a file")
	closes  = flag.Int("search.closes", 10, "how often TestClosedUnderLoad closes")
)

// runChild runs what a test wants in a process of its own.
func runChild(what string) int {
	name, dir, _ := strings.Cut(what, " ")
	child := map[string]func(dir string) error{"feed": feedUntilKilled, "full": feedFullDisk}[name]
	if child == nil {
		fmt.Println("no such child:", name)
		return 2
	}
	if err := child(dir); err != nil {
		fmt.Println("FAILED", err)
		return 1
	}
	return 0
}

// child prepares this program as a child.
func child(name, dir string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+name+" "+dir)
	out := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, out
}

// The feed of the crash test has a step for each position: twenty new events, five old
// ones changed, one removed.
const crashStep = 20

// crashBatch is step k of it.
func crashBatch(k int) Batch {
	r := rand.New(rand.NewPCG(uint64(k), 5))
	b := Batch{Source: 3, Position: []byte(strconv.Itoa(k + 1))}
	for i := range crashStep {
		b.Events = append(b.Events, named(fmt.Sprintf("n%d", k*crashStep+i), 1, phrase(r, 5)))
	}
	for range 5 {
		if k > 0 {
			n := r.IntN(k * crashStep)
			b.Events = append(b.Events, named(fmt.Sprintf("n%d", n), uint64(k+2), phrase(r, 5)))
		}
	}
	if k > 0 {
		b.Removed = append(b.Removed, Removed{fmt.Sprintf("n%d", r.IntN(k*crashStep)), uint64(k + 2)})
	}
	return b
}

// crashTwin is what the index holds after so many steps.
func crashTwin(steps int) []string {
	versions, gone := map[string]uint64{}, map[string]uint64{}
	for k := range steps {
		b := crashBatch(k)
		for _, e := range b.Events {
			if e.Version > max(versions[e.ID], gone[e.ID]) {
				versions[e.ID] = e.Version
				delete(gone, e.ID)
			}
		}
		for _, r := range b.Removed {
			if r.Version >= versions[r.ID] {
				gone[r.ID] = max(gone[r.ID], r.Version)
				delete(versions, r.ID)
			}
		}
	}
	var all []string
	for id, v := range versions {
		all = append(all, fmt.Sprint(id, "@", v))
	}
	slices.Sort(all)
	return all
}

// feedUntilKilled goes on with the feed from where the index is.
func feedUntilKilled(dir string) error {
	x, err := Open(quiet(dir))
	if err != nil {
		return err
	}
	fmt.Println("open")
	for k := position(x); ; k++ {
		if err := x.Apply(context.Background(), crashBatch(k)); err != nil {
			return err
		}
	}
}

// position is how many steps the index has.
func position(x *Index) int {
	k, _ := strconv.Atoi(string(x.Position(3)))
	return k
}

// An index that was killed opens at a position that is exactly what it holds.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	last := 0
	for n := 0; n < *kills || last == 0 && n < 20**kills; n++ { // a busy machine saves nothing so soon
		cmd, out := child("feed", dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		select { // a moment that nobody chose
		case <-time.After(time.Duration(50+r.IntN(600)) * time.Millisecond):
		case <-t.Context().Done():
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if strings.Contains(out.String(), "FAILED") || strings.Contains(out.String(), "panic") {
			t.Fatalf("the child: %s", out)
		}
		x := begin(t, dir)
		if s, err := x.Stats(); err != nil || s.Rebuilt != "" {
			t.Fatalf("%+v, %v", s, err)
		}
		steps := position(x)
		if steps < last {
			t.Errorf("position %d, after %d", steps, last)
		}
		if got, want := holds(t, x), crashTwin(steps); !slices.Equal(got, want) {
			t.Fatalf("position %d: %d events, want %d", steps, len(got), len(want))
		}
		last = steps
		end(t, x)
	}
	t.Logf("%d kills, %d steps", *kills, last)
	if last == 0 {
		t.Error("nothing was ever saved")
	}
}

// feedFullDisk applies until the disk refuses, then until it accepts again.
func feedFullDisk(dir string) error {
	x, err := Open(quiet(dir))
	if err != nil {
		return err
	}
	k := 0
	for ; k < 50; k++ {
		if err := x.Apply(context.Background(), crashBatch(k)); err != nil {
			return err
		}
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	full := syscall.Rlimit{Cur: 1000, Max: limit.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full); err != nil {
		return err
	}
	for ; ; k++ {
		if err = x.Apply(context.Background(), crashBatch(k)); err != nil {
			break
		}
		if k > 100_000 {
			return fmt.Errorf("a full disk was never noticed")
		}
	}
	s, statErr := x.Stats()
	if statErr != nil || s.Failures == 0 || s.Events == 0 {
		return fmt.Errorf("on a full disk: %+v, %w", s, statErr)
	}
	fmt.Println("refused after", k, "steps:", err)
	if position(x) != k {
		return fmt.Errorf("position %d after a refusal, want %d", position(x), k)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	for applied := 0; applied < 10; {
		if err := x.Apply(context.Background(), crashBatch(k)); err == nil {
			k, applied = k+1, applied+1
		}
	}
	fmt.Println("steps", k)
	return x.Close()
}

// A full disk refuses batches and loses none; when there is room again, all goes on.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	cmd, out := child("full", dir)
	if err := cmd.Run(); err != nil {
		t.Fatalf("the child: %v\n%s", err, out)
	}
	t.Log(out)
	_, after, _ := strings.Cut(out.String(), "\nsteps ")
	steps, err := strconv.Atoi(strings.TrimSpace(after))
	if err != nil {
		t.Fatal(err)
	}
	x := begin(t, dir)
	if position(x) != steps {
		t.Errorf("position %d, want %d", position(x), steps)
	}
	if got, want := holds(t, x), crashTwin(steps); !slices.Equal(got, want) {
		t.Errorf("%d events, want %d", len(got), len(want))
	}
}

// Whatever is done to its files, Open gives an index: the whole one, that of an earlier
// snapshot that is still there, or a new one. It holds what its position says.
func TestDamaged(t *testing.T) {
	clean := t.TempDir()
	x := begin(t, clean)
	for k := range 30 {
		apply(t, x, crashBatch(k))
	}
	end(t, x)
	name, err := readCurrent(clean)
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(filepath.Join(clean, name))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(11, 12))
	anew := 0
	for range *damages {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(clean)); err != nil {
			t.Fatal(err)
		}
		damage(t, r, filepath.Join(dir, name, files[r.IntN(len(files))].Name()))
		x := begin(t, dir)
		s, err := x.Stats()
		if err != nil {
			t.Fatal(err)
		}
		if got, want := holds(t, x), crashTwin(position(x)); !slices.Equal(got, want) {
			t.Errorf("rebuilt %q, position %d, and %d events, not %d", s.Rebuilt, position(x), len(got), len(want))
		}
		if s.Rebuilt != "" {
			anew++
			if _, err := os.Stat(filepath.Join(dir, asideName)); err != nil {
				t.Errorf("nothing was set aside: %v", err)
			}
		}
		apply(t, x, batch("p", named("late", 1, "late")))
		end(t, x)
	}
	t.Logf("made anew %d times of %d", anew, *damages)
	if anew == 0 {
		t.Error("no damage was found")
	}
}

// An index whose snapshots are all gone is made anew, and says so; one that nothing was
// saved of is just empty.
func TestSnapshotsAreGone(t *testing.T) {
	dir := t.TempDir()
	x := begin(t, dir)
	for _, saved := range []bool{false, true} {
		if saved {
			apply(t, x, batch("p1", named("a", 1, "a")))
		}
		end(t, x)
		gone, err := filepath.Glob(filepath.Join(dir, bodyPrefix+"*", "*.snp"))
		if err != nil || (len(gone) > 0) != saved {
			t.Fatalf("there are the snapshots %v, %v", gone, err)
		}
		for _, file := range gone {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
		x = begin(t, dir)
		wantHeld(t, x)
		if s, err := x.Stats(); err != nil || (s.Rebuilt != "") != saved {
			t.Errorf("saved %v: %+v, %v", saved, s, err)
		}
	}
}

// Where it is not known which index serves, there is a new one.
func TestDamagedName(t *testing.T) {
	dir := t.TempDir()
	x := begin(t, dir)
	apply(t, x, batch("p1", named("a", 1, "a")))
	end(t, x)
	for _, content := range []string{"", "index-", "../index-000001", "index-000000", "index-0000001", "\xff"} {
		if err := os.WriteFile(filepath.Join(dir, currentName), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		x = begin(t, dir)
		wantHeld(t, x)
		if s, err := x.Stats(); err != nil || s.Rebuilt == "" {
			t.Errorf("%q: %+v, %v", content, s, err)
		}
		end(t, x)
	}
}

// damage does something to a file.
func damage(t *testing.T, r *rand.Rand, file string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	switch r.IntN(5) {
	case 0:
		content = content[:r.IntN(len(content)+1)]
	case 1:
		content = nil
	case 2:
		content = append(content, "more"...)
	default:
		for range 1 + r.IntN(3) {
			if len(content) > 0 {
				content[r.IntN(len(content))] ^= byte(1 + r.IntN(255))
			}
		}
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if r.IntN(10) == 0 {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
}
