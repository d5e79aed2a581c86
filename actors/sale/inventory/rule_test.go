package inventory

import (
	"math"
	"slices"
	"strings"
	"testing"

	"boxoffice/actors/sale/catalog"
)

// TestBestRule shows the rule of the package comment, one row a line: "." is
// available, "x" is not, "O" is what is given.
func TestBestRule(t *testing.T) {
	tests := []struct {
		about    string
		quantity int
		row      string
		want     string
	}{
		{"the middle of an empty row", 2, "..........", "....OO...."},
		{"of two middles the lower", 2, ".........", "...OO...."},
		{"of two runs the nearer", 2, "....x.xx..", "..OOx.xx.."},
		{"of two runs at the same distance the lower", 2, "...xx...", ".OOxx..."},
		{"a single seat is left either way", 2, "xx...xxx", "xx.OOxxx"},
		{"moved by one so that nobody sits alone", 2, "xxxx....xx", "xxxxOO..xx"},
		{"both ends rather than two singles", 8, "..........", "OOOOOOOO.."},
		{"the nearer run although it leaves a single seat", 2, "xxx...xxx...", "xxx.OOxxx..."},
		{"a gap of just the size", 3, ".x...x....", ".xOOOx...."},
		{"one seat", 1, "x...x", "xO..x"},
		{"the whole row", 5, ".....", "OOOOO"},
		{"too many", 3, "..x..", ""},
	}
	for _, test := range tests {
		t.Run(test.about, func(t *testing.T) {
			row := catalog.Row{Name: "A", Seats: len(test.row)}
			s := NewStock(NewPlan(catalog.Inventory{Sections: []catalog.Section{
				{Name: "wall", Rows: []catalog.Row{{Name: "W", Seats: 61}}}, // so that the row crosses a word
				{Name: "s", Rows: []catalog.Row{row}},
			}}), nil)
			for i, c := range test.row {
				if c == 'x' {
					s.Set(Ticket(61+i), Held, 1)
				}
			}
			got, _ := s.Best(Query{Quantity: test.quantity, Section: "s", Adjacent: true}, nil)
			picture := []byte(test.row)
			for _, ticket := range got {
				picture[ticket-61] = 'O'
			}
			if want := test.want; len(got) == 0 && want != "" || len(got) > 0 && string(picture) != want {
				t.Errorf("%d of %s: %s; want %s", test.quantity, test.row, picture, want)
			}
		})
	}
}

// TestBestOrder: sections in order, neighbours before scattered seats, general
// admission as one row.
func TestBestOrder(t *testing.T) {
	s := NewStock(NewPlan(catalog.Inventory{Sections: []catalog.Section{
		{Name: "dear", Price: 300, Rows: []catalog.Row{{Name: "1", Seats: 3}, {Name: "2", Seats: 3}}}, // 0-5
		{Name: "floor", Price: 100, Capacity: 200},                                                    // 6-205
		{Name: "back", Price: 200, Rows: []catalog.Row{{Name: "1", Seats: 4}}},                        // 206-209
		{Name: "lawn", Price: 0, Capacity: 2},                                                         // 210-211
	}}), nil)
	s.Set(1, Booked, 1)
	tests := []struct {
		query Query
		want  []Ticket
	}{
		{Query{Quantity: 1}, []Ticket{0}},
		{Query{Quantity: 2}, []Ticket{3, 4}},
		{Query{Quantity: 4}, []Ticket{6, 7, 8, 9}},
		{Query{Quantity: 2, MaxPrice: 299}, []Ticket{6, 7}},
		{Query{Quantity: 2, MaxPrice: 300}, []Ticket{3, 4}},
		{Query{Quantity: 3, MaxPrice: 99}, nil},
		{Query{Quantity: 2, MaxPrice: -1}, []Ticket{210, 211}}, // for nothing
		{Query{Quantity: 3, MaxPrice: math.MinInt64}, nil},
		{Query{Quantity: 2, Section: "back", MaxPrice: -1}, nil},
		{Query{Quantity: 2, Section: "back"}, []Ticket{206, 207}}, // not 207, 208: that leaves two singles
		{Query{Quantity: 2, Section: "back", MaxPrice: 150}, nil},
		{Query{Quantity: 2, Section: "nowhere"}, nil},
		{Query{Quantity: 4, Section: "dear"}, []Ticket{0, 2, 3, 4}},
		{Query{Quantity: 4, Section: "dear", Adjacent: true}, nil},
		{Query{Quantity: 6, Section: "dear"}, nil},
		{Query{Quantity: 0}, nil},
		{Query{Quantity: math.MinInt}, nil},
		{Query{Quantity: math.MaxInt}, nil},
	}
	for _, test := range tests {
		got, ok := s.Best(test.query, []Ticket{77})
		if ok != (test.want != nil) || !slices.Equal(got, append([]Ticket{77}, test.want...)) {
			t.Errorf("Best(%+v) = %v, %v; want %v behind 77", test.query, got, ok, test.want)
		}
	}
}

// TestVersions: exact beyond 32 bits, nil while there are none.
func TestVersions(t *testing.T) {
	p := NewPlan(generalHouse(3))
	s := NewStock(p, nil)
	if got := s.ChangedAt(); got != nil {
		t.Errorf("ChangedAt() = %v before the first change", got)
	}
	before := s.Snapshot(0)
	for _, step := range []struct {
		version uint64
		want    []uint64
	}{
		{0, nil},
		{7, []uint64{7, 0, 0}},
		{math.MaxUint32, []uint64{math.MaxUint32, 0, 0}},
		{1 << 40, []uint64{1 << 40, 0, 0}},
		{1<<40 + 1, []uint64{1<<40 + 1, 0, 0}},
	} {
		s.Set(0, Held, step.version)
		got := s.ChangedAt()
		if !slices.Equal(got, step.want) || s.Snapshot(1).ChangedAt(0) != step.version {
			t.Errorf("ChangedAt() = %v; want %v", got, step.want)
		}
		if again := NewStock(p, got).ChangedAt(); !slices.Equal(again, got) {
			t.Errorf("ChangedAt() = %v after a restart; want %v", again, got)
		}
	}
	s = NewStock(p, nil)
	s.Set(2, Booked, 1<<33)
	if got, want := s.ChangedAt(), []uint64{0, 0, 1 << 33}; !slices.Equal(got, want) {
		t.Errorf("ChangedAt() = %v; want %v", got, want)
	}
	if before.Status(0) != Available || before.ChangedAt(0) != 0 || before.Version() != 0 || before.Plan() != p {
		t.Error("a snapshot has changed")
	}
}

// TestBrokenCalls: what only a broken caller does panics and says what it was.
func TestBrokenCalls(t *testing.T) {
	s := NewStock(NewPlan(generalHouse(3)), nil)
	for name, call := range map[string]func(){
		"set ticket 3 of 3 to held":    func() { s.Set(3, Held, 1) },
		"set ticket 0 of 3 to unknown": func() { s.Set(0, Booked+1, 1) },
		"2 versions for 3 tickets":     func() { NewStock(s.Plan(), make([]uint64, 2)) },
		"300000 tickets":               func() { NewPlan(generalHouse(300_000)) },
	} {
		func() {
			defer func() {
				if got, ok := recover().(string); !ok || !strings.Contains(got, name) {
					t.Errorf("panic %q; want %q", got, name)
				}
			}()
			call()
		}()
	}
}

// TestEmptyHouse is a plan of nothing: Check refuses it, but a State without an
// event may ask.
func TestEmptyHouse(t *testing.T) {
	s := NewStock(NewPlan(catalog.Inventory{}), nil)
	if _, ok := s.Plan().Find("a-1"); ok || s.Plan().Total() != 0 || s.Matching(Query{}) != 0 {
		t.Error("an empty house has tickets")
	}
	if got, ok := s.Best(Query{Quantity: 1}, nil); ok || got != nil {
		t.Errorf("Best() = %v, %v", got, ok)
	}
	if _, _, ok := s.Plan().Section(""); ok || s.ChangedAt() != nil || s.Snapshot(1).Plan() != s.Plan() {
		t.Error("an empty house has a section")
	}
}

// TestNoAllocation: the calls on the path of a hold.
func TestNoAllocation(t *testing.T) {
	for _, h := range houses {
		s := NewStock(NewPlan(h.make(2000)), nil)
		s.Set(0, Held, 1)
		id := s.plan.ID(1999)
		dst := make([]Ticket, 0, 8)
		got := testing.AllocsPerRun(100, func() {
			ticket, _ := s.plan.Find(id)
			s.Set(ticket, Held, 2)
			dst, _ = s.Best(Query{Quantity: 3, Section: "101"}, dst[:0])
			dst, _ = s.Best(Query{Quantity: 3, MaxPrice: 1e9}, dst[:0])
			s.Set(ticket, Available, 3)
		})
		if got != 0 {
			t.Errorf("%s: %v allocations", h.name, got)
		}
	}
}
