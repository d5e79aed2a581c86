package cluster

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var tlsNothing = &tls.Config{}

// Bodies of all sizes arrive as they were sent, many at once.
func TestLargeBodies(t *testing.T) {
	// A member hears a batch when it is whole, and this machine may be slow.
	ms := startMembers(t, 2, func(c *Config) { c.Silence, c.Probe = 20*time.Second, time.Second })
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			body := bytes.Repeat([]byte{byte(i + 1)}, []int{0, 1, 100 << 10, MaxBody}[i%4])
			answer, err := ms[0].Call(time.Now().Add(20*time.Second), "n2", kindEcho, body)
			if err != nil || !bytes.Equal(answer, body) {
				t.Errorf("%d bytes: got %d, %v", len(body), len(answer), err)
			}
		})
	}
	wg.Wait()
	if _, err := ms[0].Call(time.Now().Add(time.Second), "n2", kindEcho, make([]byte, MaxBody+1)); err != ErrTooLarge {
		t.Errorf("a body that is too large: %v", err)
	}
	ms[1].Handle(kindOther, func(c Call) { c.Reply(make([]byte, MaxBody+1)) })
	if _, err := ms[0].Call(time.Now().Add(5*time.Second), "n2", kindOther, nil); !errors.Is(err, ErrLost) {
		t.Errorf("an answer that is too large: %v", err)
	}
}

// Each bound answers ErrBusy, and the next call after it gets through.
func TestBusy(t *testing.T) {
	ms := startMembers(t, 2, func(c *Config) { c.MaxCalls, c.MaxHandlers, c.MaxWaiting = 8, 2, 3 })
	release := make(chan struct{})
	ms[1].Handle(kindOther, func(c Call) { <-release; c.Reply(nil) })
	var calls []<-chan error
	for range 8 {
		calls = append(calls, callAsync(ms[0], "n2", kindOther, "", 20*time.Second))
	}
	await(t, func() bool { return ms[1].counts.drops[boundHandlers].Load() == 3 }) // 2 run, 3 wait
	await(t, func() bool { return ms[0].calls.pending.Load() == 5 })
	for range 3 {
		calls = append(calls, callAsync(ms[0], "n1", kindNever, "", 20*time.Second))
	}
	await(t, func() bool { return ms[0].calls.pending.Load() == 8 })
	if _, err := ms[0].Call(time.Now().Add(time.Second), "n2", kindEcho, nil); err != ErrBusy {
		t.Errorf("one call more than the bound: %v", err)
	}
	close(release)
	outcomes := map[error]int{}
	for _, c := range calls[:8] {
		outcomes[<-c]++
	}
	if outcomes[nil] != 5 || outcomes[ErrBusy] != 3 {
		t.Errorf("outcomes: %v", outcomes)
	}
	await(t, func() bool { return reaches(ms[0], "n2") })
}

// A handler that fails costs its caller the answer, and nobody else anything.
func TestPanickingHandler(t *testing.T) {
	ms := startMembers(t, 2, nil)
	ms[1].Handle(kindOther, func(Call) { panic("on purpose") })
	began := time.Now()
	_, err := ms[0].Call(began.Add(10*time.Second), "n2", kindOther, nil)
	if !errors.Is(err, ErrLost) || time.Since(began) > 5*time.Second {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
	if !reaches(ms[0], "n2") {
		t.Error("the next call does not get through")
	}
}

// Deadlines that have passed are no calls.
func TestPastDeadline(t *testing.T) {
	m := startMember(t, testConfig("n1"))
	if _, err := m.Call(time.Now().Add(-time.Second), "n1", kindEcho, nil); !errors.Is(err, ErrUnreachable) {
		t.Errorf("a call of yesterday: %v", err)
	}
	if _, err := m.Call(time.Time{}, "n1", kindEcho, nil); !errors.Is(err, ErrUnreachable) {
		t.Errorf("a call without a deadline: %v", err)
	}
}

// Who waits for a slow node is answered before his own node stops.
func TestHurry(t *testing.T) {
	ms := startMembers(t, 2, nil)
	arrived := make(chan struct{})
	ms[1].Handle(kindEcho, func(Call) { close(arrived) }) // and never answers
	failed := make(chan error)
	go func() {
		_, err := ms[0].Call(time.Now().Add(time.Hour), "n2", kindEcho, nil)
		failed <- err
	}()
	<-arrived
	ms[0].Hurry(time.Now().Add(30 * time.Millisecond))
	if err := <-failed; !errors.Is(err, ErrLost) {
		t.Errorf("the call ended with %v", err)
	}
}

// A batch of another version is answered, not hung up on; garbage is counted, and
// the connection lives.
func TestOtherVersions(t *testing.T) {
	ms := startMembers(t, 2, nil)
	l := ms[0].roster.link("n2")
	s := ms[0].calls.take()
	defer ms[0].calls.give(s)
	id := ms[0].calls.open(s, l, ms[0].now()+int64(5*time.Second))
	batch := []byte{99, 4, 1, 2} // a header that nobody knows
	batch = appendFrame(batch, frame{kind: 77, body: []byte("news of the future")})
	batch = appendFrame(batch, frame{kind: frameRequest, what: kindEcho, id: id})
	ms[1].receive(ms[0].self0().Actors, batch)
	if r := <-s.done; !errors.Is(r.err, ErrUnknownKind) {
		t.Errorf("answered with %v", r.err)
	}
	for _, garbage := range []string{"", "\x01", "\x01\x50", strings.Repeat("\x01", 100)} {
		ms[1].receive(ms[0].self0().Actors, []byte(garbage))
	}
	if n := ms[1].counts.garbage.Load(); n != 4 {
		t.Errorf("%d of 4 batches were counted as garbage", n)
	}
	if !reaches(ms[0], "n2") {
		t.Error("the next call does not get through")
	}
}

// A witness keeps the numbers of the calls that were carried out.
type witness struct {
	mu      sync.Mutex
	numbers map[uint64]bool // guarded by mu
}

// start starts the node n2, whose calls it sees. Few fit in at once.
func (w *witness) start(t *testing.T, seed *Member) *Member {
	t.Helper()
	cfg := testConfig("n2")
	cfg.Seeds, cfg.MaxHandlers, cfg.MaxWaiting = []string{seed.self0().Gossip}, 4, 4
	p := startMember(t, cfg)
	p.Handle(kindOther, func(c Call) {
		w.mu.Lock()
		if w.numbers == nil {
			w.numbers = map[uint64]bool{}
		}
		w.numbers[binary.LittleEndian.Uint64(c.Body)] = true
		w.mu.Unlock()
		c.Reply(c.Body)
	})
	await(t, func() bool { return reaches(seed, "n2") })
	return p
}

// check counts calls that were said not to be carried out, and finds those that were.
func (w *witness) check(t *testing.T, failed [][]uint64) (count int) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, numbers := range failed {
		for _, n := range numbers {
			count++
			if w.numbers[n] {
				t.Errorf("call %d failed as not delivered, and was carried out", n)
			}
		}
	}
	return count
}

// What "not delivered" promises: such a call was not carried out and never will be,
// whatever happens to the peer meanwhile. Calls with numbers go to a peer that
// stops and starts; the numbers that failed must not be among those that it saw.
func TestUnreachableWasNotCarriedOut(t *testing.T) {
	m := startMember(t, testConfig("n1"))
	var seen witness
	peer := seen.start(t, m)

	var next, good, lost atomic.Uint64
	stop := make(chan struct{})
	failed := make([][]uint64, 16)
	var wg sync.WaitGroup
	for i := range failed {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				n := next.Add(1)
				body := binary.LittleEndian.AppendUint64(nil, n)
				answer, err := m.Call(time.Now().Add(time.Duration(n%50)*time.Millisecond), "n2", kindOther, body)
				switch {
				case err == nil && bytes.Equal(answer, body):
					good.Add(1)
				case err == nil:
					t.Errorf("call %d got the answer %x", n, answer)
				case errors.Is(err, ErrLost):
					lost.Add(1)
				default:
					failed[i] = append(failed[i], n)
				}
			}
		})
	}
	for round := range 3 {
		enough := good.Load() + 1000
		await(t, func() bool { return good.Load() > enough })
		peer.Stop(round%2 == 0)
		peer = seen.start(t, m)
	}
	close(stop)
	wg.Wait()
	count := seen.check(t, failed)
	t.Logf("%d answered, %d lost, %d not delivered", good.Load(), lost.Load(), count)
	if count == 0 || good.Load() == 0 {
		t.Error("nothing was tried")
	}
}

// The slots are used again, and an answer to an earlier call fits none of them.
func TestSlots(t *testing.T) {
	c := newCalls(300)
	var slots []*slot
	for s := c.take(); s != nil; s = c.take() {
		slots = append(slots, s)
	}
	if len(slots) != 300 {
		t.Fatalf("%d slots of 300", len(slots))
	}
	ids := map[uint64]bool{}
	for range 3 {
		for _, s := range slots {
			id := c.open(s, nil, 1)
			if ids[id] || c.at(id) != s {
				t.Fatalf("the id %x is not its own", id)
			}
			ids[id] = true
			if !c.end(id, result{}) || c.end(id, result{}) || c.alive(id) {
				t.Fatal("a call must end once")
			}
			<-s.done
		}
	}
	if fmt.Sprint(c.pending.Load()) != "300" {
		t.Errorf("%d pending", c.pending.Load())
	}
}

// A node that comes back asks before gossip has told of it: the answer waits for the
// way to it. A node that is gone gets none.
func TestAnswersToOneThatIsBack(t *testing.T) {
	m := startMember(t, testConfig("n1"))
	for _, back := range []bool{true, false} {
		l := &link{m: m, address: "127.0.0.1:1", down: true, downAt: m.now() - 1}
		l.posted = true // nothing leaves
		if back {
			l.heard.Store(m.now())
		}
		if err := l.send(frame{kind: frameReply, body: []byte("answer")}, m.now()+int64(time.Minute)); err != nil {
			t.Fatal(err)
		}
		l.forget()
		if kept := len(l.waiting) == 1; kept != back {
			t.Errorf("a node that is back: %v; its answer was kept: %v", back, kept)
		}
	}
}
