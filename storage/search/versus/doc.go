// Package versus measures the search of this project beside what people would use
// instead: Bluge as its documentation shows it, and bleve; bleve once as it is by default,
// and once with its spatial plugin for S2, an option that makes circles cheaper.
//
//	make versus                    20,000 events: a few minutes
//	make versus EVENTS=1000000     the real one
//
// It is a module of its own, so that the product does not depend on what it is compared
// with. Nothing imports it.
//
// # What is the same
//
// All have the same events, of searchtest.Catalog, cut into the same words by the
// same rules, and answer the same queries from an index on disk: the exact total, and
// the first page with the stored source of each hit. A word of the text is looked for in
// the same ways (see wanted), and a query that finds less than a page is asked once more
// with words that look alike, by all of them. Ours keeps no pages for queries that come
// again. Each has the process for itself while it is measured: the index of another
// would be work for the collector, and its merges would be counted. CPU is what the
// operating system counted for the process, so collecting garbage is in it.
//
// # What is not
//
// The plain ones do less: they rank by words alone, without phrases, popularity or
// nearness, and have no cursor. What is left of each event is a word of the document for
// them, which every sale would have to write anew; ours reads it where sales put it.
//
// # Totals
//
// Exact queries must find as many events, whoever is asked, but for two things. A word
// that is unfinished stands for 64 words at most with ours, for all with the others. And
// their Earth has another radius, which changes with the latitude for Bluge: events
// within 1 % of the radius of a circle are inside for one and outside for another.
//
// Words that look alike differ by design: with ours it is 32 at most, the first letter
// may be the wrong one where the word has four, and two words that were typed as one are
// found. So totals as typed are reported, and not demanded.
package versus
