package storagetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/storage"
)

func TestMemoryConforms(t *testing.T) {
	logs := map[string]*Memory{} // by directory
	Conformance(t, func(t *testing.T, dir string) storage.Log {
		if old := logs[dir]; old != nil {
			logs[dir] = old.Reopen()
		} else {
			logs[dir] = NewMemory(16)
		}
		return logs[dir]
	})
}

// memory starts a harness on an in-memory log of one shard.
func memory(t *testing.T) (*harness, *Memory) {
	m := NewMemory(1)
	return start(t, func(*testing.T, string) storage.Log { return m }), m
}

func TestFaultsDoWhatTheySay(t *testing.T) {
	for _, c := range []struct {
		fault   Fault
		want    error
		version uint64
	}{
		{Unavailable, storage.ErrUnavailable, 0},
		{UnknownWritten, storage.ErrUnknown, 1},
		{UnknownLost, storage.ErrUnknown, 0},
	} {
		h, m := memory(t)
		m.FailAppend("other", UnknownLost)
		m.FailAppend("e", c.fault)
		wantErr(t, "append", m.Append(t.Context(), h.batch("e", 0, "one")), c.want)
		if v := h.load(t, "e").Version; v != c.version {
			t.Errorf("after fault %d the version is %d, want %d", c.fault, v, c.version)
		}
		h.append(t, "e", c.version, "next")
		m.FailAppend("", c.fault)
		wantErr(t, "append to any", m.Append(t.Context(), h.batch("x", 0, "one")), c.want)
		if m.Appends() != 3 {
			t.Errorf("%d appends were counted, want 3", m.Appends())
		}
	}
}

func TestAStalledAppendWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, m := memory(t)
		stall := m.StallAppend("e")
		done := make(chan error, 1)
		go func() { done <- m.Append(t.Context(), h.batch("e", 0, "one")) }()
		<-stall.Arrived()
		synctest.Wait()
		if v := h.load(t, "e").Version; v != 0 || len(done) != 0 {
			t.Fatalf("the append did not wait: version %d", v)
		}
		stall.Release()
		must(t, <-done)
		h.wantHistory(t, "e", 0, "", "one")

		m.StallAppend("e")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantErr(t, "append that gave up", m.Append(ctx, h.batch("e", 1, "two")), storage.ErrUnknown)

		m.StallAppend("")
		go func() { done <- m.Append(t.Context(), h.batch("e", 1, "two")) }()
		synctest.Wait()
		must(t, m.Close())
		wantErr(t, "append at the close", <-done, storage.ErrUnknown)
	})
}

// A feed that is kept from now on begins anew, for everybody whose position is older.
func TestAFeedIsAdopted(t *testing.T) {
	h, m := memory(t)
	for _, id := range []string{"b", "a", "c"} {
		h.describe(t, id, 0, "old")
	}
	early := storage.Position{Index: h.end(t, 1).Index - 1}
	m.Adopt(1)
	m.Forget(1)
	end := h.end(t, 1)
	_, _, err := m.Touched(1, end.Index-1, 9)
	wantErr(t, "touches that were forgotten", err, storage.ErrTrimmed)
	h.describe(t, "b", 1, "new")
	_, first, err := m.Changes(1, storage.Position{}, 1)
	must(t, err)
	for _, c := range []struct {
		from storage.Position
		want string
	}{
		{storage.Position{}, "[a c b]"}, {early, "[a c b]"}, {first, "[c b]"}, {end, "[b]"},
		{storage.Position{Index: first.Index - 1, Event: "a"}, "[a c b]"}, // elsewhere it began earlier
	} {
		for limit := 1; limit < 5; limit++ {
			var got []string
			for _, change := range h.feed(t, 1, c.from, limit) {
				got = append(got, change.Event)
			}
			if fmt.Sprint(got) != c.want {
				t.Errorf("from %+v in pages of %d: %v, want %s", c.from, limit, got, c.want)
			}
		}
	}
}

// Who waits where the replica is taken away is told.
func TestAWaitEndsWithTheReplica(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, m := memory(t)
		done := make(chan error, 1)
		go func() {
			_, err := m.Wait(t.Context(), 1, 1<<60)
			done <- err
		}()
		synctest.Wait()
		m.Lack(1, true)
		if err := <-done; !errors.Is(err, storage.ErrNoReplica) {
			t.Errorf("it is told %v", err)
		}
	})
}

func TestLeadershipMoves(t *testing.T) {
	h, m := memory(t)
	wantNews := func(want storage.Leadership) {
		t.Helper()
		select {
		case got := <-m.Leaderships():
			if got != want {
				t.Errorf("the news is %+v, want %+v", got, want)
			}
		default:
			t.Errorf("no news, want %+v", want)
		}
	}
	ctx := t.Context()
	h.append(t, "e", 0, "one")
	m.Depose(1)
	wantNews(storage.Leadership{Shard: 1, Term: 1})
	wantErr(t, "append without a leader", m.Append(ctx, h.batch("e", 1, "two")), storage.ErrUnavailable)
	wantErr(t, "health without a leader", m.Healthy(), storage.ErrUnavailable)

	m.Elect(1)
	wantNews(storage.Leadership{Shard: 1, Term: 2, Leader: true})
	must(t, m.Healthy())
	h.append(t, "e", 1, "two") // nobody has claimed the new term yet
	_, err := m.Claim(ctx, 1, 1)
	wantErr(t, "claim of the term before", err, storage.ErrFenced)
	_, err = m.Claim(ctx, 1, 2)
	must(t, err)
	wantErr(t, "append in the epoch before", m.Append(ctx, h.batch("e", 2, "no")), storage.ErrFenced)
	h.epoch[1] = 2
	h.append(t, "e", 2, "three")

	m.Usurp(1)
	wantNews(storage.Leadership{Shard: 1, Term: 3})
	wantErr(t, "append after another's claim", m.Append(ctx, h.batch("e", 3, "no")), storage.ErrFenced)
	wantErr(t, "confirm after another's claim", m.Confirm(ctx, 1, 2), storage.ErrFenced)
	_, err = m.Claim(ctx, 1, 3)
	wantErr(t, "claim of another's term", err, storage.ErrFenced)
	m.Depose(1)
	m.Elect(1)
	wantNews(storage.Leadership{Shard: 1, Term: 4, Leader: true}) // the news between was not read
	h.wantHistory(t, "e", 0, "", "one", "two", "three")
}

func TestAFullDiskRefusesWrites(t *testing.T) {
	h, m := memory(t)
	ctx := t.Context()
	h.append(t, "e", 0, "one")
	m.Fill(true)
	_, claim := m.Claim(ctx, 1, 1)
	for what, err := range map[string]error{
		"claim":      claim,
		"append":     m.Append(ctx, h.batch("e", 1, "two")),
		"tick":       m.Tick(ctx, 1, 1, 1),
		"checkpoint": m.SaveCheckpoint(ctx, "e", 1, 1, []byte("x")),
		"healthy":    m.Healthy(),
	} {
		if !errors.Is(err, storage.ErrNoSpace) || !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("%s on a full disk: %v", what, err)
		}
	}
	must(t, m.Confirm(ctx, 1, 1)) // reads go on
	h.wantHistory(t, "e", 0, "", "one")
	m.Fill(false)
	h.append(t, "e", 1, "two")
}
