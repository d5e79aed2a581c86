package text

import (
	"unicode"
	"unicode/utf8"
)

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
	// chunks of punctuation. Where all words are such, all count.
	Stop bool
	// Symbols marks a chunk of punctuation: Text is neither a prefix nor misspelt.
	Symbols bool
	// Alternatives are other spellings, the likeliest first: "pink" for "p!nk". Where
	// Text is a prefix, so are they.
	Alternatives []string
	// Parts are two or more words that together are this one: "ac", "dc" for "ac/dc",
	// "blink", "182" for "blink182". Where Text is a prefix, so is the last part.
	Parts []string
}

// Join is a run of typed words that may be one word of the index: "ac dc" for "acdc".
type Join struct {
	First, Count int    // Words[First : First+Count]
	Text         string // their texts together
}

const (
	maxJoined = 3  // words of a Join, but for initials: "r e m" and longer
	maxPairs  = 16 // of a word in a script without blanks; the rest only adds precision
)

// Parse reads what somebody typed. It gives false where that is more than most words,
// each part of a chunk counted; the query is then of the first ones. A text of blanks,
// or of what is invisible, has no words.
func Parse(s string, most int) (Query, bool) {
	var q Query
	count := 0
	chunks(Fold(s), func(c *chunk) bool {
		count += max(1, len(c.parts))
		if count <= most {
			q.Words = append(q.Words, newWord(c))
		}
		return count <= most
	})
	q.Joins = joins(q.Words)
	return q, count <= most
}

// newWord gives a chunk as a word of a query.
func newWord(c *chunk) Word {
	w := Word{Text: c.joined, Stem: Stem(c.joined), Stop: c.symbols || IsStop(c.joined), Symbols: c.symbols}
	if c.read != "" && c.read != c.joined {
		w.Alternatives = []string{c.read}
	}
	if c.symbols {
		return w
	}
	for _, part := range c.parts {
		before := len(w.Parts)
		pairs(part, func(pair string) bool {
			w.Parts = append(w.Parts, pair)
			return len(w.Parts)-before < maxPairs
		})
		if len(w.Parts) == before {
			w.Parts = append(w.Parts, part)
		}
	}
	if len(w.Parts) == 1 {
		w.Parts = cutNumber(c.joined)
	}
	return w
}

// cutNumber cuts a word where letters meet digits, once: "blink182", "50cent". It gives
// nil where they meet more often, or where fewer than three letters make it too likely
// that the halves are together by chance ("u2", "90s").
func cutNumber(w string) []string {
	at, number := 0, false
	for i, r := range w {
		digit := unicode.IsNumber(r)
		if i > 0 && digit != number {
			if at > 0 {
				return nil
			}
			at = i
		}
		number = digit
	}
	letters := w[:at]
	if !number {
		letters = w[at:]
	}
	if at == 0 || utf8.RuneCountInString(letters) < 3 {
		return nil
	}
	return []string{w[:at], w[at:]}
}

// joins gives the runs of two and three words, and the longer ones of initials.
func joins(words []Word) []Join {
	var out []Join
	for first := range words {
		text, initials := "", true
		for count := 1; first+count <= len(words); count++ {
			w := &words[first+count-1]
			text += w.Text
			initials = initials && len(w.Text) == len(firstOf(w.Text))
			if w.Symbols || len(text) > MaxWordBytes || count > maxJoined && !initials {
				break
			}
			if count > 1 {
				out = append(out, Join{first, count, text})
			}
		}
	}
	return out
}
