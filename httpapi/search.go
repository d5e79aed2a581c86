package httpapi

import (
	"context"
	"errors"
	"sync"
	"time"

	"boxoffice/actors"
	"boxoffice/storage/search"
)

// Searcher is what the HTTP layer asks of an index of events; *search.Index is one.
// Both methods are called from many goroutines at once, and block until ctx ends at
// the longest. They may keep what they are given. Their errors are a
// *search.BadQuery, those of package search, and those of package actors where
// another node has the index.
type Searcher interface {
	// Search finds a page of events. Each hit's Source is what RenderHit made; the
	// page is only read.
	Search(ctx context.Context, q search.Query) (*search.Page, error)
	// Suggest finds names that begin like a text, the best ones first.
	Suggest(ctx context.Context, q search.SuggestQuery) ([]search.Suggestion, error)
}

// How long others may keep an answer. A page's availability changes all the time, so
// a cache may only serve the crowd of one second; names hardly change. There is no
// ETag: it would be another one with each sale, and its hash the dearest part of
// the answer.
var (
	strPageAge  = []byte("public, max-age=1")
	strNamesAge = []byte("public, max-age=10")
)

// searchKind is what a search is mostly made of, as metrics tell it.
type searchKind uint8

const (
	filterKind searchKind = iota // neither text nor place
	textKind
	geoKind
	textGeoKind // textKind | geoKind
	suggestKind
)

// searchKinds are the labels of searchKind.
var searchKinds = [...]string{filterKind: "filter", textKind: "text", geoKind: "geo", textGeoKind: "text+geo",
	suggestKind: "suggest"}

// kind tells what a query is mostly made of.
func (q *searchQuery) kind() (k searchKind) {
	if q.ask.Text != "" {
		k |= textKind
	}
	if q.ask.Near != nil {
		k |= geoKind
	}
	return k
}

// getEvents is GET /events: search.
func (s *Server) getEvents(c *call) {
	q := &c.find
	*q = searchQuery{ask: search.Query{Size: pageSize}}
	if !c.query(q) {
		return
	}
	ctx, ok := c.searching()
	if !ok {
		return
	}
	if !c.turn(ctx) {
		return
	}
	page, err := s.search(ctx, q.ask)
	s.metrics.searched(q.kind(), time.Since(c.start))
	if err != nil {
		c.searchFailed(err)
		return
	}
	c.buf = appendPage(c.buf[:0], page, q, s.now().UnixMilli())
	c.found(strPageAge)
}

// search asks the index, and then lets the next one have the turn.
func (s *Server) search(ctx *budget, q search.Query) (*search.Page, error) {
	defer s.traffic.turned()
	return s.cfg.Search.Search(ctx, q)
}

// searching is the context of one search: SearchTimeout, or less where the client
// says so. False: it has answered.
func (c *call) searching() (*budget, bool) {
	ms, given, ok := c.uintHeader(headerDeadline, c.head.deadline, 1, maxDeadline)
	if !ok {
		return nil, false
	}
	if c.srv.cfg.Search == nil {
		c.fail(codeUnavailable, fault{detail: "This node has no search, and knows no node that has one."})
		return nil, false
	}
	timeout := c.srv.cfg.SearchTimeout
	if given {
		timeout = min(timeout, time.Duration(ms)*time.Millisecond)
	}
	return &budget{Context: context.Background(), deadline: c.start.Add(timeout)}, true
}

// budget is a context that ends at its deadline and in no other way. Its timer is made
// for who waits, and an index that has the answer already never does: a context of
// the standard library costs a cached search a twentieth of its time.
type budget struct {
	context.Context // without an end
	deadline        time.Time
	once            sync.Once
	done            chan struct{}
}

// Deadline is when it ends.
func (b *budget) Deadline() (time.Time, bool) { return b.deadline, true }

// Done is closed at the deadline.
func (b *budget) Done() <-chan struct{} {
	b.once.Do(func() {
		b.done = make(chan struct{})
		time.AfterFunc(time.Until(b.deadline), func() { close(b.done) })
	})
	return b.done
}

// Err is context.DeadlineExceeded from the deadline on.
func (b *budget) Err() error {
	if time.Now().Before(b.deadline) {
		return nil
	}
	return context.DeadlineExceeded
}

// searchFailed answers a search that ended with an error. It had no effect, however
// it ended.
func (c *call) searchFailed(err error) {
	var bad *search.BadQuery
	switch {
	case errors.As(err, &bad):
		c.invalid(fieldError{At: bad.At, Detail: bad.Detail})
	case errors.Is(err, search.ErrBudget), errors.Is(err, context.DeadlineExceeded):
		c.fail(codeOverloaded, fault{detail: "The search took longer than it may. Ask for less, or again later."})
	case errors.Is(err, search.ErrClosed), errors.Is(err, context.Canceled), errors.Is(err, actors.ErrUnknown):
		c.fail(codeUnavailable, fault{detail: "The index of events cannot be asked just now."})
	default:
		c.failed(err)
	}
}

// found answers with what is in c.buf, which fasthttp gets in exchange for its own
// buffer: a page of 200 events is not copied.
func (c *call) found(age []byte) {
	resp := &c.ctx.Response
	resp.Header.SetContentTypeBytes(strJSON)
	resp.Header.SetCanonical(strCacheControl, age)
	n := len(c.buf)
	c.buf = resp.SwapBody(c.buf)
	if n > largeBody {
		c.allowSlow(n)
	}
}
