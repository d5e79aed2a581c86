package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"boxoffice/actors/payment"
)

// check compares what the clients were told with the seat maps, the bookings and
// the provider's ledger. Every request has had a definite answer, so they must
// agree to the ticket and to the cent.
func (s *shop) check(ledger string) {
	s.t.Helper()
	expected := map[string]map[string]string{} // event → ticket → status
	for e := range int(s.events.Load()) {
		expected[crashEventID(e)] = map[string]string{}
	}
	claim := func(g *grant, status string) {
		for _, ticket := range g.Tickets {
			if other := expected[g.Event][ticket.ID]; other != "" {
				s.t.Errorf("%s of %s is owned twice: %s and %s", ticket.ID, g.Event, other, status)
			}
			expected[g.Event][ticket.ID] = status
		}
	}
	for _, h := range s.holds {
		claim(h, "held")
		s.fetch("/events/"+h.Event+"/holds/"+h.ID, h)
	}
	for _, b := range s.bookings {
		if now := s.decided(b); now == "confirmed" {
			claim(b, "booked")
		}
	}
	for event, want := range expected {
		s.checkSeatMap(event, want)
	}
	s.checkLedger(ledger)
}

// fetch reads a hold or a booking and compares it with what was told.
func (s *shop) fetch(path string, told *grant) grant {
	s.t.Helper()
	r := s.insist(http.MethodGet, path, "", nil)
	var now grant
	if err := json.Unmarshal(r.body, &now); err != nil || r.status != http.StatusOK {
		s.t.Errorf("acknowledged, but GET %s is %d %s", path, r.status, r.body)
		return now
	}
	same := now.ID == told.ID && now.Total == told.Total && len(now.Tickets) == len(told.Tickets)
	for i := 0; same && i < len(told.Tickets); i++ {
		same = now.Tickets[i].ID == told.Tickets[i].ID
	}
	if !same {
		s.t.Errorf("GET %s is not what was told: %s", path, r.body)
	}
	return now
}

// decided waits until a booking has come to its end, and says which.
func (s *shop) decided(b *grant) string {
	s.t.Helper()
	path := "/bookings/" + b.Event + "/" + b.ID
	deadline := time.Now().Add(30 * time.Second)
	for {
		now := s.fetch(path, b)
		final := now.Status == "confirmed" || now.Status == "declined" || now.Status == "refunded"
		switch {
		case final && b.Status == "cancelled" && now.Status != "refunded",
			final && b.Status == "confirmed" && now.Status != "confirmed":
			s.t.Errorf("%s was told %s and is %s", path, b.Status, now.Status)
			return now.Status
		case final:
			return now.Status
		case time.Now().After(deadline):
			s.t.Errorf("%s is still %q", path, now.Status)
			return now.Status
		}
		<-time.After(50 * time.Millisecond)
	}
}

// checkSeatMap waits until the seat map, which may be a second old, is what the
// clients were told.
func (s *shop) checkSeatMap(event string, want map[string]string) {
	s.t.Helper()
	s.agree("the seat map of "+event, func() (problems []string) {
		r := s.insist(http.MethodGet, "/events/"+event+"/tickets", "", nil)
		var seats struct{ Tickets []seat }
		if err := json.Unmarshal(r.body, &seats); err != nil || len(seats.Tickets) != crashRows*crashSeats {
			return []string{fmt.Sprintf("%d, %d tickets, %v", r.status, len(seats.Tickets), err)}
		}
		for _, x := range seats.Tickets {
			status := want[x.ID]
			if status == "" {
				status = "available"
			}
			if x.Status != status {
				problems = append(problems, x.ID+" is "+x.Status+", its owner was told "+status)
			}
		}
		return problems
	})
}

// agree waits until a comparison finds no problem, and reports those of the last
// one if it never does.
func (s *shop) agree(what string, compare func() []string) {
	s.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		problems := compare()
		if len(problems) == 0 {
			return
		}
		if time.Now().After(deadline) {
			for _, p := range problems {
				s.t.Errorf("%s: %s", what, p)
			}
			return
		}
		<-time.After(50 * time.Millisecond)
	}
}

// checkLedger joins the provider's ledger with the bookings: captured and not
// given back if and only if confirmed, once, over the right amount.
func (s *shop) checkLedger(path string) {
	s.t.Helper()
	s.agree("the ledger", func() []string { return s.joinLedger(path) }) // captures trail confirmations
}

func (s *shop) joinLedger(path string) (problems []string) {
	entries, err := payment.ReadLedger(path)
	if err != nil {
		return []string{err.Error()}
	}
	taken := map[string]int64{} // event/booking → captured and not refunded
	captures := map[string]int{}
	for _, e := range entries {
		at := e.Event + "/" + e.Booking
		switch e.Effect {
		case payment.EffectCaptured:
			taken[at] += e.Amount
			captures[at]++
		case payment.EffectRefunded:
			taken[at] -= e.Amount
		}
	}
	for at, n := range captures {
		if n > 1 {
			problems = append(problems, at+" was charged twice")
		}
	}
	for at, b := range s.bookings {
		want := b.Total.Amount
		if b.Status != "confirmed" && b.Status != "pending" {
			want = 0
		}
		if b.Status != "pending" && taken[at] != want {
			problems = append(problems, at+" is "+b.Status+" but the ledger has another amount")
		}
		delete(taken, at)
	}
	for at, amount := range taken {
		if amount != 0 {
			problems = append(problems, at+" was charged without a booking")
		}
	}
	return problems
}
