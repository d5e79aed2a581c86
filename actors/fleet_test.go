package actors

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/storage"
	"boxoffice/storage/storagetest"
)

// fleet is several nodes over one log. The test says who leads, what the nodes
// hear of it, and what the network does.
type fleet struct {
	t    testing.TB
	log  *storagetest.Memory
	bank *bank
	all  []*member
	ids  uint64

	mu       sync.Mutex
	leader   map[uint64]string // by shard; "": nobody
	term     map[uint64]uint64
	silent   bool // nodes hear nothing of each other's leaders
	handlers map[string]map[uint8]handler
	faults   map[string][]fault // of calls to a node, the next one first
	dead     map[string]bool
	calls    map[string]int // to a node
	bend     func(body []byte) []byte
	onCall   func() // runs before each call is delivered
}

type handler func(from string, deadline time.Time, body []byte, reply func([]byte))

// fault is what the network does to one call.
type fault int

const (
	fine      fault = iota
	lostReply       // it is handled, and its caller never hears of it
	lostQuery       // it never arrives, which its caller does not know
	refused         // ErrUndelivered
	busy            // ErrBusy
)

var errLost = errors.New("the answer was lost")

// member is one node of a fleet, with its part of the log and of the network.
type member struct {
	f     *fleet
	name  string
	news  chan storage.Leadership
	bare  bool          // it has no replica
	stall chan struct{} // claims wait for it; nil: they do not
	late  chan struct{} // what a claim returned waits for it; nil: it does not
	alone bool          // it reaches nobody
	where map[uint64]place
	moved chan struct{} // closed at every change of where
	node  *Node
	*Client
}

type place struct {
	node string
	term uint64
}

// newFleet starts nodes n1, n2, … of one shard, of which the first leads.
func newFleet(t testing.TB, size int, change func(*Config)) *fleet {
	f := &fleet{t: t, log: storagetest.NewMemory(1), bank: newBank(), leader: map[uint64]string{},
		term: map[uint64]uint64{}, handlers: map[string]map[uint8]handler{}, faults: map[string][]fault{},
		dead: map[string]bool{}, calls: map[string]int{}}
	for i := range size {
		m := &member{f: f, name: fmt.Sprint("n", i+1), news: make(chan storage.Leadership, 1000),
			where: map[uint64]place{}, moved: make(chan struct{})}
		f.all = append(f.all, m)
	}
	for _, m := range f.all {
		cfg := DefaultConfig()
		cfg.Log, cfg.Gateway, cfg.Node, cfg.Locator, cfg.Peers = memberLog{f.log, m}, f.bank, m.name, m, m
		cfg.Logger = slog.New(slog.DiscardHandler)
		if change != nil {
			change(&cfg)
		}
		node, err := Start(cfg)
		if err != nil {
			t.Fatal(err)
		}
		m.node, m.Client = node, node.Client()
	}
	f.lead("n1")
	return f
}

func (f *fleet) stop() {
	for _, m := range f.all {
		m.node.Stop()
	}
	_ = f.log.Close() // always nil
}

// inFleet runs a test in a bubble of virtual time.
func inFleet(t *testing.T, size int, change func(*Config), test func(*fleet)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, size, change)
		defer func() {
			f.stop()
			pass(2 * time.Second)
		}()
		synctest.Wait()
		test(f)
	})
}

func (f *fleet) member(name string) *member {
	for _, m := range f.all {
		if m.name == name {
			return m
		}
	}
	f.t.Fatalf("there is no node %q", name)
	return nil
}

// lead makes a node the leader of the shard, "" nobody, and tells the nodes.
func (f *fleet) lead(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if name == "" {
		f.log.Depose(1)
	} else {
		f.log.Elect(1)
	}
	l := <-f.log.Leaderships()
	for l.Shard != 1 { // the log may have a shard of its own beside ours
		l = <-f.log.Leaderships()
	}
	f.leader[1], f.term[1] = name, l.Term
	for _, m := range f.all {
		m.news <- storage.Leadership{Shard: 1, Term: l.Term, Leader: m.name == name}
	}
}

// unseat has the nodes hear of later and later terms, so many, in which nobody leads yet.
// Where they believe the leader to be they still do.
func (f *fleet) unseat(terms int) {
	f.mu.Lock()
	f.leader[1] = ""
	term := f.term[1]
	f.mu.Unlock()
	for i := range uint64(terms) {
		for _, m := range f.all {
			m.news <- storage.Leadership{Shard: 1, Term: term + 1 + i}
		}
		synctest.Wait()
	}
}

// hush lets nobody hear any more of leaders that are not it itself.
func (f *fleet) hush() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.silent = true
}

// next plans faults of the next calls to a node.
func (f *fleet) next(node string, faults ...fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[node] = append(f.faults[node], faults...)
}

func (f *fleet) kill(node string, dead bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dead[node] = dead
}

// called is how many calls there were to a node.
func (f *fleet) called(node string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[node]
}

func (f *fleet) id() (id sale.ID) {
	f.ids++
	binary.BigEndian.PutUint64(id[8:], f.ids)
	return id
}

func (f *fleet) hold(tickets ...string) *sale.PlaceHold {
	return &sale.PlaceHold{ID: f.id(), TicketIDs: tickets}
}

func (f *fleet) book(tickets ...string) *sale.Book {
	return &sale.Book{ID: f.id(), TicketIDs: tickets, Method: "card", Token: "pm_card_visa"}
}

func (m *member) do(cmd sale.Command) (sale.Answer, error) {
	return m.Do("e", cmd, time.Now().Add(15*time.Second))
}

// must is do with a granted answer.
func (m *member) must(cmd sale.Command) sale.Answer {
	m.f.t.Helper()
	a, err := m.do(cmd)
	if err != nil || a.Refusal != nil {
		m.f.t.Fatalf("%s: %T: error %v, refusal %v", m.name, cmd, err, a.Refusal)
	}
	return a
}

func (m *member) define() { m.must(&sale.DefineEvent{Event: theatre("e", time.Now())}) }

func (m *member) later(cmd sale.Command) <-chan result {
	c := make(chan result, 1)
	go func() {
		a, err := m.do(cmd)
		c <- result{a, err}
	}()
	return c
}

func (m *member) expect(counts string) {
	m.f.t.Helper()
	v, err := m.View(context.Background(), "e", 0)
	if err != nil {
		m.f.t.Fatal(err)
	}
	s := v.Summary
	if got := fmt.Sprintf("%d available, %d held, %d booked", s.Available, s.Held, s.Booked); got != counts {
		m.f.t.Fatalf("the view of %s says %s, want %s", m.name, got, counts)
	}
}

// memberLog is the log as one node has it: it writes only while the node leads.
type memberLog struct {
	*storagetest.Memory
	of *member
}

func (l memberLog) Leaderships() <-chan storage.Leadership { return l.of.news }

func (l memberLog) Healthy() error { return nil }

// leads is nil while the node leads.
func (l memberLog) leads() error {
	f := l.of.f
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.leader[1] != l.of.name {
		return fmt.Errorf("%w: %s does not lead", storage.ErrUnavailable, l.of.name)
	}
	return nil
}

func (l memberLog) Claim(ctx context.Context, shard, epoch uint64) (int64, error) {
	l.of.f.mu.Lock()
	stall, late := l.of.stall, l.of.late
	l.of.f.mu.Unlock()
	if stall != nil {
		select {
		case <-stall:
		case <-ctx.Done():
			return 0, fmt.Errorf("%w: %w", storage.ErrUnavailable, ctx.Err())
		}
	}
	if err := l.leads(); err != nil {
		return 0, err
	}
	clock, err := l.Memory.Claim(ctx, shard, epoch)
	if late != nil {
		<-late
	}
	return clock, err
}

func (l memberLog) Append(ctx context.Context, b storage.Batch) error {
	if err := l.leads(); err != nil {
		return err
	}
	return l.Memory.Append(ctx, b)
}

func (l memberLog) Confirm(ctx context.Context, shard, epoch uint64) error {
	if err := l.leads(); err != nil {
		return err
	}
	return l.Memory.Confirm(ctx, shard, epoch)
}

func (l memberLog) Load(ctx context.Context, event string) (storage.History, error) {
	if l.of.bare {
		return storage.History{}, storage.ErrNoReplica
	}
	return l.Memory.Load(ctx, event)
}

func (l memberLog) Peek(event string) (storage.History, error) {
	if l.of.bare {
		return storage.History{}, storage.ErrNoReplica
	}
	return l.Memory.Peek(event)
}

func (l memberLog) Records(event string, from uint64, limit int) ([][]byte, error) {
	if l.of.bare {
		return nil, storage.ErrNoReplica
	}
	return l.Memory.Records(event, from, limit)
}

func (l memberLog) View(event string) (storage.View, error) {
	if l.of.bare {
		return storage.View{}, storage.ErrNoReplica
	}
	return l.Memory.View(event)
}

// What one node knows of leaders.

func (m *member) Locate(shard uint64) (string, uint64, error) {
	m.f.mu.Lock()
	defer m.f.mu.Unlock()
	p := m.where[shard]
	if p.node == "" {
		return "", p.term, errors.New("no leader is known")
	}
	return p.node, p.term, nil
}

func (m *member) Learn(shard uint64, node string, term uint64) {
	m.f.mu.Lock()
	defer m.f.mu.Unlock()
	for _, other := range m.f.all {
		if other == m || !m.f.silent {
			other.learnLocked(shard, node, term)
		}
	}
}

func (m *member) learnLocked(shard uint64, node string, term uint64) {
	if term <= m.where[shard].term {
		return
	}
	m.where[shard] = place{node, term}
	close(m.moved)
	m.moved = make(chan struct{})
}

func (m *member) Wait(ctx context.Context, shard, notTerm uint64) (string, uint64, error) {
	for {
		m.f.mu.Lock()
		p, moved := m.where[shard], m.moved
		m.f.mu.Unlock()
		if p.node != "" && p.term != notTerm {
			return p.node, p.term, nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return "", 0, ctx.Err()
		}
	}
}

// The network.

func (m *member) Handle(kind uint8, h func(string, time.Time, []byte, func([]byte))) {
	m.f.mu.Lock()
	defer m.f.mu.Unlock()
	if m.f.handlers[m.name] == nil {
		m.f.handlers[m.name] = map[uint8]handler{}
	}
	m.f.handlers[m.name][kind] = h
}

func (m *member) Reachable() bool { return !m.alone }

func (m *member) Call(deadline time.Time, node string, kind uint8, body []byte) ([]byte, error) {
	h, fault := m.f.route(node, kind)
	switch {
	case h == nil || fault == refused:
		return nil, ErrUndelivered
	case fault == busy:
		return nil, ErrBusy
	}
	if m.f.onCall != nil {
		m.f.onCall()
	}
	answer := make(chan []byte, 1)
	if m.f.bend != nil {
		body = m.f.bend(body)
	}
	if fault != lostQuery {
		h(m.name, deadline, bytes.Clone(body), func(b []byte) { answer <- bytes.Clone(b) })
	}
	if fault != fine {
		if fault == lostReply {
			<-answer
		}
		return nil, errLost
	}
	timeout := time.NewTimer(time.Until(deadline))
	defer timeout.Stop()
	select {
	case b := <-answer:
		return b, nil
	case <-timeout.C:
		return nil, errLost
	}
}

func (f *fleet) route(node string, kind uint8) (handler, fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[node]++
	next := fine
	if q := f.faults[node]; len(q) > 0 {
		next, f.faults[node] = q[0], q[1:]
	}
	if f.dead[node] {
		return nil, next
	}
	return f.handlers[node][kind], next
}
