package storage

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A file that comes is followed until it is gone, and how fast it came is told once.
func TestAFileThatComesIsFollowed(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "snapshot.gbsnap")
	if err := os.WriteFile(name, make([]byte, mega), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l := &replicated{ending: context.Background()}
	s, looks := newShard(1), 0
	gone := l.follow(name, func(rate float64) {
		s.comes(true, rate)
		if looks++; looks < 5 {
			_, err = f.Write(make([]byte, mega))
		} else {
			err = os.Rename(name, filepath.Join(dir, "whole"))
		}
		if err != nil {
			t.Error(err)
		}
	})
	s.comes(false, 0)
	if !gone {
		t.Error("it is not said that the file is gone")
	}
	if looks != 5 {
		t.Errorf("it was looked at %d times", looks)
	}
	most := float64(mega) / incomingPause.Seconds() // 4 MiB came between five looks
	if rate := s.arrivedAt(); rate <= 0 || rate > most {
		t.Errorf("it came with %.0f bytes a second, %.0f at most", rate, most)
	}
	if rate := s.arrivedAt(); !math.IsInf(rate, 1) {
		t.Errorf("the next one is taken to have come with %.0f bytes a second", rate)
	}
}

// A file that was read loses its bytes piece by piece, and none of them while it has a
// name.
func TestAFileThatWasReadIsGivenBack(t *testing.T) {
	const size = 3*incomingPiece + 1
	name := filepath.Join(t.TempDir(), "snapshot.gbsnap")
	if err := os.WriteFile(name, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	f, other := keep(name), keep(name)
	defer other.Close()
	defer f.Close()
	length := func() int64 {
		info, err := other.Stat()
		if err != nil {
			t.Error(err)
		}
		return info.Size()
	}
	ended, end := context.WithCancel(context.Background())
	end()
	(&replicated{ending: ended}).giveBack(f)
	if length() != size {
		t.Errorf("%d bytes are left of a file that has a name", length())
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		(&replicated{ending: context.Background()}).giveBack(f)
	}()
	if err := os.Remove(name); err != nil {
		t.Error(err)
	}
	lengths := map[int64]bool{}
	for going := true; going; {
		select {
		case <-done:
			going = false
		default:
		}
		lengths[length()] = true
	}
	if length() != 0 || len(lengths) != 5 {
		t.Errorf("it had the lengths %v", lengths)
	}
	if keep(name) != nil {
		t.Error("a file that is gone was kept")
	}
	(&replicated{ending: ended}).giveBack(keep(name))
}

// The newest file is the one that comes, and none is that was not written to lately.
func TestWhichFileComes(t *testing.T) {
	l := &replicated{dir: &directory{path: t.TempDir()}}
	of := func(from string) string {
		return filepath.Join(l.dir.path, raftDir, fixedHost, "1", "snapshot-part-1", "snapshot-3-2", from, "s.gbsnap")
	}
	if name := l.incomingFile(3, 2); name != "" {
		t.Errorf("%s comes", name)
	}
	now := time.Now()
	for from, age := range map[string]time.Duration{
		"snapshot-8-1.receiving": incomingStands / 4, "snapshot-9-1.receiving": incomingStands / 2,
		"snapshot-7-1.receiving": 2 * incomingStands, "snapshot-9": 0,
	} {
		if err := os.MkdirAll(filepath.Dir(of(from)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(of(from), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(of(from), now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if name := l.incomingFile(3, 2); name != of("snapshot-8-1.receiving") {
		t.Errorf("%s comes", name)
	}
	if name := l.incomingFile(3, 1); name != "" {
		t.Errorf("%s comes for a replica that has none", name)
	}
}
