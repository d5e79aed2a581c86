package httpapi

// Nearly every body that comes is plain: JSON of visible ASCII without escapes, as
// every JSON library writes it. A plain body of a booking or a hold is read here
// in one pass, with its canonical form for the digest of an Idempotency-Key, in a
// tenth of the time of the general decoder. What is not plain, right or wrong,
// is left to the general decoder: nothing is refused here, so there is one place
// that says what is wrong with a body. FuzzPlain holds the two together.

// maxPlain is the longest plain body in bytes: strings of the result share the
// memory of their list, so it is also what a short list can keep in memory.
const maxPlain = 4 << 10

// plainReader goes over a plain body. After the first thing that is not plain it is
// bad for good, and gives nothing but zero values.
type plainReader struct {
	b   []byte
	i   int
	bad bool
}

func newPlainReader(b []byte) plainReader { return plainReader{b: b, bad: len(b) > maxPlain} }

// peek is the next byte that is not space; 0 at the end.
func (r *plainReader) peek() byte {
	for ; r.i < len(r.b); r.i++ {
		switch ch := r.b[r.i]; ch {
		case ' ', '\n', '\r', '\t':
		default:
			return ch
		}
	}
	return 0
}

// take goes past a byte, which must come next.
func (r *plainReader) take(ch byte) {
	if r.bad || r.peek() != ch {
		r.bad = true
		return
	}
	r.i++
}

// more reports whether a list, or an object, has another item, and goes to it.
// first is true before the first one.
func (r *plainReader) more(end byte, first *bool) bool {
	if r.bad {
		return false
	}
	if r.peek() == end {
		r.i++
		return false
	}
	if !*first {
		r.take(',')
	}
	*first = false
	return !r.bad
}

// name reads a member's name and the colon behind it.
func (r *plainReader) name() []byte {
	name := r.text()
	r.take(':')
	return name
}

// once notes that a member has come; a second time is not plain.
func (r *plainReader) once(seen *uint8, bit uint8) {
	r.bad = r.bad || *seen&bit != 0
	*seen |= bit
}

// plainByte is what a plain string is made of.
var plainByte = func() (t [256]bool) {
	for ch := range t {
		t[ch] = ch >= ' ' && ch < 0x7f && ch != '"' && ch != '\\'
	}
	return t
}()

// text reads a string: a slice of the body. One in which there could be a card
// number is not plain.
func (r *plainReader) text() []byte {
	r.take('"')
	if r.bad {
		return nil
	}
	from := r.i
	for r.i < len(r.b) && plainByte[r.b[r.i]] {
		r.i++
	}
	if r.i == len(r.b) || r.b[r.i] != '"' {
		r.bad = true
		return nil
	}
	s := r.b[from:r.i]
	r.i++
	if len(s) >= minRun && manyDigits(s) {
		r.bad = true
		return nil
	}
	return s
}

// manyDigits reports whether there are as many digits in a run as a card number
// has, with blanks or dashes between them.
func manyDigits(s []byte) bool {
	n := 0
	for _, ch := range s {
		switch {
		case ch >= '0' && ch <= '9':
			if n++; n >= minRun {
				return true
			}
		case ch != ' ' && ch != '-':
			n = 0
		}
	}
	return false
}

// texts reads a list of strings, which are cut from one copy of the list's text.
func (r *plainReader) texts() []string {
	type span struct{ from, to int }
	var few [8]span
	spans := few[:0]
	r.take('[')
	from := r.i
	for first := true; r.more(']', &first); {
		if s := r.text(); !r.bad {
			to := r.i - 1 - from // before the closing quote
			spans = append(spans, span{to - len(s), to})
		}
	}
	if r.bad || len(spans) == 0 {
		r.bad = true // an empty list is refused, and not here
		return nil
	}
	all := string(r.b[from : r.i-1])
	list := make([]string, len(spans))
	for i, s := range spans {
		list[i] = all[s.from:s.to]
	}
	return list
}

// number reads a whole number from 0 to 999,999,999.
func (r *plainReader) number() int64 {
	r.peek()
	from, v := r.i, int64(0)
	for r.i < len(r.b) && r.b[r.i] >= '0' && r.b[r.i] <= '9' && r.i-from < 9 {
		v = v*10 + int64(r.b[r.i]-'0')
		r.i++
	}
	// A number that goes on, as 1.0 or a tenth digit do, has no comma or end here.
	if n := r.i - from; n == 0 || n > 1 && r.b[from] == '0' {
		r.bad = true
	}
	return v
}

// boolean reads true or false.
func (r *plainReader) boolean() bool {
	r.peek()
	rest := r.b[r.i:]
	switch {
	case len(rest) >= 4 && string(rest[:4]) == "true":
		r.i += 4
		return true
	case len(rest) >= 5 && string(rest[:5]) == "false":
		r.i += 5
	default:
		r.bad = true
	}
	return false
}

// end reports whether all went well and nothing is left.
func (r *plainReader) end() bool { return r.peek() == 0 && r.i == len(r.b) && !r.bad }

// appendTexts appends a list of plain strings in canonical form.
func appendTexts(b []byte, list []string) []byte {
	sep := byte('[')
	for _, s := range list {
		b = append(append(append(b, sep, '"'), s...), '"')
		sep = ','
	}
	return append(b, ']')
}
