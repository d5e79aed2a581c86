package main

// rush lets everybody want one of the same few seats, chosen by chance.
func (r *run) rush() operation {
	return func(w *worker, _ int64) bool {
		h := r.houses[w.random.IntN(len(r.houses))]
		switch a, final := w.book(seat{h, h.Ticket(w.random.IntN(h.Seats))}, ""); {
		case final && a.Status/100 == 2:
			w.sold++
		case final && a.Status == 409:
			w.refused++
		}
		return true
	}
}

// rushReport is what a rush came to.
type rushReport struct {
	Seats   int     `json:"seats"`
	Sold    int     `json:"sold"`
	Refused int64   `json:"refused"`
	Rate    float64 `json:"answersPerSecond"` // filled in by the report
}

// rushed adds up a rush.
func (r *run) rushed(workers []*worker) *rushReport {
	rep := &rushReport{}
	for _, h := range r.houses {
		rep.Seats += h.Seats
	}
	for _, w := range workers {
		rep.Sold += w.sold
		rep.Refused += w.refused
	}
	return rep
}
