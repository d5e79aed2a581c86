package text

// Fold gives the text with all ways to write a letter made one: no accents, small
// letters, ordinary width, no invisible characters. Punctuation and blanks stay. Folding
// twice changes nothing.
func Fold(s string) string { return s }

// Plain gives the joined spelling: folded words with one blank between them and no
// punctuation within, "acdc live" for "AC/DC: Live!". It is one of Spellings.
func Plain(s string) string { return s }

// Spellings gives the one to three ways to write a name in plain words, each with one
// blank between words: apart, joined, read, without repetitions; nil where s has no
// words.
func Spellings(s string) []string { return nil }

// Words gives the terms under which a name is indexed, in the order of the text, with
// repetitions where the text repeats itself.
func Words(s string) []string { return nil }

// Stems gives the terms under which wide text is indexed: the stems of Words.
func Stems(s string) []string { return nil }

// Stem gives the stem of a folded word, by Porter's rules for English. Words with other
// letters than a to z stay as they are.
func Stem(w string) string { return w }

// IsStop tells folded words that are in too many texts to tell them apart.
func IsStop(w string) bool { return false }
