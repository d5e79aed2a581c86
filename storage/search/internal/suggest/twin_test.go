package suggest

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// haversine is the distance on a sphere, in metres.
func haversine(a, b Point) float64 {
	lat, lon := degrees(b.Lat-a.Lat), degrees(b.Lon-a.Lon)
	north, east := math.Sin(lat/2), math.Sin(lon/2)
	h := north*north + math.Cos(degrees(a.Lat))*math.Cos(degrees(b.Lat))*east*east
	return 2 * 6371008.8 * math.Asin(min(1, math.Sqrt(h)))
}

// twin is an index that looks at everything.
type twin map[ID]Entry

// find is Find.
func (t twin) find(text string, near *Point, k int) []string {
	words := strings.Fields(text)
	words = words[:min(len(words), MaxWords)]
	var found []candidate
	for _, e := range t {
		if len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return !e.begins(w) }) {
			continue
		}
		t := e.thing()
		c := candidate{&t, -1, float64(e.Popularity)}
		if slices.ContainsFunc(e.Forms, func(f string) bool {
			return strings.Join(strings.Fields(f), " ") == strings.Join(words, " ")
		}) {
			c.score += exactly
		} else if slices.ContainsFunc(e.Forms, func(f string) bool {
			form, text := strings.Join(strings.Fields(f), " "), strings.Join(words, " ")
			return strings.HasPrefix(form, text) || strings.HasPrefix(form, "the "+text)
		}) {
			c.score += beginning
		}
		if near != nil && e.At != nil {
			c.distance = haversine(*near, *e.At)
			c.score += Nearness * max(0, 1-c.distance/Reach)
		}
		found = append(found, c)
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), before(a.thing, b.thing))
	})
	var out []string
	for _, c := range found[:min(len(found), k, MaxFound)] {
		out = append(out, c.key)
	}
	return out
}

// begins says whether the entry has a word that begins with w.
func (e *Entry) begins(w string) bool {
	return slices.ContainsFunc(strings.Fields(strings.Join(e.Forms, " ")), func(has string) bool {
		return strings.HasPrefix(has, w)
	})
}

// keys gives what was found.
func keys(found []Match) []string {
	var out []string
	for _, m := range found {
		out = append(out, m.Key)
	}
	return out
}
