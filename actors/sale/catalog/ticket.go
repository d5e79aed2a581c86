package catalog

import "strings"

// CutTicketID cuts an id that the house makes, "section-row-number" or
// "section-number", at its last hyphen: into the prefix, which names a row or a
// general-admission section, and the number. A number is decimal, from 1 to
// MaxTickets' six digits, without sign or leading zeros, so that no ticket has two
// ids; ok is false for anything else. Since a number has no hyphen, two made ids
// are the same only where their prefixes are. It allocates nothing.
func CutTicketID(id string) (prefix string, number int, ok bool) {
	cut := strings.LastIndexByte(id, '-')
	digits := id[cut+1:]
	if cut < 0 || len(digits) == 0 || len(digits) > 6 || digits[0] == '0' {
		return "", 0, false
	}
	for i := range len(digits) {
		d := digits[i] - '0'
		if d > 9 {
			return "", 0, false
		}
		number = number*10 + int(d)
	}
	return id[:cut], number, true
}
