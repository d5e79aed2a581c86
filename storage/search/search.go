package search

import (
	"context"
	"errors"
	"slices"
	"strings"

	"boxoffice/storage/search/internal/text"
)

// minute is how exactly what is to come is told from what is over, in milliseconds.
const minute = 60_000

// Search answers a query: all events that meet its conditions, as of the last Apply,
// with the live values of now. It gives a *BadQuery where the query makes no sense,
// ErrBudget where it takes too long or ctx has too early a deadline, and ErrClosed. It
// uses a processor, and waits for nothing but another query that is the same.
func (x *Index) Search(ctx context.Context, q Query) (*Page, error) {
	if err := checkText("?searchText", q.Text); err != nil {
		return nil, err
	}
	if err := q.checkRest(); err != nil {
		// Words come first in Check, but need only be counted where there is no page.
		return nil, q.Check()
	}
	now := x.cfg.Now()
	now -= now % minute
	page, err := x.pages.get(ctx, request{
		key:  q.key(now),
		live: q.Availability != AnyAvailability || slices.Contains(q.Facets, FacetAvailability),
		load: func(ctx context.Context) (*Page, error) { return x.find(ctx, &q, now) },
	}, &x.changes)
	if errors.Is(err, context.DeadlineExceeded) {
		err = ErrBudget
	}
	if err != nil {
		return nil, err
	}
	return x.alive(page), nil
}

// find makes the page of a query.
func (x *Index) find(ctx context.Context, q *Query, now int64) (*Page, error) {
	m, err := x.body.moment()
	if err != nil {
		return nil, err
	}
	defer m.release()
	f := finder{budget: x.cfg.Budget, now: now, render: x.cfg.Render}
	return f.find(ctx, m, q)
}

// alive is a page with the live values of now. What else it has is shared: the values
// alone have no pointers, so that a page from the cache costs the collector next to nothing.
func (x *Index) alive(p *Page) *Page {
	table := x.body.table
	out := *p
	out.Live = make([]Live, len(p.Hits))
	for i := range p.Hits {
		h := &p.Hits[i]
		l := table.Live(h.ordinal, h.ID)
		out.Live[i] = Live{
			Version: l.Version, Total: l.Total, Available: l.Available, Held: l.Held, Booked: l.Booked,
			Waiting: l.Waiting,
		}
	}
	return &out
}

// keyRoom is more than most keys have, in bytes.
const keyRoom = 160

// key is what makes a page the same as another: everything about the query, and where
// the order depends on it, the minute.
func (q *Query) key(now int64) string {
	w := writer{b: make([]byte, 0, keyRoom)}
	w.condition(q)
	w.number(q.Size)
	for _, f := range q.Facets {
		w.number(int(f))
	}
	w.text(q.After)
	if q.Sort == ByRelevance {
		w.fixed(uint64(now))
	}
	return string(w.b)
}

// sameText is a text as queries with it are told apart.
func sameText(s string) string {
	s = text.Fold(s) // has no other blanks than this one
	if !strings.Contains(s, "  ") {
		return strings.Trim(s, " ")
	}
	return strings.Join(strings.Fields(s), " ")
}
