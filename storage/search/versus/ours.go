package versus

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"

	"boxoffice/storage/search"
	"boxoffice/storage/search/searchtest"
)

// ours is the index of this project.
type ours struct{ x *search.Index }

// openIndex opens or makes ours, which keeps no pages for queries that come again.
func openIndex(dir string) (*search.Index, error) {
	cfg := search.DefaultConfig(dir)
	cfg.CacheBytes = 0
	cfg.Now = func() int64 { return searchtest.Epoch }
	cfg.Logger = slog.New(slog.DiscardHandler)
	return search.Open(cfg)
}

// buildOurs applies the events as a feed would.
func buildOurs(dir string, w *world) error {
	x, err := openIndex(dir)
	if err != nil {
		return err
	}
	err = w.batches(func(first int, batch []search.Event) error {
		position := []byte(strconv.Itoa(first + len(batch)))
		return x.Apply(context.Background(), search.Batch{Source: 1, Position: position, Events: batch})
	})
	if err == nil {
		err = settle()
	}
	if closed := x.Close(); err == nil {
		err = closed
	}
	return err
}

// openOurs opens the index and tells it what sales have done.
func openOurs(dir string, w *world) (engine, error) {
	x, err := openIndex(dir)
	if err != nil {
		return nil, err
	}
	for i := range w.events {
		x.SetLive(fmt.Sprintf("e%07d", i), w.catalog.Live(i, saleVersion))
	}
	return &ours{x}, nil
}

// ask asks a query.
func (o *ours) ask(q search.Query) (answer, error) {
	page, err := o.x.Search(context.Background(), q)
	if err != nil {
		return answer{}, err
	}
	out := answer{total: page.Total, hits: len(page.Hits)}
	for i := range page.Hits {
		out.bytes += len(page.Hits[i].Source)
	}
	for _, f := range page.Facets {
		if f.Facet == search.FacetGenre {
			for _, v := range f.Values {
				out.counted += v.Count
			}
		}
	}
	return out, nil
}

// close closes the index.
func (o *ours) close() error { return o.x.Close() }
