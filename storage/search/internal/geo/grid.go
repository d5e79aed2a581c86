package geo

import (
	"cmp"
	"math"
	"slices"
)

// Bands of latitude: a quarter of a degree, 28 km, is about the radius of the usual
// question, which then touches three or four.
const (
	bandDegrees = 0.25
	bands       = 180/bandDegrees + 1 // the north pole has one of its own
)

// slack widens what a circle touches, in degrees: about 0.1 m, above every error of
// rounding there is, also near the antipode, where Haversine is at its worst.
const slack = 1e-6

// Grid finds those of many points that are near a centre. It never changes.
type Grid struct {
	band  [bands + 1]uint32 // where a band starts in entries
	entry []entry           // by band, then longitude
}

// entry is a point of a grid.
type entry struct {
	Point
	cos   float64 // of the latitude
	index uint32  // of the point among those that the grid was made of
}

// NewGrid makes a grid of points. Those that are not Valid are left out: nothing finds
// them. It takes about 40 bytes a point.
func NewGrid(points []Point) *Grid {
	g := &Grid{entry: make([]entry, 0, len(points))}
	for i, p := range points {
		if p.Valid() {
			g.entry = append(g.entry, entry{p, math.Cos(p.Lat * radians), uint32(i)})
		}
	}
	slices.SortFunc(g.entry, func(a, b entry) int {
		return cmp.Or(
			cmp.Compare(bandOf(a.Lat), bandOf(b.Lat)), cmp.Compare(a.Lon, b.Lon), cmp.Compare(a.index, b.index))
	})
	next := 0
	for b := range g.band {
		for next < len(g.entry) && bandOf(g.entry[next].Lat) < b {
			next++
		}
		g.band[b] = uint32(next)
	}
	return g
}

// bandOf is the band of a latitude of -90 to 90.
func bandOf(lat float64) int { return int((lat + 90) / bandDegrees) }

// Within calls visit with every point that is at most metres from the centre: its
// index among the points that the grid was made of, and its distance. Each point comes
// once, in no order that means anything. The centre must be Valid.
func (g *Grid) Within(centre Point, metres float64, visit func(index uint32, distance float64)) {
	c := circleAround(centre, metres)
	for b := c.lowBand; b <= c.highBand; b++ {
		in := g.entry[g.band[b]:g.band[b+1]]
		for _, run := range c.runs {
			c.visit(lonRun(in, run), visit)
		}
	}
}

// lonRun is the part of a band whose longitudes are in a run.
func lonRun(in []entry, run [2]float64) []entry {
	west, _ := slices.BinarySearchFunc(in, run[0], func(e entry, lon float64) int { return cmp.Compare(e.Lon, lon) })
	length, _ := slices.BinarySearchFunc(in[west:], run[1], func(e entry, lon float64) int {
		if e.Lon <= lon {
			return -1
		}
		return 1
	})
	return in[west : west+length]
}

// circle is what a search is after, and the bands and runs of longitude it touches.
type circle struct {
	centre            Point
	cos, metres       float64
	lowBand, highBand int
	runs              [][2]float64 // one, or two over the antimeridian; they do not meet
}

// circleAround works out what a circle touches. A negative radius or NaN touches
// a band or two, where no point is near enough.
func circleAround(centre Point, metres float64) circle {
	c := circle{centre: centre, cos: math.Cos(centre.Lat * radians), metres: metres}
	// A radius that is not a number makes everything below so: take the smallest.
	r := max(0, min(metres/Radius/radians, 180))
	if math.IsNaN(r) {
		r = 0
	}
	r += slack
	south, north := centre.Lat-r, centre.Lat+r
	c.lowBand, c.highBand = bandOf(max(south, -90)), bandOf(min(north, 90))
	if south <= -90 || north >= 90 {
		c.runs = [][2]float64{{-180, 180}}
		return c
	}
	// The meridian that touches the circle: both are short of the poles, so cos is above
	// 0 and the quotient is below 1 but for rounding.
	wide := math.Asin(min(1, math.Sin(r*radians)/c.cos))/radians + slack
	c.runs = around(centre.Lon, wide)
	return c
}

// around are the longitudes at most wide degrees from lon, as runs within -180 to 180.
// Both ends of the antimeridian belong to a run that touches either.
func around(lon, wide float64) [][2]float64 {
	west, east := lon-wide, lon+wide
	switch {
	case wide >= 180:
		return [][2]float64{{-180, 180}}
	case west <= -180:
		return apart([2]float64{-180, east}, [2]float64{west + 360, 180})
	case east >= 180:
		return apart([2]float64{-180, east - 360}, [2]float64{west, 180})
	}
	return [][2]float64{{west, east}}
}

// apart is two runs, west and east, as one where they meet: no point may come twice.
func apart(west, east [2]float64) [][2]float64 {
	if west[1] >= east[0] {
		return [][2]float64{{-180, 180}}
	}
	return [][2]float64{west, east}
}

// visit calls f with those points of a run that are in the circle.
func (c *circle) visit(run []entry, f func(index uint32, distance float64)) {
	for i := range run {
		e := &run[i]
		if d := haversine(c.centre, c.cos, e.Point, e.cos); d <= c.metres {
			f(e.index, d)
		}
	}
}
