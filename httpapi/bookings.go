package httpapi

import (
	"boxoffice/actors/sale"
)

// maxPaymentToken bounds the token of a payment method in bytes.
const maxPaymentToken = 255

// bookingRequest is the body of POST /bookings/{eventId}.
type bookingRequest struct {
	TicketIDs   []string     `json:"ticketIds"`
	HoldID      *string      `json:"holdId"`
	PaymentInfo *paymentInfo `json:"paymentInfo"`
}

// paymentInfo says how to pay: with a token of the payment provider, never with
// a card number.
type paymentInfo struct {
	Method string `json:"method"`
	Token  string `json:"token"`
}

// postBooking is POST /bookings/{eventId}.
func (s *Server) postBooking(c *call) {
	req := c.plainBooking()
	by, ok := c.by()
	if !ok || !c.query(nil) {
		return
	}
	if req == nil {
		req = new(bookingRequest)
		if !c.decode(req) {
			return
		}
	}
	if !c.checkBooking(req) {
		return
	}
	cmd := &sale.Book{By: by, ID: newID(), Place: c.admission(), TicketIDs: req.TicketIDs,
		Method: req.PaymentInfo.Method, Token: req.PaymentInfo.Token}
	if req.HoldID != nil && (cmd.Hold.UnmarshalText([]byte(*req.HoldID)) != nil || cmd.Hold.IsZero()) {
		c.fail(codeHoldNotFound, fault{})
		return
	}
	a, ok := c.do(cmd, s.cfg.BookingTimeout)
	if !ok {
		return
	}
	c.location("/bookings/", "/", a.Booking.ID)
	if a.Booking.Status == sale.Pending {
		c.setInt(headerRetryAfter, 2)
		c.booking(202, a)
		return
	}
	c.booking(201, a)
}

// checkBooking holds a booking's body to its form. False: it has answered.
func (c *call) checkBooking(req *bookingRequest) bool {
	var errs []fieldError
	switch p := req.PaymentInfo; {
	case p == nil:
		errs = append(errs, fieldError{"/paymentInfo", "is missing"})
	case p.Method != "card":
		errs = append(errs, fieldError{"/paymentInfo/method", "must be card"})
	case !validUser([]byte(p.Token)) || len(p.Token) > maxPaymentToken:
		errs = append(errs, fieldError{"/paymentInfo/token", "must be the provider's token, 1 to 255 characters"})
	}
	if req.TicketIDs == nil && req.HoldID == nil {
		errs = append(errs, fieldError{"/ticketIds", "either ticketIds or holdId is needed"})
	}
	if len(errs) > 0 {
		c.invalid(errs...)
		return false
	}
	return req.TicketIDs == nil || c.checkTickets("/ticketIds", req.TicketIDs, 1)
}

// bookingID is the path's booking. False: it has answered, as for a booking that
// is not there.
func (c *call) bookingID() (id sale.ID, ok bool) {
	if id.UnmarshalText(c.args[1]) != nil || id.IsZero() {
		c.fail(codeBookingNotFound, fault{})
		return id, false
	}
	return id, true
}

// getBooking is GET /bookings/{eventId}/{bookingId}.
func (s *Server) getBooking(c *call) {
	by, ok := c.reader()
	if !ok || !c.query(nil) {
		return
	}
	id, ok := c.bookingID()
	if !ok {
		return
	}
	if a, ok := c.read(&sale.ShowBooking{By: by, ID: id}); ok {
		c.booking(200, a)
	}
}

// deleteBooking is DELETE /bookings/{eventId}/{bookingId}: cancel and refund.
func (s *Server) deleteBooking(c *call) {
	by, ok := c.by()
	if !ok || !c.query(nil) {
		return
	}
	id, ok := c.bookingID()
	if !ok {
		return
	}
	if a, ok := c.do(&sale.CancelBooking{By: by, ID: id}, s.cfg.CommandTimeout); ok {
		c.booking(200, a)
	}
}

// bookingStatus is a booking's status in the contract's words.
func bookingStatus(s sale.BookingStatus) string {
	switch s {
	case sale.Pending:
		return "pending"
	case sale.BookingConfirmed:
		return "confirmed"
	case sale.BookingDeclined:
		return "declined"
	case sale.BookingCancelled:
		return "cancelled"
	case sale.BookingRefunded:
		return "refunded"
	}
	return "unknown"
}

// paymentStatus is where a booking's money is, in the contract's words.
func paymentStatus(s sale.PaymentStatus) string {
	switch s {
	case sale.Unpaid:
		return "pending"
	case sale.Authorised:
		return "authorized"
	case sale.PaymentCaptured:
		return "captured"
	case sale.PaymentDeclined:
		return "declined"
	case sale.PaymentRefunded:
		return "refunded"
	}
	return "unknown"
}

// booking answers with a booking.
func (c *call) booking(status int, a sale.Answer) {
	k := a.Booking
	currency := ""
	if a.Plan != nil {
		currency = a.Plan.Currency()
	}
	b := appendID(append(c.buf[:0], `{"id":`...), k.ID)
	b = appendString(append(b, `,"eventId":`...), c.args[0])
	b = appendString(append(b, `,"status":`...), bookingStatus(k.Status))
	b = c.tickets.of(a.Plan).appendList(b, k.TicketIDs)
	b = appendMoney(append(b, `,"total":`...), k.Total, currency)
	b = append(b, `,"payment":{`...)
	if k.PaymentID != "" {
		b = append(appendString(append(b, `"id":`...), k.PaymentID), ',')
	}
	if k.Provider != "" {
		b = append(appendString(append(b, `"provider":`...), k.Provider), ',')
	}
	b = appendString(append(b, `"status":`...), paymentStatus(k.Payment))
	b = append(b, '}')
	if !k.Hold.IsZero() {
		b = appendID(append(b, `,"holdId":`...), k.Hold)
	}
	b = appendOptional(b, "reason", k.Reason)
	b = appendTime(append(b, `,"startedAt":`...), k.StartedAt)
	if k.ConfirmedAt != 0 {
		b = appendTime(append(b, `,"confirmedAt":`...), k.ConfirmedAt)
	}
	if k.EndedAt != 0 {
		b = appendTime(append(b, `,"endedAt":`...), k.EndedAt)
	}
	c.buf = append(b, '}')
	c.private()
	c.json(status)
}
