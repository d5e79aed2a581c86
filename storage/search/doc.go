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
// word, a name's word that begins so. Where that finds less than a page, it is done once
// more with words that look alike, and Page.Corrected says so. In each segment of the
// index the sets of documents are united and intersected; the columns filter what is
// left; only the survivors are scored. A query without words does not touch the index:
// it walks the events of a performer, of the places that are near, or of a time.
//
// # Scores
//
// A word is worth most where a name has it as it was typed, by how rare it is and how
// short the name; less where a name's word only begins so; least where it is only in the
// wide text. Names that have all words side by side, or are nothing else, get a bonus;
// so do events that are to come, large houses, and what is near the query's centre. What
// has a word only by likeness comes after everything else. Filters never score, and
// nothing that a sale changes does.
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
