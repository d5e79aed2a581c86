package text

import (
	"slices"
	"strings"
)

// Words gives the terms under which a name is indexed, in the order of the text, with
// repetitions where the text repeats itself. A chunk that has other spellings is
// followed by them.
func Words(s string) []string {
	folded := Fold(s)
	out := make([]string, 0, 4+len(folded)/5)
	initials := ""
	chunks(folded, func(c *chunk) bool {
		if c.initial() {
			initials = clip(initials + c.joined)
		} else {
			out, initials = appendInitials(out, initials), ""
		}
		out = appendTerms(out, c)
		return true
	})
	return appendInitials(out, initials)
}

// appendTerms appends all spellings of a chunk.
func appendTerms(out []string, c *chunk) []string {
	if c.symbols {
		return append(out, c.joined)
	}
	for _, part := range c.parts {
		out = append(out, part)
		pairs(part, func(pair string) bool {
			out = append(out, pair)
			return true
		})
	}
	if len(c.parts) > 1 {
		out = append(out, c.joined)
	}
	if c.read != "" && c.read != c.joined {
		out = append(out, c.read)
	}
	return out
}

// appendInitials appends a run of letters that stood alone, joined, where there are two
// or more.
func appendInitials(out []string, initials string) []string {
	if len(initials) < 2 || len(initials) == len(firstOf(initials)) {
		return out
	}
	return append(out, initials)
}

// firstOf is the first character of s, as a string.
func firstOf(s string) string {
	for i := range s {
		if i > 0 {
			return s[:i]
		}
	}
	return s
}

// Stems gives the terms under which wide text is indexed: the stems of Words.
func Stems(s string) []string {
	out := Words(s)
	for i, w := range out {
		out[i] = Stem(w)
	}
	return out
}

// Plain gives the joined spelling: folded words with one blank between them and no
// punctuation within, "acdc live" for "AC/DC: Live!". It is one of Spellings.
func Plain(s string) string {
	var out []string
	chunks(Fold(s), func(c *chunk) bool {
		out = append(out, c.joined)
		return true
	})
	return strings.Join(out, " ")
}

// Spellings gives the one to four ways to write a name in plain words, each with one
// blank between words: joined, apart, read, and with its initials joined; without
// repetitions. It is nil where s has no words.
func Spellings(s string) []string {
	var joined, apart, read, initials []string
	run := false // the last chunk was an initial
	chunks(Fold(s), func(c *chunk) bool {
		joined = append(joined, c.joined)
		if c.symbols {
			apart = append(apart, c.joined)
		} else {
			apart = append(apart, c.parts...)
		}
		if c.read != "" {
			read = append(read, c.read)
		} else {
			read = append(read, c.joined)
		}
		if last := len(initials) - 1; run && c.initial() && len(initials[last]) < MaxWordBytes {
			initials[last] += c.joined
		} else {
			initials = append(initials, c.joined)
		}
		run = c.initial()
		return true
	})
	if joined == nil {
		return nil
	}
	var out []string
	for _, words := range [][]string{joined, apart, read, initials} {
		if s := strings.Join(words, " "); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
