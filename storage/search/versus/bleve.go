package versus

import (
	"time"

	"boxoffice/storage/search"
	"boxoffice/storage/search/internal/text"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/registry"
	"github.com/blevesearch/bleve/v2/search/query"
)

// plainBleve is bleve with its default kind of index.
type plainBleve struct{ x bleve.Index }

// bleveTokenizer cuts texts as ours does.
type bleveTokenizer func(string) []string

// Tokenize gives the words of a text.
func (cut bleveTokenizer) Tokenize(input []byte) analysis.TokenStream {
	var out analysis.TokenStream
	for i, w := range cut(string(input)) {
		out = append(out, &analysis.Token{Term: []byte(w), End: len(input), Position: i + 1})
	}
	return out
}

// bleve finds what a stored mapping names in a registry of the process. Names can be
// registered once.
func init() {
	for name, cut := range map[string]bleveTokenizer{
		nameField: text.Words, whereField: text.Words, wideField: text.Stems,
	} {
		err := registry.RegisterTokenizer(name, func(map[string]any, *registry.Cache) (analysis.Tokenizer, error) {
			return cut, nil
		})
		if err != nil {
			panic(err)
		}
	}
}

// bleveMapping says how each field is indexed.
func bleveMapping() (mapping.IndexMapping, error) {
	m := bleve.NewIndexMapping()
	d := bleve.NewDocumentStaticMapping()
	for _, field := range []string{nameField, whereField, wideField} {
		err := m.AddCustomAnalyzer(field, map[string]any{"type": custom.Name, "tokenizer": field})
		if err != nil {
			return nil, err
		}
		f := bleve.NewTextFieldMapping()
		f.Analyzer, f.DocValues = field, false
		d.AddFieldMappingsAt(field, f)
	}
	d.AddFieldMappingsAt(startField, bleve.NewDateTimeFieldMapping())
	d.AddFieldMappingsAt(placeField, bleve.NewGeoPointFieldMapping())
	for _, field := range []string{genreField, cityField, stockField} {
		d.AddFieldMappingsAt(field, bleve.NewKeywordFieldMapping())
	}
	kept := bleve.NewTextFieldMapping()
	kept.Index, kept.DocValues = false, false
	d.AddFieldMappingsAt(sourceKept, kept)
	for _, fields := range d.Properties {
		for _, f := range fields.Fields {
			f.Store, f.IncludeInAll, f.IncludeTermVectors = f == kept, false, false
		}
	}
	d.AddSubDocumentMapping("_all", bleve.NewDocumentDisabledMapping())
	m.DefaultMapping = d
	return m, nil
}

// buildBleve writes the documents. With the spatial plugin "s2" points are cells of the S2
// library; with "", the default, they are numbers of which there are ranges. The index
// remembers it.
func buildBleve(dir string, w *world, plugin string) error {
	m, err := bleveMapping()
	if err != nil {
		return err
	}
	config := map[string]any{}
	if plugin != "" {
		config["spatialPlugin"] = plugin
	}
	x, err := bleve.NewUsing(dir, m, bleve.Config.DefaultIndexType, bleve.Config.DefaultKVStore, config)
	if err != nil {
		return err
	}
	err = w.batches(func(first int, batch []search.Event) error {
		b := x.NewBatch()
		for i := range batch {
			if err := b.Index(batch[i].ID, bleveDocument(&batch[i], w.catalog.Live(first+i, saleVersion))); err != nil {
				return err
			}
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

// bleveDocument maps an event.
func bleveDocument(e *search.Event, l search.Live) map[string]any {
	d := newDocument(e, l)
	out := map[string]any{
		nameField: d.names, whereField: d.where, wideField: d.wide, startField: time.UnixMilli(e.StartsAt),
		genreField: e.Genre, cityField: e.Venue.City, stockField: d.stock, sourceKept: string(e.Source),
	}
	if at := e.Venue.Location; at != nil {
		out[placeField] = map[string]any{"lon": at.Lon, "lat": at.Lat}
	}
	return out
}

// openBleve opens the index for reading: nothing works beside the queries.
func openBleve(dir string, _ *world) (engine, error) {
	x, err := bleve.OpenUsing(dir, map[string]any{"read_only": true})
	if err != nil {
		return nil, err
	}
	return &plainBleve{x}, nil
}

// ask asks a query, and once more where it finds less than a page.
func (p *plainBleve) ask(q search.Query) (answer, error) {
	out, err := p.once(q, false)
	if err == nil && q.Text != "" && !q.Exact && out.total < q.Size {
		return p.once(q, true)
	}
	return out, err
}

// once asks a query one time.
func (p *plainBleve) once(q search.Query, fuzzy bool) (answer, error) {
	request := bleve.NewSearchRequestOptions(bleveQuery(&q, fuzzy), q.Size, 0, false)
	request.Fields = []string{sourceKept}
	for _, f := range q.Facets {
		request.AddFacet(facetField(f), bleve.NewFacetRequest(facetField(f), facetSize))
	}
	found, err := p.x.Search(request)
	if err != nil {
		return answer{}, err
	}
	out := answer{total: int(found.Total), hits: len(found.Hits)}
	for _, hit := range found.Hits {
		if source, ok := hit.Fields[sourceKept].(string); ok {
			out.bytes += len(source)
		}
	}
	if f := found.Facets[genreField]; f != nil {
		for _, v := range f.Terms.Terms() {
			out.counted += v.Count
		}
	}
	return out, nil
}

// bleveQuery is an AND of the words, filtered by everything else: bleve can leave that
// out of the scores. Without words the conditions are all there is.
func bleveQuery(q *search.Query, fuzzy bool) query.Query {
	var filters []query.Query
	if q.Radius > 0 {
		around := bleve.NewGeoDistanceQuery(q.Near.Lon, q.Near.Lat, metres(q.Radius))
		around.SetField(placeField)
		filters = append(filters, around)
	}
	if q.StartsAfter != 0 {
		inclusive := true
		from := bleve.NewDateRangeInclusiveQuery(time.UnixMilli(q.StartsAfter), time.Time{}, &inclusive, nil)
		from.SetField(startField)
		filters = append(filters, from)
	}
	filter := bleve.NewConjunctionQuery(filters...)
	if q.Text == "" {
		return filter
	}
	out := bleve.NewBooleanQuery()
	for _, w := range parse(q.Text, fuzzy) {
		out.AddMust(bleveWord(&w))
	}
	if len(filters) > 0 {
		out.AddFilter(filter)
	}
	return out
}

// A bleveLeaf is a query of one field.
type bleveLeaf interface {
	query.Query
	SetField(string)
	SetBoost(float64)
}

// leaf sets the field of a query, and what it counts.
func leaf(q bleveLeaf, field string, boost float64) query.Query {
	q.SetField(field)
	q.SetBoost(boost)
	return q
}

// bleveWord is an OR of the ways to have a word.
func bleveWord(w *wanted) query.Query {
	or := bleve.NewDisjunctionQuery()
	for _, s := range w.exact {
		or.AddQuery(leaf(bleve.NewTermQuery(s), nameField, nameBoost))
	}
	for _, s := range w.stems {
		or.AddQuery(leaf(bleve.NewTermQuery(s), wideField, wideBoost))
	}
	for _, s := range w.begin {
		or.AddQuery(leaf(bleve.NewPrefixQuery(s), nameField, beginBoost))
		or.AddQuery(leaf(bleve.NewPrefixQuery(s), whereField, wideBoost))
	}
	if len(w.parts) > 0 {
		and := bleve.NewConjunctionQuery()
		for _, p := range w.parts {
			either := bleve.NewDisjunctionQuery(leaf(bleve.NewTermQuery(p.stem), wideField, wideBoost))
			if p.begin != "" {
				either.AddQuery(leaf(bleve.NewPrefixQuery(p.begin), nameField, wideBoost))
				either.AddQuery(leaf(bleve.NewPrefixQuery(p.begin), whereField, wideBoost))
			}
			and.AddQuery(either)
		}
		or.AddQuery(and)
	}
	if w.like != "" {
		for _, field := range [...]string{nameField, whereField} {
			like := bleve.NewFuzzyQuery(w.like)
			like.SetFuzziness(w.edits)
			like.SetPrefix(firstFixed)
			or.AddQuery(leaf(like, field, likeBoost))
		}
	}
	return or
}

// close closes the index.
func (p *plainBleve) close() error { return p.x.Close() }
