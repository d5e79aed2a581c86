package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A chunk is what stands between blanks of folded text.
type chunk struct {
	// parts are its words apart: letters and digits without a break.
	parts []string
	// joined is its parts together, or the punctuation where it has no part.
	joined string
	// read is joined with the symbols that stand for letters; "" where it has none.
	read    string
	symbols bool // it has no parts
}

// initial tells a chunk that is a single letter: one of "R E M".
func (c *chunk) initial() bool {
	return !c.symbols && utf8.RuneCountInString(c.joined) == 1 && !isScript(firstRune(c.joined))
}

// chunks calls f with each chunk of a folded text that is a word, until f returns
// false. The chunk is only good until f returns; its strings stay.
func chunks(folded string, f func(c *chunk) bool) {
	bare := strings.IndexFunc(folded, func(r rune) bool { return r != ' ' && !isSeparator(r) }) < 0
	var c chunk
	for len(folded) > 0 {
		var s string
		s, folded, _ = strings.Cut(folded, " ")
		if s == "" || !bare && strings.IndexFunc(s, isNoSeparator) < 0 {
			continue
		}
		c.read, c.symbols = "", false
		c.cut(s)
		if !f(&c) {
			return
		}
	}
}

// cut takes s apart.
func (c *chunk) cut(s string) {
	c.parts = c.parts[:0]
	start, script := -1, false
	for i, r := range s {
		switch word := isWord(r); {
		case !word && start >= 0:
			c.parts = append(c.parts, clip(s[start:i]))
			start = -1
		case word && start < 0:
			start, script = i, isScript(r)
		case word && isScript(r) != script:
			c.parts = append(c.parts, clip(s[start:i]))
			start, script = i, !script
		}
	}
	if start >= 0 {
		c.parts = append(c.parts, clip(s[start:]))
	}
	switch {
	case len(c.parts) == 0:
		c.symbols, c.joined = true, clip(s)
		if s == "&" || s == "+" {
			c.symbols, c.joined, c.parts = false, "and", append(c.parts, "and")
		}
	case len(c.parts) == 1:
		c.joined = c.parts[0]
	default:
		c.joined = join(s)
	}
	c.read = read(s)
}

// join gives the letters and digits of s. It looks at no more than it needs.
func join(s string) string {
	b := make([]byte, 0, MaxWordBytes+utf8.UTFMax)
	for _, r := range s {
		if isWord(r) {
			b = utf8.AppendRune(b, r)
		}
		if len(b) > MaxWordBytes {
			break
		}
	}
	return clip(string(b))
}

// reads are the symbols that stand for letters, and where they do.
var reads = map[rune]struct {
	as     byte
	before bool // only after a letter
	after  bool // only before a letter
}{
	'$': {'s', false, false}, // Ke$ha, $uicideboy$
	'!': {'i', false, true},  // P!nk, !llmind; not Panic!
	'@': {'a', true, true},
	'&': {'n', true, true}, // R&B
	'€': {'e', true, true},
	'¥': {'y', true, true},
	'£': {'l', true, true},
	'¢': {'c', true, true},
}

// read gives the letters and digits of s with the symbols that stand for letters; ""
// where there are none, or no letter.
func read(s string) string {
	if !strings.ContainsAny(s, "$!@&€¥£¢") {
		return ""
	}
	b := make([]byte, 0, MaxWordBytes+utf8.UTFMax)
	found, letter, last := false, false, rune(0)
	for i, r := range s {
		next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		as, ok := reads[r]
		switch {
		case isWord(r):
			b, letter = utf8.AppendRune(b, r), letter || unicode.IsLetter(r)
		case ok && !(as.before && !unicode.IsLetter(last)) && !(as.after && !unicode.IsLetter(next)):
			b, found = append(b, as.as), true
		}
		last = r
		if len(b) > MaxWordBytes {
			break
		}
	}
	if !found || !letter {
		return ""
	}
	return clip(string(b))
}

// pairs calls f with the overlapping pairs of a part in a script without blanks, where
// there are two or more, until f returns false.
func pairs(part string, f func(pair string) bool) {
	if !isScript(firstRune(part)) || utf8.RuneCountInString(part) < 3 {
		return
	}
	_, first := utf8.DecodeRuneInString(part)
	for start, middle := 0, first; middle < len(part); {
		_, n := utf8.DecodeRuneInString(part[middle:])
		if !f(part[start : middle+n]) {
			return
		}
		start, middle = middle, middle+n
	}
}

// clip cuts a word that is too long, between two characters.
func clip(w string) string {
	if len(w) <= MaxWordBytes {
		return w
	}
	n := MaxWordBytes
	for !utf8.RuneStart(w[n]) {
		n--
	}
	return w[:n]
}

// isWord tells what words are made of: letters, digits, and marks that change a letter
// into another one.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9'
	}
	return unicode.In(r, unicode.L, unicode.N, unicode.Mc) || r == 0x3099 || r == 0x309a
}

// isScript tells the scripts that have no blanks between words.
func isScript(r rune) bool {
	return r >= 0x2e80 && (unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r == 'ー')
}

// isSeparator tells punctuation that only sets things apart.
func isSeparator(r rune) bool {
	if r < utf8.RuneSelf {
		return strings.IndexByte(`-|/\:;,.~_*"'()[]{}<>`, byte(r)) >= 0
	}
	return strings.ContainsRune("•·«»“”„", r) || unicode.Is(unicode.Pd, r)
}

// isNoSeparator is the contrary of isSeparator.
func isNoSeparator(r rune) bool { return !isSeparator(r) }

// firstRune is the first character; U+FFFD where there is none.
func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}
