package httpapi

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/live"
	"boxoffice/actors/sale"
)

// do sends a command to the event of the path's first segment and answers its
// refusals and failures. False: it has answered.
func (c *call) do(cmd sale.Command, timeout time.Duration) (sale.Answer, bool) {
	deadline, ok := c.deadline(timeout)
	if !ok {
		return sale.Answer{}, false
	}
	a, err := c.srv.cfg.Seller.Do(c.arg(0), cmd, deadline)
	if err != nil {
		c.failed(err)
		return a, false
	}
	c.setVersion(a.Version)
	if a.Replayed {
		c.ctx.Response.Header.Set(headerReplayed, "true")
	}
	if a.Refusal != nil {
		c.refuse(a.Refusal)
		return a, false
	}
	return a, true
}

// failed answers a call that ended without an answer from the event.
func (c *call) failed(err error) {
	var refusal *sale.Refusal
	if errors.As(err, &refusal) {
		c.refuse(refusal)
		return
	}
	code := codeOfFailure(err)
	if code == codeInternal {
		c.srv.log.Error("a call ended in a way that has no code", "route", c.name(), "error", err)
	}
	c.fail(code, fault{})
}

// codeOfFailure is the code of an error of Seller or Watcher.
func codeOfFailure(err error) string {
	switch {
	case errors.Is(err, actors.ErrOverloaded), errors.Is(err, live.ErrOverloaded):
		return codeOverloaded
	case errors.Is(err, actors.ErrUnavailable), errors.Is(err, live.ErrUnavailable):
		return codeUnavailable
	case errors.Is(err, actors.ErrUnknown):
		return codeUnknown
	case errors.Is(err, actors.ErrTrimmed):
		return codeTrimmed
	}
	return codeInternal
}

// refuse answers with an event's refusal.
func (c *call) refuse(r *sale.Refusal) {
	f := faultOf(r)
	switch r.Code {
	case sale.NotAdmitted:
		f.members = append(append(append([]byte(`,"queue":"/events/`), c.args[0]...), "/queue"...), '"')
	case sale.WrongTickets:
		at := "/ticketIds"
		switch {
		case c.route.method != "PATCH":
		case strings.Contains(r.Detail, " to add "): // the refusal's code says no more
			at = "/add"
		default:
			at = "/remove"
		}
		f.errors = []fieldError{{At: at, Detail: r.Detail}}
	}
	c.fail(string(r.Code), f)
}

// faultOf is a refusal's members as the contract names them.
func faultOf(r *sale.Refusal) fault {
	f := fault{detail: r.Detail}
	var b []byte
	switch r.Code {
	case sale.TicketNotFound:
		b = appendIDs(append(b, `,"ticketIds":`...), r.TicketIDs)
	case sale.TicketsUnavailable:
		b = appendTaken(b, r)
	case sale.NotEnoughTickets:
		b = strconv.AppendInt(append(b, `,"available":`...), int64(r.Available), 10)
	case sale.LimitExceeded:
		b = strconv.AppendInt(append(b, `,"limit":`...), int64(r.Limit), 10)
	case sale.NotOnSale:
		if r.OnSaleAt != 0 {
			b = appendTime(append(b, `,"onSaleAt":`...), r.OnSaleAt)
		}
	case sale.CardDeclined:
		b = appendString(append(b, `,"reason":`...), r.Reason)
		if !r.Hold.IsZero() {
			b = appendID(append(b, `,"holdId":`...), r.Hold)
			b = appendTime(append(b, `,"expiresAt":`...), r.ExpiresAt)
		}
	}
	f.members = b
	return f
}

// appendTaken tells which tickets are taken, and what could be had instead.
func appendTaken(b []byte, r *sale.Refusal) []byte {
	b = append(b, `,"ticketIds":[`...)
	for i := range r.Tickets {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, r.Tickets[i].ID)
	}
	b = append(b, `],"tickets":[`...)
	for i := range r.Tickets {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"id":`...), r.Tickets[i].ID)
		b = appendString(append(b, `,"status":`...), r.Tickets[i].Status.String())
		b = append(b, '}')
	}
	b = append(b, ']')
	if len(r.Alternatives) > 0 {
		b = appendIDs(append(b, `,"alternatives":`...), r.Alternatives)
	}
	return b
}
