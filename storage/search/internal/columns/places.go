package columns

import "boxoffice/storage/search/internal/geo"

// tailMax is how many new places are searched one by one before the grid is made
// anew: 2 ms for 20,000 places, so not with every batch.
const tailMax = 256

// Places are the places of a snapshot. Number 0 is not known.
type Places struct {
	all   []Place
	venue []uint32 // number of the venue, in Snapshot.Venues
	city  []uint32 // number of the city, in Snapshot.Cities

	named, cityNamed []Initials
	grid             *geo.Grid
	inGrid           int // places before this one are in the grid
}

// newPlaces has only the place that is not known.
func newPlaces() Places {
	return Places{
		all: make([]Place, 1), venue: make([]uint32, 1), city: make([]uint32, 1), grid: geo.NewGrid(nil),
		named: make([]Initials, 1), cityNamed: make([]Initials, 1),
	}
}

// Len is one more than the largest number.
func (p *Places) Len() int { return len(p.all) }

// Place reads a place.
func (p *Places) Place(number uint32) Place { return p.all[number] }

// Venue is the number of a place's venue, 0 where it has none.
func (p *Places) Venue(number uint32) uint32 { return p.venue[number] }

// City is the number of a place's city, 0 where it has none.
func (p *Places) City(number uint32) uint32 { return p.city[number] }

// Initials are those of a place's Named and CityNamed.
func (p *Places) Initials(number uint32) (named, cityNamed Initials) {
	return p.named[number], p.cityNamed[number]
}

// Within calls visit with every place that is at most metres from the centre, once.
func (p *Places) Within(centre geo.Point, metres float64, visit func(place uint32, distance float64)) {
	p.grid.Within(centre, metres, visit)
	for i := p.inGrid; i < len(p.all); i++ {
		if !p.all[i].Located {
			continue
		}
		if d := geo.Haversine(centre, p.all[i].At); d <= metres {
			visit(uint32(i), d)
		}
	}
}

// settle makes the grid anew where many places are not in it.
func (p *Places) settle() {
	if len(p.all)-p.inGrid <= max(tailMax, p.inGrid/16) {
		return
	}
	points := make([]geo.Point, len(p.all))
	for i, place := range p.all {
		points[i] = place.At
		if !place.Located {
			points[i] = geo.Point{Lat: 91} // not valid: left out
		}
	}
	p.grid, p.inGrid = geo.NewGrid(points), len(p.all)
}
