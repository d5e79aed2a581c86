package search

import (
	"context"
	"fmt"
	"time"

	"boxoffice/storage/search/internal/text"
)

// finder answers queries from moments. It has no state.
type finder struct {
	budget time.Duration
	now    int64                        // milliseconds since 1970: what is to come starts from here
	render func([]byte) ([]byte, error) // an event's source as hits have it; nil: as it is
}

// find answers a query that is checked but for its words. Live columns of the hits are left out.
func (f *finder) find(ctx context.Context, m *moment, q *Query) (*Page, error) {
	words, err := q.words()
	if err != nil {
		return nil, err
	}
	e := &evaluation{
		moment: m, scratch: scratches.Get().(*scratch), sort: q.Sort, budget: newBudget(ctx, f.budget),
	}
	defer e.giveBack()
	print := q.fingerprint()
	var after *cursor
	if q.After != "" {
		if after, err = decodeCursor(q.After, print); err != nil {
			return nil, err
		}
	}
	e.filter = newFilter(q, m.columns, text.Fold(q.Genre), &e.near)
	e.away = distances{now: m.columns, from: q.Near}
	if q.Radius > 0 {
		e.away.near = &e.near
	}
	frozen, err := f.evaluate(e, q, words, after)
	if err != nil {
		return nil, err
	}
	return f.page(e, q, frozen, print)
}

// evaluate runs a query: at first with exact words only, and where that gives less than
// a page once more with words that look alike. A page that follows does as the first.
func (f *finder) evaluate(e *evaluation, q *Query, words text.Query, after *cursor) (frozen, error) {
	now := f.now
	if after != nil {
		now = after.frozen.now
	}
	if len(words.Words) == 0 {
		e.begin(q, nil, now, after)
		return frozen{now: now, length: 1}, e.run()
	}
	p := newPlan(words, e.words)
	if after != nil {
		if !p.resume(after) {
			return frozen{}, bad("?after", "is not the next of a page of this query")
		}
		e.begin(q, p, now, after)
		return p.frozen, e.run()
	}
	p.weigh(e.words, e.view.Documents(), e.view.MeanNameLength(), now)
	e.begin(q, p, now, nil)
	if err := e.run(); err != nil {
		return frozen{}, err
	}
	exact := e.total
	if exact < q.Size && !q.Exact && p.blur(e.words) {
		e.begin(q, p, now, nil)
		if err := e.run(); err != nil {
			return frozen{}, err
		}
		if e.total > exact {
			e.corrections = p.corrections(e.words, q.Size)
		}
	}
	p.frozen.kept = p.keep()
	return p.frozen, nil
}

// begin makes the evaluation ready for a run.
func (e *evaluation) begin(q *Query, p *plan, now int64, after *cursor) {
	e.plan, e.total = p, 0
	if p != nil {
		p.locate(e.places)
	}
	e.counters.reset(e.columns, q.Facets)
	e.score = scoring{coming: now, away: &e.away}
	if p != nil && q.Sort == ByRelevance {
		e.score.phrase.reset(p, e.columns, e.scratch)
	}
	// One more than a page has tells whether there is another page.
	e.top = top{now: e.columns, byName: q.Sort == ByName, size: q.Size + 1, heap: e.top.heap[:0]}
	if after != nil {
		e.top.after = &after.last
	}
}

// page makes the page of what was found.
func (f *finder) page(e *evaluation, q *Query, frozen frozen, print uint64) (*Page, error) {
	page := &Page{Total: e.total, Facets: e.counters.counted(), Corrected: e.corrections}
	hits := e.top.sorted()
	if len(hits) > q.Size {
		hits = hits[:q.Size]
		c := cursor{last: e.top.spot(&hits[q.Size-1]), frozen: frozen, fuzzy: e.plan != nil && e.plan.fuzzy}
		page.Next = c.encode(print)
	}
	page.Hits = make([]Hit, 0, len(hits))
	for i := range hits {
		hit, err := f.hit(e, q, &hits[i])
		if err != nil {
			return nil, err
		}
		page.Hits = append(page.Hits, hit)
	}
	return page, nil
}

// hit is a hit as a page has it.
func (f *finder) hit(e *evaluation, q *Query, h *hit) (Hit, error) {
	now, o := e.columns, h.ordinal
	out := Hit{
		ID: now.ID(o), Version: now.Version(o), StartsAt: now.Start(o), OnSaleAt: now.OnSale(o),
		Cancelled: now.Cancelled(o), Distance: e.away.of(o), ordinal: o,
	}
	if e.plan != nil && q.Sort == ByRelevance {
		out.Score = scoreOf(h.key)
	}
	segment, doc := int(h.segment), h.doc
	if segment < 0 {
		var ok bool
		var err error
		if segment, doc, ok, err = e.view.Locate(out.ID, o); err != nil || !ok {
			return out, err // not ok: written, but not saved yet; its columns say enough
		}
	}
	stored, err := e.view.Segments()[segment].Source(doc, nil)
	if err != nil {
		return out, err
	}
	if out.Source, err = sourceOf(stored); err != nil || f.render == nil {
		return out, err
	}
	if out.Source, err = f.render(out.Source); err != nil {
		return out, fmt.Errorf("render event %s: %w", out.ID, err)
	}
	return out, nil
}
