package inventory

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"boxoffice/actors/sale/catalog"

	"pgregory.net/rapid"
)

// sellable is an event with a house; what else Check wants is given.
func sellable(inv catalog.Inventory) *catalog.Event {
	return &catalog.Event{ID: "e", Title: "t", StartsAt: 1, Inventory: inv}
}

// findAll lays out a house and looks for every ticket by its id. No two can have one
// id: Find would give one of them for both.
func findAll(fail errorf, inv catalog.Inventory) {
	p := NewPlan(inv)
	for i := range p.Total() {
		id := p.ID(Ticket(i))
		if got, ok := p.Find(id); !ok || int(got) != i {
			fail("Find(%q) = %d, %v; want %d", id, got, ok, i)
		}
	}
}

// TestCheckedNames lays out houses whose names are full of hyphens and digits:
// each is refused by Check or has every ticket once.
func TestCheckedNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[AB1]?-?[AB12]`)
		inv := catalog.Inventory{Currency: "EUR"}
		for _, sec := range rapid.SliceOfNDistinct(name, 1, 4, rapid.ID).Draw(t, "sections") {
			s := catalog.Section{Name: sec}
			switch rapid.IntRange(0, 2).Draw(t, "form") {
			case 0:
				for _, r := range rapid.SliceOfN(name, 1, 3).Draw(t, "rows") {
					s.Rows = append(s.Rows, catalog.Row{Name: r, Seats: rapid.IntRange(1, 3).Draw(t, "seats")})
				}
			case 1:
				for range rapid.IntRange(1, 20).Draw(t, "seats") {
					id := rapid.StringMatching(`[AB1](-[AB12é])?-0?[1-9]{1,3}`).Draw(t, "id")
					number := rapid.SampledFrom([]string{"", id, id[len(id)-1:], "9", "12"}).Draw(t, "number")
					s.Seats = append(s.Seats, catalog.Seat{ID: id, Number: number})
				}
			case 2:
				s.Capacity = rapid.IntRange(1, 12).Draw(t, "capacity")
			}
			inv.Sections = append(inv.Sections, s)
		}
		if sellable(inv).Check() == nil {
			findAll(t.Fatalf, inv)
			if back := sellable(NewPlan(inv).Inventory()); !back.Equal(sellable(inv)) {
				t.Fatalf("Inventory() = %+v; want %+v", back.Inventory, inv)
			}
		}
	})
}

// TestNamed: a prefix is compared whole, even where its hash was the same.
func TestNamed(t *testing.T) {
	p := NewPlan(catalog.Inventory{Sections: []catalog.Section{
		{Name: "AB", Rows: []catalog.Row{{Name: "C", Seats: 2}}}, {Name: "AB-D", Capacity: 2},
	}})
	for prefix, want := range map[string][2]bool{
		"AB-C": {true, false}, "AB-D": {false, true},
		"AB+C": {}, "AX-C": {}, "AB-X": {}, "AB-": {}, "AB-CC": {}, "": {},
	} {
		row := p.lines[0].named(&p.sections[0], prefix)
		floor := p.lines[1].named(&p.sections[1], prefix)
		if got := [2]bool{row, floor}; got != want {
			t.Errorf("named(%q) = %v; want %v", prefix, got, want)
		}
	}
}

// TestLongTexts are ids, rows and numbers of the greatest lengths, whose lengths
// need two bytes in labels.
func TestLongTexts(t *testing.T) {
	inv := catalog.Inventory{Currency: "EUR", Sections: []catalog.Section{{Name: "s"}}}
	for i := range 20 {
		id := strings.Repeat(string(rune('𝄞'+i)), 64)
		label := strings.Repeat("𝄞", 40)
		if i%2 == 0 {
			label = string([]rune(id)[:40])
		}
		inv.Sections[0].Seats = append(inv.Sections[0].Seats, catalog.Seat{ID: id, Row: label, Number: label})
	}
	if problems := sellable(inv).Check(); problems != nil {
		t.Fatal(problems)
	}
	findAll(t.Fatalf, inv)
	if back := NewPlan(inv).Inventory(); !sellable(back).Equal(sellable(inv)) {
		t.Errorf("Inventory() = %+v", back)
	}
}

// FuzzCheckedHouse reads any JSON: what passes Check can be laid out.
func FuzzCheckedHouse(f *testing.F) {
	for _, inv := range []catalog.Inventory{rowHouse(60), listedHouse(60), generalHouse(70)} {
		seed, err := json.Marshal(inv)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		inv := catalog.Inventory{Currency: "EUR"}
		if json.Unmarshal(data, &inv) == nil && sellable(inv).Check() == nil {
			findAll(t.Fatalf, inv)
		}
	})
}

// TestLargestHouse has as many tickets as Check allows, one a row, in each form.
func TestLargestHouse(t *testing.T) {
	single := catalog.Inventory{Currency: "EUR"}
	for i := range 20 {
		s := catalog.Section{Name: fmt.Sprint(i)}
		for r := range catalog.MaxTickets / 20 {
			s.Rows = append(s.Rows, catalog.Row{Name: fmt.Sprint(r), Seats: 1})
		}
		single.Sections = append(single.Sections, s)
	}
	for _, inv := range []catalog.Inventory{
		single, listedHouse(catalog.MaxTickets), generalHouse(catalog.MaxTickets),
	} {
		if problems := sellable(inv).Check(); problems != nil {
			t.Fatal(problems)
		}
		findAll(t.Fatalf, inv)
		s := NewStock(NewPlan(inv), nil)
		got, ok := s.Best(Query{Quantity: catalog.MaxTickets}, nil)
		if !ok || len(got) != catalog.MaxTickets || got[len(got)-1] != catalog.MaxTickets-1 {
			t.Errorf("Best() of all = %d tickets, %v", len(got), ok)
		}
	}
}
