package wire

import (
	"sync"
	"time"
)

// idleTime is how long a connection may lie in a pool: servers close theirs after 30 s
// or more, and a request that meets its end on the way has an unknown outcome.
const idleTime = 10 * time.Second

// keepBytes is the largest buffer that goes back into a pool with its connection: a
// pool must not hold a seat map for each of its connections.
const keepBytes = 256 << 10

// Pool has the connections to some servers. People are many and connections few: a
// user has one while a request of his is under way, and the next user has it then. It
// is safe for concurrent use.
type Pool struct {
	targets []Target
	timeout time.Duration
	limit   int
	clients int // 0: all connections are one client's

	mu   sync.Mutex // guards what follows
	some []side
}

// side is the pool's part for one server.
type side struct {
	idle []lent // the last one is the warmest
	out  int
	made int
	free *sync.Cond // a connection came back
}

// lent is a connection that nobody has.
type lent struct {
	conn *Conn
	at   time.Time // it came back
}

// NewPool makes a pool of at most limit connections to each of the servers, each with
// the timeout of one request.
func NewPool(targets []Target, limit int, timeout time.Duration) *Pool {
	p := &Pool{targets: targets, timeout: timeout, limit: limit, some: make([]side, len(targets))}
	for i := range p.some {
		p.some[i].free = sync.NewCond(&p.mu)
	}
	return p
}

// Clients has the pool's connections come from so many addresses in turn; see Conn.From. It
// is called before Get.
func (p *Pool) Clients(n int) { p.clients = n }

// Targets are the servers, by the numbers that Get takes.
func (p *Pool) Targets() []Target { return p.targets }

// Get gives a connection to a server. It blocks while all are in use: in the open
// model that wait is part of a request's latency.
func (p *Pool) Get(server int) *Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &p.some[server]
	for s.out >= p.limit {
		s.free.Wait()
	}
	s.out++
	n := len(s.idle)
	if n == 0 || p.clients > s.made {
		c := NewConn(p.targets[server].Address, p.timeout)
		if p.clients > 0 {
			c.From(s.made % p.clients)
		}
		s.made++
		return c
	}
	l := s.idle[n-1]
	if p.clients > 0 { // all of them come in turn
		l = s.idle[0]
		copy(s.idle, s.idle[1:])
	}
	s.idle = s.idle[:n-1]
	if time.Since(l.at) > idleTime {
		l.conn.Close()
	}
	return l.conn
}

// Put gives a connection back. The last answer's bytes are no longer valid.
func (p *Pool) Put(server int, c *Conn) {
	if len(c.buf) > keepBytes {
		c.buf = make([]byte, 16<<10)
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &p.some[server]
	s.out--
	s.idle = append(s.idle, lent{c, now})
	s.free.Signal()
}

// Close closes the connections that nobody has.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.some {
		for _, l := range p.some[i].idle {
			l.conn.Close()
		}
		p.some[i].idle = nil
	}
}
