package storage

import (
	"context"
	"fmt"
)

// errNoFeed is the ErrUnavailable of a log that keeps no feed.
var errNoFeed = fmt.Errorf("%w: it keeps no feed", ErrUnavailable)

// Changes implements Log.
func (l *replicated) Changes(_ uint64, after Position, _ int) ([]Change, Position, error) {
	return nil, after, errNoFeed
}

// Touched implements Log.
func (l *replicated) Touched(_, after uint64, _ int) ([]Touch, uint64, error) {
	return nil, after, errNoFeed
}

// Summaries implements Log.
func (l *replicated) Summaries(uint64, string, int) ([]Touch, uint64, error) {
	return nil, 0, errNoFeed
}

// Wait implements Log.
func (l *replicated) Wait(context.Context, uint64, uint64) (uint64, error) { return 0, errNoFeed }
