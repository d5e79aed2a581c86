package importer

import (
	"time"
	_ "time/tzdata" // zones must be the same on every machine

	"boxoffice/actors/sale/catalog"
)

// The bounds of years that are meant as years. Sources write 1900 for "always"
// and 9999 for "never".
const (
	firstYear = 2000
	lastYear  = 8999
)

// defaultHour is when an event begins whose time of day is not known. Midnight
// would be a day too early for whoever reads the date.
const defaultHour = 20

// margin is how far ahead a show must be for OnSaleNow to leave it where it is: a
// sale that ends in a minute is of no use to who asked for one.
const margin = 24 * time.Hour

// zone is the time zone of a name, nil where there is none. Those that exist are
// remembered: there are about 600.
func (im *Importer) zone(name string) *time.Location {
	if name == "" || name == "Local" {
		return nil
	}
	if z := im.zones[name]; z != nil {
		return z
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	im.zones[name] = z
	return z
}

// candidate is a time zone that an event may be in, and the mend it stands for.
type candidate struct {
	name string
	mend Mend
	own  bool // the event's own zone: no mend
}

// start finds out when an event begins. The instant counts where it is there;
// local date and time are then only a check of the zone. Else the local time in
// the first zone that exists counts.
func (im *Importer) start(e *discoveryEvent, guess string) (at time.Time, m Mends, bad *Refusal) {
	s := &e.Dates.Start
	zones := [3]candidate{
		{name: e.Dates.Timezone, own: true},
		{name: e.venue().Timezone, mend: mendZoneVenue},
		{name: guess, mend: mendZoneRegion},
	}
	instant, err := time.Parse(time.RFC3339, s.DateTime)
	m.add(mendInstantBad, err != nil && s.DateTime != "")
	if err == nil {
		at = im.inZone(instant, s, zones[:], &m)
	} else {
		zone := im.firstZone(zones[:], &m)
		if at, bad = localStart(s, zone, &m); bad != nil {
			return at, m, bad
		}
	}
	if y := at.Year(); y < firstYear || y > lastYear {
		return at, m, &Refusal{BadDate, "the start " + at.Format(time.DateOnly) + " is a placeholder"}
	}
	return at, m, nil
}

// firstZone is the first zone that exists, UTC where none does.
func (im *Importer) firstZone(zones []candidate, m *Mends) *time.Location {
	for _, c := range zones {
		if z := im.zone(c.name); z != nil {
			m.add(c.mend, !c.own)
			return z
		}
		m.add(mendZoneBad, c.name != "")
	}
	m.add(mendZoneUTC, true)
	return time.UTC
}

// inZone puts an instant into the zone in which it is the local date and time
// that the event gives; where none is, into the first that exists.
func (im *Importer) inZone(instant time.Time, s *discoveryStart, zones []candidate, m *Mends) time.Time {
	if s.LocalDate != "" && s.LocalTime != "" {
		for i, c := range zones {
			z := im.zone(c.name)
			if z == nil {
				continue
			}
			local := instant.In(z)
			if local.Format(time.DateOnly) == s.LocalDate && local.Format(time.TimeOnly) == s.LocalTime {
				m.add(c.mend, !c.own)
				m.add(mendZoneDisagrees, i > 0 && im.zone(zones[0].name) != nil)
				return local
			}
		}
		m.add(mendZoneDisagrees, true)
	}
	return instant.In(im.firstZone(zones, m))
}

// localStart reads local date and time.
func localStart(s *discoveryStart, zone *time.Location, m *Mends) (time.Time, *Refusal) {
	if s.LocalDate == "" {
		return time.Time{}, &Refusal{NoDate, "dates.start has neither dateTime nor localDate"}
	}
	day, err := time.ParseInLocation(time.DateOnly, s.LocalDate, zone)
	if err != nil {
		return time.Time{}, &Refusal{BadDate, "dates.start.localDate is no date: " + quote(s.LocalDate)}
	}
	clock, err := time.Parse(time.TimeOnly, s.LocalTime)
	if err != nil {
		clock, err = time.Parse("15:04", s.LocalTime)
	}
	if err != nil {
		m.add(mendTime, true)
		clock = time.Date(0, 1, 1, defaultHour, 0, 0, 0, time.UTC)
	}
	return time.Date(day.Year(), day.Month(), day.Day(),
		clock.Hour(), clock.Minute(), clock.Second(), 0, zone), nil
}

// ahead moves a show that is over, or will be within the margin, to the same day
// and local time of the first year in which it is not.
func (im *Importer) ahead(at time.Time, m *Mends) time.Time {
	limit := im.o.Now.Add(margin)
	if !at.Before(limit) {
		return at
	}
	moved := at
	for years := limit.In(at.Location()).Year() - at.Year(); moved.Before(limit); years++ {
		moved = at.AddDate(years, 0, 0)
	}
	m.add(mendMoved, true)
	m.add(mendLeapDay, moved.Day() != at.Day())
	return moved
}

// saleStart is when the public sale begins: 0 for at once. show is the start of
// the event before it was moved.
func (im *Importer) saleStart(e *discoveryEvent, show time.Time, m *Mends) catalog.Time {
	p := &e.Sales.Public
	begin, err := time.Parse(time.RFC3339, p.StartDateTime)
	end, endErr := time.Parse(time.RFC3339, p.EndDateTime)
	m.add(mendSaleEnd, endErr == nil && (end.After(show.Add(margin)) || err == nil && end.Before(begin)))
	m.add(mendStatusMissing, e.Dates.Status.Code == "")
	open := e.Dates.Start.DateTBD || e.Dates.Start.DateTBA
	m.add(mendDateTBD, open)
	closed := open || e.Dates.Status.Code == "offsale" || e.Dates.Status.Code == "postponed"
	at := catalog.Time(0)
	switch {
	case p.StartDateTime == "":
		m.add(mendSaleMissing, true)
	case err != nil:
		m.add(mendSaleBad, true)
	case begin.Year() < firstYear:
		m.add(mendSale1900, true)
	case begin.Year() > lastYear:
		m.add(mendSale9999, true)
	case !begin.Before(show):
		m.add(mendSaleLate, true)
	default:
		at = catalog.At(begin)
	}
	if closed && at <= catalog.At(im.o.Now) && !im.o.OnSaleNow {
		m.add(mendNotSold, true)
		at = catalog.At(show)
	}
	if im.o.OnSaleNow {
		at = 0
	}
	return at
}
