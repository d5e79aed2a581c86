package searchtest

import (
	"math/rand/v2"
	"strings"
	"unicode"
)

// common are the words that most descriptions are made of; the others are invented.
var common = strings.Fields(`the and of a in to with live for on at music show tour night experience
	an evening fans songs stage this from their new all world by band concert special you one is hits most
	best performance season tickets doors year album more first join us great will be that classic summer
	award winning unforgettable guests celebrate acoustic official friends love dance rock soul rhythm heart
	fire dream city street stars golden`)

// What names are made of.
var (
	syllables = strings.Fields(`ka lo mi ren dar vel son ta ri an el mar jo bel cas tor wyn der len ox phi gra
		stu kel vin ham ber ton dy fa zu ro ni sha qui bo ley ger man dez ford ski ov ic`)
	houses = strings.Fields(`Arena Theatre Stadium Hall Center Club Ballroom Pavilion Garden Lounge Opera`)
	tours  = strings.Fields(`World Farewell Anniversary Reunion Summer Winter Acoustic Homecoming Midnight Electric`)
	genres = strings.Fields(`Rock Pop Country Hip-Hop Jazz Metal Electronic Classical Folk Latin
		Theatre Comedy Dance Musical Basketball Soccer`)
	accents = map[rune]rune{'e': 'é', 'a': 'á', 'o': 'ö', 'u': 'ü', 'i': 'í', 'n': 'ñ', 'c': 'ç'}
)

// invent makes a word of two to four syllables.
func invent(r *rand.Rand) string {
	var b strings.Builder
	for range 2 + r.IntN(3) {
		b.WriteString(syllables[r.IntN(len(syllables))])
	}
	return b.String()
}

// inventAll makes n different words: the common ones first, as far as they go.
func inventAll(r *rand.Rand, n int) []string {
	all := append([]string(nil), common[:min(len(common), n/4)]...)
	seen := map[string]bool{}
	for _, w := range all {
		seen[w] = true
	}
	for len(all) < n {
		if w := invent(r); !seen[w] {
			seen[w] = true
			all = append(all, w)
		}
	}
	return all
}

// accented puts accents on some letters of one word in twelve.
func accented(r *rand.Rand, w string) string {
	if r.IntN(12) > 0 {
		return w
	}
	return strings.Map(func(c rune) rune {
		if with, ok := accents[c]; ok && r.IntN(2) == 0 {
			return with
		}
		return c
	}, w)
}

// capital makes the first letter a capital.
func capital(w string) string {
	r := []rune(w)
	r[0] = unicode.ToUpper(r[0])
	return string(r)
}

// Misspell makes one edit: a letter another, missing, too many, or two swapped. The first
// letter stays.
func Misspell(r *rand.Rand, w string) string {
	s := []rune(w)
	if len(s) < 3 {
		return w
	}
	letter := rune('a' + r.IntN(26))
	switch i := 1 + r.IntN(len(s)-2); r.IntN(4) {
	case 0:
		s[i] = letter
	case 1:
		s = append(s[:i], s[i+1:]...)
	case 2:
		s = append(s[:i], append([]rune{letter}, s[i:]...)...)
	default:
		s[i], s[i+1] = s[i+1], s[i]
	}
	return string(s)
}
