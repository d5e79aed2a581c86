package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// letters are those that Unicode does not decompose, small: how people spell them who
// do not have them on their keyboard.
var letters = map[rune]string{
	'æ': "ae", 'ǝ': "e", 'ə': "e", 'ɛ': "e", 'ɓ': "b", 'ƀ': "b", 'đ': "d", 'ð': "d", 'ɖ': "d", 'ɗ': "d", 'ƒ': "f",
	'ǥ': "g", 'ħ': "h", 'ɨ': "i", 'ȷ': "j", 'ƙ': "k", 'ĸ': "k", 'ł': "l", 'ƚ': "l", 'ŋ': "n", 'ɲ': "n",
	'œ': "oe", 'ø': "o", 'ɔ': "o", 'ɵ': "o", 'ß': "ss", 'ŧ': "t", 'þ': "th", 'ʉ': "u", 'ƴ': "y", 'ƶ': "z",
	'ґ': "г",
}

// Fold gives the text with all ways to write a letter made one: no accents, small
// letters, ordinary width, no invisible characters. Punctuation stays; all that is
// blank, control characters too, is a plain blank. Bytes that are not UTF-8 become
// U+FFFD, which is punctuation. Folding twice changes nothing.
func Fold(s string) string {
	ascii, ready := true, true
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			ascii, ready = false, false
		case c < ' ' || c == 0x7f || 'A' <= c && c <= 'Z':
			ready = false
		}
	}
	switch {
	case ready:
		return s
	case ascii:
		return strings.Map(foldASCII, s)
	}
	return foldUnicode(s)
}

// foldASCII folds one character.
func foldASCII(r rune) rune {
	switch {
	case r < ' ' || r == 0x7f:
		return ' '
	case 'A' <= r && r <= 'Z':
		return r + 'a' - 'A'
	}
	return r
}

// foldUnicode is Fold for all that is not ASCII: symbols first, for their
// decompositions are not what they are read as; then the letters, without their marks.
// What is left of the marks (voiced kana) and Hangul are put together again.
func foldUnicode(s string) string {
	var whole strings.Builder
	whole.Grow(len(s))
	for _, r := range s { // a byte that is not UTF-8 is U+FFFD
		writeSymbol(&whole, r)
	}
	var b strings.Builder
	b.Grow(whole.Len())
	for _, r := range norm.NFKD.String(whole.String()) {
		writeFolded(&b, r)
	}
	return norm.NFC.String(b.String())
}

// writeSymbol writes what NFKD may then decompose. Symbols that would decompose to
// blanks or to several letters stay themselves: "Ice™" is not "icetm", and an acute
// accent that stands for an apostrophe is not a blank.
func writeSymbol(b *strings.Builder, r rune) {
	switch {
	case r < utf8.RuneSelf || unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r):
		b.WriteRune(r)
		return
	case r == '´' || r == '’' || r == '‘':
		b.WriteByte('\'')
		return
	}
	var buf [64]byte
	apart := norm.NFKD.AppendString(buf[:0], string(r))
	count := 0
	for _, x := range string(apart) {
		if x == ' ' && !unicode.IsSpace(r) {
			count = 2
		} else if unicode.IsLetter(x) {
			count++
		}
	}
	if count < 2 {
		b.Write(apart)
		return
	}
	b.WriteByte('\'')
}

// isModifier tells letters that only modify: the apostrophes of "Hawaiʻi", tone marks.
func isModifier(r rune) bool {
	return 0x2b9 <= r && r <= 0x2df || 0x2e5 <= r && r <= 0x2ff
}

// writeFolded writes a character of decomposed text, folded.
func writeFolded(b *strings.Builder, r rune) {
	switch {
	case r < utf8.RuneSelf:
		b.WriteByte(byte(foldASCII(r)))
		return
	case isModifier(r):
		b.WriteByte('\'')
		return
	case r == 0x3099 || r == 0x309a: // か and が are two letters
		b.WriteRune(r)
		return
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return
	case unicode.IsSpace(r) || unicode.IsControl(r):
		b.WriteByte(' ')
		return
	}
	r = unicode.ToLower(unicode.ToUpper(r)) // by way of the capital: ς and σ have the same
	if as, ok := letters[r]; ok {
		b.WriteString(as)
		return
	}
	b.WriteRune(r)
}
