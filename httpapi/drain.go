package httpapi

import (
	"context"
	"time"
)

// Drain sends clients elsewhere, until Undrain: GET /readyz answers 503, every
// answer ends its connection, and a connection that comes from now on gets 503
// unavailable but for what operators and probes ask (/admin/…, /healthz, /readyz,
// /metrics, /version). Requests on older connections are answered as ever, so a
// client with one under way sees no error. Who watches is told when to come back, which
// differs from one to the next, and disconnected. Shutdown does it too.
func (s *Server) Drain() {
	s.draining.Store(true)
	if s.cfg.Live != nil {
		s.cfg.Live.Goodbye()
	}
}

// Undrain takes Drain back, for the connections that came in between too.
func (s *Server) Undrain() { s.draining.Store(false) }

// settlePoll is how often Settle looks.
const settlePoll = 5 * time.Millisecond

// Settle waits, after Drain, until no connection is left or ctx ends: a client that
// asks all the time is told to go with its next answer, where Shutdown might close
// its connection while a request is on the way.
func (s *Server) Settle(ctx context.Context) {
	poll := time.NewTicker(settlePoll)
	defer poll.Stop()
	for s.metrics.conns.open.Load() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		}
	}
}

// checkDrained refuses what a new connection asks of a drained node. False: it has
// answered. Only such connections pay for the look.
func (c *call) checkDrained() bool {
	nc, ok := c.ctx.Conn().(*conn)
	if !ok || !nc.late || c.route.admin || c.route.probe || !c.srv.draining.Load() {
		return true
	}
	c.fail(codeUnavailable, fault{detail: "The node is draining and takes no new connections. Ask another node."})
	return false
}
