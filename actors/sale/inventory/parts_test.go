package inventory

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"boxoffice/actors/sale/catalog"
)

// layouts are layouts that differ from each other in one thing each.
func layouts() []catalog.Inventory {
	section := func(change func(*catalog.Section)) catalog.Inventory {
		s := catalog.Section{Name: "S", Price: 100, Rows: []catalog.Row{{Name: "A", Seats: 10}, {Name: "B", Seats: 12}}}
		change(&s)
		return catalog.Inventory{Currency: "USD", Sections: []catalog.Section{s}}
	}
	seats := func(ids string) []catalog.Seat {
		var out []catalog.Seat
		for id := range strings.FieldsSeq(ids) {
			out = append(out, catalog.Seat{ID: id, Row: id[:1], Number: id[1:]})
		}
		return out
	}
	all := []catalog.Inventory{
		section(func(*catalog.Section) {}),
		section(func(s *catalog.Section) { s.Name = "T" }),
		section(func(s *catalog.Section) { s.Price = 101 }),
		section(func(s *catalog.Section) { s.Rows[0].Seats, s.Rows[1].Seats = 11, 11 }),
		section(func(s *catalog.Section) { s.Rows[0].Name = "C" }),
		section(func(s *catalog.Section) { s.Rows = s.Rows[:1] }),
		section(func(s *catalog.Section) { s.Rows, s.Capacity = nil, 22 }),
		section(func(s *catalog.Section) { s.Rows, s.Capacity = nil, 23 }),
		section(func(s *catalog.Section) { s.Rows, s.Seats = nil, seats("A1 A2 B1 B2") }),
		section(func(s *catalog.Section) { s.Rows, s.Seats = nil, seats("A1 A3 B1 B2") }),
		section(func(s *catalog.Section) { s.Rows, s.Seats = nil, seats("A1 B1 A2 B2") }),
	}
	other := section(func(*catalog.Section) {})
	other.Currency = "EUR"
	twice := section(func(*catalog.Section) {})
	twice.Sections = append(twice.Sections, catalog.Section{Name: "T", Price: 100, Capacity: 500})
	return append(all, other, twice)
}

// A fingerprint says whether two layouts are the same, whoever made them of what.
func TestFingerprint(t *testing.T) {
	seen := map[[16]byte]int{}
	for i, inv := range layouts() {
		p := NewPlan(inv)
		if j, ok := seen[p.Fingerprint()]; ok {
			t.Errorf("layouts %d and %d have the same fingerprint", i, j)
		}
		seen[p.Fingerprint()] = i
		if again := NewPlan(p.Inventory()); again.Fingerprint() != p.Fingerprint() {
			t.Errorf("house %d: made again it has another fingerprint", i)
		}
	}
	// Sent by other programs too: it must stay what it is.
	const want = "121b25d36d670c0ab02c7d7be5807de7"
	if got := fmt.Sprintf("%x", NewPlan(layouts()[0]).Fingerprint()); got != want {
		t.Errorf("the fingerprint of a house is %s now, it was %s", got, want)
	}
}

func TestASnapshotIsPutTogetherAgain(t *testing.T) {
	for i, inv := range layouts() {
		p := NewPlan(inv)
		for _, version := range []uint64{0, 7, math.MaxUint32 + 1} {
			s := NewStock(p, nil)
			if version > 0 {
				s.Set(0, Held, version)
				s.Set(Ticket(p.Total()-1), Booked, version)
				s.Set(1, Booked, version-1)
			}
			want := s.Snapshot(version)
			got, err := NewPlan(inv).Snapshot(want.Parts())
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("house %d at version %d: %+v, %v; want %+v", i, version, got, err, want)
			}
		}
	}
}

func TestPartsOfAnotherPlan(t *testing.T) {
	p := NewPlan(layouts()[0]) // 22 tickets: one word
	free, none := []uint64{1<<22 - 1}, []uint64{0}
	for name, parts := range map[string]Parts{
		"nothing":             {},
		"too many words":      {Free: []uint64{1, 2}, Booked: none},
		"too few words":       {Free: free},
		"too few versions":    {Free: free, Booked: none, ChangedAt: make([]uint64, 21)},
		"available, booked":   {Free: free, Booked: []uint64{4}},
		"a 23rd available":    {Free: []uint64{1 << 22}, Booked: none},
		"a 64th ticket taken": {Free: none, Booked: []uint64{1 << 63}},
	} {
		if s, err := p.Snapshot(parts); err == nil {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if _, err := p.Snapshot(Parts{Free: free, Booked: none}); err != nil {
		t.Error(err)
	}
}
