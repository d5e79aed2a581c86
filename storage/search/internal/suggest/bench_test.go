package suggest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// syllables of which made-up names are made; the first are the most frequent.
var syllables = []string{
	"s", "ma", "ta", "ka", "lo", "mi", "ren", "dar", "vel", "son", "ri", "an", "el", "mar", "jo", "bel", "cas", "tor",
	"wyn", "der", "len", "ox", "phi", "gra", "stu", "kel", "vin", "ham", "ber", "ton", "dy", "fa", "zu", "ro", "ni",
	"sha", "qui", "bo", "ley", "ger", "man", "dez", "ford", "ski", "ov", "ic",
}

// crowd gives n entries: performers who are nowhere, and venues around 80 cities, the
// first of which are the largest. Two in five names begin with "the".
func crowd(n int, seed uint64) []Entry {
	r := rand.New(rand.NewPCG(seed, 9))
	var cities []Point
	for range 80 {
		cities = append(cities, Point{r.Float64()*130 - 60, r.Float64()*360 - 180})
	}
	out := make([]Entry, n)
	for i := range out {
		var words []string
		if r.IntN(5) < 2 {
			words = append(words, "the")
		}
		for range 1 + r.IntN(3) {
			w := ""
			for range 2 + r.IntN(2) {
				w += syllables[int(float64(len(syllables))*math.Pow(r.Float64(), 1.5))]
			}
			words = append(words, w)
		}
		name := strings.Join(words, " ")
		out[i] = Entry{ID: ID{1, fmt.Sprint(seed, "-", i)}, Forms: []string{name}, Name: name}
		out[i].Popularity = float32(1 / math.Sqrt(1+float64(r.IntN(n))))
		if i%2 == 0 {
			city := cities[int(float64(len(cities))*math.Pow(r.Float64(), 3))]
			at := Point{city.Lat + r.NormFloat64()*.12, city.Lon + r.NormFloat64()*.12}
			if at.valid() {
				out[i].At = &at
			}
		}
	}
	return out
}

// typed gives what people have typed so far: the beginning of a name, or of two of its
// words.
func typed(r *rand.Rand, entries []Entry, n int) []string {
	var out []string
	for len(out) < n {
		words := strings.Fields(entries[r.IntN(len(entries))].Name)
		w := words[r.IntN(len(words))]
		text := w[:1+r.IntN(min(len(w), 6))]
		if r.IntN(3) == 0 {
			other := words[r.IntN(len(words))]
			text = other[:1+r.IntN(len(other))] + " " + text
		}
		out = append(out, text)
	}
	return out
}

// benchEntries have about 170,000 words.
const benchEntries = 71_000

func BenchmarkFind(b *testing.B) {
	entries := crowd(benchEntries, 1)
	x := Build(entries, haversine)
	r := rand.New(rand.NewPCG(3, 3))
	mix := typed(r, entries, 3000)
	for _, c := range []struct {
		name  string
		texts []string
	}{
		{"mix", mix}, {"one letter", []string{"s", "t", "m", "b", "k"}}, {"the", []string{"the"}},
		{"two letters", []string{"s t", "m k", "t m", "b s"}}, {"no such two", []string{"s y", "the y"}},
	} {
		for _, near := range []*Point{nil, entries[0].At} {
			name := c.name
			if near != nil {
				name += " near"
			}
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					x.Find(c.texts[i%len(c.texts)], near, 10)
				}
			})
		}
	}
}

// BenchmarkFindP99 reports the 99th percentile of the mix, each text at a place of its
// own. Of each the best of five calls counts, so that it is our work that is measured
// and not who else has the processor.
func BenchmarkFindP99(b *testing.B) {
	entries := crowd(benchEntries, 1)
	x := Build(entries, haversine)
	b.Logf("%d entries, %d words, %d bytes an entry", x.Len(), len(x.base.starts), x.Bytes()/x.Len())
	mix := typed(rand.New(rand.NewPCG(3, 3)), entries, 3000)
	for b.Loop() {
		took := make([]time.Duration, len(mix))
		for i, text := range mix {
			took[i] = time.Hour
			for range 5 {
				began := time.Now()
				x.Find(text, entries[2*(i%1000)].At, 10)
				took[i] = min(took[i], time.Since(began))
			}
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
		b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
		b.ReportMetric(float64(took[len(took)-1].Nanoseconds()), "max-ns")
	}
}

func BenchmarkBuild(b *testing.B) {
	entries := crowd(benchEntries, 1)
	b.ReportAllocs()
	for b.Loop() {
		x := Build(entries, haversine)
		b.ReportMetric(float64(x.Bytes())/float64(x.Len()), "bytes/entry")
	}
}

// BenchmarkWith changes an entry where the overlay is nearly full.
func BenchmarkWith(b *testing.B) {
	entries := crowd(benchEntries, 1)
	x, _ := Build(entries, haversine).With(crowd(MaxChanged-1, 2), nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := x.With(entries[:1], nil); !ok {
			b.Fatal("no room")
		}
	}
}
