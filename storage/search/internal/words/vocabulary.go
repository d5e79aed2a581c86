package words

// Vocabulary is a set of words with frequencies. It never changes, and may be read by
// many goroutines at once.
type Vocabulary struct {
	base *table
	// added are words that came since the base was made, with what they add to the
	// frequency that the base has.
	added *table
}

// New makes a vocabulary of words and their frequencies, 1 or more. Words that are
// longer than MaxWordBytes or not UTF-8 are left out. It keeps no part of counts.
func New(counts map[string]int) *Vocabulary {
	return &Vocabulary{newTable(sorted(counts)), newTable(nil)}
}

// Add gives the vocabulary with more words, or with higher frequencies: they are added
// up. It copies the overlay, not the rest. It gives v and false where the overlay would
// have more than MaxAdded words: then Compact first, or make a New one.
func (v *Vocabulary) Add(counts map[string]int) (*Vocabulary, bool) {
	added := merge(v.added, newTable(sorted(counts)))
	if len(added) > MaxAdded {
		return v, false
	}
	return &Vocabulary{v.base, newTable(added)}, true
}

// Compact gives the same vocabulary with an empty overlay. It takes time in proportion
// to all words, about 50 ns each.
func (v *Vocabulary) Compact() *Vocabulary {
	return &Vocabulary{newTable(merge(v.base, v.added)), newTable(nil)}
}

// merge gives the words of both with their frequencies added.
func merge(a, b *table) []Word {
	out := make([]Word, 0, a.len()+b.len())
	i, j := 0, 0
	for i < a.len() || j < b.len() {
		switch {
		case j == b.len() || i < a.len() && a.word(i) < b.word(j):
			out = append(out, a.at(i))
			i++
		case i == a.len() || b.word(j) < a.word(i):
			out = append(out, b.at(j))
			j++
		default:
			w := a.at(i)
			w.Frequency += int(b.frequency[j])
			out = append(out, w)
			i, j = i+1, j+1
		}
	}
	return out
}

// Frequency is how many events have the word; 0: it is not in the vocabulary.
func (v *Vocabulary) Frequency(w string) int { return v.base.get(w) + v.added.get(w) }

// Len is how many words there are; a word of both the base and the overlay counts twice.
func (v *Vocabulary) Len() int { return v.base.len() + v.added.len() }

// Added is how many words the overlay has, of MaxAdded.
func (v *Vocabulary) Added() int { return v.added.len() }

// Bytes is how much memory the vocabulary has: 13 bytes a word, and its letters.
func (v *Vocabulary) Bytes() int { return v.base.bytes() + v.added.bytes() }

// Prefix gives the words that begin with p, p itself included, at most limit: the most
// frequent, those first; equals in the order of their letters. It looks at every word
// that begins so: about 1 ns each.
func (v *Vocabulary) Prefix(p string, limit int) []Word {
	if limit <= 0 {
		return nil
	}
	top := newTop(limit)
	i, high := v.base.span(p)
	// Between two words of the overlay there are only words of the base.
	for j, to := v.added.span(p); j <= to; j++ {
		end, next := high, Word{}
		if j < to {
			next = v.added.at(j)
			end = v.base.find(next.Text)
		}
		for ; i < end; i++ {
			if n := int(v.base.frequency[i]); !top.full() || n > top.least {
				top.offer(0, n, v.base.word(i))
			}
		}
		if i < high && v.base.word(i) == next.Text {
			next.Frequency += int(v.base.frequency[i])
			i++
		}
		if j < to {
			top.offer(0, next.Frequency, next.Text)
		}
	}
	out := make([]Word, len(top.list))
	for i, m := range top.list {
		out[i] = m.Word
	}
	return out
}

// Split cuts a word in two that the vocabulary has: "foofighters" is foo and fighters.
// Of several cuts it takes the one whose rarer half is the most frequent, of equals the
// first. Halves have two bytes or more. It looks two words up for each letter of w.
func (v *Vocabulary) Split(w string) (left, right string, ok bool) {
	if len(w) > 2*MaxWordBytes {
		return "", "", false
	}
	best := 0
	for at := range w {
		if at < 2 || len(w)-at < 2 {
			continue
		}
		n := v.Frequency(w[:at])
		if n > best {
			n = min(n, v.Frequency(w[at:]))
		}
		if n > best {
			best, left, right = n, w[:at], w[at:]
		}
	}
	return left, right, best > 0
}
