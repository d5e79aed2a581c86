package importer

import (
	"strconv"

	"boxoffice/actors/sale/catalog"
)

// drawHouse makes up a house of exactly n tickets: the same id and n give the
// same house. There are three shapes.
//
//	club     general admission, and where it is large a small seated balcony
//	theatre  STALLS, CIRCLE and BALCONY in rows
//	arena    a standing FLOOR, a ring of sections 101… and above it a ring 201…
//
// Sections stand in order of preference, the dearest first.
func drawHouse(id string, n int) []catalog.Section {
	d := diceOf("house", id)
	shape := d.roll(10)
	switch {
	case n < 100 && shape < 7 || n < 1000 && shape < 3:
		return club(&d, n)
	case n < 1000 || n < 5000 && shape < 8:
		return theatre(&d, n)
	}
	return arena(&d, n)
}

func club(d *dice, n int) []catalog.Section {
	balcony := n * (10 + d.roll(15)) / 100
	if balcony < 10 {
		return []catalog.Section{{Name: "GA", Capacity: n}}
	}
	return []catalog.Section{
		{Name: "BALCONY", Rows: rows(balcony, 8+d.roll(8))},
		{Name: "GA", Capacity: n - balcony},
	}
}

func theatre(d *dice, n int) []catalog.Section {
	width := 12 + d.roll(14)
	circle := n * (20 + d.roll(15)) / 100
	balcony := n * (10 + d.roll(15)) / 100
	var out []catalog.Section
	for _, part := range []struct {
		name  string
		seats int
		width int
	}{{"STALLS", n - circle - balcony, width}, {"CIRCLE", circle, width + 2}, {"BALCONY", balcony, width + 4}} {
		if part.seats > 0 {
			out = append(out, catalog.Section{Name: part.name, Rows: rows(part.seats, part.width)})
		}
	}
	return out
}

func arena(d *dice, n int) []catalog.Section {
	floor := n * (10 + d.roll(20)) / 100
	upper := (n - floor) * (35 + d.roll(20)) / 100
	width := 14 + d.roll(9)
	out := []catalog.Section{{Name: "FLOOR", Capacity: floor}}
	out = ring(out, 101, n-floor-upper, 80+d.roll(300), width)
	return ring(out, 201, upper, 80+d.roll(300), width+4)
}

// ring appends sections of about the given size, numbered from first.
func ring(out []catalog.Section, first, seats, size, width int) []catalog.Section {
	count := min(max(1, (seats+size/2)/size), 99)
	for i := range count {
		here := seats*(i+1)/count - seats*i/count
		out = append(out, catalog.Section{Name: strconv.Itoa(first + i), Rows: rows(here, width)})
	}
	return out
}

// rows divides n seats into rows of the given width; the last may be shorter. n
// and width are at least 1.
func rows(n, width int) []catalog.Row {
	out := make([]catalog.Row, 0, (n+width-1)/width)
	for i := 0; n > 0; i++ {
		out = append(out, catalog.Row{Name: rowName(i), Seats: min(n, width)})
		n -= width
	}
	return out
}

// rowName is A to Z, then AA to ZZ, then AAA.
func rowName(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

// setPrices gives the sections prices from the highest to the lowest.
func setPrices(sections []catalog.Section, m money, lowest, highest int64) {
	for i, p := range m.spread(lowest, highest, len(sections)) {
		sections[i].Price = p
	}
}
