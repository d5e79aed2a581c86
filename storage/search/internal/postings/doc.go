// Package postings keeps documents on disk and finds those that have a word: an
// inverted index, made by Bluge. It is the only package that knows Bluge.
//
//	s, err := postings.Open(cfg)
//	err = s.Write(ctx, postings.Batch{Docs: …, Positions: …}) // visible when it returns, on disk a second later
//	v, err := s.View()
//	defer v.Release()
//	for _, seg := range v.Segments() {
//		dict, err := seg.Dictionary(postings.Name)
//		err = dict.Find("hamlet", &list) // its documents, with frequency and length
//		ordinal := seg.Ordinals()[doc]   // whose they are
//	}
//
// # What is used of Bluge, and what is not
//
// Segments, their merging, and the snapshot file that says which segments are the
// index. Not its queries, its scoring or its analysis: documents come with their
// words, and whoever asks reads postings and does the rest. Bluge is not maintained;
// this package is small enough to stand on a fork.
//
// # One step
//
// The positions of the sources are a document like the others, written in the same
// batch. A snapshot file that is whole has both or neither; one that a crash tore is
// removed by Open, and the one before it is the index. So what Positions says is
// exactly what the documents are, whenever the process was killed. A second's work
// may be missing, and whoever feeds the index does it again.
//
// # Ordinals
//
// Whoever uses this package keeps columns, with a slot for each id: its ordinal. A
// segment's documents are translated once, when the segment is made or read, by the
// goroutine that does that, so that neither a query nor a refresh pays for it. An
// ordinal must not get another id while a view is held that was made before.
//
// # Who runs
//
// Write and Close take turns; a Close beside a batch would hang Bluge. Views may be
// made and used by any number of goroutines. There are four goroutines, all Bluge's,
// which save and merge; they end with Close.
//
// # What cannot be helped
//
// A panic in Bluge's own goroutines ends the process: they are not ours to recover.
// Those that its segments could raise are turned into errors here (see part), and
// every file is checked before Bluge reads it. What is left is its bookkeeping of
// merges; one crash there has been reported and never reproduced. The node restarts,
// and the index opens at what was last on disk.
package postings
