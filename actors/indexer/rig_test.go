package indexer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/salepb"
	"boxoffice/cluster"
	"boxoffice/storage"
	"boxoffice/storage/search"
	"boxoffice/storage/storagetest"
)

var _ Index = (*search.Index)(nil)

// exampleEvent is one like any other.
var exampleEvent = &catalog.Event{ID: "e", Title: "Show"}

// testCluster is the identity of the tests' cluster.
const testCluster = 77

// shop writes events into a log, as actors do.
type shop struct {
	t      *testing.T
	log    *storagetest.Memory
	events map[string]*written // what the log has
}

type written struct {
	version   uint64
	title     string
	available int
	gone      bool
}

func newShop(t *testing.T, shards uint64) *shop {
	s := &shop{t: t, log: storagetest.NewMemory(shards), events: map[string]*written{}}
	s.claim()
	return s
}

// claim makes the shop the writer of all shards, in the first term.
func (s *shop) claim() {
	for shard := uint64(1); shard <= s.log.Shards(); shard++ {
		if _, err := s.log.Claim(s.t.Context(), shard, 1); err != nil {
			s.t.Fatal(err)
		}
	}
}

// append adds a record to an event, with its details or without.
func (s *shop) append(id string, details []byte) {
	s.t.Helper()
	w := s.events[id]
	w.version++
	sum := sale.Summary{Version: w.version, Exists: !w.gone}
	if !w.gone {
		sum.Total, sum.Available, sum.Booked = 100, w.available, 100-w.available
	}
	err := s.log.Append(s.t.Context(), storage.Batch{Event: id, Epoch: 1, Base: w.version - 1,
		Records: [][]byte{{1}}, Summary: salepb.AppendSummary(nil, sum), Details: details})
	if err != nil {
		s.t.Fatal(err)
	}
}

// define makes an event, or writes its details again.
func (s *shop) define(id, title string) {
	s.t.Helper()
	w := s.events[id]
	if w == nil {
		w = &written{available: 100}
		s.events[id] = w
	}
	w.title, w.gone = title, false
	s.append(id, salepb.EncodeDetails(salepb.Details{Event: &catalog.Event{ID: id, Title: title}}))
}

// sell changes what is available of an event.
func (s *shop) sell(id string, left int) {
	s.t.Helper()
	s.events[id].available = left
	s.append(id, nil)
}

// remove removes an event; loudly: in the feed of changes too.
func (s *shop) remove(id string, loudly bool) {
	s.t.Helper()
	s.events[id].gone = true
	var details []byte
	if loudly {
		details = salepb.EncodeDetails(salepb.Details{Event: &catalog.Event{}})
	}
	s.append(id, details)
}

// shelf is the disks of the fake indexes, by directory.
type shelf struct {
	mu    sync.Mutex
	disks map[string]*disk
	// refuse is an error that opening a directory gives; guarded by mu.
	refuse map[string]error
	open   int // indexes that are open
}

// disk is what survives of a fake index.
type disk struct {
	events    map[string]search.Event
	positions map[uint64][]byte
}

func newShelf() *shelf { return &shelf{disks: map[string]*disk{}, refuse: map[string]error{}} }

// fakeIndex is an Index in memory.
type fakeIndex struct {
	shelf   *shelf
	applied atomic.Int64 // batches
	fail    atomic.Pointer[error]
	hold    atomic.Pointer[chan struct{}] // Search waits for it

	mu     sync.Mutex
	disk   *disk
	live   map[string]search.Live // nil: its pages have no live values, which is wrong
	closed bool
}

func (s *shelf) Open(dir string) (Index, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refuse[dir]; err != nil {
		return nil, err
	}
	if s.disks[dir] == nil {
		s.disks[dir] = &disk{map[string]search.Event{}, map[uint64][]byte{}}
	}
	s.open++
	return &fakeIndex{shelf: s, disk: s.disks[dir], live: map[string]search.Live{}}, nil
}

func (x *fakeIndex) Position(source uint64) []byte {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.disk.positions[source])
}

func (x *fakeIndex) Apply(_ context.Context, b search.Batch) error {
	if err := x.fail.Load(); err != nil {
		return *err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return search.ErrClosed
	}
	x.applied.Add(1)
	x.disk.positions[b.Source] = slices.Clone(b.Position)
	for _, e := range b.Events {
		if old, ok := x.disk.events[e.ID]; !ok || old.Version <= e.Version {
			e.Source = slices.Clone(e.Source)
			x.disk.events[e.ID] = e
		}
	}
	for _, r := range b.Removed {
		if x.disk.events[r.ID].Version <= r.Version {
			delete(x.disk.events, r.ID)
			delete(x.live, r.ID)
		}
	}
	return nil
}

func (x *fakeIndex) SetLive(id string, l search.Live) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, ok := x.disk.events[id]; !ok {
		return false
	}
	if x.live[id].Version <= l.Version {
		x.live[id] = l
	}
	return true
}

func (x *fakeIndex) Search(ctx context.Context, q search.Query) (*search.Page, error) {
	if hold := x.hold.Load(); hold != nil {
		select {
		case <-*hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if q.Size < 0 {
		return nil, &search.BadQuery{At: "?size", Detail: "below 0"}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil, search.ErrClosed
	}
	p := &search.Page{}
	for _, id := range slices.Sorted(maps.Keys(x.disk.events)) {
		if e := x.disk.events[id]; q.Text == "" || q.Text == e.Title {
			p.Hits = append(p.Hits, search.Hit{ID: id, Source: e.Source, Version: e.Version})
			if x.live != nil {
				p.Live = append(p.Live, x.live[id])
			}
		}
	}
	p.Total = len(p.Hits)
	return p, nil
}

func (x *fakeIndex) Suggest(_ context.Context, q search.SuggestQuery) ([]search.Suggestion, error) {
	return []search.Suggestion{{Kind: search.KindCity, Name: q.Text, Distance: -1}}, nil
}

func (x *fakeIndex) Stats() (search.Stats, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return search.Stats{Events: len(x.disk.events)}, nil
}

func (x *fakeIndex) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return errors.New("closed twice")
	}
	x.closed = true
	x.shelf.mu.Lock()
	x.shelf.open--
	x.shelf.mu.Unlock()
	return nil
}

// testConfig is a Follower's over a feed.
func testConfig(t *testing.T, s *shelf, feed Feed, shards uint64) Config {
	c := DefaultConfig()
	c.Dir, c.Open, c.Feed, c.Cluster, c.Shards, c.Node = t.TempDir(), s.Open, feed, testCluster, shards, "n1"
	c.Logger = slog.New(slog.DiscardHandler)
	return c
}

func startFollower(t *testing.T, c Config) *Follower {
	t.Helper()
	f, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait() // it is open
	return f
}

func stop(t *testing.T, f *Follower) {
	t.Helper()
	if err := f.Stop(); err != nil {
		t.Fatal(err)
	}
}

// index is the one that serves.
func index(f *Follower) *fakeIndex { return f.serving.Load().index.(*fakeIndex) }

// same holds the index that serves to what the log has.
func (s *shop) same(f *Follower) {
	s.t.Helper()
	s.sameIn(index(f))
}

func (s *shop) sameIn(x *fakeIndex) {
	s.t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	want := 0
	for id, w := range s.events {
		e, ok := x.disk.events[id]
		if ok == w.gone {
			s.t.Errorf("%s: in the index: %v, removed: %v", id, ok, w.gone)
		}
		if w.gone {
			continue
		}
		want++
		if l := x.live[id]; e.Title != w.title || l.Version != w.version || int(l.Available) != w.available {
			s.t.Errorf("%s: %q, %+v; the log has %+v", id, e.Title, l, *w)
		}
	}
	if len(x.disk.events) != want {
		s.t.Errorf("%d events in the index, %d in the log", len(x.disk.events), want)
	}
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

// after lets virtual time pass and everybody do what there is to do.
func after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// gappy is a feed of which replicas can be taken, or be behind.
type gappy struct {
	Feed
	mu     sync.Mutex
	lacks  map[uint64]bool   // guarded by mu
	behind map[uint64]uint64 // guarded by mu: the index at which the replica stands still
	reads  atomic.Int64
	// meanwhile is called once, before touches or summaries are read.
	meanwhile atomic.Pointer[func()]
}

func gaps(f Feed) *gappy {
	return &gappy{Feed: f, lacks: map[uint64]bool{}, behind: map[uint64]uint64{}}
}

func (g *gappy) lack(lacks bool, shards ...uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, shard := range shards {
		g.lacks[shard] = lacks
	}
}

func (g *gappy) here(shard uint64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.lacks[shard] {
		return fmt.Errorf("shard %d: %w", shard, storage.ErrNoReplica)
	}
	return nil
}

func (g *gappy) Changes(shard uint64, after storage.Position, limit int) (
	[]storage.Change, storage.Position, error) {
	if err := g.here(shard); err != nil {
		return nil, after, err
	}
	g.reads.Add(1)
	return g.Feed.Changes(shard, after, limit)
}

func (g *gappy) Touched(shard, after uint64, limit int) ([]storage.Touch, uint64, error) {
	if do := g.meanwhile.Swap(nil); do != nil {
		(*do)()
	}
	return g.Feed.Touched(shard, after, limit)
}

func (g *gappy) Summaries(shard uint64, after string, limit int) ([]storage.Touch, uint64, error) {
	if do := g.meanwhile.Swap(nil); do != nil {
		(*do)()
	}
	return g.Feed.Summaries(shard, after, limit)
}

func (g *gappy) Wait(ctx context.Context, shard, after uint64) (uint64, error) {
	if err := g.here(shard); err != nil {
		return 0, err
	}
	g.mu.Lock()
	at, stands := g.behind[shard]
	g.mu.Unlock()
	if !stands {
		return g.Feed.Wait(ctx, shard, after)
	}
	if at > after {
		return at, nil
	}
	<-ctx.Done()
	return 0, fmt.Errorf("%w: %w", storage.ErrUnavailable, ctx.Err())
}

// network is a company of nodes without a network.
type network struct {
	mu       sync.Mutex
	peers    []cluster.Peer // guarded by mu
	leaders  map[uint64]string
	handlers map[string]map[uint8]func(cluster.Call)
	broken   map[string]error // calls to a node fail so
	silent   map[string]bool  // calls to a node get no answer
	calls    map[string]int   // by node
}

func newNetwork(peers ...cluster.Peer) *network {
	return &network{peers: peers, leaders: map[uint64]string{}, handlers: map[string]map[uint8]func(cluster.Call){},
		broken: map[string]error{}, silent: map[string]bool{}, calls: map[string]int{}}
}

// as is the network as a node sees it.
func (n *network) as(node string) Company { return seat{n, node} }

type seat struct {
	*network
	node string
}

func (s seat) Peers() []cluster.Peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.peers)
}

func (s seat) Locate(shard uint64) (string, uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if node := s.leaders[shard]; node != "" {
		return node, 1, nil
	}
	return "", 0, cluster.ErrNoLeader
}

func (s seat) Handle(kind uint8, h func(cluster.Call)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.handlers[s.node] == nil {
		s.handlers[s.node] = map[uint8]func(cluster.Call){}
	}
	s.handlers[s.node][kind] = h
}

func (s seat) Call(deadline time.Time, node string, kind uint8, body []byte) ([]byte, error) {
	s.mu.Lock()
	h, broken, silent := s.handlers[node][kind], s.broken[node], s.silent[node]
	s.calls[node]++
	s.mu.Unlock()
	switch {
	case broken != nil:
		return nil, broken
	case silent:
		<-time.After(time.Until(deadline))
		return nil, cluster.ErrLost
	case h == nil:
		return nil, cluster.ErrUnknownKind
	}
	reply := make(chan []byte, 1)
	go h(cluster.Call{From: s.node, Deadline: deadline, Body: slices.Clone(body),
		Reply: func(b []byte) { reply <- slices.Clone(b) }})
	select {
	case b := <-reply:
		return b, nil
	case <-time.After(time.Until(deadline)):
		return nil, cluster.ErrLost
	}
}

func (n *network) break_(node string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.broken[node] = err
}

func (n *network) called(node string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.calls[node]
}
