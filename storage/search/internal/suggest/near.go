package suggest

import (
	"cmp"
	"math"
)

// cell is a square of a degree: 360 for each degree of latitude from the south.
type cell int32

const (
	// leastDegree is what a degree of latitude is at the least, in metres: 110,574 at the
	// equator, 111,195 on a sphere.
	leastDegree  = 110_500
	rounded      = 2                            // metres, at the most, by which a spot is not where its entry is
	reachDegrees = float64(Reach) / leastDegree // and a little more
)

// cellOf gives the cell of a point.
func cellOf(at Point) cell { return cellAt(math.Floor(at.Lat), math.Floor(at.Lon)) }

// cellAt gives the cell whose south-western corner it is. Longitudes go round; the north
// pole belongs to the cells below it.
func cellAt(lat, lon float64) cell {
	return cell(360*min(lat+90, 179) + math.Mod(lon+540, 360))
}

// valid says whether it is a point on Earth.
func (at *Point) valid() bool {
	return at != nil && math.Abs(at.Lat) <= 90 && math.Abs(at.Lon) <= 180 // not so for NaN
}

// spot is a word of an entry that is somewhere, with what tells whether to look closer:
// a cell's spots are read one after the other, entries are all over the memory.
type spot struct {
	place, owner uint32 // in starts, in entries
	popularity   float32
	north, east  uint16 // of the south-western corner of its cell, in steps: right to a metre
}

// steps are so many in a degree: a spot is in the middle of one.
const steps = 1 << 16

// newSpot makes the spot of a word of an entry.
func newSpot(place, owner uint32, e *thing) spot {
	north, east := e.at.Lat-min(math.Floor(e.at.Lat), 89), e.at.Lon-math.Floor(e.at.Lon)
	return spot{place, owner, e.popularity, uint16(min(north*steps, steps-1)), uint16(min(east*steps, steps-1))}
}

// compare compares a spot with a place in starts.
func (s spot) compare(place uint32) int { return cmp.Compare(s.place, place) }

// spots are the spots of a cell, in the order of starts, and the best of their long runs.
type spots struct {
	list []spot
	best map[string]best
}

// place puts the words of entries that are somewhere into their cells.
func (p *part) place() {
	for i, owner := range p.owners {
		if e := &p.entries[owner]; e.located {
			c := cellOf(e.at)
			s := newSpot(uint32(i), owner, e)
			if p.cells[c] == nil {
				p.cells[c] = &spots{best: map[string]best{}}
			}
			p.cells[c].list = append(p.cells[c].list, s)
		}
	}
	for _, c := range p.cells {
		near := list{p: p, n: len(c.list), at: func(i int) uint32 { return c.list[i].place }}
		near.keepBest(0, near.n, 0, longNear, c.best)
	}
}

// around calls f with the words of each cell that may be within Reach of a point, and its
// south-western corner; its longitude goes on where it would go round.
func (p *part) around(at Point, f func(c *spots, corner Point)) {
	south, north := max(at.Lat-reachDegrees, -90), min(at.Lat+reachDegrees, 89)
	width := 180.0
	if math.Abs(at.Lat) < 90-reachDegrees {
		width = radians(math.Asin(math.Sin(degrees(reachDegrees)) / math.Cos(degrees(at.Lat))))
	}
	west := math.Floor(at.Lon - width)
	columns := int(min(math.Floor(at.Lon+width)-west+1, 360))
	for lat := math.Floor(south); lat <= north; lat++ {
		for i := range columns {
			lon := west + float64(i)
			if c := p.cells[cellAt(lat, lon)]; c != nil {
				f(c, Point{lat, lon})
			}
		}
	}
}

// apart is how far a degree that begins at from is.
func apart(at, from float64) float64 { return max(0, from-at, at-from-1) }

// narrowest gives what a degree of longitude is at the least, in metres, within Reach of
// a latitude.
func narrowest(lat float64) float64 {
	return leastDegree * math.Cos(degrees(min(math.Abs(lat)+reachDegrees, 90)))
}

// cellAtLeast gives metres that nothing in a cell is nearer than.
func (f *finder) cellAtLeast(corner Point) float64 {
	return f.metres(apart(f.near.Lat, corner.Lat), apart(f.near.Lon, corner.Lon))
}

// atLeast gives metres that a spot of a cell is not nearer than.
func (f *finder) atLeast(s *spot, corner Point) float64 {
	east := math.Abs(corner.Lon + (float64(s.east)+.5)/steps - f.near.Lon)
	return f.metres(corner.Lat+(float64(s.north)+.5)/steps-f.near.Lat, min(east, math.Abs(360-east)))
}

// metres gives metres that what is so many degrees away is not nearer than; of what is
// beyond Reach, Reach or more is enough. It takes the Earth for a plane between the two.
// The sine of half the angle that this leaves out is less than what narrowest leaves off.
func (f *finder) metres(north, east float64) float64 {
	return math.Sqrt(north*north*(leastDegree*leastDegree)+east*east*(f.width*f.width)) - rounded
}

// degrees gives an angle of degrees in radians.
func degrees(d float64) float64 { return d * math.Pi / 180 }

// radians gives an angle of radians in degrees.
func radians(r float64) float64 { return r * 180 / math.Pi }
