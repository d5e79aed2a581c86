package geo

import "math"

// MaxLevel is the finest level of cells: a side of about 2 cm.
const MaxLevel = 30

// Cell is a piece of the map between two parallels and two meridians. Level 0 is the
// whole map; each level halves both sides. Cells of one level do not overlap, and
// together they are the map, so a point has exactly one.
type Cell struct {
	Level       uint8 // 0 to MaxLevel
	Row, Column uint32
}

// CellAt is the cell of a Valid point. Longitude 180 has the cell of -180.
func CellAt(p Point, level uint8) Cell {
	n := float64(uint32(1) << level)
	row := min(n-1, math.Floor((p.Lat+90)/180*n))
	column := math.Floor((p.Lon + 180) / 360 * n)
	if column >= n {
		column = 0
	}
	return Cell{level, uint32(row), uint32(column)}
}

// Centre is the point in the middle of a cell.
func (c Cell) Centre() Point {
	n := float64(uint32(1) << c.Level)
	return Point{Lat: (float64(c.Row)+0.5)/n*180 - 90, Lon: (float64(c.Column)+0.5)/n*360 - 180}
}

// Slack bounds how far the points of a cell are from its Centre, in metres: half a
// side each way is not less than any way on a sphere.
func (c Cell) Slack() float64 { return slackOf(c.Level) }

// slackOf is the slack of every cell of a level: that of a cell on the equator, and a
// little for what Haversine rounds.
func slackOf(level uint8) float64 {
	n := float64(uint32(1) << level)
	const rounding = 1 + 1e-6
	return math.Hypot(90/n, 180/n) * radians * Radius * rounding
}

// LevelFor is the coarsest level whose cells have at most this slack, in metres;
// MaxLevel where there is none.
func LevelFor(slack float64) uint8 {
	for level := uint8(0); level < MaxLevel; level++ {
		if slackOf(level) <= slack {
			return level
		}
	}
	return MaxLevel
}
