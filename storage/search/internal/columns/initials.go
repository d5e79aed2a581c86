package columns

import "strings"

// Initials is a set of 64 that has the beginning of each word of a name, its first two
// bytes, by a hash: what a name cannot be is told by it, without a look at the name, which
// is somewhere else in memory.
type Initials uint64

// AnyInitials are those of a name with several spellings: they say nothing.
const AnyInitials = ^Initials(0)

// InitialsOf gives the initials of a name's spellings.
func InitialsOf(spellings string) Initials {
	if strings.Contains(spellings, SpellingEnd) {
		return AnyInitials
	}
	var all Initials
	for more := true; more; {
		var w string
		w, spellings, more = strings.Cut(spellings, " ")
		all |= Initial(w)
	}
	return all
}

// Initial gives the initials of a single word. Words that begin alike, for two bytes, have
// the same.
func Initial(word string) Initials {
	switch len(word) {
	case 0:
		return 0
	case 1:
		return 1 << (word[0] % 64)
	}
	return 1 << ((uint(word[0])*31 + uint(word[1])) % 64)
}
