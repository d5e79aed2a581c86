package cluster

import (
	"context"
	"time"
)

// Caller is who calls nodes: a *Member, and what stands for one in tests.
type Caller interface {
	// Call asks a node and waits for its answer: see Member.Call.
	Call(deadline time.Time, node string, kind uint8, body []byte) ([]byte, error)
}

// CallWithin is c.Call that ends with ctx too. A call that is given up goes on by itself
// until its deadline, on a goroutine of its own, and its answer is dropped.
func CallWithin(
	ctx context.Context, c Caller, deadline time.Time, node string, kind uint8, body []byte,
) ([]byte, error) {
	done := make(chan result, 1)
	go func() {
		answer, err := c.Call(deadline, node, kind, body)
		done <- result{answer, err}
	}()
	select {
	case r := <-done:
		return r.body, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
