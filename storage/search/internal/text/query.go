package text

// Query is what somebody typed, as the terms that it may be in the index.
type Query struct {
	Words []Word // in the order typed
	Joins []Join // neighbours that may be one word of the index
}

// Word is a chunk of what was typed. A document has the word if it has Text, or one of
// Alternatives, or all of Parts together; or if it has the Text of a Join that covers
// the word. In wide text the stems of these stand for them.
type Word struct {
	Text string // folded and joined: "acdc" where "AC/DC" was typed
	Stem string // of Text
	// Stop marks words that a query with others need not insist on: stop words, and
	// chunks of punctuation.
	Stop bool
	// Symbols marks a chunk of punctuation: Text is neither a prefix nor misspelt.
	Symbols bool
	// Alternatives are other spellings, the likeliest first: "pink" for "p!nk".
	Alternatives []string
	// Parts are two or more words that together are this one: "ac", "dc" for "ac/dc",
	// "blink", "182" for "blink182". Where the last typed word is a prefix, so is its
	// last part.
	Parts []string
}

// Join is a run of typed words that may be one word of the index: "ac dc" for "AC/DC".
type Join struct {
	First, Count int    // Words[First : First+Count]
	Text         string // their texts together
}

// Parse reads what somebody typed. It refuses more than most words, parts counted one
// by one. A text of blanks has no words.
func Parse(s string, most int) (Query, bool) { return Query{}, true }
