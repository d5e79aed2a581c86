// Package geo measures distances on Earth, and finds the points that are near one.
//
// Earth is a sphere here, of the mean radius: distances are off by at most 0.5 % from
// those on the ellipsoid, which is less than a visitor can tell, and every other map
// does the same. What matters is that one formula decides everywhere: a point is
// within a radius exactly when Haversine says so, whether a Grid found it or not.
//
// # How a grid finds
//
// Points are kept in bands of latitude, and in a band by their longitude. A circle
// around a centre touches a few bands, and in each a run of longitudes, which two
// binary searches find. The run is a little too large, never too small, and Haversine
// decides about each point of it:
//
//   - a circle that contains a pole has every longitude;
//   - a circle over the antimeridian has two runs;
//   - longitude 180 is longitude -180, and at a pole every longitude is the same point;
//   - a radius of half the circumference or more contains everything.
//
// # Cells
//
// A Cell is a piece of the map that many centres share: a name for "about here" in the
// key of a cache. The points of a cell are not farther than its Slack from its Centre.
//
// Everything here is pure: values in, values out, no locks. A Grid never changes.
package geo
