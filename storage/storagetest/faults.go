package storagetest

import "boxoffice/storage"

// Fault is a way in which one Append fails.
type Fault int

// The faults. Their names say what the caller is told and what is true.
const (
	none           Fault = iota
	Unavailable          // ErrUnavailable; nothing was written
	UnknownWritten       // ErrUnknown; the batch is in the log
	UnknownLost          // ErrUnknown; the batch is not in the log and never will be
)

// FailAppend makes the next Append of an event fail; event "" is any event. Called
// again before that Append, it is the one after it that fails too.
func (m *Memory) FailAppend(event string, f Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults[event] = append(m.faults[event], f)
}

// nextFaultLocked takes the fault of an Append, none if it has none.
func (m *Memory) nextFaultLocked(event string) Fault {
	for _, k := range []string{event, ""} {
		if q := m.faults[k]; len(q) > 0 {
			m.faults[k] = q[1:]
			return q[0]
		}
	}
	return none
}

// Stall is an Append that waits for the test.
type Stall struct {
	arrived, released chan struct{}
}

// StallAppend holds the next Append of an event ("" is any event) until Release.
func (m *Memory) StallAppend(event string) *Stall {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &Stall{make(chan struct{}), make(chan struct{})}
	m.stalls[event] = append(m.stalls[event], s)
	return s
}

// Arrived is closed when the Append has come.
func (s *Stall) Arrived() <-chan struct{} { return s.arrived }

// Release lets the Append go on. It is called once.
func (s *Stall) Release() { close(s.released) }

// nextStall takes the stall of an Append, nil if it has none.
func (m *Memory) nextStall(event string) *Stall {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range []string{event, ""} {
		if q := m.stalls[k]; len(q) > 0 {
			m.stalls[k] = q[1:]
			return q[0]
		}
	}
	return nil
}

// Depose takes the leadership of a shard from this node; nobody has it then.
// Writes are unavailable until Elect or Usurp.
func (m *Memory) Depose(shard uint64) {
	m.lead(shard, func(s *group) { s.leading, s.orphan = false, true })
}

// Elect makes this node the leader of a shard, in the next term. An epoch claimed
// before stays valid until the new one is claimed.
func (m *Memory) Elect(shard uint64) {
	m.lead(shard, func(s *group) { s.term, s.leading, s.orphan = s.term+1, true, false })
}

// Usurp makes another node the leader of a shard, in the next term, and has it
// claim the shard at once: what this node still writes there is fenced.
func (m *Memory) Usurp(shard uint64) {
	m.lead(shard, func(s *group) {
		s.term, s.leading, s.orphan = s.term+1, false, false
		s.epoch, s.claimer = s.term, nil
	})
}

// lead changes who leads a shard and posts the news of it.
func (m *Memory) lead(shard uint64, change func(*group)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &m.disk.shards[shard]
	change(s)
	m.wakeLocked()
	m.board.Post(storage.Leadership{Shard: shard, Term: s.term, Leader: s.leading})
}

// Lack takes this node's replica of a shard, or gives it back: without it the node
// does not lead the shard, and reads of it are ErrNoReplica.
func (m *Memory) Lack(shard uint64, lacks bool) {
	m.lead(shard, func(s *group) {
		s.lacking = lacks
		s.leading = s.leading && !lacks
	})
}

// Fill makes the disk full, or gives it space again: writes fail with ErrNoSpace
// while it is full.
func (m *Memory) Fill(full bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.full = full
}

// Appends is the number of batches that were tried, whatever became of them.
func (m *Memory) Appends() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.appends
}
