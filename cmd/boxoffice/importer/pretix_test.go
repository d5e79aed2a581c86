package importer

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"boxoffice/actors/sale/catalog"
)

const samplePlan = `{"name": " Old  Hall ", "size": {"width": 5},
"categories": [{"name": "VIP", "color": "#f00"}, {"name": "II"}],
"zones": [{"name": "Block A", "zone_id": "A", "uuid": "z", "rows": [
 {"row_number": "2", "position": {"x": 0, "y": 0}, "align": 1, "seats": [
  {"seat_guid": "g1", "seat_number": "1", "category": "II", "position": {"x": 0, "y": 0}},
  {"seat_guid": "g2", "seat_number": "2", "category": "VIP", "position": {"x": 25, "y": 0}},
  {"seat_guid": "g3", "seat_number": "3", "category": "II", "position": {"x": 50, "y": 0}}]},
 {"row_number": "1", "seats": [
  {"seat_guid": "g4", "seat_number": "1", "category": "II", "position": {"x": 0, "y": 0}},
  {"seat_guid": "g5", "seat_number": "2", "category": "II", "position": {"x": 25, "y": 0}}]}]},
 {"name": "Block B", "rows": [{"row_number": "1", "row_label": "R1", "seats": [
  {"seat_guid": "h1", "seat_number": "7", "category": "II", "position": {"x": 0, "y": 0}},
  {"seat_guid": "h2", "seat_number": "8", "category": "II", "position": {"x": 25, "y": 0}},
  {"seat_guid": "h3", "seat_number": "9", "category": "II", "position": {"x": 90, "y": 0}}]}]}],
"standing": {"name": "Stehplatz", "capacity": 40}}`

// shape writes an inventory in a line.
func shape(inv catalog.Inventory) string {
	s := inv.Currency
	for _, x := range inv.Sections {
		s += fmt.Sprintf("; %s %d:", x.Name, x.Price)
		if x.Capacity > 0 {
			s += fmt.Sprintf(" %d standing", x.Capacity)
		}
		for _, seat := range x.Seats {
			s += fmt.Sprintf(" %s=%s/%s", seat.ID, seat.Row, seat.Number)
		}
	}
	return s
}

var samplePrices = map[string]string{"VIP": "99.50", "II": "40", "Stehplatz": "15"}

func TestPlan(t *testing.T) {
	o := Options{Plan: PlanOptions{Prices: samplePrices}}
	r := one(t, o, samplePlan)
	if r.Refused != nil || r.Mended != 1<<mendTitle {
		t.Fatalf("refused %v, mended %v", r.Refused, slices.Collect(r.Mended.All()))
	}
	// Neighbours: g1 and g3 have g2 between them, h2 and h3 an aisle.
	want := "EUR; Block A VIP 9950: g2=2/2; Block A II 4000: g1=2/1 g4=1/1 g5=1/2 g3=2/3" +
		"; Block B 4000: h1=R1/7 h2=R1/8 h3=R1 (2)/9; Stehplatz 1500: 40 standing"
	if got := shape(r.event.Inventory); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if e := r.event; e.ID != "old-hall" || e.Title != "Old Hall" || e.StartsAt.String() != "2027-06-01T20:00:00.000Z" {
		t.Errorf("%s %q starts %s", e.ID, e.Title, e.StartsAt)
	}
	o.Plan = PlanOptions{Event: "E1", Title: "Final", StartsAt: 1_800_000_000_000, Currency: "JPY",
		Prices: map[string]string{"VIP": "9000"}}
	r = one(t, o, samplePlan)
	if e := r.event; e.ID != "E1" || e.Title != "Final" || e.StartsAt != 1_800_000_000_000 ||
		e.Inventory.Currency != "JPY" {
		t.Errorf("%s", r.JSON)
	}
	if !r.Mended.Has(mendCategoryPrice) {
		t.Error("a drawn price is not told")
	}
}

func TestPlanOddities(t *testing.T) {
	zones := func(seats string) string {
		return `{"name":"Hall","categories":[{"name":"I"}],"zones":[{"name":"Z","rows":[{"row_number":"1","seats":[` +
			seats + `]}]}]}`
	}
	seat := func(guid, number string) string {
		return `{"seat_guid":"` + guid + `","seat_number":"` + number + `","category":"I"}`
	}
	for _, c := range []struct{ name, text, refused, shape string }{
		{"without positions", zones(seat("a", "1") + "," + seat("b", "2")), "", "; Z 1000: a=1/1 b=1/2"},
		{"labels twice", zones(seat("a", "1") + "," + seat("b", "1")), "", "; Z 1000: a=1/1 b=1/1"},
		{"guids twice", zones(seat("a", "1") + "," + seat("a", "2")), BadPlan, ""},
		{"no guids", zones(seat("", "1") + "," + seat("", "1")), "", "; Z 1000: z-1-1=1/1 1-1.2=1/1"},
		{"a guid that is none", zones(seat("a/b", "1")), "", "; Z 1000: z-1-1=1/1"},
		{"a guid with letters", zones(seat("Größe 1", "1")), "", "; Z 1000: Größe 1=1/1"},
		{"no seats", zones(""), BadPlan, ""},
		{"no name", strings.Replace(zones(seat("a", "1")), `"Hall"`, `"…"`, 1), BadID, ""},
		{"no zone name", strings.Replace(zones(seat("a", "1")), `"Z"`, `""`, 1), "", "; Hall 1000: a=1/1"},
		{"a slash", strings.Replace(zones(seat("a", "1")), `"Z"`, `"A/B"`, 1), "", "; A-B 1000: a=1/1"},
		{"numbers for texts", strings.Replace(zones(seat("a", "1")), `"1"`, `1`, 1), Malformed, ""},
		{"standing only", `{"name":"Hall","categories":[],"zones":[],"standing":{"capacity":3}}`, "",
			"; Standing 1000: 3 standing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Plan: PlanOptions{Prices: map[string]string{"I": "10", "Standing": "10"}}}
			r := one(t, o, c.text)
			if c.refused != "" {
				if r.Refused == nil || r.Refused.Reason != c.refused {
					t.Errorf("refused %v, want %s", r.Refused, c.refused)
				}
				return
			}
			if r.Refused != nil {
				t.Fatalf("refused: %v", *r.Refused)
			}
			if got := shape(r.event.Inventory); got != "EUR"+c.shape {
				t.Errorf("got  %s\nwant EUR%s", got, c.shape)
			}
		})
	}
}

// Standing places beside a zone of the same name, however long it is.
func TestStandingName(t *testing.T) {
	long := strings.Repeat("x", 60)
	r := one(t, Options{}, `{"name":"Hall","categories":[],"zones":[{"name":"`+long+`","rows":[{"row_number":"1",
"seats":[{"seat_guid":"a"}]}]}],"standing":{"name":"`+long+`","capacity":3}}`)
	if r.Refused != nil || len(r.event.Inventory.Sections) != 2 {
		t.Errorf("%v: %s", r.Refused, r.JSON)
	}
}

// No two seats that follow each other in a row's list come from different runs.
func TestLine(t *testing.T) {
	for _, names := range []string{"", "1", "11", "1122", "121212", "1111", "12111", "2111112"} {
		var runs [][]catalog.Seat
		for i, name := range names {
			run := []catalog.Seat{{ID: fmt.Sprint(i), Row: string(name), Number: fmt.Sprint(i)},
				{ID: fmt.Sprint(i, "b"), Row: string(name), Number: fmt.Sprint(i)}}
			runs = append(runs, run)
		}
		seats := line(runs)
		if len(seats) != 2*len(names) {
			t.Fatalf("%s: %d seats", names, len(seats))
		}
		for i := 1; i < len(seats); i++ {
			a, b := seats[i-1], seats[i] // Number is the run
			if a.Row == b.Row && a.Number != b.Number {
				t.Errorf("%s: %v and %v seem to be neighbours", names, a, b)
			}
		}
	}
}

// Every real plan goes in with all its seats, and seats keep their ids from one
// revision to the next.
func TestRealPlans(t *testing.T) {
	files := shared(t, "seating/*seats*.json")
	before := map[string]bool{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if form, _ := recognise(text); form != plan {
			continue
		}
		r := one(t, Options{}, string(text))
		if r.Refused != nil {
			t.Errorf("%s: %v", name, *r.Refused)
			continue
		}
		ids := map[string]bool{}
		for _, s := range r.event.Inventory.Sections {
			for _, seat := range s.Seats {
				ids[seat.ID] = true
			}
		}
		if n := strings.Count(string(text), `"seat_guid"`); n != len(ids) {
			t.Errorf("%s: %d seats of %d", name, len(ids), n)
		}
		kept := 0
		for id := range maps.Keys(ids) {
			if before[id] {
				kept++
			}
		}
		t.Logf("%s: %d seats, %d kept", name, len(ids), kept)
		before = ids
	}
}
