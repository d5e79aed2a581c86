package catalog_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"boxoffice/actors/sale/catalog"

	"pgregory.net/rapid"
)

// long is one character too many for a label.
var long = strings.Repeat("ü", 41)

// sections are inventories and their sections.
var sections = []checkTest{
	{"small currency", func(e *catalog.Event) {
		e.Inventory.Currency = "eur"
	}, "/inventory/currency"},
	{"long currency", func(e *catalog.Event) {
		e.Inventory.Currency = "EURO"
	}, "/inventory/currency"},
	{"no section", func(e *catalog.Event) { e.Inventory.Sections = nil }, "/inventory/sections"},
	{"2,001 sections", func(e *catalog.Event) {
		e.Inventory.Sections = make([]catalog.Section, 2001)
	}, "/inventory/sections"},
	{"section without name", func(e *catalog.Event) {
		section(e).Name = ""
	}, "/inventory/sections/0/name"},
	{"section with /", func(e *catalog.Event) {
		section(e).Name = "a/b"
	}, "/inventory/sections/0/name"},
	{"section of 41", func(e *catalog.Event) {
		section(e).Name = long
	}, "/inventory/sections/0/name"},
	{"section of 40", func(e *catalog.Event) { section(e).Name = long[2:] }, ""},
	{"section with a newline", func(e *catalog.Event) {
		section(e).Name = "a\n"
	}, "/inventory/sections/0/name"},
	{"section not UTF-8", func(e *catalog.Event) {
		section(e).Name = "\xff"
	}, "/inventory/sections/0/name"},
	{"two sections of a name", func(e *catalog.Event) {
		section(e).Name = "FLOOR"
	}, "/inventory/sections/1/name"},
	{"negative price", func(e *catalog.Event) {
		section(e).Price = -1
	}, "/inventory/sections/0/price"},
	{"price too high", func(e *catalog.Event) {
		section(e).Price = 1e9 + 1
	}, "/inventory/sections/0/price"},
	{"rows and capacity", func(e *catalog.Event) {
		section(e).Capacity = 5
	}, "/inventory/sections/0"},
	{"rows and seats", func(e *catalog.Event) {
		section(e).Seats = []catalog.Seat{{ID: "x"}}
	}, "/inventory/sections/0"},
	{"no tickets", func(e *catalog.Event) {
		section(e).Rows = []catalog.Row{}
	}, "/inventory/sections/0"},
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
}

// rows are rows with numbered seats.
var rows = []checkTest{
	{"a row without seats", func(e *catalog.Event) {
		section(e).Rows[1].Seats = 0
	}, "/inventory/sections/0/rows/1/seats"},
	{"a row too long", func(e *catalog.Event) {
		section(e).Rows[1].Seats = 10_001
	}, "/inventory/sections/0/rows/1/seats"},
	{"a row without name", func(e *catalog.Event) {
		section(e).Rows[1].Name = ""
	}, "/inventory/sections/0/rows/1/name"},
	{"a row with /", func(e *catalog.Event) {
		section(e).Rows[0].Name = "1/2"
	}, "/inventory/sections/0/rows/0/name"},
	{"two rows of a name", func(e *catalog.Event) {
		section(e).Rows[1].Name = "A"
	}, "/inventory/sections/0/rows/1/name"},
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
}

// seats are listed seats.
var seats = []checkTest{
	{"seat without id", func(e *catalog.Event) {
		box(e).Seats[1].ID = ""
	}, "/inventory/sections/2/seats/1/id"},
	{"seat of 65", func(e *catalog.Event) {
		box(e).Seats[1].ID = strings.Repeat("é", 65)
	}, "/inventory/sections/2/seats/1/id"},
	{"seat with /", func(e *catalog.Event) {
		box(e).Seats[1].ID = "1/2"
	}, "/inventory/sections/2/seats/1/id"},
	{"bad row and number", func(e *catalog.Event) {
		box(e).Seats[1].Row, box(e).Seats[1].Number = "\x01", long
	}, "/inventory/sections/2/seats/1/number /inventory/sections/2/seats/1/row"},
	{"two seats of an id", func(e *catalog.Event) {
		box(e).Seats[1].ID = box(e).Seats[0].ID
	}, "/inventory/sections/2/seats/1/id"},
	{"a seat that is on the floor", func(e *catalog.Event) {
		box(e).Seats[1].ID = "FLOOR-2000"
	}, "/inventory/sections/2/seats/1/id"},
	{"a seat just off the floor", func(e *catalog.Event) {
		box(e).Seats[1].ID = "FLOOR-2001"
		box(e).Seats[0].ID = "FLOOR-02"
	}, ""},
	{"a seat that a later section makes", func(e *catalog.Event) {
		box(e).Seats[1].ID = "Parkett Süd-A-3"
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
	})
}

func TestCutTicketID(t *testing.T) {
	tests := []struct {
		id, prefix string
		number     int
		ok         bool
	}{
		{"101-A-1", "101-A", 1, true}, {"FLOOR A-200000", "FLOOR A", 200000, true},
		{"--7", "-", 7, true}, {"-7", "", 7, true}, {"A-0", "", 0, false}, {"A-01", "", 0, false},
		{"A-+1", "", 0, false}, {"A-", "", 0, false}, {"A", "", 0, false}, {"", "", 0, false},
		{"7", "", 0, false}, {"A-1000000", "", 0, false}, {"A-1 ", "", 0, false},
		{"A-١", "", 0, false},
	}
	for _, test := range tests {
		prefix, number, ok := catalog.CutTicketID(test.id)
		if ok != test.ok || ok && (prefix != test.prefix || number != test.number) {
			t.Errorf("CutTicketID(%q) = %q, %d, %v; want %q, %d, %v",
				test.id, prefix, number, ok, test.prefix, test.number, test.ok)
		}
	}
}
