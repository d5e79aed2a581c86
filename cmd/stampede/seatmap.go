package main

import (
	"encoding/json"
	"time"

	"boxoffice/cmd/stampede/shop"

	"boxoffice/cmd/stampede/wire"
)

// seatMap wants an event's seat map to name exactly the tickets that were sold, and
// the event's counts to agree with it.
func (k *checker) seatMap(h *shop.House) {
	c := wire.NewConn(k.target.Address, k.timeout)
	defer c.Close()
	k.count(&k.done.Events)
	var m seatMapDoc
	if !k.read(c, "/events/"+h.ID+"/tickets", &m) {
		return
	}
	status := make(map[string]string, len(m.Tickets))
	counts := map[string]int{}
	for _, t := range m.Tickets {
		if _, twice := status[t.ID]; twice {
			k.problem("the seat map of %s has ticket %s twice", h.ID, t.ID)
		}
		status[t.ID] = t.Status
		counts[t.Status]++
	}
	if len(status) != h.Seats || counts["available"]+counts["held"]+counts["booked"] != h.Seats {
		k.problem("the seat map of %s has %d tickets, %v; the event has %d", h.ID, len(status), counts, h.Seats)
	}
	held := k.heldTickets(h)
	for n := range h.Seats {
		t := h.Ticket(n)
		k.compare(h, t, status[t], held[t])
	}
	k.availability(c, h, counts)
}

// compare holds one ticket of the seat map to what was told of it.
func (k *checker) compare(h *shop.House, ticket, status string, held bool) {
	booking, sold := k.owner[h.ID+"/"+ticket]
	undecided := k.pending[h.ID+"/"+ticket]
	switch {
	case sold && status != "booked" && !undecided:
		k.problem("ticket %s of %s is in booking %s, the seat map says %q", ticket, h.ID, booking, status)
	case !sold && status == "booked":
		k.problem("ticket %s of %s is booked, but every answer that granted it is missing", ticket, h.ID)
	case !sold && status == "held" && !held:
		k.problem("ticket %s of %s is held, but no live hold was granted", ticket, h.ID)
	}
}

// heldTickets gives the tickets of an event that a granted hold may still have.
func (k *checker) heldTickets(h *shop.House) map[string]bool {
	over := map[string]bool{}
	for _, d := range k.deeds {
		if d.granted() && d.hold != "" {
			over[d.hold] = true
		}
	}
	held := map[string]bool{}
	for _, d := range k.deeds {
		var doc holdDoc
		if d.event != h.ID || d.kind != holdKind || json.Unmarshal(d.answer, &doc) != nil || over[doc.ID] {
			continue
		}
		for _, t := range d.tickets {
			held[t] = true
		}
	}
	return held
}

// availability wants the event's counts to add up, and to agree with the seat map
// after settleTime at the latest.
func (k *checker) availability(c *wire.Conn, h *shop.House, counts map[string]int) {
	for until := time.Now().Add(settleTime); ; time.Sleep(100 * time.Millisecond) {
		var v viewDoc
		if !k.read(c, "/events/"+h.ID, &v) {
			return
		}
		a := v.Availability
		if a.Available+a.Held+a.Booked != a.Total || a.Total != h.Seats {
			k.problem("the counts of %s do not add up to %d: %+v", h.ID, h.Seats, a)
			return
		}
		if a.Available == counts["available"] && a.Held == counts["held"] && a.Booked == counts["booked"] {
			return
		}
		if time.Now().After(until) {
			k.problem("the counts of %s are %+v, its seat map has %v", h.ID, a, counts)
			return
		}
	}
}

// read gets a document; where that is not possible it is a problem.
func (k *checker) read(c *wire.Conn, path string, into any) bool {
	a, err := k.ask(c, &wire.Request{Method: "GET", Path: path})
	if err != nil || a.Status != 200 {
		k.problem("read %s: status %d, %v", path, a.Status, err)
		return false
	}
	if err := json.Unmarshal(a.Body, into); err != nil {
		k.problem("read %s: %v", path, err)
		return false
	}
	return true
}
