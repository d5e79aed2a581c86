package catalog_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"

	"pgregory.net/rapid"
)

// concert is an event that may be sold, with everything given.
func concert() *catalog.Event {
	return &catalog.Event{
		ID: "ev-1", Title: "Nina Hagen\u00a0— «Live»", Description: "Doors\tat 19:00.\r\nNo re-entry.", Genre: "Rock",
		StartsAt: 1_811_878_200_000, Timezone: "Europe/Berlin", OnSaleAt: 1_796_119_200_000,
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

func TestCheck(t *testing.T) {
	long := strings.Repeat("ü", 41)
	tests := []struct {
		name   string
		change func(e *catalog.Event)
		want   string // pointers, separated by spaces
	}{
		{"all is given", func(e *catalog.Event) {}, ""},
		{"only what is required", func(e *catalog.Event) {
			*e = catalog.Event{ID: "e", Title: "t", StartsAt: 1, Inventory: catalog.Inventory{
				Currency: "USD", Sections: []catalog.Section{{Name: "s", Capacity: 1}},
			}}
		}, ""},
		{"nothing", func(e *catalog.Event) { *e = catalog.Event{} },
			"/id /title /startsAt /inventory/currency /inventory/sections"},

		{"id with a space", func(e *catalog.Event) { e.ID = "ev 1" }, "/id"},
		{"id with a dot", func(e *catalog.Event) { e.ID = "ev.1" }, "/id"},
		{"id of 65", func(e *catalog.Event) { e.ID = strings.Repeat("x", 65) }, "/id"},
		{"id of 64", func(e *catalog.Event) { e.ID = strings.Repeat("x", 64) }, ""},
		{"blank title", func(e *catalog.Event) { e.Title = " \u00a0" }, "/title"},
		{"title of 500 characters", func(e *catalog.Event) { e.Title = strings.Repeat("é", 500) }, ""},
		{"title of 501 characters", func(e *catalog.Event) { e.Title = strings.Repeat("é", 501) }, "/title"},
		{"title of two lines", func(e *catalog.Event) { e.Title = "a\r\nb" }, "/title"},
		{"title not UTF-8", func(e *catalog.Event) { e.Title = "\xff" }, "/title"},
		{"genre with DEL", func(e *catalog.Event) { e.Genre = "Ro\x7fck" }, "/genre"},
		{"description too long", func(e *catalog.Event) { e.Description = strings.Repeat("é", 10_001) }, "/description"},
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

		{"no venue", func(e *catalog.Event) { e.Venue = catalog.Venue{} }, ""},
		{"venue without id", func(e *catalog.Event) { e.Venue.ID = "" }, "/venue/id"},
		{"only a location", func(e *catalog.Event) { e.Venue = catalog.Venue{Location: &catalog.Location{}} }, "/venue/id"},
		{"venue with a bad name", func(e *catalog.Event) { e.Venue.Name = "\u0085" }, "/venue/name"},
		{"bad city, region, country", func(e *catalog.Event) {
			e.Venue.City, e.Venue.Region, e.Venue.Country = "\t", "\n", "\xfe"
		}, "/venue/city /venue/country /venue/region"},
		{"NaN", func(e *catalog.Event) { e.Venue.Location.Lat = math.NaN() }, "/venue/location/lat"},
		{"infinite", func(e *catalog.Event) { e.Venue.Location.Lon = math.Inf(1) }, "/venue/location/lon"},
		{"off the map", func(e *catalog.Event) {
			e.Venue.Location = &catalog.Location{Lat: 90.001, Lon: -180.001}
		}, "/venue/location/lat /venue/location/lon"},
		{"the corner of the map", func(e *catalog.Event) { e.Venue.Location = &catalog.Location{Lat: -90, Lon: 180} }, ""},

		{"performer without id", func(e *catalog.Event) { e.Performers[0].ID = "" }, "/performers/0/id"},
		{"performer with a bad name", func(e *catalog.Event) { e.Performers[0].Name = "\x1b" }, "/performers/0/name"},
		{"100 performers", func(e *catalog.Event) { e.Performers = slices.Repeat(e.Performers, 100) }, ""},
		{"101 performers", func(e *catalog.Event) { e.Performers = slices.Repeat(e.Performers, 101) }, "/performers"},

		{"hold by default", func(e *catalog.Event) { e.HoldSeconds = 0 }, ""},
		{"hold too short", func(e *catalog.Event) { e.HoldSeconds = 9 }, "/holdSeconds"},
		{"hold too long", func(e *catalog.Event) { e.HoldSeconds = 86_401 }, "/holdSeconds"},
		{"negative hold", func(e *catalog.Event) { e.HoldSeconds = -600 }, "/holdSeconds"},
		{"limit too high", func(e *catalog.Event) { e.MaxTicketsPerUser = 10_001 }, "/maxTicketsPerUser"},
		{"negative limit", func(e *catalog.Event) { e.MaxTicketsPerUser = -1 }, "/maxTicketsPerUser"},
		{"negative waiting room", func(e *catalog.Event) {
			e.WaitingRoom = catalog.WaitingRoom{MaxActive: -1, SessionSeconds: -1, Order: "lifo"}
		}, "/waitingRoom/maxActive /waitingRoom/order /waitingRoom/sessionSeconds"},
		{"shuffle", func(e *catalog.Event) { e.WaitingRoom.Order = "shuffle" }, ""},

		{"small currency", func(e *catalog.Event) { e.Inventory.Currency = "eur" }, "/inventory/currency"},
		{"long currency", func(e *catalog.Event) { e.Inventory.Currency = "EURO" }, "/inventory/currency"},
		{"no section", func(e *catalog.Event) { e.Inventory.Sections = nil }, "/inventory/sections"},
		{"2,001 sections", func(e *catalog.Event) {
			e.Inventory.Sections = make([]catalog.Section, 2001)
		}, "/inventory/sections"},
		{"section without name", func(e *catalog.Event) { section(e).Name = "" }, "/inventory/sections/0/name"},
		{"section with /", func(e *catalog.Event) { section(e).Name = "a/b" }, "/inventory/sections/0/name"},
		{"section of 41", func(e *catalog.Event) { section(e).Name = long }, "/inventory/sections/0/name"},
		{"section of 40", func(e *catalog.Event) { section(e).Name = long[2:] }, ""},
		{"section with a newline", func(e *catalog.Event) { section(e).Name = "a\n" }, "/inventory/sections/0/name"},
		{"section not UTF-8", func(e *catalog.Event) { section(e).Name = "\xff" }, "/inventory/sections/0/name"},
		{"two sections of a name", func(e *catalog.Event) { section(e).Name = "FLOOR" }, "/inventory/sections/1/name"},
		{"negative price", func(e *catalog.Event) { section(e).Price = -1 }, "/inventory/sections/0/price"},
		{"price too high", func(e *catalog.Event) { section(e).Price = 1e9 + 1 }, "/inventory/sections/0/price"},
		{"rows and capacity", func(e *catalog.Event) { section(e).Capacity = 5 }, "/inventory/sections/0"},
		{"rows and seats", func(e *catalog.Event) { section(e).Seats = []catalog.Seat{{ID: "x"}} }, "/inventory/sections/0"},
		{"no tickets", func(e *catalog.Event) { section(e).Rows = []catalog.Row{} }, "/inventory/sections/0"},
		{"negative capacity", func(e *catalog.Event) {
			*section(e) = catalog.Section{Name: "x", Capacity: -1}
		}, "/inventory/sections/0/capacity"},
		{"capacity too high", func(e *catalog.Event) {
			*section(e) = catalog.Section{Name: "x", Capacity: math.MaxInt}
		}, "/inventory/sections/0/capacity"},
		{"200,000 tickets", func(e *catalog.Event) {
			*section(e) = catalog.Section{Name: "x", Capacity: 200_000 - 2_002}
		}, ""},
		{"200,001 tickets", func(e *catalog.Event) {
			*section(e) = catalog.Section{Name: "x", Capacity: 200_000 - 2_001}
		}, "/inventory/sections"},
		{"a row without seats", func(e *catalog.Event) { section(e).Rows[1].Seats = 0 }, "/inventory/sections/0/rows/1/seats"},
		{"a row too long", func(e *catalog.Event) { section(e).Rows[1].Seats = 10_001 }, "/inventory/sections/0/rows/1/seats"},
		{"a row without name", func(e *catalog.Event) { section(e).Rows[1].Name = "" }, "/inventory/sections/0/rows/1/name"},
		{"a row with /", func(e *catalog.Event) { section(e).Rows[0].Name = "1/2" }, "/inventory/sections/0/rows/0/name"},
		{"two rows of a name", func(e *catalog.Event) { section(e).Rows[1].Name = "A" }, "/inventory/sections/0/rows/1/name"},
		{"ids of 64", func(e *catalog.Event) {
			section(e).Name, section(e).Rows[0] = strings.Repeat("é", 40), catalog.Row{strings.Repeat("x", 20), 99}
		}, ""},
		{"ids of 65", func(e *catalog.Event) {
			section(e).Name, section(e).Rows[0] = strings.Repeat("é", 40), catalog.Row{strings.Repeat("x", 20), 100}
		}, "/inventory/sections/0/rows/0/name"},
		{"a row that is another's", func(e *catalog.Event) {
			*section(e) = catalog.Section{Name: "A-B", Rows: []catalog.Row{{"C", 1}}}
			e.Inventory.Sections[1] = catalog.Section{Name: "A", Rows: []catalog.Row{{"B-D", 9}, {"B-C", 9}}}
		}, "/inventory/sections/1/rows/1/name"},
		{"a floor that is a row", func(e *catalog.Event) {
			*section(e) = catalog.Section{Name: "A", Rows: []catalog.Row{{"B", 1}}}
			e.Inventory.Sections[1].Name = "A-B"
		}, "/inventory/sections/1/name"},
		{"seat without id", func(e *catalog.Event) { e.Inventory.Sections[2].Seats[1].ID = "" }, "/inventory/sections/2/seats/1/id"},
		{"seat of 65", func(e *catalog.Event) {
			e.Inventory.Sections[2].Seats[1].ID = strings.Repeat("é", 65)
		}, "/inventory/sections/2/seats/1/id"},
		{"seat with /", func(e *catalog.Event) { e.Inventory.Sections[2].Seats[1].ID = "1/2" }, "/inventory/sections/2/seats/1/id"},
		{"bad row and number", func(e *catalog.Event) {
			e.Inventory.Sections[2].Seats[1].Row, e.Inventory.Sections[2].Seats[1].Number = "\x01", long
		}, "/inventory/sections/2/seats/1/number /inventory/sections/2/seats/1/row"},
		{"two seats of an id", func(e *catalog.Event) {
			e.Inventory.Sections[2].Seats[1].ID = e.Inventory.Sections[2].Seats[0].ID
		}, "/inventory/sections/2/seats/1/id"},
		{"a seat that is on the floor", func(e *catalog.Event) {
			e.Inventory.Sections[2].Seats[1].ID = "FLOOR-2000"
		}, "/inventory/sections/2/seats/1/id"},
		{"a seat just off the floor", func(e *catalog.Event) {
			e.Inventory.Sections[2].Seats[1].ID = "FLOOR-2001"
			e.Inventory.Sections[2].Seats[0].ID = "FLOOR-02"
		}, ""},
		{"a seat that a later section makes", func(e *catalog.Event) {
			e.Inventory.Sections[2].Seats[1].ID = "Parkett Süd-A-3"
			slices.Reverse(e.Inventory.Sections)
		}, "/inventory/sections/0/seats/1/id"},
		{"10,001 listed in a row", func(e *catalog.Event) {
			seats := make([]catalog.Seat, 10_001)
			for i := range seats {
				seats[i].ID = fmt.Sprint(i)
			}
			*section(e) = catalog.Section{Name: "x", Seats: seats}
		}, "/inventory/sections/0/seats/10000/row"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
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
		})
	}
}

// TestCheckBound: of many problems, 20 are said.
func TestCheckBound(t *testing.T) {
	e := concert()
	section(e).Rows = make([]catalog.Row, 100_000)
	if got := len(e.Check()); got != catalog.MaxProblems {
		t.Errorf("%d problems; want %d", got, catalog.MaxProblems)
	}
}

// TestUnique holds Check's search for doubled ids against a list of all of them,
// in houses whose names are made to collide.
func TestUnique(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[AB1]?-?[AB12]`)
		e := concert()
		e.Inventory.Sections = nil
		var ids []string
		for _, sec := range rapid.SliceOfNDistinct(name, 1, 4, rapid.ID).Draw(t, "sections") {
			s := catalog.Section{Name: sec}
			switch rapid.IntRange(0, 2).Draw(t, "form") {
			case 0:
				for _, r := range rapid.SliceOfN(name, 1, 3).Draw(t, "rows") {
					s.Rows = append(s.Rows, catalog.Row{Name: r, Seats: rapid.IntRange(1, 3).Draw(t, "seats")})
					for n := range s.Rows[len(s.Rows)-1].Seats {
						ids = append(ids, fmt.Sprintf("%s-%s-%d", sec, r, n+1))
					}
				}
			case 1:
				for range rapid.IntRange(1, 3).Draw(t, "seats") {
					id := rapid.StringMatching(`[AB1](-[AB12])?-0?[123]`).Draw(t, "id")
					s.Seats = append(s.Seats, catalog.Seat{ID: id})
					ids = append(ids, id)
				}
			case 2:
				s.Capacity = rapid.IntRange(1, 12).Draw(t, "capacity")
				for n := range s.Capacity {
					ids = append(ids, fmt.Sprintf("%s-%d", sec, n+1))
				}
			}
			e.Inventory.Sections = append(e.Inventory.Sections, s)
		}
		slices.Sort(ids)
		doubled := len(slices.Compact(slices.Clone(ids))) < len(ids)
		if got := e.Check(); (len(got) > 0) != doubled {
			t.Fatalf("Check() = %v; ids %q", got, ids)
		}
		if !doubled {
			findAll(t.Fatalf, e)
		}
	})
}

// findAll lays out a house and looks for every ticket by its id.
func findAll(fail func(string, ...any), e *catalog.Event) {
	p := inventory.NewPlan(e.Inventory)
	for i := range p.Total() {
		id := p.ID(inventory.Ticket(i))
		if got, ok := p.Find(id); !ok || int(got) != i {
			fail("Find(%q) = %d, %v; want %d", id, got, ok, i)
		}
	}
}

// FuzzCheck reads any JSON: Check never panics, and what passes can be sold.
func FuzzCheck(f *testing.F) {
	good, err := json.Marshal(concert())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"inventory":{"sections":[{"name":"a-1","capacity":3},{"name":"a","rows":[{"name":"1","seats":3}]}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e := concert()
		if json.Unmarshal(data, e) != nil {
			return
		}
		problems := e.Check()
		if len(problems) > catalog.MaxProblems {
			t.Fatalf("%d problems", len(problems))
		}
		if len(problems) == 0 {
			findAll(t.Fatalf, e)
		}
	})
}

// TestEqual changes each field in turn, so that a new one cannot be forgotten.
func TestEqual(t *testing.T) {
	if e := concert(); !e.Equal(concert()) || !e.Equal(e) || e.Equal(nil) || !(*catalog.Event)(nil).Equal(nil) {
		t.Error("an event is not equal to itself")
	}
	e := concert()
	changes := 0
	change(reflect.ValueOf(e).Elem(), "event", func(field string) {
		changes++
		if e.Equal(concert()) || concert().Equal(e) {
			t.Errorf("equal though %s is another", field)
		}
	})
	if !e.Equal(concert()) {
		t.Error("not equal though all is as before")
	}
	if changes < 30 {
		t.Errorf("%d changes", changes)
	}
	a, b := &catalog.Event{}, &catalog.Event{Performers: []catalog.Performer{}}
	if !a.Equal(b) {
		t.Error("an empty list is not one left out")
	}
}

// change changes all that v reaches, one thing at a time, and puts it back.
func change(v reflect.Value, name string, changed func(name string)) {
	old := reflect.New(v.Type()).Elem()
	old.Set(v)
	set := func(n any) {
		v.Set(reflect.ValueOf(n).Convert(v.Type()))
		changed(name)
		v.Set(old)
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			change(v.Field(i), name+"."+v.Type().Field(i).Name, changed)
		}
	case reflect.Slice:
		for i := range v.Len() {
			change(v.Index(i), fmt.Sprint(name, i), changed)
		}
		if v.Len() > 0 {
			v.Set(old.Slice(0, v.Len()-1))
			changed(name)
			v.Set(old)
		}
	case reflect.Pointer:
		change(v.Elem(), name, changed)
		v.SetZero()
		changed(name)
		v.Set(old)
	case reflect.String:
		set(v.String() + "x")
	case reflect.Bool:
		set(!v.Bool())
	case reflect.Float64:
		set(v.Float() + 1)
	default:
		set(v.Int() + 1)
	}
}

func TestHoldTime(t *testing.T) {
	for seconds, want := range map[int]int64{0: 600_000, 10: 10_000, 86_400: 86_400_000} {
		if got := (&catalog.Event{HoldSeconds: seconds}).HoldTime(); got != want {
			t.Errorf("HoldTime() of %d s = %d; want %d", seconds, got, want)
		}
	}
}

func TestCutTicketID(t *testing.T) {
	tests := []struct {
		id, prefix string
		number     int
		ok         bool
	}{
		{"101-A-1", "101-A", 1, true}, {"FLOOR A-200000", "FLOOR A", 200000, true}, {"--7", "-", 7, true}, {"-7", "", 7, true},
		{"A-0", "", 0, false}, {"A-01", "", 0, false}, {"A-+1", "", 0, false}, {"A-", "", 0, false}, {"A", "", 0, false},
		{"", "", 0, false}, {"7", "", 0, false}, {"A-1000000", "", 0, false}, {"A-1 ", "", 0, false}, {"A-١", "", 0, false},
	}
	for _, test := range tests {
		prefix, number, ok := catalog.CutTicketID(test.id)
		if ok != test.ok || ok && (prefix != test.prefix || number != test.number) {
			t.Errorf("CutTicketID(%q) = %q, %d, %v; want %q, %d, %v",
				test.id, prefix, number, ok, test.prefix, test.number, test.ok)
		}
	}
}
