// Package demo makes the demo catalog: 300 events for a node's first start, so
// that a stranger has something to look at and to buy.
//
// The venues are real places, with their names and where they stand (venues.go).
// Who performs there, what and when is invented (words.go), the same for the same
// day: nothing is drawn from a clock or a random source but the time that the
// caller passes. Dates lie relative to it, so the catalog never ages.
//
// Events have the ids demo-1 to demo-300. demo-1 is the one that manuals speak
// of: it is always on sale, without limits and without a waiting room, and it has
// a section "101" with rows A to T of 20 seats, so a seat 101-A-1. Of the others,
// one in twelve goes on sale within three days, one in forty is cancelled, and the
// large ones have a waiting room. Houses hold 60 to 20,000 people.
package demo

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // local times must be right on every machine

	"boxoffice/actors/sale/catalog"
)

// Count is the number of events in the catalog.
const Count = 300

// Events is the catalog as of a time. The same time gives the same events; they
// pass the catalog's rules. It takes a few milliseconds and blocks on nothing.
func Events(now time.Time) []*catalog.Event {
	events := make([]*catalog.Event, 0, Count)
	for i := range Count {
		events = append(events, event(i, now))
	}
	first := events[0]
	first.OnSaleAt, first.Cancelled = 0, false
	first.MaxTicketsPerUser, first.WaitingRoom = 0, catalog.WaitingRoom{}
	return events
}

// stride spreads the venues over the catalog; it has no factor in common with
// their number.
const stride = 37

// event is the event number i, from 0.
func event(i int, now time.Time) *catalog.Event {
	d := dice(uint64(i)*0x9e3779b97f4a7c15 + 1)
	v := &venues[i*stride%len(venues)]
	show := newShow(&d, v, i)
	e := &catalog.Event{
		ID:          "demo-" + strconv.Itoa(i+1),
		Title:       show.title,
		Description: show.description,
		Genre:       show.genre,
		StartsAt:    catalog.At(startsAt(&d, v, now)),
		Timezone:    v.zone,
		Venue: catalog.Venue{ID: slug(v.name), Name: v.name, City: v.city, Region: v.region, Country: v.country,
			Location: &catalog.Location{Lat: v.lat, Lon: v.lon}},
		Inventory:         house(&d, v),
		MaxTicketsPerUser: 4 + 2*d.roll(3),
		Cancelled:         i%40 == 39,
	}
	for _, name := range show.performers {
		e.Performers = append(e.Performers, catalog.Performer{ID: slug(name), Name: name})
	}
	if i%12 == 7 {
		hours := time.Duration(1+d.roll(72)) * time.Hour
		e.OnSaleAt = catalog.At(now.UTC().Truncate(time.Hour).Add(hours))
	}
	if v.size >= 10_000 {
		e.WaitingRoom = catalog.WaitingRoom{Enabled: i%2 == 1, MaxActive: 500, SessionSeconds: 600, Order: "fifo"}
	}
	return e
}

// startsAt is an evening from 10 days to 10 months ahead, at the venue's time.
func startsAt(d *dice, v *venue, now time.Time) time.Time {
	zone, err := time.LoadLocation(v.zone)
	if err != nil {
		zone = time.UTC // a test holds every zone of venues.go to exist
	}
	year, month, day := now.In(zone).Date()
	return time.Date(year, month, day+10+d.roll(290), 19, 30*d.roll(4), 0, 0, zone)
}

// show is what is performed.
type show struct {
	title, description, genre string
	performers                []string
}

// newShow invents a show that suits the venue; i makes names differ.
func newShow(d *dice, v *venue, i int) show {
	kinds := shows[v.kind]
	k := kinds[d.roll(len(kinds))]
	star := k.name(d, i)
	s := show{genre: k.genre, performers: []string{star}}
	s.title = strings.NewReplacer("{star}", star, "{work}", pick(d, works), "{city}", v.city).
		Replace(pick(d, k.titles))
	s.description = fmt.Sprintf("%s at %s, %s. %s", s.title, v.name, v.city, pick(d, k.lines))
	if k.guests && d.roll(3) == 0 {
		guest := k.name(d, i+Count)
		s.performers = append(s.performers, guest)
		s.description += " With " + guest + "."
	}
	return s
}

// dice are numbers drawn from a seed: splitmix64.
type dice uint64

// roll is a number from 0 to n-1; n is at least 1.
func (d *dice) roll(n int) int {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(n))
}

func pick(d *dice, words []string) string { return words[d.roll(len(words))] }

// slug makes an id of a name: ASCII letters and digits in lower case, what lies
// between as one '-'.
func slug(s string) string {
	fields := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(fields, "-")
}
