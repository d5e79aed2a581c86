package importer

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"boxoffice/actors/sale/catalog"
)

// plainEvent has nothing to mend: the tests below change one thing at a time.
const plainEvent = `{"name":"Show","type":"event","id":"Ev_1-x",
"sales":{"public":{"startDateTime":"2026-01-02T10:00:00Z","endDateTime":"2026-09-01T19:00:00Z"}},
"dates":{"start":{"localDate":"2026-09-01","localTime":"20:00:00","dateTime":"2026-09-02T01:00:00Z"},
"timezone":"America/Chicago","status":{"code":"onsale"}},
"classifications":[{"primary":true,"segment":{"name":"Music"},"genre":{"name":"Rock"}}],
"priceRanges":[{"type":"standard","currency":"USD","min":20.5,"max":99}],
"_embedded":{"venues":[{"name":"Hall","id":"V1","timezone":"America/Chicago","city":{"name":"Chicago"},
"state":{"name":"Illinois","stateCode":"IL"},"country":{"name":"United States Of America","countryCode":"US"},
"location":{"longitude":"-87.65","latitude":"41.85"}}],"attractions":[{"name":"Band","id":"K1"}]}}`

// changed is plainEvent with old replaced by new, pairwise. Every old must be there.
func changed(t testing.TB, pairs ...string) string {
	t.Helper()
	text := plainEvent
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("no %s in the plain event", pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

func TestPlainDiscoveryEvent(t *testing.T) {
	r := one(t, Options{}, plainEvent)
	if r.Refused != nil || r.Mended != 0 {
		t.Fatalf("refused %v, mended %v", r.Refused, slices.Collect(r.Mended.All()))
	}
	sections := r.event.Inventory.Sections
	r.event.Inventory.Sections = nil
	want := catalog.Event{
		ID: "Ev_1-x", Title: "Show", Genre: "Rock", Timezone: "America/Chicago",
		StartsAt: catalog.At(time.Date(2026, 9, 2, 1, 0, 0, 0, time.UTC)),
		OnSaleAt: catalog.At(time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)),
		Venue: catalog.Venue{ID: "V1", Name: "Hall", City: "Chicago", Region: "IL", Country: "US",
			Location: &catalog.Location{Lat: 41.85, Lon: -87.65}},
		Performers: []catalog.Performer{{ID: "K1", Name: "Band"}},
		Inventory:  catalog.Inventory{Currency: "USD"},
	}
	if !reflect.DeepEqual(r.event, want) {
		t.Errorf("got  %+v\nwant %+v", r.event, want)
	}
	if sections[0].Price != 9900 || len(sections) > 1 && sections[len(sections)-1].Price != 2050 {
		t.Errorf("prices %v", sections)
	}
	if n := tickets(sections); n != 200 {
		t.Errorf("%d tickets", n)
	}
}

// oddity is one kind of mess and its answer: which mends are told, and what a
// line about the event says.
type oddity struct {
	name    string
	change  []string
	mends   []Mend
	field   func(e *catalog.Event) string
	want    string
	refused string
}

func starts(e *catalog.Event) string   { return e.StartsAt.String() }
func onSale(e *catalog.Event) string   { return e.OnSaleAt.String() }
func title(e *catalog.Event) string    { return e.Title }
func about(e *catalog.Event) string    { return e.Description }
func genre(e *catalog.Event) string    { return e.Genre }
func zoneOf(e *catalog.Event) string   { return e.Timezone + " " + e.StartsAt.String() }
func currency(e *catalog.Event) string { return e.Inventory.Currency }

func venueOf(e *catalog.Event) string {
	v := e.Venue
	s := strings.Join([]string{v.ID, v.Name, v.City, v.Region, v.Country}, "|")
	if v.Location != nil {
		s += fmt.Sprintf("|%g,%g", v.Location.Lat, v.Location.Lon)
	}
	return s
}

func cast(e *catalog.Event) string { return fmt.Sprint(e.Performers) }

func prices(e *catalog.Event) string {
	s := e.Inventory.Sections
	return fmt.Sprintf("%s %d %d", e.Inventory.Currency, s[len(s)-1].Price, s[0].Price)
}

const (
	atOnce  = "1970-01-01T00:00:00.000Z"
	usual   = "2026-01-02T10:00:00.000Z"
	showing = "2026-09-02T01:00:00.000Z"
)

var (
	saleStart = `"startDateTime":"2026-01-02T10:00:00Z"`
	saleEnd   = `"endDateTime":"2026-09-01T19:00:00Z"`
	instant   = `,"dateTime":"2026-09-02T01:00:00Z"`
	dateZone  = `"timezone":"America/Chicago","status"`
	venueZone = `"timezone":"America/Chicago","city"`
	noZones   = []string{dateZone, `"status"`, venueZone, `"city"`, instant, ""}
	place     = `"location":{"longitude":"-87.65","latitude":"41.85"}`
	range1    = `{"type":"standard","currency":"USD","min":20.5,"max":99}`
	country1  = `"country":{"name":"United States Of America","countryCode":"US"}`
	state1    = `"state":{"name":"Illinois","stateCode":"IL"}`
	embedded  = `,
"_embedded":{"venues"`
)

// The numbers are those of the package comment.
var oddities = []oddity{
	{"2 an id with a dot", []string{"Ev_1-x", "Ev.1"}, nil, nil, "", BadID},
	{"2 no id", []string{`"id":"Ev_1-x",`, ""}, nil, nil, "", BadID},
	{"2 an id of 64", []string{"Ev_1-x", strings.Repeat("x", 64)}, nil, onSale, usual, ""},
	{"2 an id of 65", []string{"Ev_1-x", strings.Repeat("x", 65)}, nil, nil, "", BadID},
	{"3 sale start in 1900", []string{saleStart, `"startDateTime":"1900-01-01T18:00:00Z"`},
		[]Mend{mendSale1900}, onSale, atOnce, ""},
	{"3 sale start in 9999", []string{saleStart, `"startDateTime":"9999-12-31T06:00:00Z"`},
		[]Mend{mendSale9999, mendSaleEnd}, onSale, atOnce, ""},
	{"4 no sales", []string{`"sales":{"public":{` + saleStart + "," + saleEnd + `}},`, ""},
		[]Mend{mendSaleMissing}, onSale, atOnce, ""},
	{"4 a start, no end", []string{"," + saleEnd, ""}, nil, onSale, usual, ""},
	{"4 a start that is no time", []string{saleStart, `"startDateTime":"soon"`},
		[]Mend{mendSaleBad}, onSale, atOnce, ""},
	{"5 end before start", []string{saleEnd, `"endDateTime":"2025-01-01T00:00:00Z"`},
		[]Mend{mendSaleEnd}, onSale, usual, ""},
	{"5 start after the show", []string{saleStart, `"startDateTime":"2026-10-01T00:00:00Z"`},
		[]Mend{mendSaleLate, mendSaleEnd}, onSale, atOnce, ""},
	{"5 end a month after the show", []string{saleEnd, `"endDateTime":"2026-10-01T00:00:00Z"`},
		[]Mend{mendSaleEnd}, onSale, usual, ""},
	{"6 no time of day", []string{`,"localTime":"20:00:00","dateTime":"2026-09-02T01:00:00Z"`, `,"timeTBA":true`},
		[]Mend{mendTime}, zoneOf, "America/Chicago " + showing, ""},
	{"6 midnight", []string{`"20:00:00"` + instant, `"00:00:00"`}, nil, starts, "2026-09-01T05:00:00.000Z", ""},
	{"6 minutes only", []string{`"20:00:00"` + instant, `"20:00"`}, nil, starts, showing, ""},
	{"7 local time is UTC's", []string{"20:00:00", "01:00:00"},
		[]Mend{mendZoneDisagrees}, zoneOf, "America/Chicago " + showing, ""},
	{"7 the country agrees, the zone does not", []string{dateZone, `"timezone":"Asia/Baghdad","status"`,
		venueZone, `"timezone":"Asia/Baghdad","city"`}, []Mend{mendZoneRegion, mendZoneDisagrees},
		zoneOf, "America/Chicago " + showing, ""},
	{"8 the venue's zone", []string{dateZone, `"status"`, instant, ""}, []Mend{mendZoneVenue},
		zoneOf, "America/Chicago " + showing, ""},
	{"8 the state's zone", noZones, []Mend{mendZoneRegion}, zoneOf, "America/Chicago " + showing, ""},
	{"8 the country's zone", append([]string{state1 + ",", ""}, noZones...), []Mend{mendZoneRegion},
		zoneOf, "America/New_York 2026-09-02T00:00:00.000Z", ""},
	{"8 no zone at all", append([]string{country1 + ",", ""}, noZones...), []Mend{mendZoneUTC},
		zoneOf, " 2026-09-01T20:00:00.000Z", ""},
	{"8 a zone that is none", []string{dateZone, `"timezone":"Local","status"`, instant, ""},
		[]Mend{mendZoneVenue, mendZoneBad}, zoneOf, "America/Chicago " + showing, ""},
	{"8 no status", []string{`{"code":"onsale"}`, "{}"}, []Mend{mendStatusMissing}, onSale, usual, ""},
	{"9 several days", []string{dateZone, `"spanMultipleDays":true,` + dateZone}, []Mend{mendDays}, starts,
		showing, ""},
	{"9 an end with flags only", []string{dateZone, `"end":{"approximate":false},` + dateZone}, nil, starts,
		showing, ""},
	{"9 an end", []string{dateZone, `"end":{"localTime":"20:00:00","dateTime":"2032-01-01T00:00:00Z"},` + dateZone},
		[]Mend{mendDays}, starts, showing, ""},
	{"10 a placeholder", []string{saleEnd, `"endDateTime":""`, "2026-09-01", "2038-01-01", instant, ""},
		nil, starts, "2038-01-02T02:00:00.000Z", ""},
	{"10 the year 9999", []string{"2026-09-01", "9999-01-01", instant, ""}, nil, nil, "", BadDate},
	{"10 the year 1900", []string{"2026-09-01", "1900-01-01", instant, ""}, nil, nil, "", BadDate},
	{"10 no date", []string{`"localDate":"2026-09-01","localTime":"20:00:00","dateTime":"2026-09-02T01:00:00Z"`, ""},
		nil, nil, "", NoDate},
	{"10 a date that is none", []string{"2026-09-01", "2026-02-30", instant, ""}, nil, nil, "", BadDate},
	{"10 an instant that is none", []string{"2026-09-02T01:00:00Z", "tomorrow"},
		[]Mend{mendInstantBad}, starts, showing, ""},
	{"11 no venue", []string{`"venues":[{`, `"halls":[{`, instant, ""}, []Mend{mendVenueMissing}, venueOf, "||||", ""},
	{"11 a place", []string{embedded, `,"place":{"city":{"name":"Guelph"},"country":{"countryCode":"CA"}},
"_embedded":{"halls"`, dateZone, `"status"`, instant, ""}, []Mend{mendVenuePlace, mendZoneRegion},
		zoneOf, "America/Toronto 2026-09-02T00:00:00.000Z", ""},
	{"12 no name", []string{`"name":"Hall",`, ""}, []Mend{mendVenueUnnamed},
		venueOf, "V1||Chicago|IL|US|41.85,-87.65", ""},
	{"12 an id only", []string{`"name":"Hall",`, "", `"city":{"name":"Chicago"},`, "", state1 + ",", "",
		country1 + ",", ""},
		[]Mend{mendVenueUnnamed}, venueOf, "V1|||||41.85,-87.65", ""},
	{"12 state without code", []string{`,"stateCode":"IL"`, ""}, nil, venueOf,
		"V1|Hall|Chicago|IL|US|41.85,-87.65", ""},
	{"12 state without name", []string{`"name":"Illinois",`, ""}, nil, venueOf,
		"V1|Hall|Chicago|IL|US|41.85,-87.65", ""},
	{"13 no location", []string{"," + "\n" + place, ""}, []Mend{mendLocationMissing}, venueOf,
		"V1|Hall|Chicago|IL|US", ""},
	{"13 at 0,0", []string{place, `"location":{"longitude":"0.000000","latitude":"0"}`},
		[]Mend{mendLocationZero}, venueOf, "V1|Hall|Chicago|IL|US", ""},
	{"13 half a location", []string{place, `"location":{"latitude":"41.85"}`},
		[]Mend{mendLocationBad}, venueOf, "V1|Hall|Chicago|IL|US", ""},
	{"13 not on Earth", []string{"41.85", "141.85"}, []Mend{mendLocationBad}, venueOf, "V1|Hall|Chicago|IL|US", ""},
	{"13 NaN", []string{"41.85", "NaN"}, []Mend{mendLocationBad}, venueOf, "V1|Hall|Chicago|IL|US", ""},
	{"13 numbers", []string{`"41.85"`, `41.85`}, nil, venueOf, "V1|Hall|Chicago|IL|US|41.85,-87.65", ""},
	{"14 blanks around", []string{"Hall", "Hall\u00a0 ", `"Chicago"`, `" Chicago "`},
		[]Mend{mendNames}, venueOf, "V1|Hall|Chicago|IL|US|41.85,-87.65", ""},
	{"14 country by name", []string{country1, `"country":{"name":"United States Of America"}`},
		nil, venueOf, "V1|Hall|Chicago|IL|US|41.85,-87.65", ""},
	{"14 a country that is not known", []string{country1, `"country":{"name":"Ruritania"}`},
		nil, venueOf, "V1|Hall|Chicago|IL|Ruritania|41.85,-87.65", ""},
	{"16 a test", []string{`"type"`, `"test":true,"type"`}, nil, nil, "", TestEvent},
	{"16 parking", []string{`"Show"`, `"Parking: Show"`}, nil, title, "Parking: Show", ""},
	{"17 the name says sold out", []string{`"Show"`, `"Show - SOLD OUT"`}, nil, onSale, usual, ""},
	{"17 off sale", []string{`"onsale"`, `"offsale"`}, []Mend{mendNotSold}, onSale, showing, ""},
	{"17 off sale, still to begin", []string{`"onsale"`, `"offsale"`, "2026-01-02T10", "2026-05-02T10"},
		nil, onSale, "2026-05-02T10:00:00.000Z", ""},
	{"17 off sale for ever", []string{`"onsale"`, `"offsale"`, "2026-01-02T10", "9999-12-31T10"},
		[]Mend{mendSale9999, mendSaleEnd, mendNotSold}, onSale, showing, ""},
	{"17 postponed", []string{`"onsale"`, `"postponed"`}, []Mend{mendNotSold}, onSale, showing, ""},
	{"17 rescheduled", []string{`"onsale"`, `"rescheduled"`}, nil, onSale, usual, ""},
	{"17 cancelled", []string{`"onsale"`, `"cancelled"`}, nil,
		func(e *catalog.Event) string { return fmt.Sprint(e.Cancelled) }, "true", ""},
	{"17 a date to be announced", []string{`"localTime"`, `"dateTBD":true,"localTime"`},
		[]Mend{mendDateTBD, mendNotSold}, onSale, showing, ""},
	{"18 no price", []string{`"priceRanges":[` + range1 + `],`, ""}, []Mend{mendPriceDrawn}, currency, "USD", ""},
	{"18 0 to 0", []string{`"min":20.5,"max":99`, `"min":0,"max":0.0`}, []Mend{mendPriceZero}, currency, "USD", ""},
	{"18 from 0", []string{`"min":20.5`, `"min":0`}, nil, prices, "USD 0 9900", ""},
	{"18 one price", []string{`"max":99`, `"max":20.5`}, nil, prices, "USD 2050 2050", ""},
	{"18 only a maximum", []string{`"min":20.5,`, ""}, nil, prices, "USD 9900 9900", ""},
	{"18 as strings", []string{"20.5", `"20.5"`}, nil, prices, "USD 2050 9900", ""},
	{"18 fees first", []string{range1,
		`{"type":"standard including fees","currency":"USD","min":30,"max":120},` + range1},
		[]Mend{mendPriceFees}, prices, "USD 2050 9900", ""},
	{"18 fees last", []string{range1,
		range1 + `,{"type":"standard including fees","currency":"USD","min":30,"max":120}`},
		[]Mend{mendPriceFees}, prices, "USD 2050 9900", ""},
	{"18 standard last", []string{range1, `{"type":"platinum","currency":"USD","min":300,"max":900},` + range1},
		[]Mend{mendPriceFees}, prices, "USD 2050 9900", ""},
	{"18 upside down", []string{"20.5", "120.5"}, []Mend{mendPriceSwapped}, prices, "USD 9900 12050", ""},
	{"18 below zero", []string{"20.5", "-20.5"}, []Mend{mendPriceDrawn}, currency, "USD", ""},
	{"18 no such currency", []string{`"currency":"USD"`, `"currency":"XXL"`}, []Mend{mendCurrency}, currency,
		"USD", ""},
	{"18 a currency without cents", []string{`"currency":"USD","min":20.5`, `"currency":"JPY","min":2000`,
		`"max":99`, `"max":9900`}, nil, prices, "JPY 2000 9900", ""},
	{"18 a currency with three digits", []string{`"currency":"USD"`, `"currency":"KWD"`}, nil, prices,
		"KWD 20500 99000", ""},
	{"19 blanks in the name", []string{`"Show"`, `" A\tShow\r\nof  \u00a0Blanks "`}, []Mend{mendTitle},
		title, "A Show of Blanks", ""},
	{"19 500 characters", []string{`"Show"`, `"` + strings.Repeat("é", 500) + `"`}, nil,
		title, strings.Repeat("é", 500), ""},
	{"19 501 characters", []string{`"Show"`, `"` + strings.Repeat("é", 501) + `"`}, []Mend{mendTitleCut},
		title, strings.Repeat("é", 499) + "…", ""},
	{"19 no name", []string{`"Show"`, `" \n"`}, []Mend{mendTitle, mendTitlePerformer}, title, "Band", ""},
	{"19 no name and no performer", []string{`"Show"`, `""`, `[{"name":"Band","id":"K1"}]`, `[]`}, nil, nil, "",
		NoTitle},
	{"20 mojibake", []string{`"Show"`, `"Ã¡rea &amp;amp; <b>"`}, nil, title, "Ã¡rea &amp;amp; <b>", ""},
	{"20 line ends", []string{`"type"`, `"info":"One\r\n\r\n two \tthree\u0007\n","type"`}, []Mend{mendText},
		about, "One\ntwo three", ""},
	{"21 no classification", []string{`"classifications"`, `"labels"`}, []Mend{mendGenre}, genre, "", ""},
	{"21 undefined genre", []string{`"Rock"`, `"Undefined"`}, nil, genre, "Music", ""},
	{"21 all undefined", []string{`"Rock"`, `"Undefined"`, `"Music"`, `"Undefined"`}, []Mend{mendGenre}, genre, "", ""},
	{"21 the primary is the second", []string{`[{"primary":true`, `[{"genre":{"name":"Jazz"}},{"primary":true`},
		nil, genre, "Rock", ""},
	{"21 the primary says nothing", []string{`[{"primary":true`, `[{"genre":{"name":"Jazz"}},{"primary":true`,
		`"Rock"`, `"Undefined"`}, nil, genre, "Jazz", ""},
	{"21 another language", []string{`"genre":{"name":"Rock"}`, `"genre":{"name":"Skála","id":"KnvZfZ7vAeA"}`},
		nil, genre, "Rock", ""},
	{"22 no performers", []string{`{"name":"Band","id":"K1"}`, ""}, nil, cast, "[]", ""},
	{"22 no name", []string{`"name":"Band",`, ""}, []Mend{mendPerformerUnnamed}, cast, "[{K1 }]", ""},
	{"22 no id", []string{`,"id":"K1"`, ""}, []Mend{mendPerformerDropped}, cast, "[]", ""},
	{"22 twice", []string{`{"name":"Band","id":"K1"}`, `{"name":"Band","id":"K1"},{"name":"B","id":"K1"},{"id":"k1"}`},
		[]Mend{mendPerformerDropped, mendPerformerUnnamed}, cast, "[{K1 Band} {k1 }]", ""},
	{"23 presales", []string{`"sales":{`, `"sales":{"presales":[{"startDateTime":"2025-12-01T10:00:00Z"}],`},
		nil, onSale, usual, ""},
	{"24 sold elsewhere", []string{`"type"`, `"url":"http://example.test/x","type"`}, nil, onSale, usual, ""},
	{"25 unknown members", []string{`"type"`, `"distance":3.1,"units":"MILES","nameOrigin":null,"type"`}, nil,
		onSale, usual, ""},
	{"25 null members", []string{`"type"`, `"info":null,"ageRestrictions":null,"type"`}, nil, onSale, usual, ""},
	{"25 a member of the wrong type", []string{`"localDate":"2026-09-01"`, `"localDate":20260901`}, nil, nil,
		"", Malformed},
}

func TestOddities(t *testing.T) {
	for _, c := range oddities {
		t.Run(c.name, func(t *testing.T) {
			r := one(t, Options{}, changed(t, c.change...))
			if c.refused != "" {
				if r.Refused == nil || r.Refused.Reason != c.refused || r.Refused.Detail == "" {
					t.Errorf("refused %v, want %s", r.Refused, c.refused)
				}
				return
			}
			if r.Refused != nil {
				t.Fatalf("refused: %v", *r.Refused)
			}
			var want Mends
			for _, m := range c.mends {
				want.add(m, true)
			}
			if r.Mended != want {
				t.Errorf("mended %v, want %v", slices.Collect(r.Mended.All()), c.mends)
			}
			if got := c.field(&r.event); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// 1, 15: ids are the only key, and they are kept to the letter.
func TestIDsAreKept(t *testing.T) {
	upper := changed(t, "Ev_1-x", "17a8vxG62enG0dA")
	lower := changed(t, "Ev_1-x", "17a8vxG62enG0da")
	got := read(t, Options{}, "["+upper+","+lower+"]")
	if len(got) != 2 || got[0].event.ID != "17a8vxG62enG0dA" || got[1].event.ID != "17a8vxG62enG0da" {
		t.Fatalf("%v", got)
	}
}

// 26, 27: a page is what it holds, and the same event again gives the same bytes.
func TestAgain(t *testing.T) {
	page := `{"_embedded":{"events":[` + plainEvent + `]},"page":{"size":200,"totalPages":52}}`
	a, b := one(t, Options{}, page), one(t, Options{}, page)
	if string(a.JSON) != string(b.JSON) {
		t.Error("the same page gives different events")
	}
	if c := one(t, Options{}, changed(t, "onsale", "cancelled")); string(c.JSON) == string(a.JSON) {
		t.Error("a change is not seen")
	}
}

// With OnSaleNow everything can be bought, at the usual local time of day.
func TestOnSaleNow(t *testing.T) {
	for _, c := range []struct{ date, now, want string }{
		{"2026-09-01", "2026-03-10T12:00:00Z", "2026-09-02T01:00:00.000Z"}, // not over
		{"2026-09-01", "2026-09-01T02:00:00Z", "2027-09-02T01:00:00.000Z"}, // today
		{"2026-09-01", "2026-08-31T20:00:00Z", "2026-09-02T01:00:00.000Z"}, // tomorrow
		{"2017-12-24", "2026-03-10T12:00:00Z", "2026-12-25T02:00:00.000Z"}, // winter time
		{"2017-03-01", "2026-03-10T12:00:00Z", "2027-03-02T02:00:00.000Z"},
		{"2020-02-29", "2026-03-10T12:00:00Z", "2027-03-02T02:00:00.000Z"}, // no 29 February
		{"2020-02-29", "2027-12-10T12:00:00Z", "2028-03-01T02:00:00.000Z"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		for _, status := range []string{"onsale", "offsale", "postponed"} {
			text := changed(t, "2026-09-01\"", c.date+"\"", instant, "", `"onsale"`, `"`+status+`"`)
			r := one(t, Options{OnSaleNow: true, Now: now}, text)
			if r.event.StartsAt.String() != c.want || r.event.OnSaleAt != 0 {
				t.Errorf("%s at %s: starts %s, on sale %s, want %s", c.date, c.now, r.event.StartsAt,
					r.event.OnSaleAt, c.want)
			}
			if moved := r.event.StartsAt.String()[:4] != c.date[:4]; r.Mended.Has(mendMoved) != moved {
				t.Errorf("%s at %s: the move is told wrongly", c.date, c.now)
			}
		}
	}
}
