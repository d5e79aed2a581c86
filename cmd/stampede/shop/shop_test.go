package shop

import (
	"math/rand/v2"
	"testing"

	"boxoffice/cmd/stampede/script"
)

// TestMember reads members wherever they stand, and only them.
func TestMember(t *testing.T) {
	for _, c := range []struct{ doc, name, want string }{
		{`{"code":"x-y"}`, "code", "x-y"},
		{`{ "title": "code", "code" : "x" }`, "code", "x"},
		{`{"barcode":"n","code":"y"}`, "code", "y"},
		{`{"code":7}`, "code", ""},
		{`{"code":"cut`, "code", ""},
		{`{"code"`, "code", ""},
		{``, "code", ""},
	} {
		if got := string(member([]byte(c.doc), c.name)); got != c.want {
			t.Errorf("%s of %s is %q, want %q", c.name, c.doc, got, c.want)
		}
	}
}

// TestFreeTickets reads a seat map as servers write it.
func TestFreeTickets(t *testing.T) {
	doc := []byte(`{"eventId":"e","version":7,"tickets":[
		{"id":"A-1","section":"A","price":{"amount":5,"currency":"USD"},"status":"available"},
		{"id":"A-2","price":{"amount":5},"status":"held"},
		{"id":"A-3","status":"booked"},{"id": "A-4", "status": "available"}]}`)
	free, held := freeTickets(nil, doc)
	if len(free) != 2 || string(free[0]) != "A-1" || string(free[1]) != "A-4" || held != 1 {
		t.Errorf("got %q, %d held", free, held)
	}
	if free, held := freeTickets(nil, []byte(`{"tickets":[]}`)); len(free) != 0 || held != 0 {
		t.Errorf("got %q, %d held of an empty map", free, held)
	}
}

// TestReadHold reads holds whose tickets are objects or ids.
func TestReadHold(t *testing.T) {
	for _, doc := range []string{
		`{"tickets":[{"section":"A","id":"A-1"},{"id":"A-2"}],"id":"h"}`, `{"id":"h","tickets":["A-1","A-2"]}`,
	} {
		id, tickets := readHold([]byte(doc))
		if id != "h" || len(tickets) != 2 || tickets[0] != "A-1" || tickets[1] != "A-2" {
			t.Errorf("%s: got %q %q", doc, id, tickets)
		}
	}
}

// TestTaste wants tastes to follow Zipf's law: of 1000 seats the best is liked about
// 2^e times as often as the second, everybody likes some seat, and with 0 all are alike.
func TestTaste(t *testing.T) {
	const seats, people = 1000, 200_000
	for _, c := range []struct{ zipf, low, high float64 }{
		{0, 0.9, 1.1}, {1, 1.5, 1.9}, {1.1, 1.55, 2.0}, {2, 2.7, 3.3},
	} {
		b := newBuyer(&Shop{Config: Config{Script: &script.Script{Buyer: script.Buyer{Zipf: c.zipf}}}})
		b.random = rand.New(rand.NewPCG(1, 1))
		var liked [seats]float64
		for range people {
			liked[b.taste(seats)]++
		}
		first, second := liked[0], liked[1]
		if c.zipf == 0 {
			first, second = 0, 0
			for i, n := range liked {
				if i < seats/2 {
					first += n
				} else {
					second += n
				}
			}
		}
		if got := first / second; got < c.low || got > c.high {
			t.Errorf("zipf %g: the best is liked %.2f times as often as the next, want %g to %g",
				c.zipf, got, c.low, c.high)
		}
	}
}
