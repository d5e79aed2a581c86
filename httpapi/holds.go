package httpapi

import (
	"slices"
	"strconv"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxTickets bounds the tickets of one request.
const maxTickets = 100

// maxTicketID bounds a ticket id in bytes: 64 characters of UTF-8.
const maxTicketID = 256

// holdRequest is the body of POST /events/{eventId}/holds: either ticketIds, or
// quantity with its conditions.
type holdRequest struct {
	TicketIDs []string `json:"ticketIds"`
	Quantity  *int64   `json:"quantity"`
	Section   *string  `json:"section"`
	MaxPrice  *price   `json:"maxPrice"`
	Adjacent  *bool    `json:"adjacent"`
}

// price is a price bound: minor units of the event's currency, or money.
type price struct {
	Amount   int64
	Currency string // "": the event's
}

// UnmarshalJSONFrom reads 12500 or {"amount": 12500, "currency": "USD"}.
func (p *price) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '{' {
		return json.UnmarshalDecode(d, &p.Amount)
	}
	var money struct {
		Amount   *int64  `json:"amount"`
		Currency *string `json:"currency"`
	}
	if err := json.UnmarshalDecode(d, &money); err != nil {
		return err
	}
	if money.Amount == nil || money.Currency == nil || len(*money.Currency) != 3 {
		return memberError("must be minor units, or money with amount and currency")
	}
	p.Amount, p.Currency = *money.Amount, *money.Currency
	return nil
}

// postHold is POST /events/{eventId}/holds.
func (s *Server) postHold(c *call) {
	req := c.plainHold()
	by, ok := c.by()
	if !ok || !c.query(nil) {
		return
	}
	if req == nil {
		req = new(holdRequest)
		if !c.decode(req) {
			return
		}
	}
	cmd := &sale.PlaceHold{By: by, ID: newID(), Place: c.admission()}
	if req.TicketIDs != nil {
		ok = c.holdOfTickets(req, cmd)
	} else {
		ok = c.holdOfBest(req, cmd)
	}
	if !ok {
		return
	}
	if a, ok := c.do(cmd, s.cfg.CommandTimeout); ok {
		c.location("/events/", "/holds/", a.Hold.ID)
		c.hold(201, a, false)
	}
}

// holdOfTickets fills the command from ticket ids. False: it has answered.
func (c *call) holdOfTickets(req *holdRequest, cmd *sale.PlaceHold) bool {
	if req.Quantity != nil || req.Section != nil || req.MaxPrice != nil || req.Adjacent != nil {
		c.invalid(fieldError{At: "/ticketIds", Detail: "cannot stand beside quantity, section, maxPrice or adjacent"})
		return false
	}
	if !c.checkTickets("/ticketIds", req.TicketIDs, 1) {
		return false
	}
	cmd.TicketIDs = req.TicketIDs
	return true
}

// holdOfBest fills the command from a quantity and its conditions. False: it has
// answered.
func (c *call) holdOfBest(req *holdRequest, cmd *sale.PlaceHold) bool {
	var errs []fieldError
	switch {
	case req.Quantity == nil:
		errs = append(errs, fieldError{"/quantity", "either ticketIds or quantity is needed"})
	case *req.Quantity < 1:
		errs = append(errs, fieldError{"/quantity", "must be 1 or more"})
	}
	if req.Section != nil && !validText(*req.Section, maxTicketID) {
		errs = append(errs, fieldError{"/section", "must be a section's name"})
	}
	if req.MaxPrice != nil && req.MaxPrice.Amount < 0 {
		errs = append(errs, fieldError{"/maxPrice", "must not be negative"})
	}
	if len(errs) > 0 {
		c.invalid(errs...)
		return false
	}
	if *req.Quantity > maxTickets {
		c.tooMany()
		return false
	}
	cmd.Best = inventory.Query{Quantity: int(*req.Quantity)}
	if req.Section != nil {
		cmd.Best.Section = *req.Section
	}
	if req.Adjacent != nil {
		cmd.Best.Adjacent = *req.Adjacent
	}
	return req.MaxPrice == nil || c.priceBound(req.MaxPrice, &cmd.Best)
}

// priceBound sets the price bound of a query; money must be of the event's
// currency. False: it has answered.
func (c *call) priceBound(p *price, q *inventory.Query) bool {
	if p.Currency != "" {
		v, ok := c.srv.events.get(c.args[0], c.start)
		if !ok {
			if v, ok = c.loadEvent(nil, false); !ok {
				return false
			}
		}
		if v.missing {
			c.fail(codeEventNotFound, fault{})
			return false
		}
		if v.currency != p.Currency {
			c.setVersion(v.version)
			c.invalid(fieldError{"/maxPrice/currency", "is not the currency of this event"})
			return false
		}
	}
	q.MaxPrice = p.Amount
	if p.Amount == 0 {
		q.MaxPrice = -1 // to the core 0 is "any price"; to the client it is "for nothing"
	}
	return true
}

// tooMany refuses more tickets than one request may name.
func (c *call) tooMany() {
	c.fail(codeLimit, fault{detail: "More tickets than one request may have.",
		members: strconv.AppendInt([]byte(`,"limit":`), maxTickets, 10)})
}

// checkTickets holds a list of ticket ids to its bounds: at least so many, no id
// twice, each one a possible id. False: it has answered.
func (c *call) checkTickets(at string, ids []string, least int) bool {
	if len(ids) < least {
		c.invalid(fieldError{At: at, Detail: "must name at least one ticket"})
		return false
	}
	if len(ids) > maxTickets {
		c.tooMany()
		return false
	}
	var errs []fieldError
	for i, id := range ids {
		detail := ""
		switch {
		case !validTicket(id):
			detail = "a ticket id has 1 to 64 characters, no / and no control characters"
		case slices.Contains(ids[:i], id):
			detail = "is named twice"
		default:
			continue
		}
		errs = append(errs, fieldError{at + "/" + strconv.Itoa(i), detail})
	}
	if len(errs) > 0 {
		c.invalid(errs...)
		return false
	}
	return true
}

// validTicket reports whether a string could be a ticket's id; whether there is
// such a ticket is the event's to say.
func validTicket(id string) bool {
	if !validText(id, maxTicketID) {
		return false
	}
	n := 0
	for _, r := range id {
		if n++; r == '/' {
			return false
		}
	}
	return n <= 64
}

// validText reports whether a string is 1 to max bytes without control characters.
func validText(s string, max int) bool {
	if s == "" || len(s) > max {
		return false
	}
	for _, r := range s {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return false
		}
	}
	return true
}

// holdID is the path's hold. False: it has answered, as for a hold that is not there.
func (c *call) holdID() (id sale.ID, ok bool) {
	if id.UnmarshalText(c.args[1]) != nil || id.IsZero() {
		c.fail(codeHoldNotFound, fault{})
		return id, false
	}
	return id, true
}

// getHold is GET /events/{eventId}/holds/{holdId}.
func (s *Server) getHold(c *call) {
	by, ok := c.reader()
	if !ok || !c.query(nil) {
		return
	}
	id, ok := c.holdID()
	if !ok {
		return
	}
	if a, ok := c.read(&sale.ShowHold{By: by, ID: id}); ok {
		c.hold(200, a, true)
	}
}

// read asks the event, and sees to Min-Event-Version. The event's own actor is
// never behind, so a version that it does not have is not waited for.
func (c *call) read(cmd sale.Command) (sale.Answer, bool) {
	least, _, ok := c.uintHeader(headerMinVersion, c.head.minVersion, 0, maxVersion)
	if !ok {
		return sale.Answer{}, false
	}
	a, ok := c.do(cmd, c.srv.cfg.CommandTimeout)
	if ok && a.Version < least {
		c.fail(codeUnavailable, fault{detail: "The event has not reached Min-Event-Version."})
		return a, false
	}
	return a, ok
}

// swapRequest is the body of PATCH /events/{eventId}/holds/{holdId}.
type swapRequest struct {
	Add    []string `json:"add"`
	Remove []string `json:"remove"`
}

// patchHold is PATCH /events/{eventId}/holds/{holdId}.
func (s *Server) patchHold(c *call) {
	by, ok := c.by()
	if !ok || !c.query(nil) {
		return
	}
	var req swapRequest
	if !c.decode(&req) {
		return
	}
	if len(req.Add)+len(req.Remove) == 0 {
		c.invalid(fieldError{At: "", Detail: "add or remove must name at least one ticket"})
		return
	}
	if !c.checkTickets("/add", req.Add, 0) || !c.checkTickets("/remove", req.Remove, 0) {
		return
	}
	id, ok := c.holdID()
	if !ok {
		return
	}
	cmd := &sale.SwapHold{By: by, ID: id, Place: c.admission(), Add: req.Add, Remove: req.Remove}
	if a, ok := c.do(cmd, s.cfg.CommandTimeout); ok {
		c.hold(200, a, false)
	}
}

// extendHold is POST /events/{eventId}/holds/{holdId}/extend.
func (s *Server) extendHold(c *call) {
	by, ok := c.by()
	if !ok || !c.query(nil) {
		return
	}
	if len(c.body) > 0 && !c.decode(&struct{}{}) {
		return
	}
	id, ok := c.holdID()
	if !ok {
		return
	}
	if a, ok := c.do(&sale.ExtendHold{By: by, ID: id}, s.cfg.CommandTimeout); ok {
		c.hold(200, a, false)
	}
}

// deleteHold is DELETE /events/{eventId}/holds/{holdId}.
func (s *Server) deleteHold(c *call) {
	by, ok := c.by()
	if !ok || !c.query(nil) {
		return
	}
	id, ok := c.holdID()
	if !ok {
		return
	}
	if _, ok := c.do(&sale.ReleaseHold{By: by, ID: id}, s.cfg.CommandTimeout); ok {
		c.ctx.Response.SetStatusCode(204)
	}
}

// hold answers with a hold. What counts down is told on reads only, so that the
// answer to a command is the same when its key is repeated.
func (c *call) hold(status int, a sale.Answer, countdown bool) {
	h := a.Hold
	currency := ""
	if a.Plan != nil {
		currency = a.Plan.Currency()
	}
	b := appendID(append(c.buf[:0], `{"id":`...), h.ID)
	b = appendString(append(b, `,"eventId":`...), c.args[0])
	b = c.tickets.of(a.Plan).appendList(b, h.TicketIDs)
	b = appendMoney(append(b, `,"total":`...), h.Total, currency)
	b = appendTime(append(b, `,"expiresAt":`...), h.ExpiresAt)
	b = appendTime(append(b, `,"maxExpiresAt":`...), h.MaxExpiresAt)
	if countdown {
		left := max(0, int64(h.ExpiresAt-catalog.At(c.srv.now()))/1000)
		b = strconv.AppendInt(append(b, `,"expiresInSeconds":`...), left, 10)
	}
	c.buf = append(b, '}')
	c.private()
	c.json(status)
}
