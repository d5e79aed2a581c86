package geo

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Distances that can be told without the formula.
func TestHaversineKnown(t *testing.T) {
	for _, c := range []struct {
		a, b Point
		want float64
	}{
		{Point{0, 0}, Point{0, 0}, 0},
		{Point{0, 0}, Point{0, 180}, Farthest},
		{Point{90, 17}, Point{-90, -120}, Farthest},
		{Point{0, 0}, Point{90, 55}, Farthest / 2},
		{Point{0, 179.5}, Point{0, -179.5}, Farthest / 180},
		{Point{90, 0}, Point{90, 120}, 0},
		{Point{12, 180}, Point{12, -180}, 0},
		// New York to Los Angeles, about 3,936 km.
		{Point{40.7128, -74.0060}, Point{34.0522, -118.2437}, 3_935_751},
	} {
		if got := Haversine(c.a, c.b); math.Abs(got-c.want) > 1 {
			t.Errorf("from %v to %v: %.0f m, want %.0f", c.a, c.b, got, c.want)
		}
		if there, back := Haversine(c.a, c.b), Haversine(c.b, c.a); there != back {
			t.Errorf("from %v to %v is %v, back it is %v", c.a, c.b, there, back)
		}
	}
}

func TestValid(t *testing.T) {
	for _, p := range []Point{{}, {90, 180}, {-90, -180}} {
		if !p.Valid() {
			t.Errorf("%v is not valid", p)
		}
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, p := range []Point{{90.01, 0}, {0, 180.01}, {nan, 0}, {0, nan}, {inf, 0}, {0, -inf}} {
		if p.Valid() {
			t.Errorf("%v is valid", p)
		}
	}
}

// strewn are points everywhere, thick where a search has it hard: at the poles, on
// both sides of the antimeridian, in one city.
func strewn(r *rand.Rand) []Point {
	var all []Point
	for range 500 {
		all = append(all, anywhere(r))
	}
	for i := range 100 {
		sign := float64(1 - 2*(i%2))
		all = append(all,
			Point{sign * (90 - r.Float64()*2), r.Float64()*360 - 180},
			Point{r.Float64()*140 - 70, sign * (180 - r.Float64())},
			Point{40.7 + r.NormFloat64()*.3, -74 + r.NormFloat64()*.3})
	}
	for _, lat := range []float64{90, -90, 0, 45, 89.75, -89.75} {
		for _, lon := range []float64{0, 180, -180, 179.9999999, -179.9999999} {
			all = append(all, Point{lat, lon})
		}
	}
	return append(all, Point{math.NaN(), 0}, Point{91, 0})
}

// anywhere is a point with the same chance for every square metre.
func anywhere(r *rand.Rand) Point {
	return Point{math.Asin(2*r.Float64()-1) / radians, r.Float64()*360 - 180}
}

// centre is a place to search from.
func centre(r *rand.Rand) Point {
	switch r.IntN(5) {
	case 0:
		return anywhere(r)
	case 1:
		return Point{float64(1-2*r.IntN(2)) * (90 - r.Float64()*1.5), r.Float64()*360 - 180}
	case 2:
		return Point{r.Float64()*140 - 70, float64(1-2*r.IntN(2)) * (180 - r.Float64())}
	case 3:
		return Point{40.7 + r.NormFloat64()*.3, -74 + r.NormFloat64()*.3}
	}
	return Point{
		[]float64{90, -90, 0, 45, 89.9999999}[r.IntN(5)],
		[]float64{180, -180, 0, 179.9999999}[r.IntN(4)],
	}
}

// reach is a radius from 1 km to beyond half the circumference, short ones as often.
func reach(r *rand.Rand) float64 {
	switch r.IntN(20) {
	case 0:
		return Farthest
	case 1:
		return Farthest * (1 + r.Float64())
	case 2:
		return 0
	}
	return math.Exp(math.Log(1e3) + r.Float64()*math.Log(2e7/1e3))
}

// A grid finds exactly the points that Haversine says are near, each once.
func TestGridLikeBruteForce(t *testing.T) {
	const seed = 9
	r := rand.New(rand.NewPCG(seed, seed))
	points := strewn(r)
	grid := NewGrid(points)
	found := make([]int, len(points))
	pairs := 0
	for q := range 10_000 {
		from, metres := centre(r), reach(r)
		clear(found)
		grid.Within(from, metres, func(i uint32, distance float64) {
			found[i]++
			if want := Haversine(from, points[i]); distance != want {
				t.Fatalf("seed %d, query %d: %v is %v m from %v, not %v", seed, q, points[i], want, from, distance)
			}
		})
		for i, p := range points {
			want := 0
			if p.Valid() && Haversine(from, p) <= metres {
				want, pairs = 1, pairs+1
			}
			if found[i] != want {
				t.Fatalf("seed %d, query %d: %v within %v m of %v came %d times, want %d",
					seed, q, p, metres, from, found[i], want)
			}
		}
	}
	t.Logf("10000 queries, %d pairs", pairs)
}

func TestGridOfNothing(t *testing.T) {
	NewGrid(nil).Within(Point{}, Farthest, func(uint32, float64) { t.Error("found something") })
	for _, metres := range []float64{-1, math.NaN()} {
		NewGrid([]Point{{1, 1}, {0, 0}}).Within(Point{}, metres, func(i uint32, _ float64) {
			t.Errorf("%v m found %d", metres, i)
		})
	}
}

// A point is in its cell, not farther than the slack from the centre.
func TestCells(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 20_000 {
		p, level := centre(r), uint8(r.IntN(MaxLevel+1))
		c := CellAt(p, level)
		if d := Haversine(p, c.Centre()); d > c.Slack() {
			t.Fatalf("%v is %v m from the centre of %+v, slack %v", p, d, c, c.Slack())
		}
		if n := uint32(1) << level; c.Row >= n || c.Column >= n {
			t.Fatalf("%v has the cell %+v of a level with %d rows", p, c, n)
		}
	}
	if CellAt(Point{10, 180}, 20) != CellAt(Point{10, -180}, 20) {
		t.Error("the antimeridian has two cells")
	}
}

func TestLevelFor(t *testing.T) {
	for _, slack := range []float64{0, 1, 800, 1e5, Farthest * 2} {
		level := LevelFor(slack)
		if level < MaxLevel && slackOf(level) > slack {
			t.Errorf("cells of level %d have a slack of %v m, more than %v", level, slackOf(level), slack)
		}
		if level > 0 && slackOf(level-1) <= slack {
			t.Errorf("level %d for %v m: the one above would do", level, slack)
		}
	}
}

func BenchmarkWithin(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	grid := NewGrid(strewn(r))
	for b.Loop() {
		grid.Within(Point{40.7, -74}, 40_000, func(uint32, float64) {})
	}
}
