// Package searchtest has what tests and benchmarks of a search need: a catalog that is
// made up, a twin that answers by looking at every event, and typical queries.
//
//	c := searchtest.NewCatalog(searchtest.Large)
//	e := c.Event(17)                          // the same for everybody, always
//	twin := searchtest.NewTwin(now)
//	twin.Put(e)
//	want := twin.Search(search.Query{Text: "…"})
//
// # The catalog
//
// Event i is a function of the seed and of i, so a million events need no memory, and
// two processes agree on them. Cities are real ones, with about their places and sizes;
// everything else is made of syllables. Names, words and venues follow Zipf's law: a few
// are everywhere, most are rare. One name in twelve has accents, as real ones do.
//
// # The twin
//
// The twin knows nothing of indexes. It says which events match a query, by the rule
// that is written at Twin.Search, and in which order they come where that is not by
// score. What an index answers must be the same.
//
// # Judged queries
//
// testdata/judged.txt has what people type, and what they would be glad to find, for the
// events of a real catalog, which cmd/boxoffice reads where it is there; small_judged.txt
// has the same for small.txt, a catalog of our own. Judge marks the answers. To see what
// is worst:
//
//	go test ./storage/search/searchtest -run JudgedSmall -v -worse 0.9
//	go test ./cmd/boxoffice -run 'Judged|RealNames' -v -judged.worse 0.9
package searchtest
