package words

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// syllables of which made-up names are made.
var syllables = []string{
	"ka", "lo", "mi", "ren", "dar", "vel", "son", "ta", "ri", "an", "el", "mar", "jo", "bel", "cas", "tor", "wyn",
	"der", "len", "ox", "phi", "gra", "stu", "kel", "vin", "ham", "ber", "ton", "dy", "fa", "zu", "ro", "ni", "sha",
	"qui", "bo", "ley", "ger", "man", "dez", "ford", "ski", "ov", "ic",
}

// generate gives n words like names, with frequencies like theirs: few are in many.
func generate(n int) map[string]int {
	r := rand.New(rand.NewPCG(1, 2))
	counts := map[string]int{}
	for len(counts) < n {
		w := ""
		for range 2 + r.IntN(3) {
			w += syllables[r.IntN(len(syllables))]
		}
		if r.IntN(3) == 0 {
			w += string(rune('a' + r.IntN(26)))
		}
		counts[w] = 1 + n/(len(counts)+1)
	}
	return counts
}

// slip gives w with an edit somewhere after the letter at from.
func slip(r *rand.Rand, w string, from int) string {
	b := []byte(w)
	i, c := from+r.IntN(len(b)-from), byte('a'+r.IntN(26))
	switch r.IntN(4) {
	case 0:
		b[i] = c
	case 1:
		b = append(b[:i], b[i+1:]...)
	case 2:
		b = append(b[:i], append([]byte{c}, b[i:]...)...)
	case 3:
		j := max(i, from+1)
		b[j], b[j-1] = b[j-1], b[j]
	}
	return string(b)
}

// slips gives words of the vocabulary with an edit.
func slips(v *Vocabulary, n, from int) []string {
	r := rand.New(rand.NewPCG(3, 4))
	var out []string
	for len(out) < n {
		if w := v.base.word(r.IntN(v.base.len())); len(w) > 5 && len(w) < 20 {
			out = append(out, slip(r, w, from))
		}
	}
	return out
}

// benchWords is how many words a catalog of a million events had.
const benchWords = 63_000

func BenchmarkFuzzy(b *testing.B) {
	v := New(generate(benchWords))
	for _, edits := range []int{1, 2} {
		for from, where := range []string{"anywhere", "after the first letter"} {
			typed := slips(v, 500, from)
			b.Run(fmt.Sprintf("%d edits, slip %s", edits, where), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					v.Fuzzy(typed[i%len(typed)], edits, 32)
				}
			})
		}
	}
}

func BenchmarkPrefix(b *testing.B) {
	v := New(generate(benchWords))
	for _, p := range []string{"b", "ber", "berlo"} {
		b.Run(p, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if len(v.Prefix(p, 64)) == 0 {
					b.Fatal("nothing")
				}
			}
		})
	}
}

func BenchmarkSplit(b *testing.B) {
	v := New(generate(benchWords))
	w := v.base.word(1000) + v.base.word(50_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := v.Split(w); !ok {
			b.Fatal("nothing")
		}
	}
}

func BenchmarkNew(b *testing.B) {
	counts := generate(benchWords)
	b.ReportAllocs()
	for b.Loop() {
		v := New(counts)
		b.ReportMetric(float64(v.Bytes())/float64(v.Len()), "bytes/word")
	}
}

// BenchmarkAdd adds a word to an overlay that is nearly full.
func BenchmarkAdd(b *testing.B) {
	v, _ := New(generate(benchWords)).Add(generate(MaxAdded - 1))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := v.Add(map[string]int{"somebody": 1}); !ok {
			b.Fatal("no room")
		}
	}
}

func BenchmarkCompact(b *testing.B) {
	v, _ := New(generate(benchWords)).Add(map[string]int{"somebody": 1})
	b.ReportAllocs()
	for b.Loop() {
		v.Compact()
	}
}
