package words

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// twin is a vocabulary that does everything the slow way: a map, and the table of
// distances.
type twin map[string]int

// add adds words up.
func (t twin) add(counts map[string]int) {
	for w, n := range counts {
		if w != "" && len(w) <= MaxWordBytes && utf8.ValidString(w) {
			t[w] += max(n, 1)
		}
	}
}

// pick gives the words for which edits is not negative, best first.
func (t twin) pick(limit int, edits func(w string) int) []Match {
	var out []Match
	for w, n := range t {
		if e := edits(w); e >= 0 {
			out = append(out, Match{Word{w, n}, e})
		}
	}
	slices.SortFunc(out, func(a, b Match) int {
		return cmp.Or(a.Edits-b.Edits, b.Frequency-a.Frequency, strings.Compare(a.Text, b.Text))
	})
	return out[:min(limit, len(out))]
}

// prefix is Prefix.
func (t twin) prefix(p string, limit int) []Word {
	var out []Word
	for _, m := range t.pick(limit, func(w string) int {
		if strings.HasPrefix(w, p) {
			return 0
		}
		return -1
	}) {
		out = append(out, m.Word)
	}
	return out
}

// fuzzy is Fuzzy.
func (t twin) fuzzy(typed string, edits, limit int) []Match {
	if !utf8.ValidString(typed) || typed == "" || len(typed) > MaxWordBytes {
		return nil
	}
	return t.pick(limit, func(w string) int {
		d, most := osa([]rune(typed), []rune(w)), min(edits, maxEdits)
		if []rune(typed)[0] != []rune(w)[0] {
			most = min(most, 1)
			if utf8.RuneCountInString(typed) < minOther {
				most = 0
			}
		}
		if d == 0 || d > most {
			return -1
		}
		return d
	})
}

// split is Split.
func (t twin) split(w string) (left, right string) {
	best := 0
	for at := 2; at <= len(w)-2; at++ {
		if n := min(t[w[:at]], t[w[at:]]); n > best {
			best, left, right = n, w[:at], w[at:]
		}
	}
	return left, right
}

// osa is the optimal string alignment distance, by its definition.
func osa(a, b []rune) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			d[i][j] = min(d[i-1][j], d[i][j-1], d[i-1][j-1]) + 1
			if a[i-1] == b[j-1] {
				d[i][j] = d[i-1][j-1]
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
