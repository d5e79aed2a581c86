package catalog_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"boxoffice/actors/sale/catalog"
)

// concert is an event that may be sold, with everything given.
func concert() *catalog.Event {
	return &catalog.Event{
		ID: "ev-1", Title: "Nina Hagen\u00a0— «Live»", Genre: "Rock",
		Description: "Doors\tat 19:00.\r\nNo re-entry.",
		StartsAt:    1_811_878_200_000, Timezone: "Europe/Berlin", OnSaleAt: 1_796_119_200_000,
		Venue: catalog.Venue{
			ID: "v-1", Name: "Konzerthaus", City: "Köln", Region: "NW", Country: "DE",
			Location: &catalog.Location{Lat: 50.93, Lon: 6.96},
		},
		Performers: []catalog.Performer{{ID: "p_1", Name: "Nina Hagen"}},
		Inventory: catalog.Inventory{Currency: "EUR", Sections: []catalog.Section{
			{Name: "Parkett Süd", Price: 12500, Rows: []catalog.Row{{"A", 20}, {"B", 22}}},
			{Name: "FLOOR", Price: 0, Capacity: 2000},
			{Name: "Box", Price: 1e9, Seats: []catalog.Seat{{"box 1~a.1", "1/a", "1"}, {"box-1-01", "", ""}}},
		}},
		HoldSeconds: 600, MaxTicketsPerUser: 8,
		WaitingRoom: catalog.WaitingRoom{Enabled: true, MaxActive: 500, SessionSeconds: 600, Order: "fifo"},
	}
}

// section is the first section of an event in tests of sections.
func section(e *catalog.Event) *catalog.Section { return &e.Inventory.Sections[0] }

// box is the section of an event that lists its seats.
func box(e *catalog.Event) *catalog.Section { return &e.Inventory.Sections[2] }

// checkTest is a change to a good event, and the pointers of the problems that it
// makes, separated by spaces.
type checkTest struct {
	name   string
	change func(e *catalog.Event)
	want   string
}

func TestCheck(t *testing.T) {
	for _, tests := range [][]checkTest{wholes, descriptions, places, rules, sections, rows, seats} {
		for _, test := range tests {
			t.Run(test.name, test.run)
		}
	}
}

func (test checkTest) run(t *testing.T) {
	e := concert()
	test.change(e)
	var at []string
	for _, p := range e.Check() {
		at = append(at, p.At)
		if p.Detail == "" {
			t.Errorf("%s without a detail", p.At)
		}
	}
	slices.Sort(at)
	want := strings.Fields(test.want)
	slices.Sort(want)
	if !slices.Equal(at, want) {
		t.Errorf("Check() = %v; want problems at %v", e.Check(), want)
	}
}

// wholes are whole events.
var wholes = []checkTest{
	{"all is given", func(e *catalog.Event) {}, ""},
	{"only what is required", func(e *catalog.Event) {
		*e = catalog.Event{ID: "e", Title: "t", StartsAt: 1, Inventory: catalog.Inventory{
			Currency: "USD", Sections: []catalog.Section{{Name: "s", Capacity: 1}},
		}}
	}, ""},
	{"nothing", func(e *catalog.Event) { *e = catalog.Event{} },
		"/id /title /startsAt /inventory/currency /inventory/sections"},
}

// descriptions are what an event says of itself.
var descriptions = []checkTest{
	{"id with a space", func(e *catalog.Event) { e.ID = "ev 1" }, "/id"},
	{"id with a dot", func(e *catalog.Event) { e.ID = "ev.1" }, "/id"},
	{"id of 65", func(e *catalog.Event) { e.ID = strings.Repeat("x", 65) }, "/id"},
	{"id of 64", func(e *catalog.Event) { e.ID = strings.Repeat("x", 64) }, ""},
	{"blank title", func(e *catalog.Event) { e.Title = " \u00a0" }, "/title"},
	{"title of 500 characters", func(e *catalog.Event) { e.Title = strings.Repeat("é", 500) }, ""},
	{"title of 501 characters", func(e *catalog.Event) {
		e.Title = strings.Repeat("é", 501)
	}, "/title"},
	{"title of two lines", func(e *catalog.Event) { e.Title = "a\r\nb" }, "/title"},
	{"title not UTF-8", func(e *catalog.Event) { e.Title = "\xff" }, "/title"},
	{"genre with DEL", func(e *catalog.Event) { e.Genre = "Ro\x7fck" }, "/genre"},
	{"description too long", func(e *catalog.Event) {
		e.Description = strings.Repeat("é", 10_001)
	}, "/description"},
	{"description with NUL", func(e *catalog.Event) { e.Description = "\x00" }, "/description"},
	{"description not UTF-8", func(e *catalog.Event) { e.Description = "a\xc3" }, "/description"},
	{"start before 1970", func(e *catalog.Event) { e.StartsAt = -1 }, "/startsAt"},
	{"start in the year 9999", func(e *catalog.Event) {
		e.StartsAt = catalog.At(time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC))
	}, ""},
	{"start in the year 10000", func(e *catalog.Event) {
		e.StartsAt = catalog.At(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))
	}, "/startsAt"},
	{"on sale since 1900", func(e *catalog.Event) {
		e.OnSaleAt = catalog.At(time.Date(1900, 1, 1, 18, 0, 0, 0, time.UTC))
	}, "/onSaleAt"},
	{"no time zone", func(e *catalog.Event) { e.Timezone = "" }, ""},
	{"three parts", func(e *catalog.Event) { e.Timezone = "America/Argentina/Buenos_Aires" }, ""},
	{"an offset zone", func(e *catalog.Event) { e.Timezone = "Etc/GMT+5" }, ""},
	{"a path", func(e *catalog.Event) { e.Timezone = "../etc/passwd" }, "/timezone"},
	{"an empty part", func(e *catalog.Event) { e.Timezone = "Europe//Berlin" }, "/timezone"},
	{"a zone with a space", func(e *catalog.Event) { e.Timezone = "Europe/Ber lin" }, "/timezone"},
	{"a zone of 65", func(e *catalog.Event) { e.Timezone = strings.Repeat("x", 65) }, "/timezone"},
}

// places are venues and performers.
var places = []checkTest{
	{"no venue", func(e *catalog.Event) { e.Venue = catalog.Venue{} }, ""},
	{"venue without id", func(e *catalog.Event) { e.Venue.ID = "" }, "/venue/id"},
	{"only a location", func(e *catalog.Event) {
		e.Venue = catalog.Venue{Location: &catalog.Location{}}
	}, "/venue/id"},
	{"venue with a bad name", func(e *catalog.Event) { e.Venue.Name = "\u0085" }, "/venue/name"},
	{"bad city, region, country", func(e *catalog.Event) {
		e.Venue.City, e.Venue.Region, e.Venue.Country = "\t", "\n", "\xfe"
	}, "/venue/city /venue/country /venue/region"},
	{"NaN", func(e *catalog.Event) { e.Venue.Location.Lat = math.NaN() }, "/venue/location/lat"},
	{"infinite", func(e *catalog.Event) {
		e.Venue.Location.Lon = math.Inf(1)
	}, "/venue/location/lon"},
	{"off the map", func(e *catalog.Event) {
		e.Venue.Location = &catalog.Location{Lat: 90.001, Lon: -180.001}
	}, "/venue/location/lat /venue/location/lon"},
	{"the corner of the map", func(e *catalog.Event) {
		e.Venue.Location = &catalog.Location{Lat: -90, Lon: 180}
	}, ""},

	{"performer without id", func(e *catalog.Event) {
		e.Performers[0].ID = ""
	}, "/performers/0/id"},
	{"performer with a bad name", func(e *catalog.Event) {
		e.Performers[0].Name = "\x1b"
	}, "/performers/0/name"},
	{"100 performers", func(e *catalog.Event) {
		e.Performers = slices.Repeat(e.Performers, 100)
	}, ""},
	{"101 performers", func(e *catalog.Event) {
		e.Performers = slices.Repeat(e.Performers, 101)
	}, "/performers"},
}

// rules are how an event is sold.
var rules = []checkTest{
	{"hold by default", func(e *catalog.Event) { e.HoldSeconds = 0 }, ""},
	{"shortest hold", func(e *catalog.Event) { e.HoldSeconds = 1 }, ""},
	{"hold too long", func(e *catalog.Event) { e.HoldSeconds = 86_401 }, "/holdSeconds"},
	{"negative hold", func(e *catalog.Event) { e.HoldSeconds = -600 }, "/holdSeconds"},
	{"limit too high", func(e *catalog.Event) {
		e.MaxTicketsPerUser = 10_001
	}, "/maxTicketsPerUser"},
	{"negative limit", func(e *catalog.Event) { e.MaxTicketsPerUser = -1 }, "/maxTicketsPerUser"},
	{"negative waiting room", func(e *catalog.Event) {
		e.WaitingRoom = catalog.WaitingRoom{MaxActive: -1, SessionSeconds: -1, Order: "lifo"}
	}, "/waitingRoom/maxActive /waitingRoom/order /waitingRoom/sessionSeconds"},
	{"waiting room below its bounds", func(e *catalog.Event) {
		e.WaitingRoom.GraceSeconds, e.WaitingRoom.RatePerMinute = -1, -1
	}, "/waitingRoom/graceSeconds /waitingRoom/ratePerMinute"},
	{"waiting room above its bounds", func(e *catalog.Event) {
		e.WaitingRoom.GraceSeconds = catalog.MaxGraceSeconds + 1
		e.WaitingRoom.RatePerMinute = catalog.MaxRatePerMinute + 1
	}, "/waitingRoom/graceSeconds /waitingRoom/ratePerMinute"},
	{"waiting room at its bounds", func(e *catalog.Event) {
		e.WaitingRoom = catalog.WaitingRoom{Enabled: true, MaxActive: catalog.MaxActiveShoppers, EndWithHold: true,
			GraceSeconds: catalog.MaxGraceSeconds, RatePerMinute: catalog.MaxRatePerMinute}
	}, ""},
	{"shuffle", func(e *catalog.Event) { e.WaitingRoom.Order = "shuffle" }, ""},
}

// TestCheckBound: of many problems, 20 are said.
func TestCheckBound(t *testing.T) {
	e := concert()
	section(e).Rows = make([]catalog.Row, 100_000)
	if got := len(e.Check()); got != catalog.MaxProblems {
		t.Errorf("%d problems; want %d", got, catalog.MaxProblems)
	}
}

// FuzzCheck reads any JSON: Check never panics, and says at most 20 problems. That
// what passes can be laid out is a test of package inventory.
func FuzzCheck(f *testing.F) {
	good, err := json.Marshal(concert())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"id":"x y","inventory":{"sections":[{"name":"a-1","capacity":3}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e := concert()
		if json.Unmarshal(data, e) != nil {
			return
		}
		problems := e.Check()
		if len(problems) > catalog.MaxProblems {
			t.Fatalf("%d problems", len(problems))
		}
	})
}

func TestHoldTime(t *testing.T) {
	for seconds, want := range map[int]int64{0: 600_000, 10: 10_000, 86_400: 86_400_000} {
		if got := (&catalog.Event{HoldSeconds: seconds}).HoldTime(); got != want {
			t.Errorf("HoldTime() of %d s = %d; want %d", seconds, got, want)
		}
	}
}
