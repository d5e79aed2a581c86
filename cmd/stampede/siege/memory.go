package siege

import (
	"bytes"
	"context"
	"strconv"
	"time"

	"boxoffice/cmd/stampede/wire"
)

// memory looks at what a node uses while something goes on.
type memory struct {
	cancel context.CancelFunc
	done   chan struct{}
	most   int64 // of done, when it is closed
}

// watchMemory asks a node every second, by its metrics, until stop.
func watchMemory(ctx context.Context, to wire.Target) *memory {
	ctx, cancel := context.WithCancel(ctx)
	m := &memory{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(m.done)
		c := wire.NewConn(to.Address, 5*time.Second)
		defer c.Close()
		for tick := time.NewTicker(time.Second); ; {
			m.most = max(m.most, resident(c, &to))
			select {
			case <-tick.C:
			case <-ctx.Done():
				tick.Stop()
				m.most = max(m.most, resident(c, &to))
				return
			}
		}
	}()
	return m
}

// stop gives the most that was seen, in bytes; 0 where the node never told.
func (m *memory) stop() int64 {
	m.cancel()
	<-m.done
	return m.most
}

// resident asks for the memory of a node's process; 0 where it does not tell.
func resident(c *wire.Conn, to *wire.Target) int64 {
	get := wire.Request{Method: "GET", Path: "/metrics", Admin: true}
	a, err := c.Do(get.Append(nil, to))
	if err != nil || a.Status != 200 {
		return 0
	}
	for line := range bytes.Lines(a.Body) {
		if text, ok := bytes.CutPrefix(line, []byte("process_resident_memory_bytes ")); ok {
			n, _ := strconv.ParseFloat(string(bytes.TrimSpace(text)), 64) // what is no number is 0
			return int64(n)
		}
	}
	return 0
}
