package storage

import (
	"context"
	"fmt"
)

// Changes implements Log.
func (l *replicated) Changes(shard uint64, after Position, limit int) (out []Change, next Position, err error) {
	if _, err := l.shard(shard); err != nil {
		return nil, after, err
	}
	next = after
	err = l.read(shard, func(v view) error {
		out, next, err = v.changes(after, limit)
		return err
	})
	return out, next, err
}

// Touched implements Log. The events are found first: the summaries are read as of a
// later moment, so that none is older than next.
func (l *replicated) Touched(shard, after uint64, limit int) (out []Touch, next uint64, err error) {
	s, err := l.shard(shard)
	if err == nil {
		err = l.shows(context.Background(), shard)
	}
	if err != nil {
		return nil, after, err
	}
	events, next, err := s.touches.after(after, limit)
	if err != nil || len(events) == 0 {
		return nil, next, err
	}
	err = l.read(shard, func(v view) error {
		out, next, err = v.touched(events, next)
		return err
	})
	if err != nil {
		return nil, after, err
	}
	return out, next, nil
}

// Summaries implements Log.
func (l *replicated) Summaries(shard uint64, after string, limit int) (out []Touch, at uint64, err error) {
	if _, err := l.shard(shard); err != nil {
		return nil, 0, err
	}
	err = l.read(shard, func(v view) error {
		at = v.at.index
		out, err = v.summaries(after, limit)
		return err
	})
	return out, at, err
}

// Wait implements Log.
func (l *replicated) Wait(ctx context.Context, shard, after uint64) (uint64, error) {
	s, err := l.shard(shard)
	if err != nil {
		return 0, err
	}
	for {
		applied, woken := s.touches.watch() // before the look whether there is a replica
		if err := l.shows(ctx, shard); err != nil {
			return 0, err
		}
		if applied > after {
			return applied, nil
		}
		select {
		case <-woken:
		case <-ctx.Done():
		case <-l.stop:
			return 0, errClosed
		}
	}
}

// shows is nil while this node's replica may be shown, and ctx is not over.
func (l *replicated) shows(ctx context.Context, shard uint64) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
	l.life.RLock()
	defer l.life.RUnlock()
	if l.life.closed {
		return errClosed
	}
	return l.readable(shard)
}
