package storage

import (
	"io"
	"time"

	sm "github.com/lni/dragonboat/v4/statemachine"
)

// limiter says how long to wait before the next n bytes.
type limiter interface{ take(n int) time.Duration }

// steady is a limiter of a constant rate. It is one goroutine's.
type steady struct {
	rate float64 // bytes a second
	free time.Time
}

func (s *steady) take(n int) time.Duration {
	now := time.Now()
	if s.free.Before(now) {
		s.free = now
	}
	wait := s.free.Sub(now)
	s.free = s.free.Add(time.Duration(float64(n) / s.rate * float64(time.Second)))
	return wait
}

// paced waits as its limiters say. stop ends a wait, and what is copied.
type paced struct {
	limits []limiter
	stop   <-chan struct{}
}

func (p *paced) wait(n int) error {
	longest := time.Duration(0)
	for _, l := range p.limits {
		longest = max(longest, l.take(n))
	}
	if longest == 0 {
		return nil
	}
	t := time.NewTimer(longest)
	defer t.Stop()
	select {
	case <-p.stop:
		return sm.ErrSnapshotStopped
	case <-t.C:
		return nil
	}
}

// pacedWriter is a writer whose writes wait.
type pacedWriter struct {
	paced
	w io.Writer
}

func (p *pacedWriter) Write(b []byte) (int, error) {
	if err := p.wait(len(b)); err != nil {
		return 0, err
	}
	return p.w.Write(b)
}

// pacedReader is a reader that waits for what it has read.
type pacedReader struct {
	paced
	r io.Reader
}

func (p *pacedReader) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if waitErr := p.wait(n); err == nil {
		err = waitErr
	}
	return n, err
}
