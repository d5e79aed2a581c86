package control

import (
	"sync"
	"time"

	"boxoffice/cluster"
)

// Solo is the Member of a node alone, without a network: it is its own only peer. It
// is safe for concurrent use.
type Solo struct {
	mu       sync.Mutex // guards all below
	peer     cluster.Peer
	handlers map[uint8]func(cluster.Call)
	terms    map[uint64]uint64 // by shard, where this node leads
}

var _ Member = (*Solo)(nil)

// NewSolo makes one that tells of itself what peer says.
func NewSolo(peer cluster.Peer) *Solo {
	peer.State = cluster.Up
	return &Solo{peer: peer, handlers: map[uint8]func(cluster.Call){}, terms: map[uint64]uint64{}}
}

// Peers implements Member.
func (s *Solo) Peers() []cluster.Peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []cluster.Peer{s.peer}
}

// SetState implements Member.
func (s *Solo) SetState(to cluster.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peer.State = to
}

// Forget implements Member: there is nobody else.
func (s *Solo) Forget(string) {}

// Locate implements Member.
func (s *Solo) Locate(shard uint64) (node string, term uint64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terms[shard] == 0 {
		return "", 0, cluster.ErrNoLeader
	}
	return s.peer.Node, s.terms[shard], nil
}

// Learn implements Member.
func (s *Solo) Learn(shard uint64, node string, term uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case node == "" && term >= s.terms[shard]:
		delete(s.terms, shard)
	case node != "":
		s.terms[shard] = max(s.terms[shard], term)
	}
}

// Handle implements Member.
func (s *Solo) Handle(kind uint8, h func(cluster.Call)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handlers[kind] = h
}

// Call implements Member: the handler runs on the caller's goroutine.
func (s *Solo) Call(deadline time.Time, node string, kind uint8, body []byte) ([]byte, error) {
	s.mu.Lock()
	self, h := s.peer.Node, s.handlers[kind]
	s.mu.Unlock()
	if node != self {
		return nil, cluster.ErrUnreachable
	}
	if h == nil {
		return nil, cluster.ErrUnknownKind
	}
	var answer []byte
	h(cluster.Call{From: self, Deadline: deadline, Body: body, Reply: func(b []byte) { answer = b }})
	if answer == nil {
		return nil, cluster.ErrLost
	}
	return answer, nil
}
