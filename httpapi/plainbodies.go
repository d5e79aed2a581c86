package httpapi

import "strconv"

// plainBooking is a booking's body with what it points to, in one allocation.
type plainBooking struct {
	bookingRequest
	pay  paymentInfo
	hold string
}

// plainBooking reads a plain body of a booking, and notes its canonical form. Nil:
// it is not plain.
func (c *call) plainBooking() *bookingRequest {
	const tickets, hold, payment = 1, 2, 4
	r, seen := newPlainReader(c.body), uint8(0)
	req := new(plainBooking)
	r.take('{')
	for first := true; r.more('}', &first); {
		switch string(r.name()) {
		case "ticketIds":
			r.once(&seen, tickets)
			req.TicketIDs = r.texts()
		case "holdId":
			r.once(&seen, hold)
			req.hold = string(r.text())
			req.HoldID = &req.hold
		case "paymentInfo":
			r.once(&seen, payment)
			r.payment(&req.pay)
			req.PaymentInfo = &req.pay
		default:
			return nil
		}
	}
	if !r.end() || seen&payment == 0 {
		return nil
	}
	b := append(c.canonical[:0], '{')
	if seen&hold != 0 {
		b = append(append(append(b, `"holdId":"`...), req.hold...), `",`...)
	}
	b = append(append(b, `"paymentInfo":{"method":"card","token":"`...), req.pay.Token...)
	b = append(b, `"}`...)
	if seen&tickets != 0 {
		b = appendTexts(append(b, `,"ticketIds":`...), req.TicketIDs)
	}
	c.canonical = append(b, '}')
	return &req.bookingRequest
}

// payment reads a plain paymentInfo: a card, and the token that stands for it.
func (r *plainReader) payment(p *paymentInfo) {
	const method, token = 1, 2
	seen := uint8(0)
	r.take('{')
	for first := true; r.more('}', &first); {
		switch string(r.name()) {
		case "method":
			r.once(&seen, method)
			r.bad = string(r.text()) != "card" || r.bad
		case "token":
			r.once(&seen, token)
			p.Token = string(r.text())
		default:
			r.bad = true
		}
	}
	p.Method = "card"
	r.bad = r.bad || seen != method|token
}

// plainHold is a hold's body with what it points to, in one allocation.
type plainHold struct {
	holdRequest
	quantity int64
	section  string
	maxPrice price
	adjacent bool
}

// plainHold reads a plain body of a hold, and notes its canonical form. Nil: it is
// not plain.
func (c *call) plainHold() *holdRequest {
	const tickets, quantity, section, maxPrice, adjacent = 1, 2, 4, 8, 16
	r, seen := newPlainReader(c.body), uint8(0)
	req := new(plainHold)
	r.take('{')
	for first := true; r.more('}', &first); {
		switch string(r.name()) {
		case "ticketIds":
			r.once(&seen, tickets)
			req.TicketIDs = r.texts()
		case "quantity":
			r.once(&seen, quantity)
			req.quantity = r.number()
			req.Quantity = &req.quantity
		case "section":
			r.once(&seen, section)
			req.section = string(r.text())
			req.Section = &req.section
		case "maxPrice":
			r.once(&seen, maxPrice)
			req.maxPrice.Amount = r.number()
			req.MaxPrice = &req.maxPrice
		case "adjacent":
			r.once(&seen, adjacent)
			req.adjacent = r.boolean()
			req.Adjacent = &req.adjacent
		default:
			return nil
		}
	}
	if !r.end() || seen == 0 {
		return nil
	}
	c.canonical = req.appendCanonical(c.canonical[:0])
	return &req.holdRequest
}

// appendCanonical appends the body with its members in order and nothing between
// them, as RFC 8785 wants it.
func (req *plainHold) appendCanonical(b []byte) []byte {
	start := len(b)
	if req.Adjacent != nil {
		b = strconv.AppendBool(append(b, `,"adjacent":`...), req.adjacent)
	}
	if req.MaxPrice != nil {
		b = strconv.AppendInt(append(b, `,"maxPrice":`...), req.maxPrice.Amount, 10)
	}
	if req.Quantity != nil {
		b = strconv.AppendInt(append(b, `,"quantity":`...), req.quantity, 10)
	}
	if req.Section != nil {
		b = append(append(append(b, `,"section":"`...), req.section...), '"')
	}
	if req.TicketIDs != nil {
		b = appendTexts(append(b, `,"ticketIds":`...), req.TicketIDs)
	}
	b[start] = '{' // in place of the first comma
	return append(b, '}')
}
