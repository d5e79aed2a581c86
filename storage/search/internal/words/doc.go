// Package words is the vocabulary of the index: which words there are, how many events
// have them, which of them begin like or look like what was typed.
//
//	v := words.New(map[string]int{"beyonce": 12, "beyond": 40})
//	v.Fuzzy("beyocne", words.Edits("beyocne"), 32) // beyonce, 1 edit
//	v, ok := v.Add(map[string]int{"adele": 3})     // a new value; readers keep the old one
//
// A Vocabulary never changes. Whoever owns it adds words by making a new one that
// shares all of the old but a small overlay, and now and then compacts it. Readers load
// the pointer once per query and need no lock.
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

// Vocabulary is a set of words with frequencies. It never changes.
type Vocabulary struct{}

// New makes a vocabulary of words and their frequencies, 1 or more. It keeps no part of
// counts.
func New(counts map[string]int) *Vocabulary { return &Vocabulary{} }

// Add gives the vocabulary with more words, or with higher frequencies: they are added
// up. It copies the overlay, not the rest. It gives v and false where the overlay would
// have more than MaxAdded words: then Compact first.
func (v *Vocabulary) Add(counts map[string]int) (*Vocabulary, bool) { return v, true }

// Compact gives the same vocabulary with an empty overlay. It takes time in proportion
// to all words.
func (v *Vocabulary) Compact() *Vocabulary { return v }

// Frequency is how many events have the word; 0: it is not in the vocabulary.
func (v *Vocabulary) Frequency(w string) int { return 0 }

// Len is how many words there are, those of the overlay counted by themselves.
func (v *Vocabulary) Len() int { return 0 }

// Bytes is about how much memory the vocabulary has.
func (v *Vocabulary) Bytes() int { return 0 }

// Prefix gives the words that begin with p, p itself included, at most limit: the most
// frequent, those first; equals in the order of their letters.
func (v *Vocabulary) Prefix(p string, limit int) []Word { return nil }

// Edits is how many edits of a word are taken for a slip: none up to two letters, one
// up to five, two beyond.
func Edits(w string) int { return 0 }

// Fuzzy gives the words that at most edits (0 to 2) edits make of w, without w, at most
// limit: the fewest edits first, then the most frequent, then by their letters. An edit
// is a letter too many, one missing, another one, or two neighbours swapped.
func (v *Vocabulary) Fuzzy(w string, edits, limit int) []Match { return nil }

// Split cuts a word in two that the vocabulary has: "foofighters" is foo and fighters.
// Of several cuts it takes the one whose rarer half is the most frequent. Halves have
// two letters or more.
func (v *Vocabulary) Split(w string) (left, right string, ok bool) { return "", "", false }
