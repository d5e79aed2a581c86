package cluster

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A known peer. It is never changed, only replaced.
type known struct {
	Peer
	system string // id of its actor system: new at every start
	where  string // its gossip address, with an IP address
	link   *link
	joined time.Time // when it was last seen to come alive
	gone   time.Time // when it was declared dead; zero: it is alive
	left   bool      // it said that it goes
}

// roster is the other nodes, by name. Reading takes no lock.
type roster struct {
	peers atomic.Pointer[map[string]*known]

	mu      sync.Mutex // guards replacing the map
	changed chan struct{}
}

func newRoster() *roster {
	r := &roster{changed: make(chan struct{})}
	r.peers.Store(&map[string]*known{})
	return r
}

func (r *roster) all() map[string]*known { return *r.peers.Load() }

// edit replaces the map by a copy that f changed; f says whether it did.
func (r *roster) edit(f func(map[string]*known) bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := maps.Clone(r.all())
	if !f(next) {
		return false
	}
	r.peers.Store(&next)
	close(r.changed)
	r.changed = make(chan struct{})
	return true
}

func (r *roster) change() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// put takes what memberlist says of a node that lives.
func (r *roster) put(k known) {
	r.edit(func(m map[string]*known) bool {
		if old := m[k.Node]; old != nil && old.gone.IsZero() && old.system == k.system {
			k.joined = old.joined
		}
		m[k.Node] = &k
		return true
	})
}

// lose takes that a node is dead, and returns it; nil: it was not known.
func (r *roster) lose(node string, now time.Time) (lost *known) {
	r.edit(func(m map[string]*known) bool {
		old := m[node]
		if old == nil || !old.gone.IsZero() {
			return false
		}
		k := *old
		k.State, k.gone = Down, now
		m[node], lost = &k, &k
		return true
	})
	return lost
}

// bye takes a node's word that it goes for good.
func (r *roster) bye(node string) {
	r.edit(func(m map[string]*known) bool {
		if m[node] == nil || m[node].left {
			return false
		}
		k := *m[node]
		k.left = true
		m[node] = &k
		return true
	})
}

// forget drops a dead node.
func (r *roster) forget(node string) bool {
	return r.edit(func(m map[string]*known) bool {
		if m[node] == nil || m[node].gone.IsZero() {
			return false
		}
		delete(m, node)
		return true
	})
}

// expire drops those that have been dead for the grace.
func (r *roster) expire(before time.Time) bool {
	return r.edit(func(m map[string]*known) bool {
		n := len(m)
		maps.DeleteFunc(m, func(_ string, k *known) bool { return !k.gone.IsZero() && k.gone.Before(before) })
		return len(m) != n
	})
}

// link finds where calls to a node go; nil: it is no member.
func (r *roster) link(node string) *link {
	if k := r.all()[node]; k != nil {
		return k.link
	}
	return nil
}

// intern gives a node's name as a string, without a copy where it is known.
func (r *roster) intern(node []byte) string {
	if k := r.all()[string(node)]; k != nil {
		return k.Node
	}
	return string(node)
}

// links are the ways to the nodes that live.
func (r *roster) links() []*link {
	var out []*link
	for _, k := range r.all() {
		if k.gone.IsZero() && k.link != nil {
			out = append(out, k.link)
		}
	}
	return out
}

// list copies what is known of all nodes.
func (r *roster) list() []Peer {
	out := make([]Peer, 0, len(r.all())+1)
	for _, k := range r.all() {
		out = append(out, k.Peer)
	}
	return out
}

// staying are the nodes that did not say good bye.
func (r *roster) staying() []*known {
	out := slices.Collect(maps.Values(r.all()))
	return slices.DeleteFunc(out, func(k *known) bool { return k.left })
}

// identity is what the peers say of the cluster; ok: some peer knows.
func (r *roster) identity() (cluster, shards uint64, ok bool) {
	for _, k := range r.all() {
		if k.gone.IsZero() && k.Cluster != 0 && k.Shards != 0 {
			return k.Cluster, k.Shards, true
		}
	}
	return 0, 0, false
}

// touch wakes those who wait for a change.
func (r *roster) touch() {
	r.edit(func(map[string]*known) bool { return true })
}
