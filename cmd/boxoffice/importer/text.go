package importer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"boxoffice/actors/sale/catalog"
)

// fold trims a name and folds every run of blanks and control characters inside
// to one space, so that a name is one line. It cuts at max
// characters. changed and cut say what it had to do. Nothing else is touched:
// entities and mojibake are for the output to escape, not for us to guess at.
func fold(s string, max int) (out string, changed, cut bool) {
	if !clean(s) {
		s, changed = strings.Join(strings.FieldsFunc(s, blank), " "), true
	}
	s, cut = cutTo(s, max)
	return s, changed, cut
}

// clean reports whether fold would leave s as it is, but for its length.
func clean(s string) bool {
	was := true // a blank before the first character is one too many
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c == 0x7f || c >= utf8.RuneSelf {
			return cleanSlowly(s)
		}
		if c == ' ' && was {
			return false
		}
		was = c == ' '
	}
	return !was || s == ""
}

func cleanSlowly(s string) bool {
	was := true
	for _, r := range s {
		if blank(r) && (was || r != ' ') {
			return false
		}
		was = blank(r)
	}
	return !was
}

func blank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// foldText is fold for text of several lines: line ends become one \n, empty lines
// go, and every other run of blanks becomes one space.
func foldText(s string, max int) (out string, changed, cut bool) {
	var b strings.Builder
	b.Grow(len(s))
	for line := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line, _, _ = fold(line, len(line))
		if line == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(line)
	}
	out, cut = cutTo(b.String(), max)
	return out, out != s && !cut, cut
}

// cutTo shortens s to max characters, an ellipsis included.
func cutTo(s string, max int) (string, bool) {
	if len(s) <= max || utf8.RuneCountInString(s) <= max {
		return s, false
	}
	end := 0
	for range max - 1 {
		_, size := utf8.DecodeRuneInString(s[end:])
		end += size
	}
	return strings.TrimRight(s[:end], " \n") + "…", true
}

// validID reports whether an event, venue or performer may have an id.
func validID(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= catalog.MaxID
}

// validTicketID reports whether a ticket may have an id: anything on one line
// without a "/".
func validTicketID(s string) bool {
	return s != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= catalog.MaxID &&
		!strings.Contains(s, "/") && !strings.ContainsFunc(s, unicode.IsControl)
}

// slug makes an id of a name: letters and digits of ASCII in lower case, what
// lies between as one '-'.
func slug(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(s) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		} else {
			gap = true
		}
	}
	out := b.String()
	return strings.TrimRight(out[:min(len(out), catalog.MaxID)], "-")
}
