package importer

import (
	"fmt"
	"reflect"
	"testing"

	"boxoffice/actors/sale/catalog"
)

func tickets(sections []catalog.Section) int {
	n := 0
	for _, s := range sections {
		n += s.Capacity + len(s.Seats)
		for _, r := range s.Rows {
			n += r.Seats
		}
	}
	return n
}

// A house has exactly the tickets that were asked for, keeps the catalog's rules,
// and is the same each time.
func TestDrawHouse(t *testing.T) {
	shapes := make(map[string]bool)
	for _, n := range []int{1, 2, 9, 10, 50, 99, 100, 200, 999, 1000, 4999, 5000, 20_000, MaxSeats} {
		for i := range 20 {
			id := fmt.Sprintf("id-%d", i)
			sections := drawHouse(id, n)
			if got := tickets(sections); got != n {
				t.Fatalf("%s: %d tickets, want %d", id, got, n)
			}
			if !reflect.DeepEqual(sections, drawHouse(id, n)) {
				t.Fatalf("%s: another house the second time", id)
			}
			setPrices(sections, currencies["USD"], 2000, 9950)
			for j, s := range sections {
				if s.Price < 2000 || s.Price > 9950 || j > 0 && s.Price > sections[j-1].Price {
					t.Fatalf("%s: section %d of %d costs %d", id, j, len(sections), s.Price)
				}
			}
			e := catalog.Event{ID: id, Title: "x", StartsAt: 1,
				Inventory: catalog.Inventory{Currency: "USD", Sections: sections}}
			if problems := e.Check(); len(problems) > 0 {
				t.Fatalf("%s, %d tickets: %v", id, n, problems)
			}
			shapes[sections[0].Name] = true
		}
	}
	for _, shape := range []string{"GA", "BALCONY", "STALLS", "FLOOR"} {
		if !shapes[shape] {
			t.Errorf("no house begins with %s", shape)
		}
	}
}

// These houses and prices were drawn by the first release: whoever imports again
// must get the same.
func TestDrawnForEver(t *testing.T) {
	got := ""
	for _, id := range []string{"a", "Z698xZu0ZaGcc", "rZ7HnEZ1AKP3F0"} {
		d := diceOf("price", id)
		low, high := currencies["USD"].draw(&d)
		s := drawHouse(id, 1200)
		got += fmt.Sprint(id, " ", low, " ", high, " ", len(s), " ", s[0].Name, " ", tickets(s[:1]), "\n")
	}
	want := "" +
		"a 4500 8500 3 STALLS 696\n" +
		"Z698xZu0ZaGcc 4000 10000 3 STALLS 684\n" +
		"rZ7HnEZ1AKP3F0 3500 7500 3 STALLS 780\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestRowNames(t *testing.T) {
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"} {
		if got := rowName(i); got != want {
			t.Errorf("row %d is %s, want %s", i, got, want)
		}
	}
}

func TestAmounts(t *testing.T) {
	for _, c := range []struct {
		currency, text string
		want           int64
		ok             bool
	}{
		{"EUR", "95", 9500, true}, {"EUR", "95.5", 9550, true}, {"EUR", "0.29", 29, true}, {"EUR", "0", 0, true},
		{"JPY", "4500", 4500, true}, {"KWD", "1.005", 1005, true}, {"EUR", "10000000", 1_000_000_000, true},
		{"JPY", "4500.5", 0, false}, {"EUR", "1.005", 0, false}, {"EUR", "10000000.01", 0, false},
		{"EUR", "", 0, false}, {"EUR", ".", 0, false}, {"EUR", "1.2.3", 0, false}, {"EUR", "-1", 0, false},
		{"EUR", "1e3", 0, false}, {"EUR", "99999999999999999999999", 0, false},
	} {
		if got, ok := currencies[c.currency].parseAmount(c.text); got != c.want || ok != c.ok {
			t.Errorf("%s %q: %d %v, want %d %v", c.currency, c.text, got, ok, c.want, c.ok)
		}
	}
	for amount, want := range map[float64]int64{54.35: 5435, 0.1 + 0.2: 30, 7495: 749500, 19.99: 1999} {
		if got, ok := currencies["USD"].minor(amount); got != want || !ok {
			t.Errorf("%v: %d, want %d", amount, got, want)
		}
	}
}
