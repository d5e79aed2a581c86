// Package luhn finds what looks like a card number in a text, so that none gets
// in: the edge refuses such a request before anything is logged or stored.
//
// A card number is 13 to 19 digits whose Luhn sum is a multiple of ten. People
// write it in one piece or in groups with a space or a dash between them. So two
// kinds of runs are looked at, each as a whole:
//
//   - digits with nothing between them, and no letter at either end;
//   - groups of digits with exactly one space or one dash between them, and no
//     letter at either end, nor a dash and a letter.
//
// Without the letters one random UUID in 500 would be a card number, and one
// hexadecimal id of 32 characters in 650. A run of 20 digits or more is no card number,
// whatever it has inside, and a part of a run is not looked at. So "4242 4242 4242
// 4242 123", a number with something else behind it, is found only where the whole
// passes: it is a tripwire against mistakes and not a wall against people who want
// to get a number past it. Escapes of JSON are to be decoded first: the n of \n is
// a letter.
//
// One in ten runs of the right length passes by chance. A time in milliseconds
// has 13 digits; two dates side by side have 16. Fields whose syntax rules out a
// card number need not be scanned, and texts of an organiser (descriptions with
// telephone numbers) should not be.
//
// Ids are another matter: "T-1780315200000" is a seat, and one of ten numbers like
// its own passes. Is asks whether a text is a card number and nothing else.
//
// The package is pure.
package luhn

// The digits of a card number, ISO/IEC 7812.
const (
	minDigits = 13
	maxDigits = 19
)

// Contains reports whether text holds what looks like a card number. It allocates
// nothing, takes time in the length of the text, and passes over text without
// digits many bytes a step. Any bytes will do; digits are those of ASCII.
func Contains[T ~string | ~[]byte](text T) bool {
	// A span of digits and separators that has a card number in it is at least
	// minDigits long. So it is enough to look at one byte in so many: a span
	// cannot fit between two of them.
	for at := minDigits - 1; at < len(text); {
		if !inside(text[at]) {
			at += minDigits
			continue
		}
		begin, end := at, at+1
		for begin > 0 && inside(text[begin-1]) {
			begin--
		}
		for end < len(text) && inside(text[end]) {
			end++
		}
		if end-begin >= minDigits && inSpan(text, begin, end) {
			return true
		}
		at = end + minDigits // text[end] is in no span: the next one begins behind it
	}
	return false
}

// Is reports whether the whole text is a card number: digits, and single spaces
// or dashes between or around them. It is the rule for ids, where Contains would
// refuse what has such digits by chance.
func Is[T ~string | ~[]byte](text T) bool {
	var all sum
	for i := range len(text) {
		switch {
		case class[text[i]] == digit:
			all.add(i, text[i]-'0')
		case class[text[i]] != separator, i > 0 && class[text[i-1]] == separator:
			return false
		}
	}
	return all.card()
}

// inSpan looks for a card number in the digits and separators from begin to end.
// Where two separators stand side by side, a run in groups ends and another
// begins.
func inSpan[T ~string | ~[]byte](text T, begin, end int) bool {
	var piece, groups sum
	for i := begin; i < end; i++ {
		if class[text[i]] == digit {
			piece.add(i, text[i]-'0')
			groups.add(i, text[i]-'0')
			continue
		}
		if piece.card() && !touches(text, piece.first, i) {
			return true
		}
		piece = sum{}
		if i > begin && class[text[i-1]] == separator {
			if groups.card() && !joined(text, groups.first, groups.last+1) {
				return true
			}
			groups = sum{}
		}
	}
	return piece.card() && !touches(text, piece.first, end) ||
		groups.card() && !joined(text, groups.first, groups.last+1)
}

// touches reports whether there is a letter at either end of a run.
func touches[T ~string | ~[]byte](text T, begin, end int) bool {
	return begin > 0 && class[text[begin-1]] == letter || end < len(text) && class[text[end]] == letter
}

// joined reports whether there is a letter at either end of a run, or a dash and a
// letter.
func joined[T ~string | ~[]byte](text T, begin, end int) bool {
	if begin > 0 && text[begin-1] == '-' {
		begin--
	}
	if end < len(text) && text[end] == '-' {
		end++
	}
	return touches(text, begin, end)
}

// The classes of bytes.
const (
	other = iota
	digit
	separator
	letter
)

// class says for each byte what it can be in a card number.
var class = func() (c [256]uint8) {
	for d := '0'; d <= '9'; d++ {
		c[d] = digit
	}
	c[' '], c['-'] = separator, separator
	for l := 'a'; l <= 'z'; l++ {
		c[l], c[l-'a'+'A'] = letter, letter
	}
	return c
}()

// inside reports whether a byte can stand in a card number.
func inside(c byte) bool { return class[c]-digit <= separator-digit }

// sum is the Luhn sum of digits that come from the left. Every second digit from
// the right is doubled; which ones that are is known at the end only, so both
// sums are kept.
type sum struct {
	count       int
	first, last int // where the digits stand
	even, odd   int // with the digits at even places doubled; at odd places
}

// doubled is twice a digit, with the digits of that added up.
var doubled = [10]int{0, 2, 4, 6, 8, 1, 3, 5, 7, 9}

// add takes the next digit, 0 to 9, and where it stands.
func (s *sum) add(at int, d byte) {
	switch {
	case s.count == 0:
		s.first = at
	case s.count > maxDigits:
		return // it is too long already
	}
	s.last = at
	if s.count%2 == 0 {
		s.even += doubled[d]
		s.odd += int(d)
	} else {
		s.even += int(d)
		s.odd += doubled[d]
	}
	s.count++
}

// card reports whether the digits so far are a card number. The last one is not
// doubled: of an even count that is the one at an odd place.
func (s *sum) card() bool {
	if s.count < minDigits || s.count > maxDigits {
		return false
	}
	if s.count%2 == 0 {
		return s.even%10 == 0
	}
	return s.odd%10 == 0
}
