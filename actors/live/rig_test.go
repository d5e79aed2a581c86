package live

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/payment"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
	"boxoffice/storage"
	"boxoffice/storage/storagetest"

	"github.com/prometheus/client_golang/prometheus"
)

// fleet is nodes over one log, each with a hub. The test says who leads.
type fleet struct {
	t   testing.TB
	log *storagetest.Memory
	all []*node
	ids uint64

	mu       sync.Mutex
	leader   string
	term     uint64
	moved    chan struct{} // closed at every change of the leader
	handlers map[string]map[uint8]func(string, time.Time, []byte, func([]byte))
	calls    int
}

// node is one node, with its part of the log and of the network.
type node struct {
	f    *fleet
	name string
	news chan storage.Leadership
	run  *actors.Node
	hub  *Hub

	metrics *prometheus.Registry
	*actors.Client
}

// newFleet starts nodes n1, n2, … of one shard, of which the first leads.
func newFleet(t testing.TB, size int, change func(*Config)) *fleet {
	f := &fleet{t: t, log: storagetest.NewMemory(1), moved: make(chan struct{}),
		handlers: map[string]map[uint8]func(string, time.Time, []byte, func([]byte)){}}
	for i := range size {
		n := &node{f: f, name: fmt.Sprint("n", i+1), news: make(chan storage.Leadership, 1000),
			metrics: prometheus.NewRegistry()}
		f.all = append(f.all, n)
		f.handlers[n.name] = map[uint8]func(string, time.Time, []byte, func([]byte)){}
		a := actors.DefaultConfig()
		a.Log, a.Gateway, a.Node, a.Locator, a.Peers = nodeLog{f.log, n}, noBank{}, n.name, n, n
		a.Registry = n.metrics
		a.Logger = slog.New(slog.DiscardHandler)
		var err error
		if n.run, err = actors.Start(a); err != nil {
			t.Fatal(err)
		}
		n.Client = n.run.Client()
		c := DefaultConfig()
		c.Events, c.Place, c.Registry = n.Client, plainPlace, n.metrics
		if change != nil {
			change(&c)
		}
		if n.hub, err = New(c); err != nil {
			t.Fatal(err)
		}
	}
	f.lead("n1")
	return f
}

// inFleet runs a test in a bubble of virtual time. An event "e" is defined.
func inFleet(t *testing.T, size int, change func(*Config), test func(*fleet)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, size, change)
		synctest.Wait()
		defer f.stop()
		f.all[0].must(&sale.DefineEvent{Event: popular(catalog.WaitingRoom{})})
		test(f)
	})
}

func (f *fleet) stop() {
	for _, n := range f.all {
		n.hub.Goodbye()
		n.run.Stop()
	}
	_ = f.log.Close()      // always nil
	pass(60 * time.Second) // what waits for an answer gives up
}

// lead makes a node the leader, "" nobody.
func (f *fleet) lead(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if name == "" {
		f.log.Depose(1)
	} else {
		f.log.Elect(1)
	}
	l := <-f.log.Leaderships()
	for l.Shard != 1 {
		l = <-f.log.Leaderships()
	}
	f.leader, f.term = name, l.Term
	close(f.moved)
	f.moved = make(chan struct{})
	for _, n := range f.all {
		n.news <- storage.Leadership{Shard: 1, Term: l.Term, Leader: n.name == name}
	}
}

// called is how many calls there were between nodes.
func (f *fleet) called() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// id is a new one, as well spread as random ones.
func (f *fleet) id() (id sale.ID) {
	f.ids++
	binary.LittleEndian.PutUint64(id[:8], f.ids*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint64(id[8:], f.ids)
	return id
}

func (f *fleet) hold(tickets ...string) *sale.PlaceHold {
	return &sale.PlaceHold{ID: f.id(), TicketIDs: tickets}
}

// join takes places for users u0, u1, … in the waiting room.
func (f *fleet) join(n int) (tokens []sale.ID) {
	f.t.Helper()
	for i := range n {
		a := f.all[0].must(&sale.JoinQueue{By: sale.By{User: fmt.Sprint("u", i)}, ID: f.id()})
		tokens = append(tokens, a.Place.ID)
	}
	return tokens
}

// must has a command granted.
func (n *node) must(cmd sale.Command) sale.Answer {
	n.f.t.Helper()
	a, err := n.Do("e", cmd, time.Now().Add(15*time.Second))
	if err != nil || a.Refusal != nil {
		n.f.t.Fatalf("%s: %T: error %v, refusal %v", n.name, cmd, err, a.Refusal)
	}
	return a
}

// popular is a theatre of 100 seats, with a waiting room where room says so.
func popular(room catalog.WaitingRoom) *catalog.Event {
	e := &catalog.Event{ID: "e", Title: "Hamlet", StartsAt: catalog.At(time.Now().Add(240 * time.Hour)),
		Inventory: catalog.Inventory{Currency: "USD", Sections: []catalog.Section{{Name: "S", Price: 1000}}}}
	for r := range 10 {
		e.Inventory.Sections[0].Rows = append(e.Inventory.Sections[0].Rows,
			catalog.Row{Name: string(rune('A' + r)), Seats: 10})
	}
	e.WaitingRoom = room
	return e
}

// plainPlace stands for the HTTP layer's form of a place.
func plainPlace(b []byte, p *sale.Place) []byte {
	return fmt.Appendf(b, `{"ahead":%d,"waiting":%d}`, p.Ahead, p.Waiting)
}

// pass lets virtual time go by, and everybody come to rest.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// The node's part of the log: it writes only while the node leads.
type nodeLog struct {
	*storagetest.Memory
	of *node
}

func (l nodeLog) Leaderships() <-chan storage.Leadership { return l.of.news }

func (l nodeLog) Healthy() error { return nil }

func (l nodeLog) leads() error {
	l.of.f.mu.Lock()
	defer l.of.f.mu.Unlock()
	if l.of.f.leader != l.of.name {
		return fmt.Errorf("%w: %s does not lead", storage.ErrUnavailable, l.of.name)
	}
	return nil
}

func (l nodeLog) Append(ctx context.Context, b storage.Batch) error {
	if err := l.leads(); err != nil {
		return err
	}
	return l.Memory.Append(ctx, b)
}

func (l nodeLog) Confirm(ctx context.Context, shard, epoch uint64) error {
	if err := l.leads(); err != nil {
		return err
	}
	return l.Memory.Confirm(ctx, shard, epoch)
}

// What the node knows of the leader.

func (n *node) Locate(uint64) (string, uint64, error) {
	n.f.mu.Lock()
	defer n.f.mu.Unlock()
	if n.f.leader == "" {
		return "", n.f.term, errors.New("no leader is known")
	}
	return n.f.leader, n.f.term, nil
}

func (n *node) Learn(uint64, string, uint64) {}

func (n *node) Wait(ctx context.Context, _, notTerm uint64) (string, uint64, error) {
	for {
		n.f.mu.Lock()
		leader, term, moved := n.f.leader, n.f.term, n.f.moved
		n.f.mu.Unlock()
		if leader != "" && term != notTerm {
			return leader, term, nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return "", 0, ctx.Err()
		}
	}
}

// The network.

func (n *node) Handle(kind uint8, h func(string, time.Time, []byte, func([]byte))) {
	n.f.mu.Lock()
	defer n.f.mu.Unlock()
	n.f.handlers[n.name][kind] = h
}

func (n *node) Reachable() bool { return true }

func (n *node) Call(deadline time.Time, to string, kind uint8, body []byte) ([]byte, error) {
	n.f.mu.Lock()
	n.f.calls++
	h := n.f.handlers[to][kind]
	n.f.mu.Unlock()
	if h == nil {
		return nil, actors.ErrUndelivered
	}
	answer := make(chan []byte, 1)
	h(n.name, deadline, bytes.Clone(body), func(b []byte) { answer <- bytes.Clone(b) })
	timeout := time.NewTimer(time.Until(deadline))
	defer timeout.Stop()
	select {
	case b := <-answer:
		return b, nil
	case <-timeout.C:
		return nil, errors.New("no answer")
	}
}

// noBank authorises everything.
type noBank struct{}

func (noBank) Name() string { return "none" }

func (noBank) Authorise(_ context.Context, r payment.Request) (payment.Outcome, error) {
	return payment.Outcome{PaymentID: r.Booking}, nil
}

func (noBank) Capture(context.Context, string, string) error { return nil }

func (noBank) Refund(context.Context, string, string) error { return nil }

// socket is a listener that keeps what it was told, as a client sees it.
type socket struct {
	mu     sync.Mutex
	frames []*Frame
	times  []time.Time
}

func (s *socket) Deliver(f *Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames, s.times = append(s.frames, f), append(s.times, time.Now())
}

// got are the messages since the last call, as they are sent.
func (s *socket) got() (text []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.frames {
		if !json.Valid(f.JSON) {
			return []string{"not JSON: " + string(f.JSON)}
		}
		text = append(text, string(f.JSON))
	}
	s.frames, s.times = nil, nil
	return text
}

// inMemory is how many events the nodes have in memory.
func (f *fleet) inMemory() (n int) {
	for _, node := range f.all {
		n += gauge(f.t, node.metrics, "boxoffice_events_active")
	}
	return n
}

// gauge reads a metric without labels.
func gauge(t testing.TB, r *prometheus.Registry, name string) int {
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return int(f.GetMetric()[0].GetGauge().GetValue())
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}
