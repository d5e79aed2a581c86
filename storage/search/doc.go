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
// # Where it comes from
//
// The index is a copy, of something that has an order: sources, each with positions
// that grow. A batch says how far its source is, and that is stored with it, in one
// step. So whatever happens to the process, Position tells what the index holds, and
// whoever feeds it goes on from there. Feeding something twice does no harm: an
// older version of an event than the one that is there is ignored.
package search
