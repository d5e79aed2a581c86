package importer

import (
	"bytes"
	"errors"
	"io"
)

// maxValue bounds one top-level JSON value: a page, a plan, an event.
const maxValue = 64 << 20

var newline = []byte{'\n'}

// syntaxError is what is wrong with a value; the splitter goes on behind it.
type syntaxError struct{ text string }

func (e *syntaxError) Error() string { return e.text }

// splitter cuts a stream into top-level JSON values: one after another (NDJSON or
// not), or the elements of one array. It only looks for where values end; whether
// they are JSON inside is for the decoder to say.
//
// Where a file begins with a value that fills its line, it is taken as NDJSON:
// every line is a value of its own, and a broken line spoils no other.
type splitter struct {
	r    io.Reader
	buf  []byte // buf[pos:] is read and not yet used
	pos  int
	line int // of buf[pos], from 1
	eof  bool
	mode splitMode
	// mending is set behind a syntax error: lines are taken for values, and the
	// commas and brackets of the array that they may have stood in are dropped.
	mending bool
}

type splitMode uint8

const (
	atStart splitMode = iota
	byLine            // every line is a value
	byValue           // values follow each other
	inArray           // the elements of a top-level array
)

func newSplitter(r io.Reader) *splitter {
	return &splitter{r: r, buf: make([]byte, 0, 64<<10), line: 1}
}

// next is the next value and the line it begins in, io.EOF after the last, a
// *syntaxError for what is no value, or an error of the reader. The slice is
// valid until the next call.
func (s *splitter) next() (raw []byte, line int, err error) {
	if s.mode == atStart {
		if err := s.begin(); err != nil {
			return nil, s.line, err
		}
	}
	for {
		c, err := s.peek()
		if err != nil {
			return nil, s.line, err
		}
		if s.mode != inArray {
			break
		}
		if c == ',' {
			s.advance(1)
			continue
		}
		if c != ']' {
			break
		}
		s.advance(1)
		s.mode = byValue
	}
	if s.mode == byLine {
		return s.lineValue()
	}
	line = s.line
	raw, err = s.wholeValue()
	return raw, line, err
}

// lineValue is next for a file of lines; the present one is not blank.
func (s *splitter) lineValue() (raw []byte, line int, err error) {
	for {
		line = s.line
		raw, err = s.wholeLine()
		if s.mending {
			raw = bytes.TrimRight(raw, ", \t\r")
		}
		if err != nil || !s.mending || len(bytes.Trim(raw, "]}, \t\r")) > 0 {
			return raw, line, err
		}
		if _, err := s.peek(); err != nil {
			return nil, s.line, err
		}
	}
}

// begin finds out what kind of file this is.
func (s *splitter) begin() error {
	s.mode = byValue
	if err := s.fill(3); err != nil {
		return err
	}
	if bytes.HasPrefix(s.buf[s.pos:], []byte("\xef\xbb\xbf")) {
		s.pos += 3
	}
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c == '[' {
		s.advance(1)
		s.mode = inArray
		return nil
	}
	end, err := s.valueEnd()
	if err != nil {
		return s.sorry(err)
	}
	length := end - s.pos
	if bytes.IndexByte(s.buf[s.pos:end], '\n') >= 0 {
		return nil
	}
	for {
		rest := bytes.TrimLeft(s.buf[s.pos+length:], " \t\r")
		if len(rest) > 0 || s.eof {
			if bytes.HasPrefix(rest, newline) {
				s.mode = byLine
			}
			return nil
		}
		if err := s.fill(len(s.buf) - s.pos + 1); err != nil {
			return err
		}
	}
}

// peek skips white space and shows the byte behind it.
func (s *splitter) peek() (byte, error) {
	for {
		for s.pos < len(s.buf) {
			switch s.buf[s.pos] {
			case '\n':
				s.line++
				s.pos++
			case ' ', '\t', '\r':
				s.pos++
			default:
				return s.buf[s.pos], nil
			}
		}
		if s.eof {
			return 0, io.EOF
		}
		if err := s.fill(1); err != nil {
			return 0, err
		}
	}
}

// wholeLine takes the rest of the line.
func (s *splitter) wholeLine() ([]byte, error) {
	for from := 0; ; {
		if i := bytes.IndexByte(s.buf[s.pos+from:], '\n'); i >= 0 {
			return bytes.TrimRight(s.advance(from+i), " \t\r"), nil
		}
		if s.eof {
			return bytes.TrimRight(s.advance(len(s.buf)-s.pos), " \t\r"), nil
		}
		from = len(s.buf) - s.pos
		if err := s.fill(from + 1); err != nil {
			return nil, err
		}
	}
}

// wholeValue takes one value.
func (s *splitter) wholeValue() ([]byte, error) {
	end, err := s.valueEnd()
	if err != nil {
		return nil, s.sorry(err)
	}
	return s.advance(end - s.pos), nil
}

// sorry skips the line of a syntax error, so that what follows has its chance.
func (s *splitter) sorry(err error) error {
	bad, ok := errors.AsType[*syntaxError](err)
	if !ok {
		return err
	}
	if _, err := s.wholeLine(); err != nil {
		return err
	}
	s.mode, s.mending = byLine, true
	return bad
}

// valueEnd is the index in buf behind the value that begins at pos.
func (s *splitter) valueEnd() (int, error) {
	for {
		end, complete := skipValue(s.buf, s.pos)
		if end < 0 {
			return 0, &syntaxError{"not a JSON value"}
		}
		if complete || s.eof && end == len(s.buf) && endsByItself(s.buf[s.pos]) {
			return end, nil
		}
		if s.eof {
			return 0, &syntaxError{"the JSON value does not end"}
		}
		if err := s.fill(2 * (len(s.buf) - s.pos)); err != nil {
			return 0, err
		}
	}
}

// endsByItself reports whether a value that begins with c may end with the file.
func endsByItself(c byte) bool { return c != '{' && c != '[' && c != '"' }

// advance uses n bytes and returns them.
func (s *splitter) advance(n int) []byte {
	used := s.buf[s.pos : s.pos+n]
	s.line += bytes.Count(used, newline)
	s.pos += n
	return used
}

// fill reads until at least n bytes are there to use, or the end of the file.
func (s *splitter) fill(n int) error {
	if len(s.buf)-s.pos >= maxValue {
		return &tooLargeError{}
	}
	n = min(n, maxValue)
	if s.pos > 0 && cap(s.buf)-s.pos < max(n, 32<<10) {
		s.buf = s.buf[:copy(s.buf, s.buf[s.pos:])]
		s.pos = 0
	}
	for len(s.buf)-s.pos < n && !s.eof {
		if cap(s.buf) == len(s.buf) {
			s.buf = append(s.buf, 0)[:len(s.buf)]
		}
		got, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+got]
		if err == io.EOF {
			s.eof = true
		} else if err != nil {
			return err
		}
	}
	return nil
}

// tooLargeError ends a file: what stands behind such a value is not found again.
type tooLargeError struct{}

func (*tooLargeError) Error() string { return "a JSON value of more than 64 MiB" }

// skipValue finds the end of the value at b[i]: the index behind it. complete is
// false where b ends first; end is -1 where no value can begin so.
func skipValue(b []byte, i int) (end int, complete bool) {
	switch c := b[i]; {
	case c == '{' || c == '[':
		return skipNested(b, i)
	case c == '"':
		return skipString(b, i)
	case c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z':
		for ; i < len(b); i++ {
			switch b[i] {
			case ' ', '\t', '\r', '\n', ',', ']', '}', ':':
				return i, true
			}
		}
		return i, false
	}
	return -1, false
}

// skipNested is skipValue for objects and arrays. Kinds of brackets are not told
// apart: the decoder does that.
func skipNested(b []byte, i int) (end int, complete bool) {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1, true
			}
		case '"':
			end, complete := skipString(b, i)
			if !complete {
				return end, false
			}
			i = end
			continue
		}
		i++
	}
	return i, false
}

// skipString is skipValue for strings. A string with a line end in it is none.
func skipString(b []byte, i int) (end int, complete bool) {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i + 1, true
		case '\\':
			i++
		case '\n':
			return -1, false
		}
	}
	return len(b), false
}

// eachMember calls f for every member of an object, with its name as written
// between the quotes and the index of its value. It stops where the text is no
// object.
func eachMember(b []byte, f func(name, value []byte, at int)) {
	i := skipSpace(b, 0)
	if i == len(b) || b[i] != '{' {
		return
	}
	for i++; ; i++ {
		i = skipSpace(b, i)
		if i == len(b) || b[i] != '"' {
			return
		}
		end, ok := skipString(b, i)
		if !ok {
			return
		}
		name := b[i+1 : end-1]
		i = skipSpace(b, end)
		if i == len(b) || b[i] != ':' {
			return
		}
		i = skipSpace(b, i+1)
		if i == len(b) {
			return
		}
		if end, ok = skipValue(b, i); !ok {
			return
		}
		f(name, b[i:end], i)
		if i = skipSpace(b, end); i == len(b) || b[i] != ',' {
			return
		}
	}
}

// eachElement calls f for every element of the array at b[i], with its index. It
// ends early with f's error, or with a *syntaxError where the text is no array.
func eachElement(b []byte, i int, f func(element []byte, at int) error) error {
	if b[i] != '[' {
		return &syntaxError{"not an array"}
	}
	if i = skipSpace(b, i+1); i < len(b) && b[i] == ']' {
		return nil
	}
	for {
		if i = skipSpace(b, i); i == len(b) {
			return &syntaxError{"the array does not end"}
		}
		end, ok := skipValue(b, i)
		if !ok {
			return &syntaxError{"not a JSON value in the array"}
		}
		if err := f(b[i:end], i); err != nil {
			return err
		}
		i = skipSpace(b, end)
		switch {
		case i < len(b) && b[i] == ']':
			return nil
		case i == len(b) || b[i] != ',':
			return &syntaxError{"no comma between two elements: the rest of the array is left out"}
		}
		i++
	}
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}
