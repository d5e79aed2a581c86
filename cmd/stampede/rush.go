package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"boxoffice/cmd/stampede/wire"
)

// refusals is what one worker was refused in a rush.
type refusals struct {
	named map[string]time.Duration // ticket → when the first refusal that names it had come
	count int64                    // refusals that named what was lost
	wrong []string                 // refusals that said something else
}

// rush lets everybody want one of the same few seats, chosen by chance.
func (r *run) rush() operation {
	return func(w *worker, _ int64) bool {
		h := r.houses[w.random.IntN(len(r.houses))]
		s := seat{h, h.Ticket(w.random.IntN(h.Seats))}
		a, d := w.book(s, "")
		if a.Status/100 != 2 && d.status != 0 {
			w.refusals.add(s, a, d.ended)
		}
		return true
	}
}

// add takes a refusal. It must be a 409 that names the ticket, and nothing that
// was not asked for.
func (f *refusals) add(s seat, a wire.Answer, at time.Duration) {
	var p struct {
		Code      string   `json:"code"`
		TicketIDs []string `json:"ticketIds"`
	}
	err := json.Unmarshal(a.Body, &p)
	if err != nil || a.Status != 409 || p.Code != "tickets-unavailable" || !slices.Equal(p.TicketIDs, []string{s.id}) {
		if a.Status != 503 && len(f.wrong) < maxShown {
			f.wrong = append(f.wrong, fmt.Sprintf("refusal of %s: status %d: %.200s", s.id, a.Status, a.Body))
		}
		return
	}
	f.count++
	if f.named == nil {
		f.named = map[string]time.Duration{}
	}
	name := s.house.ID + "/" + s.id
	if _, ok := f.named[name]; !ok {
		f.named[name] = at
	}
}

// rushReport is what a rush came to.
type rushReport struct {
	Seats   int     `json:"seats"`
	Sold    int     `json:"sold"`
	Refused int64   `json:"refusedWithNames"`
	Rate    float64 `json:"answersPerSecond"` // filled in by the report
}

// rush checks what only a rush promises: every seat is sold, and every refusal
// names a ticket whose booking began before the refusal had come.
func (k *checker) rush(workers []*worker) *rushReport {
	rep := &rushReport{}
	k.settle()
	began := map[string]time.Duration{}
	for _, d := range k.deeds {
		if d.kind == bookKind && d.granted() {
			rep.Sold++
			began[d.event+"/"+d.tickets[0]] = d.began
		}
	}
	for _, h := range k.houses {
		rep.Seats += h.Seats
	}
	if rep.Sold != rep.Seats {
		k.problem("%d bookings were granted for %d seats", rep.Sold, rep.Seats)
	}
	for _, w := range workers {
		rep.Refused += w.refusals.count
		for _, say := range w.refusals.wrong {
			k.problem("%s", say)
		}
		for name, at := range w.refusals.named {
			if from, sold := began[name]; !sold {
				k.problem("a refusal named %s, which nobody has", name)
			} else if from > at {
				k.problem("a refusal named %s at %v, its booking began at %v", name, at, from)
			}
		}
	}
	return rep
}
