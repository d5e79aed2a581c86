package demo

import (
	"strconv"

	"boxoffice/actors/sale/catalog"
)

// kind is what sort of house a venue is.
type kind uint8

const (
	arena   kind = iota // a floor to stand on and two rings of sections
	theatre             // stalls, circle, balcony
	hall                // a concert hall: parterre and galleries
	club                // standing, and a few seats
)

// money says how many minor units of a currency make about one dollar.
var money = map[string]int64{
	"USD": 100, "CAD": 140, "EUR": 100, "GBP": 80, "AUD": 150, "NZD": 160, "CHF": 90, "SEK": 1000, "NOK": 1000,
	"DKK": 700, "PLN": 400, "CZK": 2200, "HUF": 35000, "TRY": 4000, "JPY": 150, "KRW": 1400, "SGD": 130, "HKD": 780,
	"TWD": 3200, "INR": 8500, "THB": 3300, "AED": 370, "ZAR": 1800, "BRL": 550, "MXN": 1800, "CLP": 950, "ISK": 130,
	"ILS": 370, "ARS": 100000, "COP": 400000,
}

// house lays a venue out and prices it: the dearest section about three times the
// cheapest.
func house(d *dice, v *venue) catalog.Inventory {
	var sections []catalog.Section
	switch v.kind {
	case arena:
		sections = arenaHouse(v.size)
	case theatre:
		sections = tiers(v.size, []string{"STALLS", "CIRCLE", "BALCONY"}, []int{55, 27, 18})
	case hall:
		sections = tiers(v.size, []string{"PARTERRE", "GALLERY", "CHOIR"}, []int{60, 30, 10})
	case club:
		sections = tiers(v.size*15/100, []string{"BALCONY"}, []int{100})
		sections = append(sections, catalog.Section{Name: "GA", Capacity: v.size - v.size*15/100})
	}
	dollars := int64(20 + 5*d.roll(9))
	if v.kind == arena {
		dollars += 20
	}
	for i := range sections {
		left := int64(len(sections) - i) // the first is the best
		price := dollars + 2*dollars*left/int64(len(sections))
		sections[i].Price = price * money[v.currency] / 10 * 10
	}
	return catalog.Inventory{Currency: v.currency, Sections: sections}
}

// arenaHouse is a floor for an eighth of the people, a lower ring of sections of
// 400 seats from 101 and an upper ring from 201.
func arenaHouse(size int) []catalog.Section {
	const rows, seats = 20, 20
	rings := (size - size/8) / (rows * seats)
	lower := rings / 2
	sections := []catalog.Section{}
	for i := range rings {
		name := strconv.Itoa(101 + i)
		if i >= lower {
			name = strconv.Itoa(201 + i - lower)
		}
		sections = append(sections, catalog.Section{Name: name, Rows: rowsOf(rows*seats, seats)})
	}
	floor := catalog.Section{Name: "FLOOR", Capacity: size - rings*rows*seats}
	return append(sections[:lower:lower], append([]catalog.Section{floor}, sections[lower:]...)...)
}

// tiers divides a house into tiers of the given shares in percent; the first gets
// what rounding leaves.
func tiers(size int, names []string, shares []int) []catalog.Section {
	sections := make([]catalog.Section, len(names))
	width := min(10+size/100, 32)
	left := size
	for i := len(names) - 1; i >= 0; i-- {
		seats := size * shares[i] / 100
		if i == 0 {
			seats = left
		}
		left -= seats
		sections[i] = catalog.Section{Name: names[i], Rows: rowsOf(seats, width)}
	}
	return sections
}

// rowsOf divides seats into rows of the given width; the last may be shorter.
func rowsOf(seats, width int) []catalog.Row {
	var rows []catalog.Row
	for i := 0; seats > 0; i++ {
		rows = append(rows, catalog.Row{Name: rowName(i), Seats: min(seats, width)})
		seats -= width
	}
	return rows
}

// rowName is A to Z, then AA, AB, and so on.
func rowName(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return rowName(i/26-1) + string(rune('A'+i%26))
}
