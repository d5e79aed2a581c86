package versus

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"boxoffice/storage/search"
	"boxoffice/storage/search/searchtest"
)

// world is what all engines index: the first events of a catalog.
type world struct {
	catalog *searchtest.Catalog
	events  int
}

// saleVersion is the version of what a sale has done to each event.
const saleVersion = 1

// batchSize is how many events a batch has.
const batchSize = 2000

// batches calls f with the events in batches, and the number of the first.
func (w *world) batches(f func(first int, batch []search.Event) error) error {
	for i := 0; i < w.events; i += batchSize {
		batch := make([]search.Event, 0, batchSize)
		for j := i; j < min(w.events, i+batchSize); j++ {
			batch = append(batch, w.catalog.Event(j))
		}
		if err := f(i, batch); err != nil {
			return err
		}
	}
	return nil
}

// An engine answers queries from an index that is open. For one goroutine.
type engine interface {
	ask(q search.Query) (answer, error)
	close() error
}

// answer is what is compared of a page.
type answer struct {
	total   int
	hits    int // on the page
	bytes   int // of their sources
	counted int // by the facet of genres: the total where it is asked for, else 0
}

// agrees tells whether two engines found as many. Their pages differ: they rank otherwise.
func (a answer) agrees(b answer) bool { return a.total == b.total && a.counted == b.counted }

// contender is one of those that are compared. Build makes an index in a folder and
// leaves it closed; open opens it.
type contender struct {
	name  string
	build func(dir string, w *world) error
	open  func(dir string, w *world) (engine, error)
}

// contenders are all, ours first.
var contenders = []contender{
	{"ours", buildOurs, openOurs},
	{"bluge", buildBluge, openBluge},
	{"bleve", func(dir string, w *world) error { return buildBleve(dir, w, "") }, openBleve},
	{"bleve-s2", func(dir string, w *world) error { return buildBleve(dir, w, "s2") }, openBleve},
}

// built is what an index is like on disk.
type built struct {
	took     time.Duration // 0: it was there
	bytes    int64
	segments int
}

// prepare builds an index in a folder below dir, unless it is there from an earlier run.
func (c *contender) prepare(dir string, w *world) (string, built, error) {
	dir = filepath.Join(dir, strconv.Itoa(w.events), c.name)
	var out built
	done := dir + ".whole" // a mark: what a run that was stopped has left is made anew
	if _, err := os.Stat(done); err != nil {
		if err := os.RemoveAll(dir); err != nil {
			return "", out, err
		}
		if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
			return "", out, err
		}
		began := time.Now()
		if err := c.build(dir, w); err != nil {
			return "", out, fmt.Errorf("build %s: %w", c.name, err)
		}
		out.took = time.Since(began)
		if err := os.WriteFile(done, nil, 0o644); err != nil {
			return "", out, err
		}
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		out.bytes += info.Size()
		if ext := filepath.Ext(path); ext == ".seg" || ext == ".zap" {
			out.segments++
		}
		return nil
	})
	return dir, out, err
}
