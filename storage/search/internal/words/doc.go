// Package words is the vocabulary of the index: which words there are, how many events
// have them, which of them begin like or look like what was typed.
//
//	v := words.New(map[string]int{"beyonce": 12, "beyond": 40})
//	v.Fuzzy("beyocne", words.Edits("beyocne"), 32) // beyonce, 1 edit
//	v, ok := v.Add(map[string]int{"adele": 3})     // a new value; readers keep the old one
//
// A Vocabulary never changes. Whoever owns it adds words by making a new one that
// shares all of the old but a small overlay, and now and then compacts it. Readers load
// the pointer once per query and need no lock. Frequencies only grow: whoever wants
// them to shrink makes a new vocabulary of counts.
//
// # How words are kept
//
// All words, sorted, stand one after the other in one string. For each there is where
// it begins, its frequency, how many bytes it shares with the word before, and the next
// word that shares less. The last two make the list a tree without nodes: a word is a
// branch that leaves the one before at a depth, and one step leads past all branches
// that leave there. It is 13 bytes a word and the word itself: about 22 bytes.
//
// # How words that look alike are found
//
// A typed word is turned into an automaton of at most 63 states for each number of edits,
// kept as bits: bit i of row e says that the first i letters are matched by what was read,
// with at most e edits. Reading a letter is a dozen operations on three words. A walk down
// the tree reads each shared beginning once, and leaves a branch as soon as no bit is
// left. The simpler way, a row of the table of distances for each letter, gives the same
// words and takes several times as long; the tests hold one to the other.
//
// Distances count letters (runes), not bytes.
//
// # The first letter
//
// Most slips are behind the first letter, and whoever fixes it looks only at a few per
// cent of the words. But "Peyonce" is typed too. Words that begin with another letter are
// looked for with a single edit, where four letters or more were typed. With 63,000
// words of names, one edit behind the right letter takes 3 us, two take 13 us, one edit
// with any letter 8 us. Two edits with any letter would take 55 us, and most of what
// they find is something else.
package words

// The bounds of a vocabulary.
const (
	MaxWordBytes = 62   // longer words are left out
	MaxAdded     = 4096 // words of the overlay
)

// Word is a word and how many events have it.
type Word struct {
	Text      string
	Frequency int
}

// Match is a word that looks like another.
type Match struct {
	Word
	Edits int // between the two, 1 or more
}
