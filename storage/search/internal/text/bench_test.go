package text

import "testing"

// A description as organisers write them: 64 words, a few with punctuation.
const description = "An unforgettable night with the award-winning band and their friends: all the " +
	"songs of the new album, the classics, and a few surprises. Doors open at 19:00; the show starts " +
	"at 20:00. This concert is for all ages. \"The best live act of the year\", says the city's paper. " +
	"Tickets are limited to 6 a person, and they don't come back: once it's sold out, it's sold out. "

func bench(b *testing.B, f func(s string) int, texts ...string) {
	b.ReportAllocs()
	bytes := 0
	for _, s := range texts {
		bytes += len(s)
	}
	b.SetBytes(int64(bytes / len(texts)))
	for i := 0; b.Loop(); i++ {
		if f(texts[i%len(texts)]) == 0 {
			b.Fatal("nothing")
		}
	}
}

var names = []string{
	"Guns N' Roses", "AC/DC", "Beyoncé", "The Rolling Stones", "P!nk", "Mötley Crüe", "blink-182", "R.E.M.",
}

func BenchmarkFold(b *testing.B) {
	bench(b, func(s string) int { return len(Fold(s)) }, names...)
}

func BenchmarkNames(b *testing.B) {
	bench(b, func(s string) int { return len(Words(s)) }, names...)
}

func BenchmarkSpellings(b *testing.B) {
	bench(b, func(s string) int { return len(Spellings(s)) }, names...)
}

func BenchmarkWide(b *testing.B) {
	bench(b, func(s string) int { return len(Stems(s)) }, description)
}

func BenchmarkParse(b *testing.B) {
	bench(b, func(s string) int { q, _ := Parse(s, 10); return len(q.Words) },
		"beyonce", "foo fighters chicago", "guns n' roses", "mötley crüe", "ac/dc")
}
