package versus

import (
	"context"
	"fmt"
	"time"

	"boxoffice/storage/search"
	"boxoffice/storage/search/internal/text"

	"github.com/blugelabs/bluge"
	"github.com/blugelabs/bluge/analysis"
	blugesearch "github.com/blugelabs/bluge/search"
	"github.com/blugelabs/bluge/search/aggregations"
)

// countName is the name of the aggregation that counts all hits, where Count looks.
const countName = "count"

// plainBluge is Bluge as its documentation shows it.
type plainBluge struct{ r *bluge.Reader }

// blugeAnalyzer cuts texts as ours does.
type blugeAnalyzer func(string) []string

// Analyze gives the words of a text.
func (cut blugeAnalyzer) Analyze(input []byte) analysis.TokenStream {
	var out analysis.TokenStream
	for _, w := range cut(string(input)) {
		out = append(out, &analysis.Token{Term: []byte(w), End: len(input), PositionIncr: 1})
	}
	return out
}

// buildBluge writes the documents.
func buildBluge(dir string, w *world) error {
	x, err := bluge.OpenWriter(bluge.DefaultConfig(dir))
	if err != nil {
		return err
	}
	err = w.batches(func(first int, batch []search.Event) error {
		b := bluge.NewBatch()
		for i := range batch {
			d := blugeDocument(&batch[i], w.catalog.Live(first+i, saleVersion))
			b.Update(d.ID(), d)
		}
		return x.Batch(b)
	})
	if err == nil {
		err = settle()
	}
	if closed := x.Close(); err == nil {
		err = closed
	}
	return err
}

// blugeDocument maps an event.
func blugeDocument(e *search.Event, l search.Live) *bluge.Document {
	d := newDocument(e, l)
	out := bluge.NewDocument(e.ID)
	for _, s := range d.names {
		out.AddField(bluge.NewTextField(nameField, s).WithAnalyzer(blugeAnalyzer(text.Words)))
	}
	for _, s := range d.where {
		out.AddField(bluge.NewTextField(whereField, s).WithAnalyzer(blugeAnalyzer(text.Words)))
	}
	for _, s := range d.wide {
		out.AddField(bluge.NewTextField(wideField, s).WithAnalyzer(blugeAnalyzer(text.Stems)))
	}
	out.AddField(bluge.NewDateTimeField(startField, time.UnixMilli(e.StartsAt)))
	if at := e.Venue.Location; at != nil {
		out.AddField(bluge.NewGeoPointField(placeField, at.Lon, at.Lat))
	}
	out.AddField(bluge.NewKeywordField(genreField, e.Genre).Aggregatable())
	out.AddField(bluge.NewKeywordField(cityField, e.Venue.City).Aggregatable())
	for _, s := range d.stock {
		out.AddField(bluge.NewKeywordField(stockField, s).Aggregatable())
	}
	out.AddField(bluge.NewStoredOnlyField(sourceKept, e.Source))
	return out
}

// openBluge opens the index for reading: nothing works beside the queries.
func openBluge(dir string, _ *world) (engine, error) {
	r, err := bluge.OpenReader(bluge.DefaultConfig(dir))
	if err != nil {
		return nil, err
	}
	return &plainBluge{r}, nil
}

// ask asks a query, and once more where it finds less than a page.
func (p *plainBluge) ask(q search.Query) (answer, error) {
	out, err := p.once(q, false)
	if err == nil && q.Text != "" && !q.Exact && out.total < q.Size {
		return p.once(q, true)
	}
	return out, err
}

// once asks a query one time.
func (p *plainBluge) once(q search.Query, fuzzy bool) (answer, error) {
	request := bluge.NewTopNSearch(q.Size, blugeQuery(&q, fuzzy))
	request.AddAggregation(countName, aggregations.CountMatches())
	for _, f := range q.Facets {
		field := facetField(f)
		request.AddAggregation(field, aggregations.NewTermsAggregation(blugesearch.Field(field), facetSize))
	}
	found, err := p.r.Search(context.Background(), request)
	if err != nil {
		return answer{}, err
	}
	var out answer
	for {
		hit, err := found.Next()
		if err != nil {
			return answer{}, err
		}
		if hit == nil {
			break
		}
		out.hits++
		err = hit.VisitStoredFields(func(field string, value []byte) bool {
			if field == sourceKept {
				out.bytes += len(value)
			}
			return true
		})
		if err != nil {
			return answer{}, err
		}
	}
	all := found.Aggregations()
	out.total = int(all.Count())
	for _, f := range q.Facets {
		if f == search.FacetGenre {
			for _, b := range all.Buckets(genreField) {
				out.counted += int(b.Count())
			}
		}
	}
	return out, nil
}

// blugeQuery is an AND of everything that is asked for.
func blugeQuery(q *search.Query, fuzzy bool) bluge.Query {
	out := bluge.NewBooleanQuery()
	for _, w := range parse(q.Text, fuzzy) {
		out.AddMust(blugeWord(&w))
	}
	if q.Radius > 0 {
		around := bluge.NewGeoDistanceQuery(q.Near.Lon, q.Near.Lat, metres(q.Radius))
		out.AddMust(around.SetField(placeField))
	}
	if q.StartsAfter != 0 {
		from := bluge.NewDateRangeInclusiveQuery(time.UnixMilli(q.StartsAfter), time.Time{}, true, false)
		out.AddMust(from.SetField(startField))
	}
	return out
}

// blugeWord is an OR of the ways to have a word.
func blugeWord(w *wanted) bluge.Query {
	or := bluge.NewBooleanQuery().SetMinShould(1)
	for _, s := range w.exact {
		or.AddShould(bluge.NewTermQuery(s).SetField(nameField).SetBoost(nameBoost))
	}
	for _, s := range w.stems {
		or.AddShould(bluge.NewTermQuery(s).SetField(wideField).SetBoost(wideBoost))
	}
	for _, s := range w.begin {
		or.AddShould(bluge.NewPrefixQuery(s).SetField(nameField).SetBoost(beginBoost))
		or.AddShould(bluge.NewPrefixQuery(s).SetField(whereField).SetBoost(wideBoost))
	}
	if len(w.parts) > 0 {
		and := bluge.NewBooleanQuery()
		for _, p := range w.parts {
			either := bluge.NewBooleanQuery().SetMinShould(1)
			either.AddShould(bluge.NewTermQuery(p.stem).SetField(wideField).SetBoost(wideBoost))
			if p.begin != "" {
				either.AddShould(bluge.NewPrefixQuery(p.begin).SetField(nameField).SetBoost(wideBoost))
				either.AddShould(bluge.NewPrefixQuery(p.begin).SetField(whereField).SetBoost(wideBoost))
			}
			and.AddMust(either)
		}
		or.AddShould(and)
	}
	if w.like != "" {
		for _, field := range [...]string{nameField, whereField} {
			like := bluge.NewFuzzyQuery(w.like).SetFuzziness(w.edits).SetPrefix(firstFixed)
			or.AddShould(like.SetField(field).SetBoost(likeBoost))
		}
	}
	return or
}

// close closes the reader.
func (p *plainBluge) close() error { return p.r.Close() }

// metres is a distance as Bluge and bleve read it.
func metres(m float64) string { return fmt.Sprintf("%.3fm", m) }

// facetField is the field of a facet.
func facetField(f search.Facet) string {
	switch f {
	case search.FacetGenre:
		return genreField
	case search.FacetCity:
		return cityField
	}
	return stockField
}
