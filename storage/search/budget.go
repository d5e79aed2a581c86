package search

import (
	"context"
	"errors"
	"time"
)

// ErrBudget ends a query that took longer than it may. Nothing is known about its hits.
var ErrBudget = errors.New("search: the query takes too long")

// stride is how many events are looked at between two looks at the clock: some 20 µs.
const stride = 1024

// budget is how long a query may take. It is asked in every loop whose length the
// number of events decides.
type budget struct {
	ctx  context.Context
	ends time.Time
}

// newBudget is what is left: d from now, less where the context ends earlier.
func newBudget(ctx context.Context, d time.Duration) budget {
	b := budget{ctx: ctx, ends: time.Now().Add(d)}
	if end, ok := ctx.Deadline(); ok && end.Before(b.ends) {
		b.ends = end
	}
	return b
}

// spent is ErrBudget when there is none left, or why the caller gave up.
func (b *budget) spent() error {
	if err := b.ctx.Err(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if !time.Now().Before(b.ends) {
		return ErrBudget
	}
	return nil
}
