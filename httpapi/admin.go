package httpapi

import (
	"boxoffice/actors/payment/luhn"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"

	"github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// putEvent is PUT /admin/events/{eventId}: make or replace one event.
func (s *Server) putEvent(c *call) {
	by, ok := c.by()
	if !ok || !c.query(nil) {
		return
	}
	e := new(catalog.Event)
	if !c.decode(e) {
		return
	}
	id := c.arg(0)
	if luhn.Is(id) {
		c.invalid(fieldError{"/id", "is a card number"})
		return
	}
	switch e.ID {
	case "":
		e.ID = id
	case id:
	default:
		c.invalid(fieldError{"/id", "must be the path's id, or left out"})
		return
	}
	if errs := checkEvent(e); len(errs) > 0 {
		c.invalid(errs...)
		return
	}
	a, ok := c.do(&sale.DefineEvent{By: by, Event: e}, s.cfg.CommandTimeout)
	s.forget(id) // refused or lost, the truth is in the log
	if !ok {
		return
	}
	status := 200
	if a.Created {
		status = 201
		c.ctx.Response.Header.Set("Location", "/events/"+id)
	}
	c.event(status, a.Event)
}

// forget drops what the caches know of an event that was changed here.
func (s *Server) forget(id string) {
	s.events.drop(id)
	s.snapshots.drop(id)
}

// getAdminEvent is GET /admin/events/{eventId}.
func (s *Server) getAdminEvent(c *call) {
	if !c.query(nil) {
		return
	}
	if a, ok := c.read(&sale.ShowEvent{}); ok {
		c.event(200, a.Event)
	}
}

// deleteEvent is DELETE /admin/events/{eventId}.
func (s *Server) deleteEvent(c *call) {
	by, ok := c.by()
	if !ok || !c.query(nil) {
		return
	}
	_, ok = c.do(&sale.RemoveEvent{By: by}, s.cfg.CommandTimeout)
	s.forget(c.arg(0))
	if ok {
		c.ctx.Response.SetStatusCode(204)
	}
}

// event answers with an event in the admin's form.
func (c *call) event(status int, e *catalog.Event) {
	b, err := appendEvent(c.buf[:0], e)
	if err != nil {
		c.failed(err)
		return
	}
	c.buf = b
	c.private()
	c.json(status)
}

func appendEvent(b []byte, e *catalog.Event) ([]byte, error) {
	// omitempty leaves out zero numbers too, as the tags of the type mean it.
	text, err := json.Marshal(e, jsonv1.OmitEmptyWithLegacySemantics(true))
	return append(b, text...), err
}

// checkEvent says what is wrong with an event that an organiser wrote.
func checkEvent(e *catalog.Event) []fieldError {
	var errs []fieldError
	for _, f := range e.Check() {
		errs = append(errs, fieldError(f))
	}
	return errs
}
