package geo

import "math"

// Radius is Earth's mean radius in metres: (2a+b)/3 of WGS 84.
const Radius = 6371008.8

// Farthest is the largest distance there is, in metres: half the circumference.
const Farthest = math.Pi * Radius

// radians are in a degree.
const radians = math.Pi / 180

// Point is a point on Earth, in degrees: latitudes -90 to 90, longitudes -180 to 180.
type Point struct{ Lat, Lon float64 }

// Valid tells whether both degrees are numbers within their bounds.
func (p Point) Valid() bool {
	// A comparison with NaN is false, so it fails here too.
	return p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180
}

// Haversine is the distance of two points along the great circle, in metres.
func Haversine(a, b Point) float64 {
	return haversine(a, math.Cos(a.Lat*radians), b, math.Cos(b.Lat*radians))
}

// haversine is Haversine of points whose cosines of latitude are known.
func haversine(a Point, cosA float64, b Point, cosB float64) float64 {
	y := math.Sin((b.Lat - a.Lat) * (radians / 2))
	x := math.Sin((b.Lon - a.Lon) * (radians / 2))
	// Rounding may take antipodes beyond 1, where there is no arc sine.
	h := min(1, y*y+cosA*cosB*x*x)
	return 2 * Radius * math.Asin(math.Sqrt(h))
}
