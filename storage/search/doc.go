// Package search finds events by their words, by where, when and who, and counts
// them.
//
//	x, err := search.Open(search.DefaultConfig("data/search"))
//	err = x.Apply(ctx, search.Batch{Source: shard, Position: p, Events: …}) // visible when it returns
//	x.SetLive("event-1", search.Live{Version: 7, Total: 100, Available: 12})
//	page, err := x.Search(ctx, search.Query{Text: "beyonce", Near: &search.Point{Lat: 40.7, Lon: -74}})
//
// # Two kinds of facts
//
// What an organiser writes (Event) is indexed: words in an inverted index on disk,
// everything else in columns in memory, a slot for each event. What a sale changes
// (Live) is in columns only: it is seen by the next query, and costs the index nothing.
//
// # How a query is answered
//
// A text becomes an AND of groups, one for each word; a group is an OR of what the word
// may be in the index: its stem in the wide text, which has everything that is written
// of an event; a run of words that is one word there, or the parts of one; for the last
// word, one that begins so, of a title, a performer, a venue or a city. Where that finds
// less than a page, it is done once more with words of these that look alike, and
// Page.Corrected says so. In each segment of the
// index the sets of documents are united and intersected; the columns filter what is
// left; only the survivors are scored. A query without words does not touch the index:
// it walks the events of a performer, of the places that are near, or of a time.
//
// # Scores
//
// A word is worth most where a name has it as it was typed, by how rare it is and how
// short the name; less where a name's word only begins so; least where it is only in the
// wide text. Then names count as a whole, of titles, performers, venues and cities: the
// most where they are all that was typed, less where the order is another, the last word
// unfinished or one only alike, or where there is more of them; something where they are a
// part of it ("metallica chicago"), and so does a genre. A "the" may be missing on either
// side. What is to come, large houses, and what is near the query's centre have something
// more; what is over keeps three quarters.
//
// A score is above 1. What has a word only by likeness is below, in the order in which it
// would else be. Filters never score, and nothing that a sale changes does.
//
// How good that is, judged queries say: see searchtest. A change of a number here is
// measured there.
//
// # Pages
//
// A page ends with a cursor: the place of its last hit in the order, and everything that
// scores depend on besides the event and the query. So an event that stays as it is has
// the same place on every page, and comes exactly once, whatever happens to the others.
//
// # Bounds
//
// A text has ten words, a word stands for at most 64 that begin so and 32 that look
// alike. Every loop over events looks at the clock; a query that takes longer than
// Config.Budget, or than its context allows, is given up with ErrBudget.
//
// # Where it comes from
//
// The index is a copy, of something that has an order: sources, each with positions
// that grow. A batch says how far its source is, and that is stored with it, in one
// step. So whatever happens to the process, Position tells what the index holds, and
// whoever feeds it goes on from there. Feeding something twice does no harm: an
// older version of an event than the one that is there is ignored.
package search
