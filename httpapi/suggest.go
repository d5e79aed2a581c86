package httpapi

import (
	"bytes"
	"time"

	"boxoffice/storage/search"
)

// suggestQuery is what GET /suggest asks for.
type suggestQuery struct {
	ask search.SuggestQuery
	near
}

// suggestParams are the parameters of GET /suggest. There is no radius: what is near
// comes first, and what is far may be what is meant.
var suggestParams = []param{
	{name: "text"},
	{name: "lat", cards: nowhere, blank: true},
	{name: "lon", cards: nowhere, blank: true},
	{name: "unit", blank: true},
	{name: "size", blank: true},
}

func (q *suggestQuery) params() []param { return suggestParams }

// set copies every value: the index may keep what it is asked. A text keeps the
// space at its end, which says that a word is whole.
func (q *suggestQuery) set(i int, v []byte) string {
	switch name := suggestParams[i].name; name {
	case "text":
		if len(bytes.TrimSpace(v)) == 0 {
			return "must not be empty"
		}
		q.ask.Text = string(v)
		return tooLong(v, search.MaxTextBytes)
	case "size":
		return setSize(&q.ask.Size, v, search.MaxSuggest)
	default:
		return q.near.set(name, v)
	}
}

// whole wants a text, and makes the point of lat and lon.
func (q *suggestQuery) whole(given uint32) []fieldError {
	const text, lat, lon = 1 << 0, 1 << 1, 1 << 2
	errs := q.near.whole(given&lat != 0, given&lon != 0)
	if given&text == 0 {
		errs = append(errs, fieldError{At: "?text", Detail: "is missing"})
	}
	q.ask.Near = q.point()
	return errs
}

// suggest asks the index, and then lets the next one have the turn.
func (s *Server) suggest(ctx *budget, q search.SuggestQuery) ([]search.Suggestion, error) {
	defer s.traffic.turned()
	return s.cfg.Search.Suggest(ctx, q)
}

// getSuggestions is GET /suggest: names as you type.
func (s *Server) getSuggestions(c *call) {
	q := suggestQuery{ask: search.SuggestQuery{Size: suggestSize}}
	if !c.query(&q) {
		return
	}
	ctx, ok := c.searching()
	if !ok {
		return
	}
	if !c.turn(ctx) {
		return
	}
	list, err := s.suggest(ctx, q.ask)
	s.metrics.searched(suggestKind, time.Since(c.start))
	if err != nil {
		c.searchFailed(err)
		return
	}
	b := append(c.buf[:0], `{"suggestions":[`...)
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendSuggestion(b, &list[i], &q)
	}
	c.buf = append(b, `]}`...)
	c.found(strNamesAge)
}

// kinds are the names of search.Kind.
var kinds = [...]string{search.KindEvent: "event", search.KindPerformer: "performer", search.KindVenue: "venue",
	search.KindCity: "city"}

func appendSuggestion(b []byte, g *search.Suggestion, q *suggestQuery) []byte {
	b = append(append(append(b, `{"kind":"`...), kinds[g.Kind]...), '"')
	b = appendOptional(b, "id", g.ID)
	b = appendString(append(b, `,"name":`...), g.Name)
	b = appendOptional(b, "place", g.Place)
	b = appendCount(append(b, `,"events":`...), g.Events)
	if q.ask.Near != nil && g.Distance >= 0 {
		b = appendFixed(append(b, `,"distance":`...), g.Distance/q.inUnit())
	}
	return append(b, '}')
}
