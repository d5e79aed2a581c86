package indexer

import (
	"fmt"
	"math"

	"boxoffice/actors"
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/salepb"
	"boxoffice/storage"
	"boxoffice/storage/search"
)

// Details reads what a hit's source has, before anything has rendered it: the view of
// its event, without the summary.
func Details(source []byte) (actors.View, error) {
	d, err := salepb.DecodeDetails(source)
	if err != nil {
		return actors.View{}, fmt.Errorf("read what the index keeps of an event: %w", err)
	}
	if d.Event == nil {
		return actors.View{}, fmt.Errorf("read what the index keeps of an event: there is no event")
	}
	return actors.View{Event: d.Event, MinPrice: d.MinPrice, MaxPrice: d.MaxPrice}, nil
}

// batchOf is changes as the index takes them, each event once, as it was last. What
// cannot be read is left out, and told.
func batchOf(changes []storage.Change, skip func(event string, err error)) (b search.Batch, live []namedLive) {
	last := make(map[string]int, len(changes))
	for i, c := range changes {
		last[c.Event] = i
	}
	for i, c := range changes {
		if last[c.Event] != i {
			continue
		}
		summary, err := salepb.DecodeSummary(c.View.Summary)
		if err != nil {
			skip(c.Event, err)
			continue
		}
		if !summary.Exists {
			b.Removed = append(b.Removed, search.Removed{ID: c.Event, Version: c.View.Version})
			continue
		}
		view, err := Details(c.View.Details)
		if err != nil {
			skip(c.Event, err)
			continue
		}
		e := eventOf(view.Event)
		e.ID, e.Version, e.Capacity, e.Source = c.Event, c.View.Version, summary.Total, c.View.Details
		b.Events = append(b.Events, e)
		l, _ := liveOf(storage.Touch{Event: c.Event, Version: c.View.Version, Summary: c.View.Summary})
		live = append(live, l)
	}
	return b, live
}

// eventOf is what an organiser wrote, as it is indexed.
func eventOf(e *catalog.Event) search.Event {
	out := search.Event{
		Title: e.Title, Description: e.Description, Genre: e.Genre,
		StartsAt: int64(e.StartsAt), OnSaleAt: int64(e.OnSaleAt), Cancelled: e.Cancelled,
		Venue: search.Venue{ID: e.Venue.ID, Name: e.Venue.Name, City: e.Venue.City, Region: e.Venue.Region,
			Country: e.Venue.Country},
	}
	if l := e.Venue.Location; l != nil {
		out.Venue.Location = &search.Point{Lat: l.Lat, Lon: l.Lon}
	}
	for _, p := range e.Performers {
		out.Performers = append(out.Performers, search.Performer{ID: p.ID, Name: p.Name})
	}
	return out
}

// namedLive is what a sale changes of an event.
type namedLive struct {
	event string
	live  search.Live
}

// liveOf reads a touch.
func liveOf(t storage.Touch) (namedLive, error) {
	s, err := salepb.DecodeSummary(t.Summary)
	if err != nil {
		return namedLive{}, fmt.Errorf("read the summary of %s: %w", t.Event, err)
	}
	return namedLive{t.Event, search.Live{
		Version: t.Version, Total: count(s.Total), Available: count(s.Available), Held: count(s.Held),
		Booked: count(s.Booked), Waiting: count(s.Waiting),
	}}, nil
}

// count is a number of tickets or people as the index has it.
func count(n int) int32 { return int32(min(max(n, 0), math.MaxInt32)) }
