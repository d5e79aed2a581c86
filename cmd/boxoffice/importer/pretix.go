package importer

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"boxoffice/actors/sale/catalog"
)

// pretixPlan is a seating plan: zones of rows of seats. Members of a plan's
// author that are not here are ignored. A plan says where seats are, not what
// they cost nor when the show is: PlanOptions do.
type pretixPlan struct {
	Name       string
	Categories []struct{ Name string }
	Zones      []pretixZone
	Standing   struct { // places without seats
		Name     string
		Capacity int
	}
}

type pretixZone struct {
	Name   string
	ZoneID string `json:"zone_id"`
	Rows   []pretixRow
}

type pretixRow struct {
	Number string `json:"row_number"`
	Label  string `json:"row_label"`
	Seats  []pretixSeat
}

type pretixSeat struct {
	Number   string `json:"seat_number"`
	GUID     string `json:"seat_guid"`
	Category string
	Position struct{ X, Y float64 }
}

// maxLook bounds how many runs ahead line looks for one of another row.
const maxLook = 64

// defaultStanding names the section of a plan's standing places.
const defaultStanding = "Standing"

// amounts is the prices of the options in minor units.
func (o PlanOptions) amounts() (map[string]int64, error) {
	out := make(map[string]int64, len(o.Prices))
	for _, category := range slices.Sorted(maps.Keys(o.Prices)) {
		v, ok := currencies[o.currency()].parseAmount(o.Prices[category])
		if !ok {
			return nil, &priceError{category, o.Prices[category], o.currency()}
		}
		out[category] = v
	}
	return out, nil
}

// priceError is an amount that cannot be read.
type priceError struct{ category, amount, currency string }

func (e *priceError) Error() string {
	return "price of " + quote(e.category) + ": " + quote(e.amount) + " is no amount of " + e.currency
}

func (o PlanOptions) currency() string { return cmp.Or(o.Currency, "EUR") }

// plan makes an event of a seating plan. A section is the part of a zone that is
// of one category; the dearest come first. Seats keep their seat_guid as id.
func (im *Importer) plan(raw []byte) (event catalog.Event, m Mends, bad *Refusal) {
	var p pretixPlan
	bad = decode(raw, &p)
	o := im.o.Plan
	name, changed, cut := fold(p.Name, catalog.MaxText)
	m.add(mendTitle, changed)
	m.add(mendTitleCut, cut)
	event = catalog.Event{
		ID: cmp.Or(o.Event, slug(name)), Title: cmp.Or(o.Title, name), StartsAt: o.StartsAt,
	}
	switch {
	case bad != nil:
		return event, m, bad
	case event.ID == "":
		return event, m, &Refusal{BadID, "the plan has no name that makes an id: give --event"}
	case event.Title == "":
		return event, m, &Refusal{NoTitle, "the plan has no name: give --title"}
	}
	if event.StartsAt == 0 {
		year := im.o.Now.UTC().Year() + 1
		event.StartsAt = catalog.At(time.Date(year, time.June, 1, defaultHour, 0, 0, 0, time.UTC))
	}
	b := planBuilder{id: event.ID, o: o, sections: make(map[string]int), used: make(map[string]bool)}
	b.prices, _ = o.amounts() // New has seen them
	for _, c := range p.Categories {
		b.known = append(b.known, c.Name)
	}
	for i := range p.Zones {
		b.zone(&p.Zones[i])
	}
	b.standing(p.Standing.Name, p.Standing.Capacity)
	event.Inventory, bad = b.inventory()
	return event, m | b.mends, bad
}

// planBuilder gathers the sections of a plan.
type planBuilder struct {
	id       string // of the event
	o        PlanOptions
	prices   map[string]int64
	known    []string // categories
	out      []planSection
	sections map[string]int // by name: index in out
	used     map[string]bool
	mends    Mends
	bad      *Refusal
}

// planSection is a section in the making: runs of seats that are neighbours.
type planSection struct {
	catalog.Section
	runs [][]catalog.Seat
}

// section is the section of that name; category sets the price of a new one.
func (b *planBuilder) section(name, category string) *planSection {
	i, ok := b.sections[name]
	if !ok {
		i = len(b.out)
		b.sections[name] = i
		b.out = append(b.out, planSection{Section: catalog.Section{Name: name, Price: b.price(category)}})
	}
	return &b.out[i]
}

// price is what a category costs: what the options say, else a price drawn from
// event and category.
func (b *planBuilder) price(category string) int64 {
	if v, ok := b.prices[category]; ok {
		return v
	}
	b.mends.add(mendCategoryPrice, true)
	d := diceOf("category", b.id, category)
	v, _ := currencies[b.o.currency()].draw(&d)
	return v
}

// zone takes the seats of a zone, row by row.
func (b *planBuilder) zone(z *pretixZone) {
	mixed := false
	first := ""
	for _, r := range z.Rows {
		for _, s := range r.Seats {
			first = cmp.Or(first, s.Category)
			mixed = mixed || s.Category != first
		}
	}
	zone := sectionName(cmp.Or(z.Name, z.ZoneID, "Hall"))
	for i := range z.Rows {
		r := &z.Rows[i]
		step := r.step()
		for j := range r.Seats {
			s := &r.Seats[j]
			b.mends.add(mendCategoryUnknown, !slices.Contains(b.known, s.Category))
			name := zone
			if mixed {
				name = sectionName(zone + " " + s.Category)
			}
			section := b.section(name, s.Category)
			apart := j == 0 || r.Seats[j-1].Category != s.Category || r.gap(j) > 1.5*step
			if apart {
				section.runs = append(section.runs, nil)
			}
			last := &section.runs[len(section.runs)-1]
			*last = append(*last, b.seat(z, r, s))
		}
	}
}

// sectionName is a zone's or category's name as a section may be called.
func sectionName(s string) string {
	s, _, _ = fold(strings.ReplaceAll(s, "/", "-"), catalog.MaxLabel)
	return s
}

// seat is a seat with its id. What has no usable seat_guid gets an id of zone,
// row and number; an id that is there twice spoils the plan.
func (b *planBuilder) seat(z *pretixZone, r *pretixRow, s *pretixSeat) catalog.Seat {
	row, _, _ := fold(cmp.Or(r.Label, r.Number), catalog.MaxLabel)
	number, _, _ := fold(s.Number, catalog.MaxLabel)
	id := s.GUID
	if !validTicketID(id) {
		b.mends.add(mendSeatID, true)
		id = slug(cmp.Or(z.ZoneID, z.Name) + "-" + row + "-" + number)
		for n := 2; b.used[id] || id == ""; n++ {
			base := slug(z.ZoneID + "-" + row + "-" + number)
			id = base[:min(len(base), 56)] + "." + strconv.Itoa(n)
		}
	}
	if b.used[id] && b.bad == nil {
		b.bad = &Refusal{BadPlan, "the seat_guid " + quote(id) + " is there twice"}
	}
	b.used[id] = true
	return catalog.Seat{ID: id, Row: row, Number: number}
}

// gap is how far a seat stands from the one before it.
func (r *pretixRow) gap(j int) float64 {
	a, b := r.Seats[j-1].Position, r.Seats[j].Position
	return math.Hypot(a.X-b.X, a.Y-b.Y)
}

// step is the usual distance of neighbours in a row: the median. 0 in a plan
// without positions, where gaps are 0 too.
func (r *pretixRow) step() float64 {
	if len(r.Seats) < 2 {
		return 0
	}
	gaps := make([]float64, 0, len(r.Seats)-1)
	for j := 1; j < len(r.Seats); j++ {
		gaps = append(gaps, r.gap(j))
	}
	slices.Sort(gaps)
	return gaps[(len(gaps)-1)/2]
}

// standing adds the places without seats.
func (b *planBuilder) standing(name string, capacity int) {
	if capacity <= 0 {
		return
	}
	name = sectionName(cmp.Or(name, defaultStanding))
	for n := 2; ; n++ {
		if _, taken := b.sections[name]; !taken {
			break
		}
		name = defaultStanding + " " + strconv.Itoa(n)
	}
	b.section(name, name).Capacity = capacity
}

// inventory is what was gathered, the dearest sections first.
func (b *planBuilder) inventory() (catalog.Inventory, *Refusal) {
	inv := catalog.Inventory{Currency: b.o.currency()}
	if b.bad != nil {
		return inv, b.bad
	}
	if len(b.out) == 0 {
		return inv, &Refusal{BadPlan, "the plan has no seats"}
	}
	slices.SortStableFunc(b.out, func(x, y planSection) int { return cmp.Compare(y.Price, x.Price) })
	for _, s := range b.out {
		s.Seats = line(s.runs)
		inv.Sections = append(inv.Sections, s.Section)
	}
	return inv, nil
}

// line puts runs of seats into one list. In an inventory, seats that follow each
// other in one row are neighbours. So two runs of equally named rows must not
// follow each other: the next run of another name goes between them, and where
// there is none left the row is told apart by a number.
func line(runs [][]catalog.Seat) []catalog.Seat {
	var out []catalog.Seat
	for n := 2; len(runs) > 0; {
		i := 0
		if len(out) > 0 {
			last := out[len(out)-1].Row
			near := runs[:min(len(runs), maxLook)]
			i = slices.IndexFunc(near, func(run []catalog.Seat) bool { return run[0].Row != last })
		}
		if i < 0 {
			i = 0
			for j := range runs[0] {
				runs[0][j].Row += " (" + strconv.Itoa(n) + ")"
			}
			n++
		}
		run := runs[i]
		copy(runs[1:i+1], runs[:i]) // the others keep their order
		runs = runs[1:]
		out = append(out, run...)
	}
	return out
}
