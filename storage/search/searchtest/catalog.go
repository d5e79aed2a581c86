package searchtest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"strings"

	"boxoffice/storage/search"
)

// Shape is how large a catalog's world is. Small ones have events that are alike.
type Shape struct {
	Seed                      uint64
	Words, Performers, Venues int
}

// Shapes that tests share.
var (
	Large = Shape{Seed: 7, Words: 70_000, Performers: 50_000, Venues: 20_000}
	Small = Shape{Seed: 7, Words: 160, Performers: 60, Venues: 40}
)

// Epoch is when the time of the catalog begins, in milliseconds since 1970. One event in
// thirteen starts before.
const Epoch = 1_793_491_200_000

const day = 86_400_000

// Catalog makes events. It is only read once it is made.
type Catalog struct {
	shape      Shape
	words      []string
	performers []performer
	venues     []venue

	wordLaw, performerLaw, venueLaw *zipf
}

// performer is somebody who appears.
type performer struct {
	id, name, genre string
}

// venue is a house.
type venue struct {
	search.Venue
	city     *city
	capacity int
}

// NewCatalog makes the world of a shape. The large one takes a second.
func NewCatalog(s Shape) *Catalog {
	r := rand.New(rand.NewPCG(s.Seed, 42))
	c := &Catalog{
		shape: s, words: inventAll(r, s.Words),
		wordLaw: newZipf(s.Words, 1.03, 2.7), performerLaw: newZipf(s.Performers, 0.9, 8),
		venueLaw: newZipf(s.Venues, 0.85, 5),
	}
	c.inventPerformers(r)
	c.inventVenues(r)
	return c
}

// name is a word that is not a common one, with a capital, sometimes with accents.
func (c *Catalog) name(r *rand.Rand) string {
	skip := min(len(common), c.shape.Words/4)
	return capital(accented(r, c.words[skip+r.IntN(len(c.words)-skip)]))
}

// inventPerformers makes the performers, no two of one name.
func (c *Catalog) inventPerformers(r *rand.Rand) {
	seen := map[string]bool{}
	for len(c.performers) < c.shape.Performers {
		var name string
		switch r.IntN(8) {
		case 0:
			name = "The " + c.name(r) + "s"
		case 1:
			name = "The " + c.name(r) + " " + c.name(r)
		case 2:
			name = c.name(r)
		case 3:
			name = c.name(r) + " & the " + c.name(r) + "s"
		case 4:
			name = c.name(r) + "/" + c.name(r)
		default:
			name = c.name(r) + " " + c.name(r)
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		x := r.Float64() // the first genres are the more frequent ones
		c.performers = append(c.performers, performer{
			id: fmt.Sprintf("p%06d", len(c.performers)), name: name, genre: genres[int(float64(len(genres))*x*x)],
		})
	}
}

// inventVenues makes the venues: in and around cities, some 15 km from their centres.
func (c *Catalog) inventVenues(r *rand.Rand) {
	all := cities()
	sums, sum := make([]float64, len(all)), 0.0
	for i := range all {
		sum += all[i].weight
		sums[i] = sum
	}
	for i := range c.shape.Venues {
		at := &all[min(len(all)-1, sort.SearchFloat64s(sums, r.Float64()*sum))]
		away, angle := math.Abs(r.NormFloat64())*0.12, r.Float64()*2*math.Pi
		lat := at.lat + away*math.Sin(angle)
		lon := at.lon + away*math.Cos(angle)/math.Cos(at.lat*math.Pi/180)
		if lon > 180 {
			lon -= 360
		}
		house := houses[r.IntN(len(houses))]
		name := "The " + c.name(r) + " " + house
		if r.IntN(3) == 0 {
			name = at.name + " " + house
		}
		c.venues = append(c.venues, venue{
			Venue: search.Venue{
				ID: fmt.Sprintf("v%06d", i), Name: name, City: at.name, Region: at.region, Country: at.country,
				Location: &search.Point{Lat: lat, Lon: lon},
			},
			city: at, capacity: int(100 * math.Exp(r.Float64()*6)),
		})
	}
}

// Event is event i, of version 1. Whoever changes it makes its version larger.
func (c *Catalog) Event(i int) search.Event {
	r := rand.New(rand.NewPCG(c.shape.Seed+99, uint64(i)))
	e := search.Event{ID: fmt.Sprintf("e%07d", i), Version: 1}
	lead := c.cast(r, &e)
	at := &c.venues[c.venueLaw.pick(r)]
	e.Venue, e.Capacity, e.Genre = at.Venue, at.capacity, c.performers[lead].genre
	e.Title = c.title(r, &e)
	e.Description = c.describe(r)
	e.StartsAt = Epoch + int64(r.IntN(400*24)-30*24)*day/24
	if r.IntN(3) > 0 {
		e.OnSaleAt = e.StartsAt - int64(30+r.IntN(150))*day
	}
	e.Cancelled = r.IntN(40) == 0
	e.Source = source(&e)
	return e
}

// cast picks who appears: mostly one, sometimes up to four. It gives the first.
func (c *Catalog) cast(r *rand.Rand, e *search.Event) int {
	n, lead := 1, -1
	if x := r.IntN(10); x >= 9 {
		n = 4
	} else if x >= 6 {
		n = 2
	}
	for range n {
		i := c.performerLaw.pick(r)
		if lead < 0 {
			lead = i
		}
		e.Performers = append(e.Performers, search.Performer{ID: c.performers[i].id, Name: c.performers[i].name})
	}
	return lead
}

// title makes a title of those who appear.
func (c *Catalog) title(r *rand.Rand, e *search.Event) string {
	lead := e.Performers[0].Name
	switch r.IntN(6) {
	case 0, 1:
		return lead
	case 2:
		return fmt.Sprintf("%s: The %s Tour", lead, tours[r.IntN(len(tours))])
	case 3:
		return fmt.Sprintf("%s - %s Tour 2027", lead, c.name(r))
	case 4:
		return fmt.Sprintf("%s Festival with %s", c.name(r), lead)
	}
	if len(e.Performers) > 1 {
		return lead + " vs. " + e.Performers[1].Name
	}
	return "An Evening with " + lead
}

// describe makes a description of 20 to 50 words.
func (c *Catalog) describe(r *rand.Rand) string {
	n := 20 + r.IntN(30)
	words := make([]string, n)
	for i := range words {
		words[i] = c.words[c.wordLaw.pick(r)]
	}
	return strings.Join(words, " ") + "."
}

// source is what a hit gives back: about as long as a rendered event.
func source(e *search.Event) []byte {
	return fmt.Appendf(nil, `{"id":%q,"title":%q,"description":%q,"genre":%q,"venue":{"id":%q,"name":%q,"city":%q}}`,
		e.ID, e.Title, e.Description, e.Genre, e.Venue.ID, e.Venue.Name, e.Venue.City)
}

// Live is what a sale has done to event i at a version: about one in four is sold out,
// one in four has few tickets left.
func (c *Catalog) Live(i int, version uint64) search.Live {
	r := rand.New(rand.NewPCG(uint64(i), version))
	l := search.Live{Version: version, Total: int32(100 + r.IntN(1000))}
	switch r.IntN(4) {
	case 0:
	case 1:
		l.Available = 1 + l.Total/20
	default:
		l.Available = l.Total - int32(r.IntN(int(l.Total/2)))
	}
	l.Booked = l.Total - l.Available
	return l
}
