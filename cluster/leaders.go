package cluster

import (
	"context"
	"encoding/binary"
	"sync"
	"sync/atomic"
)

// maxShard bounds the numbers of shards that the table takes.
const maxShard = 4096

// A lead says who leads a shard. node "": nobody that this node knows, in this term.
type lead struct {
	node string
	term uint64
}

// leaders is the table of leaders. Reading it takes no lock.
type leaders struct {
	table atomic.Pointer[[]lead] // by shard; never changed, only replaced

	mu      sync.Mutex // guards replacing the table
	changed chan struct{}
}

// get reads the entry of a shard.
func (t *leaders) get(shard uint64) lead {
	if p := t.table.Load(); p != nil && shard < uint64(len(*p)) {
		return (*p)[shard]
	}
	return lead{}
}

// set takes news and says whether they are. Of one term there is one leader: what
// replaces it is a later term, so "none" of the same term says nothing new.
func (t *leaders) set(shard uint64, l lead) bool {
	if shard == 0 || shard > maxShard || len(l.node) > 63 {
		return false
	}
	if known := t.get(shard); !newer(l, known) {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !newer(l, t.get(shard)) {
		return false
	}
	var table []lead
	if p := t.table.Load(); p != nil {
		table = append(table, *p...)
	}
	for uint64(len(table)) <= shard {
		table = append(table, lead{})
	}
	table[shard] = l
	t.table.Store(&table)
	t.wake()
	return true
}

func newer(l, known lead) bool {
	return l.term > known.term || l.term == known.term && known.node == "" && l.node != ""
}

// wake tells those who wait that something changed. The caller holds mu.
func (t *leaders) wake() {
	if t.changed != nil {
		close(t.changed)
		t.changed = nil
	}
}

func (t *leaders) change() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.changed == nil {
		t.changed = make(chan struct{})
	}
	return t.changed
}

// ledBy writes what a node leads: pairs of shard and term.
func (t *leaders) ledBy(node string) []byte {
	p := t.table.Load()
	if p == nil {
		return nil
	}
	var b []byte
	for shard, l := range *p {
		if l.node == node {
			b = binary.AppendUvarint(b, uint64(shard))
			b = binary.AppendUvarint(b, l.term)
		}
	}
	return b
}

// merge takes what a node says it leads.
func (t *leaders) merge(node string, b []byte) {
	for len(b) > 0 {
		shard, n := binary.Uvarint(b)
		if n <= 0 {
			return
		}
		term, k := binary.Uvarint(b[n:])
		if k <= 0 {
			return
		}
		t.set(shard, lead{node, term})
		b = b[n+k:]
	}
}

// The whole table, for memberlist's state exchange: version 1 byte, cluster 8, then
// shard, term, length of the name, name.
const tableVersion = 1

func (t *leaders) snapshot(cluster uint64) []byte {
	b := binary.LittleEndian.AppendUint64([]byte{tableVersion}, cluster)
	if p := t.table.Load(); p != nil {
		for shard, l := range *p {
			if l.node != "" {
				b = binary.AppendUvarint(b, uint64(shard))
				b = binary.AppendUvarint(b, l.term)
				b = append(append(b, byte(len(l.node))), l.node...)
			}
		}
	}
	return b
}

// restore takes another node's table, unless it is of another cluster.
func (t *leaders) restore(b []byte, cluster uint64) {
	if len(b) < 9 || b[0] != tableVersion {
		return
	}
	if c := binary.LittleEndian.Uint64(b[1:]); c != 0 && cluster != 0 && c != cluster {
		return
	}
	for b = b[9:]; len(b) > 0; {
		shard, n := binary.Uvarint(b)
		if n <= 0 {
			return
		}
		term, k := binary.Uvarint(b[n:])
		if k <= 0 || len(b) <= n+k {
			return
		}
		b = b[n+k:]
		size := int(b[0])
		if len(b) < 1+size {
			return
		}
		t.set(shard, lead{string(b[1 : 1+size]), term})
		b = b[1+size:]
	}
}

// Locate names the node that leads a shard, and its term; ErrNoLeader where none is
// known. With the error, term is the last one heard of. It does not block and may
// be called by anybody.
func (m *Member) Locate(shard uint64) (node string, term uint64, err error) {
	l := m.leaders.get(shard)
	if l.node == "" {
		return "", l.term, ErrNoLeader
	}
	return l.node, l.term, nil
}

// Learn takes news of a shard's leader: from this node's replicas, and from answers
// that say "moved". node "" says that the term has none yet. News of a lower term
// are ignored, and so is a second leader of a term. What this node leads is told to
// every peer at once. It does not block and may be called by anybody.
func (m *Member) Learn(shard uint64, node string, term uint64) {
	if m.leaders.set(shard, lead{node, term}) && node == m.cfg.Node {
		m.tell()
	}
}

// Changed is closed at the next change of the table of leaders. Take it before
// looking at the table: what changes in between is then not missed.
func (m *Member) Changed() <-chan struct{} { return m.leaders.change() }

// Wait waits until the shard has a leader of another term than notTerm, and names
// it. 0 waits for any leader. It ends with the context's error.
func (m *Member) Wait(ctx context.Context, shard, notTerm uint64) (node string, term uint64, err error) {
	for {
		changed := m.Changed()
		if node, term, err = m.Locate(shard); err == nil && term != notTerm {
			return node, term, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return "", term, ctx.Err()
		}
	}
}

// tell says to every peer what this node leads.
func (m *Member) tell() {
	body := m.leaders.ledBy(m.cfg.Node)
	until := m.now() + int64(m.cfg.Silence)
	for _, l := range m.roster.links() {
		_ = l.send(frame{kind: frameBeat, body: body}, until) // full: the next beat says it again
	}
}
