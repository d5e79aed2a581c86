package suggest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var chicago, berlin = Point{41.88, -87.63}, Point{52.52, 13.41}

func entry(key string, popularity float32, at *Point, forms ...string) Entry {
	return Entry{ID: ID{1, key}, Forms: forms, Name: key, Popularity: popularity, At: at}
}

func example() []Entry {
	return []Entry{
		entry("The Beatles Tribute", .5, nil, "the beatles tribute"),
		entry("The Beatles", .9, nil, "the beatles"),
		entry("Beat", .1, nil, "beat"),
		entry("Beat Club", .3, &berlin, "beat club"),
		entry("Beat Kitchen", .2, &chicago, "beat kitchen"),
		entry("AC/DC", .8, nil, "acdc", "ac dc"),
		entry("Chk Chk Chk", .4, nil, "chk chk chk"),
		entry("周杰倫", .4, nil, "周杰倫"),
	}
}

func TestFind(t *testing.T) {
	x := Build(example(), haversine)
	for _, c := range []struct {
		text string
		near *Point
		want string
	}{
		{"beat tri", nil, "The Beatles Tribute"},
		{"tri beat", nil, "The Beatles Tribute"},
		{"beat", nil, "Beat,The Beatles,The Beatles Tribute,Beat Club,Beat Kitchen"},
		{"bea", &chicago, "The Beatles,Beat Kitchen,The Beatles Tribute,Beat Club,Beat"},
		{"bea", &berlin, "The Beatles,Beat Club,The Beatles Tribute,Beat Kitchen,Beat"},
		{"  the\tbeatles ", nil, "The Beatles,The Beatles Tribute"},
		{"beatles the", nil, "The Beatles,The Beatles Tribute"},
		{"acd", nil, "AC/DC"},
		{"ac d", nil, "AC/DC"},
		{"chk", nil, "Chk Chk Chk"},
		{"周", nil, "周杰倫"},
		{"eatles", nil, ""},
		{"beatles tribute x", nil, ""},
		{"", nil, ""},
		{" \n", nil, ""},
		{"\xff", nil, ""},
	} {
		if got := strings.Join(keys(x.Find(c.text, c.near, 10)), ","); got != c.want {
			t.Errorf("%q near %v: got %s, want %s", c.text, c.near, got, c.want)
		}
	}
}

// A word must begin as typed also where another word's run is looked through.
func TestInnerLettersDoNotCount(t *testing.T) {
	x := Build([]Entry{
		entry("inner", 1, nil, "zed bab a"), entry("begins", 0, nil, "zed bab ab"),
		entry("1", 1, nil, "ab"), entry("2", 1, nil, "ab"), entry("3", 1, nil, "ab"),
	}, haversine)
	if got := strings.Join(keys(x.Find("zed ab", nil, 9)), ","); got != "begins" {
		t.Errorf("got %s", got)
	}
}

func TestDistance(t *testing.T) {
	x := Build(example(), haversine)
	found := x.Find("beat c", &Point{52.52, 13.42}, 1)
	if len(found) != 1 || math.Abs(found[0].Distance-677) > 1 {
		t.Errorf("got %+v", found)
	}
	for _, near := range []*Point{nil, {math.NaN(), 0}, {91, 0}, {0, 181}} {
		if found := x.Find("beat c", near, 1); len(found) != 1 || found[0].Distance != -1 {
			t.Errorf("near %v: got %+v", near, found)
		}
	}
}

func TestBoundsOfFind(t *testing.T) {
	x := Build(crowd(500, 1), haversine)
	for k, want := range map[int]int{-1: 0, 0: 0, 1: 1, 50: 50, 51: 50, 1000: 50} {
		if got := len(x.Find("s", nil, k)); got != want {
			t.Errorf("k = %d: got %d", k, got)
		}
	}
	long := strings.Repeat("the beatles ", 400)
	if got := keys(Build(example(), haversine).Find(long, nil, 9)); len(got) != 2 {
		t.Errorf("got %v", got)
	}
}

func TestTheLaterOfTwoIsKept(t *testing.T) {
	x := Build([]Entry{
		entry("a", .5, nil, "old"), entry("a", .5, nil, "new"), entry("a", .5, nil, "newest"),
	}, haversine)
	if x.Len() != 1 || len(x.Find("old", nil, 1)) != 0 || len(x.Find("newe", nil, 1)) != 1 {
		t.Errorf("%d entries, %v", x.Len(), keys(x.Find("ne", nil, 9)))
	}
	same := entry("a", .5, nil, "other kind")
	same.Kind = 2
	if y, ok := x.With([]Entry{same}, nil); !ok || y.Len() != 2 {
		t.Errorf("%d entries of two kinds", y.Len())
	}
}

func TestOddEntries(t *testing.T) {
	nan := float32(math.NaN())
	x := Build([]Entry{
		entry("nan", nan, &Point{math.NaN(), math.NaN()}, "odd nan"),
		entry("below", -1, nil, "odd"), entry("above", 9, nil, "odd"),
		entry("none", 1, nil), entry("blank", 1, nil, "", " \n "), entry("bytes", .5, nil, "odd\x00\nbytes \xff"),
		entry("long", .1, &Point{95, 0}, "odd "+strings.Repeat("x", 1000)+strings.Repeat(" y", 1000)+" z"),
	}, haversine)
	if got := strings.Join(keys(x.Find("odd", &chicago, 10)), ","); got != "above,below,bytes,long,nan" {
		t.Errorf("got %s", got)
	}
	if got := keys(x.Find("\xff byt", nil, 10)); len(got) != 1 {
		t.Errorf("got %v", got)
	}
	if len(x.Find("z", nil, 1)) != 0 || len(x.Find(strings.Repeat("x", 62)+" y", nil, 1)) != 1 {
		t.Error("a form is looked at beyond its bound, or not up to it")
	}
}

func TestWith(t *testing.T) {
	x := Build(example(), haversine)
	changed := []Entry{entry("Beat", .95, nil, "bert"), entry("Bear", .9, nil, "bear")}
	y, ok := x.With(changed, []ID{{1, "The Beatles"}, {1, "?"}})
	if !ok {
		t.Fatal("refused")
	}
	if got := strings.Join(keys(y.Find("be", nil, 3)), ","); got != "Beat,Bear,The Beatles Tribute" {
		t.Errorf("got %s", got)
	}
	if y.Len() != x.Len() || y.Changed() != 2 || x.Changed() != 0 || len(x.Find("beatles", nil, 9)) != 2 {
		t.Errorf("%d of %d entries, %d changed, %d before", y.Len(), x.Len(), y.Changed(), x.Changed())
	}
	changed = []Entry{entry("Bear", 0, nil, "bear"), entry("The Beatles", 1, nil, "beatles")}
	z, ok := y.With(changed, []ID{{1, "Beat"}, {1, "Bear"}, {1, "Chk Chk Chk"}})
	if got := strings.Join(keys(z.Find("be", nil, 3)), ","); got != "The Beatles,The Beatles Tribute,Beat Club" || !ok {
		t.Errorf("got %s, %v", got, ok)
	}
	if len(y.Find("chk", nil, 1)) != 1 || len(z.Find("chk", nil, 1)) != 0 || y.Len() != x.Len() {
		t.Error("With changed the index that it was called on")
	}
}

func TestWithStopsAtItsBound(t *testing.T) {
	x := Build(crowd(MaxChanged+2, 1), haversine)
	var ids []ID
	for i := range x.base.entries {
		ids = append(ids, x.base.entries[i].id())
	}
	if y, ok := x.With(nil, ids[:MaxChanged]); !ok || y.Changed() != MaxChanged || y.Len() != 2 {
		t.Errorf("%v: %d changed, %d left", ok, y.Changed(), y.Len())
	}
	if y, ok := x.With(nil, ids[:MaxChanged+1]); ok || y != x || x.Len() != MaxChanged+2 {
		t.Error("more than MaxChanged were taken away")
	}
	if y, ok := x.With(crowd(MaxChanged+1, 2), nil); ok || y != x {
		t.Error("more than MaxChanged were changed")
	}
}

// Few letters and few places make all of the conditions meet: exact, near, gone, twice.
func TestTwin(t *testing.T) {
	form := rapid.StringMatching(`[ab]{1,3}( [abc]{1,2}){0,2}`)
	key := rapid.StringMatching(`[a-e]`)
	at := rapid.OneOf(rapid.Just((*Point)(nil)), rapid.Custom(func(t *rapid.T) *Point {
		lat := rapid.SampledFrom([]float64{0, .4, 60, 89.2, 89.9, 90, -90, -89.5}).Draw(t, "lat")
		lon := rapid.SampledFrom([]float64{0, .3, 100, 179.9, 180, -180, -179.8, -90}).Draw(t, "lon")
		return &Point{lat, lon}
	}))
	entries := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Entry {
		popularity := float32(rapid.IntRange(0, 4).Draw(t, "popularity")) / 4
		forms := rapid.SliceOfN(form, 1, 2).Draw(t, "forms")
		return entry(key.Draw(t, "key"), popularity, at.Draw(t, "at"), forms...)
	}), 0, 12)
	rapid.Check(t, func(t *rapid.T) {
		slow := twin{}
		first := entries.Draw(t, "entries")
		for _, e := range first {
			slow[e.ID] = e
		}
		x := Build(first, haversine)
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			changed, removed := entries.Draw(t, "changed"), []ID(nil)
			for _, k := range rapid.SliceOfN(key, 0, 2).Draw(t, "removed") {
				removed = append(removed, ID{1, k})
			}
			for _, e := range changed {
				slow[e.ID] = e
			}
			for _, id := range removed {
				delete(slow, id)
			}
			x, _ = x.With(changed, removed)
		}
		if x.Len() != len(slow) {
			t.Errorf("%d entries, want %d", x.Len(), len(slow))
		}
		compare(t, x, slow, form.Draw(t, "text"), at.Draw(t, "near"), rapid.IntRange(1, 4).Draw(t, "k"))
	})
}

// What says quickly that something is too far must not say so of what is near.
func TestAtLeast(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 50_000 {
		near := Point{r.Float64()*180 - 90, r.Float64()*360 - 180}
		if r.IntN(3) == 0 {
			near.Lat = math.Copysign(90-r.ExpFloat64(), near.Lat) // the poles have most of what is odd
		}
		far := math.Pow(10, float64(-r.IntN(7))) // degrees
		at := Point{near.Lat + far*r.NormFloat64(), near.Lon + far*r.NormFloat64()/math.Cos(degrees(near.Lat))}
		at.Lon = math.Remainder(at.Lon, 360)
		if !near.valid() || !at.valid() {
			continue
		}
		f := finder{near: &near, width: narrowest(near.Lat)}
		s, d := newSpot(0, 0, &thing{at: at}), haversine(near, at)
		found := false
		p := part{cells: map[cell]*spots{cellOf(at): {}}}
		p.around(near, func(_ *spots, corner Point) {
			found = true
			if least := f.atLeast(&s, corner); least > d && d < Reach {
				t.Fatalf("from %v to %v: %v at the least, %v in truth", near, at, least, d)
			}
			if begins := f.cellAtLeast(corner); begins > d && d < Reach {
				t.Fatalf("from %v to %v, %v: in a cell that begins at %v", near, at, d, begins)
			}
		})
		if !found && d < Reach {
			t.Fatalf("from %v to %v, %v: in none of the cells around", near, at, d)
		}
	}
}

// compare holds an index to its twin.
func compare(t interface{ Errorf(string, ...any) }, x *Index, slow twin, text string, near *Point, k int) {
	if got, want := keys(x.Find(text, near, k)), slow.find(text, near, k); !slices.Equal(got, want) {
		t.Errorf("%q near %v, %d: got %q, want %q", text, near, k, got, want)
	}
}

// A crowd is large enough for long runs.
func TestTwinOfACrowd(t *testing.T) {
	entries, slow := crowd(12_000, 1), twin{}
	for _, e := range entries {
		slow[e.ID] = e
	}
	x := Build(entries, haversine)
	near := 0
	for _, c := range x.base.cells {
		near += len(c.best)
	}
	if len(x.base.best) == 0 || near == 0 {
		t.Fatal("no run is long")
	}
	// All that is kept ready for one letter goes, and more.
	var gone []ID
	for _, key := range slow.find("s", nil, MaxFound) {
		gone = append(gone, ID{1, key})
		delete(slow, ID{1, key})
	}
	x, _ = x.With(nil, gone)
	r := rand.New(rand.NewPCG(7, 8))
	for _, text := range append(typed(r, entries, 25), "s", "s t", "m", "t s k") {
		e := entries[r.IntN(len(entries))]
		compare(t, x, slow, text, nil, 1+r.IntN(MaxFound))
		compare(t, x, slow, text, e.At, 1+r.IntN(MaxFound))
	}
}

// Who is right here is found behind hundreds who are more popular and in the same cell.
func TestNearBehindThePopular(t *testing.T) {
	slow := twin{}
	var entries []Entry
	for i := range 2 * longNear {
		far := &Point{41.05, -87.95} // 90 km
		e := entry(fmt.Sprint("far", i), .5+float32(i)/1e5, far, fmt.Sprint("band ", i), fmt.Sprint("other ", i))
		if i%100 == 7 {
			e = entry(fmt.Sprint("here", i), .3, &chicago, fmt.Sprint("band ", i), fmt.Sprint("other ", i))
		}
		entries, slow[e.ID] = append(entries, e), e
	}
	x := Build(entries, haversine)
	for _, text := range []string{"band", "b", "oth ban"} {
		compare(t, x, slow, text, &chicago, 10)
		if found := keys(x.Find(text, &chicago, 1)); !strings.HasPrefix(found[0], "here") {
			t.Errorf("%q: %v is before who is here", text, found)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("the beatles,beat,acdc", "beat", 41.0, -87.0)
	f.Add("a b c,a,b a,\xff \x00", "a b", 90.0, 180.0)
	f.Add("周杰倫,周", "周", math.Inf(1), math.NaN())
	f.Fuzz(func(t *testing.T, forms, text string, lat, lon float64) {
		near, slow := &Point{lat, lon}, twin{}
		var entries []Entry
		for i, form := range strings.Split(forms, ",") {
			if len(form) > maxForm || strings.ContainsFunc(form, func(r rune) bool { return r < ' ' || r > '~' }) {
				return
			}
			e := entry(fmt.Sprint(i), float32(i%3)/3, &Point{min(max(math.Trunc(lat), -90), 90), float64(i)}, form)
			if !e.At.valid() {
				e.At = nil
			}
			entries = append(entries, e)
			slow[e.ID] = e
		}
		x := Build(entries, haversine)
		if x.Find(text, near, 5); !near.valid() {
			near = nil
		}
		odd := func(r rune) bool { return r > '~' || r < '!' }
		for _, w := range append(strings.FieldsFunc(forms+text, odd), forms) {
			if len(w) <= maxWord {
				compare(t, x, slow, w, near, 5)
			}
		}
	})
}
