package importer

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"boxoffice/actors/sale/catalog"
)

// discoveryEvent is what is read of an event of the Discovery API. Anything may
// be absent; members that are not here are not taken over.
type discoveryEvent struct {
	ID          string
	Name        string
	Test        bool
	Description string
	Info        string
	Dates       discoveryDates
	Sales       struct {
		Public struct{ StartDateTime, EndDateTime string }
	}
	Classifications []discoveryClass
	PriceRanges     []discoveryPrice
	Place           *discoveryVenue
	Embedded        struct {
		Venues      []discoveryVenue
		Attractions []named
	} `json:"_embedded"`
}

type discoveryDates struct {
	Start            discoveryStart
	End              struct{ LocalDate, LocalTime, DateTime string }
	Timezone         string
	Status           struct{ Code string }
	SpanMultipleDays bool
}

type discoveryStart struct {
	LocalDate, LocalTime, DateTime string
	DateTBD, DateTBA               bool
}

type discoveryClass struct {
	Primary        bool
	Segment, Genre named
}

type discoveryPrice struct {
	Type, Currency string
	Min, Max       number
}

type discoveryVenue struct {
	named
	Timezone string
	City     named
	State    struct{ Name, StateCode string }
	Country  struct{ Name, CountryCode string }
	Location struct{ Latitude, Longitude number }
}

type named struct{ ID, Name string }

// number is a number that may be written as a string. ok: it is there and finite.
type number struct {
	value float64
	ok    bool
}

// UnmarshalJSON never fails: what is no number is not ok.
func (n *number) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(b), `" `), 64)
	*n = number{v, err == nil && v-v == 0}
	return nil
}

// venue is the first venue, else the place without id, else a venue of nothing.
func (e *discoveryEvent) venue() *discoveryVenue {
	switch {
	case len(e.Embedded.Venues) > 0:
		return &e.Embedded.Venues[0]
	case e.Place != nil:
		return e.Place
	}
	return &discoveryVenue{}
}

// quote shows a text of a source in a message, shortened.
func quote(s string) string {
	s, _ = cutTo(s, 60)
	return strconv.Quote(s)
}

// decode reads JSON; what is wrong with it is a Refusal with the place.
func decode(raw []byte, to any) *Refusal {
	err := json.Unmarshal(raw, to)
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind):
		return &Refusal{Malformed, kind.Field + ": " + kind.Value + " is not what belongs there"}
	}
	return &Refusal{Malformed, err.Error()}
}

// discovery converts an event of the Discovery API. Where it is refused, the
// event has its id at most.
func (im *Importer) discovery(raw []byte) (event catalog.Event, m Mends, bad *Refusal) {
	var e discoveryEvent
	bad = decode(raw, &e)
	event.ID = e.ID
	switch {
	case bad != nil:
		return event, m, bad
	case !validID(e.ID):
		return event, m, &Refusal{BadID, "the id " + quote(e.ID) + " is not 1 to 64 of A-Z a-z 0-9 _ -"}
	case e.Test:
		return event, m, &Refusal{TestEvent, "the source marks it as a test"}
	}
	venue := e.venue()
	land := findCountry(venue.Country.CountryCode, venue.Country.Name)
	state := findRegion(land, venue.State.StateCode, venue.State.Name)
	guess := ""
	if state != nil {
		guess = state.zone
	} else if land != nil {
		guess = land.zone
	}
	start, wm, bad := im.start(&e, guess)
	if m |= wm; bad != nil {
		return event, m, bad
	}
	m.add(mendDays, e.Dates.SpanMultipleDays || e.Dates.End.LocalDate != "" || e.Dates.End.DateTime != "")
	event.OnSaleAt = im.saleStart(&e, start, &m)
	if im.o.OnSaleNow {
		start = im.ahead(start, &m)
	}
	event.StartsAt = catalog.At(start)
	if !m.Has(mendZoneUTC) {
		event.Timezone = start.Location().String()
	}
	event.Cancelled = e.Dates.Status.Code == "cancelled" || e.Dates.Status.Code == "canceled"
	event.Venue = e.catalogVenue(land, state, &m)
	event.Performers = e.performers(&m)
	event.Genre = e.genre()
	m.add(mendGenre, event.Genre == "")
	if bad = e.texts(&event, &m); bad != nil {
		return event, m, bad
	}
	event.Inventory = e.inventory(im.o.Seats, land, &m)
	return event, m, nil
}

// texts sets title and description.
func (e *discoveryEvent) texts(event *catalog.Event, m *Mends) *Refusal {
	title, changed, cut := fold(e.Name, catalog.MaxText)
	m.add(mendTitle, changed)
	m.add(mendTitleCut, cut)
	if title == "" && len(event.Performers) > 0 {
		title = event.Performers[0].Name
		m.add(mendTitlePerformer, true)
	}
	if title == "" {
		return &Refusal{NoTitle, "neither the event nor a performer has a name"}
	}
	event.Title = title
	text := e.Description
	if text == "" {
		text = e.Info
	}
	event.Description, changed, cut = foldText(text, maxDescription)
	m.add(mendText, changed)
	m.add(mendTextCut, cut)
	return nil
}

// catalogVenue is the venue in its native form; the zero Venue where there is
// none with a usable id.
func (e *discoveryEvent) catalogVenue(land *country, state *region, m *Mends) catalog.Venue {
	v := e.venue()
	if !validID(v.ID) {
		m.add(mendVenuePlace, e.Place != nil)
		m.add(mendVenueMissing, e.Place == nil)
		return catalog.Venue{}
	}
	out := catalog.Venue{ID: v.ID, Country: v.Country.Name, Region: v.State.StateCode}
	if out.Region == "" {
		out.Region = v.State.Name
	}
	if land != nil {
		out.Country = land.code
	}
	if state != nil {
		out.Region = state.code
	}
	out.Name = foldName(v.Name, m)
	out.City = foldName(v.City.Name, m)
	out.Region = foldName(out.Region, m)
	out.Country = foldName(out.Country, m)
	m.add(mendVenueUnnamed, out.Name == "")
	out.Location = v.location(m)
	return out
}

func foldName(s string, m *Mends) string {
	s, changed, cut := fold(s, catalog.MaxText)
	m.add(mendNames, changed || cut)
	return s
}

// location is where the venue is; nil where that is not known. 0,0 lies in the
// sea and means "not known".
func (v *discoveryVenue) location(m *Mends) *catalog.Location {
	lat, lon := v.Location.Latitude, v.Location.Longitude
	switch {
	case !lat.ok && !lon.ok:
		m.add(mendLocationMissing, true)
	case !lat.ok || !lon.ok || lat.value < -90 || lat.value > 90 || lon.value < -180 || lon.value > 180:
		m.add(mendLocationBad, true)
	case lat.value == 0 && lon.value == 0:
		m.add(mendLocationZero, true)
	default:
		return &catalog.Location{Lat: lat.value, Lon: lon.value}
	}
	return nil
}

// performers is the attractions that have ids, each once.
func (e *discoveryEvent) performers(m *Mends) []catalog.Performer {
	var out []catalog.Performer
	for _, a := range e.Embedded.Attractions {
		known := false
		for _, p := range out {
			known = known || p.ID == a.ID
		}
		if !validID(a.ID) || known || len(out) == catalog.MaxPerformers {
			m.add(mendPerformerDropped, true)
			continue
		}
		name := foldName(a.Name, m)
		m.add(mendPerformerUnnamed, name == "")
		out = append(out, catalog.Performer{ID: a.ID, Name: name})
	}
	return out
}

// genre is that of the primary classification, else of any, else the segment. In
// another language than English the id tells it.
func (e *discoveryEvent) genre() string {
	var out string
	best := 0
	for _, c := range e.Classifications {
		for _, x := range []struct {
			named
			rank int
		}{{c.Genre, 3}, {c.Segment, 1}} {
			if c.Primary {
				x.rank++
			}
			if name := genreName(x.named); name != "" && x.rank > best {
				out, best = name, x.rank
			}
		}
	}
	return out
}

// genreNames are the English names of ids that sources show in other languages.
var genreNames = map[string]string{
	"KZFzniwnSyZfZ7v7nJ": "Music", "KZFzniwnSyZfZ7v7nE": "Sports", "KZFzniwnSyZfZ7v7na": "Arts & Theatre",
	"KZFzniwnSyZfZ7v7n1": "Miscellaneous", "KZFzniwnSyZfZ7v7nn": "Film",
	"KnvZfZ7vAeA": "Rock", "KnvZfZ7vAde": "Basketball", "KnvZfZ7vAv1": "Hip-Hop/Rap", "KnvZfZ7v7l1": "Theatre",
	"KnvZfZ7vAee": "R&B", "KnvZfZ7vAvt": "Metal", "KnvZfZ7vAvv": "Alternative", "KnvZfZ7vAev": "Pop",
	"KnvZfZ7vAv6": "Country", "KnvZfZ7vAe1": "Comedy", "KnvZfZ7vAdv": "Baseball", "KnvZfZ7vAvF": "Dance/Electronic",
	"KnvZfZ7vAva": "Folk", "KnvZfZ7vAvE": "Jazz", "KnvZfZ7vAeF": "World", "KnvZfZ7vAvd": "Blues",
	"KnvZfZ7vAdE": "Football", "KnvZfZ7vAJ6": "Latin", "KnvZfZ7vAdI": "Hockey", "KnvZfZ7vA7E": "Soccer",
	"KnvZfZ7v7nJ": "Classical", "KnvZfZ7vAeJ": "Classical", "KnvZfZ7v7nI": "Dance", "KnvZfZ7v7lk": "Opera",
	"KnvZfZ7vAed": "Reggae",
}

// genreName is a genre or segment by id or name; "" for those that say nothing.
func genreName(n named) string {
	name := genreNames[n.ID]
	if name == "" {
		name, _, _ = fold(n.Name, catalog.MaxText)
	}
	switch strings.ToLower(name) {
	case "undefined", "other", "miscellaneous", "n/a":
		return ""
	}
	return name
}
