// Package text turns what people write into the words of the index, and what they
// type into the words that may be meant.
//
//	text.Words("AC/DC Live")   // ac dc acdc live: the terms of a name
//	text.Stems("The tickets")  // the ticket: the terms of wide text
//	q, ok := text.Parse("p!nk live", 10)
//
// # Folding
//
// Fold makes all ways to write a letter one: accents in any Unicode form, case, full
// width, ligatures, and letters that Unicode does not decompose (ø ł đ ß æ þ ı). It
// decomposes by compatibility (NFKD) and drops the marks. Voiced kana and Hangul are put
// together again, for there the marks make other letters; vowel signs that are marks
// (Thai, Arabic) are dropped like accents. Umlauts are not spelt out: "Muenchen" finds
// München as a slip of one letter. Everything below works on folded text.
//
// # Words
//
// Blanks separate chunks. Within a chunk, everything that is neither a letter nor a
// digit separates parts. A chunk of several parts has up to three spellings, and the
// index has the words of all of them:
//
//	            apart     joined   read
//	AC/DC       ac dc     acdc
//	R.E.M.      r e m     rem
//	Don't       don t     dont
//	P!nk        p nk      pnk      pink
//	Ke$ha       ke ha     keha     kesha
//	blink-182   blink 182 blink182
//
// Read means that a symbol between letters stands for the letter that it looks like.
// Letters that stand alone side by side are joined as well: "R E M" is rem too. Digits
// stand for themselves ("deadmau5"). What an apostrophe cuts off is a part like others,
// so Hell's is found by hells, hell's and hell.
//
// A chunk without any letter or digit is a word as it stands: "!!!", "+/-". But "&" and
// "+" are the word "and", and a chunk of dashes or other separators is no word unless
// the text has no other.
//
// Text in scripts without blanks (Han, Hiragana, Katakana) is a part of its own where
// it meets another script. It is indexed whole, which finds it by its beginning, and in
// overlapping pairs of characters, which find it by any two that follow each other.
//
// # Queries
//
// Parse gives a word for each chunk, with the terms that it may be in the index, and the
// runs of words that may be one term ("ac dc", "blink 182"). The reverse, one typed word
// that is two terms ("foofighters"), needs to know what words there are: the vocabulary
// splits it.
//
// Stop words are words like all others, at both ends: "The The" and "The Who" are found.
// A query only need not insist on them beside other words. So whoever puts a query
// together requires each word that is not a Stop, or each word where all are; then every
// name is found by its own spelling, folded, in capitals, decomposed, without its
// punctuation and with blanks for it.
//
// # Bounds
//
// A word has at most MaxWordBytes bytes, what is longer is cut, at both ends alike.
// All functions take any bytes, need time in proportion to their length, keep no part
// of their arguments, and may be called by many goroutines at once.
package text

// MaxWordBytes is the length of the longest word, in bytes.
const MaxWordBytes = 62
