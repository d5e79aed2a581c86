package httpapi

import (
	"bytes"
	"context"
	"strconv"

	"boxoffice/actors"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"

	"github.com/valyala/fasthttp"
)

// The numbers of records in one answer.
const (
	historyPage = 100
	historyMost = 1000
	// historyBytes ends a page early: a record can be a whole house.
	historyBytes = 8 << 20
)

// getHistory is GET /admin/events/{eventId}/history: the committed records in
// order, as one page of JSON, or as NDJSON where Accept asks for it. 410 where
// retention has deleted the first of them.
func (s *Server) getHistory(c *call) {
	q := historyQuery{from: 1, limit: historyPage}
	if !c.query(&q) {
		return
	}
	from, limit := max(q.from, 1), q.limit
	records, err := s.cfg.Seller.History(c.arg(0), from, int(limit))
	if err != nil {
		c.failed(err)
		return
	}
	if len(records) == 0 && from == 1 {
		c.fail(codeEventNotFound, fault{})
		return
	}
	c.setVersion(c.historyVersion(records))
	c.private()
	if bytes.Contains(c.ctx.Request.Header.Peek(fasthttp.HeaderAccept), []byte(ndjsonType)) {
		c.historyLines(records)
		return
	}
	c.historyPage(int(limit), records)
}

// historyVersion is what a page reflects: its last record, and where there is none the
// event as this node knows it; 0 where the event is not there any more.
func (c *call) historyVersion(records []actors.VersionedRecord) uint64 {
	if len(records) > 0 {
		return records[len(records)-1].Version
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.srv.cfg.ViewWait)
	defer cancel()
	view, err := c.srv.cfg.Seller.View(ctx, c.arg(0), 0)
	if err != nil {
		return 0
	}
	return view.Summary.Version
}

// historyQuery is which records are asked for.
type historyQuery struct{ from, limit uint64 }

var historyParams = []param{{name: "from"}, {name: "limit"}}

func (q *historyQuery) params() []param { return historyParams }

func (q *historyQuery) set(i int, v []byte) string {
	var ok bool
	switch historyParams[i].name {
	case "from":
		if q.from, ok = parseUint(v, maxVersion); !ok {
			return "must be a version, a whole number"
		}
	case "limit":
		if q.limit, ok = parseUint(v, historyMost); !ok || q.limit == 0 {
			return "must be a whole number from 1 to 1000"
		}
	}
	return ""
}

func (q *historyQuery) whole(uint32) []fieldError { return nil }

// historyPage answers with one JSON document. A full page says where the next
// begins, even where that turns out to be empty.
func (c *call) historyPage(limit int, records []actors.VersionedRecord) {
	b := appendString(append(c.buf[:0], `{"eventId":`...), c.arg(0))
	b = append(b, `,"records":[`...)
	more, public := len(records) == limit, c.publicSeeds(records)
	for i := range records {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendRecord(b, records[i].Version, records[i].Record, public)
		if len(b) > historyBytes && i+1 < len(records) {
			records, more = records[:i+1], true
			break
		}
	}
	b = append(b, ']')
	if more {
		b = strconv.AppendUint(append(b, `,"next":`...), records[len(records)-1].Version+1, 10)
	}
	c.buf = append(b, '}')
	c.json(200)
}

// historyLines answers with a record a line, for tools that stream.
func (c *call) historyLines(records []actors.VersionedRecord) {
	public := c.publicSeeds(records)
	c.buf = c.buf[:0]
	for i := range records {
		c.buf = append(appendRecord(c.buf, records[i].Version, records[i].Record, public), '\n')
		if len(c.buf) > historyBytes {
			break // the client goes on from the last version that it got
		}
	}
	c.ctx.Response.Header.SetContentType(ndjsonType)
	c.ctx.Response.SetBody(c.buf)
}

// appendRecord appends a record: version, at, type, and what the type has. Payment
// tokens and the digests of idempotency keys are not told, nor seeds that are not public.
func appendRecord(b []byte, version uint64, r sale.Record, public seeds) []byte {
	b = strconv.AppendUint(append(b, `{"version":`...), version, 10)
	head := func(kind string, at catalog.Time) { b = appendHead(b, kind, at) }
	switch r := r.(type) {
	case *sale.EventDefined:
		head("event-defined", r.At)
		b = appendDefined(b, r.Event)
	case *sale.EventRemoved:
		head("event-removed", r.At)
	case *sale.HoldPlaced:
		head("hold-placed", r.At)
		b = appendHoldFields(b, &r.Hold)
	case *sale.HoldChanged:
		head("hold-changed", r.At)
		b = appendHoldFields(b, &r.Hold)
	case *sale.HoldEnded:
		head("hold-ended", r.At)
		b = appendID(append(b, `,"holdId":`...), r.ID)
		b = strconv.AppendBool(append(b, `,"expired":`...), r.Expired)
	case *sale.PaymentStarted:
		head("payment-started", r.At)
		b = appendBookingFields(b, &r.Booking)
	case *sale.Confirmed:
		head("confirmed", r.At)
		b = appendID(append(b, `,"bookingId":`...), r.ID)
		b = appendString(append(b, `,"provider":`...), r.Provider)
		b = appendString(append(b, `,"paymentId":`...), r.PaymentID)
	case *sale.Declined:
		head("declined", r.At)
		b = appendID(append(b, `,"bookingId":`...), r.ID)
		b = appendString(append(b, `,"reason":`...), r.Reason)
	case *sale.Captured:
		head("captured", r.At)
		b = appendID(append(b, `,"bookingId":`...), r.ID)
	case *sale.Cancelled:
		head("cancelled", r.At)
		b = appendID(append(b, `,"bookingId":`...), r.ID)
	case *sale.Refunded:
		head("refunded", r.At)
		b = appendID(append(b, `,"bookingId":`...), r.ID)
	case *sale.Refused:
		head("refused", r.At)
		b = appendString(append(b, `,"code":`...), string(r.Refusal.Code))
		b = append(b, faultOf(&r.Refusal).members...)
	case *sale.Resumed:
		head("resumed", r.At)
		b = strconv.AppendInt(append(b, `,"gapMilliseconds":`...), r.Gap, 10)
	default:
		b = appendQueueRecord(b, r, public)
	}
	return append(b, '}')
}

// appendHead appends when a record was made, and what kind it is.
func appendHead(b []byte, kind string, at catalog.Time) []byte {
	b = appendTime(append(b, `,"at":`...), at)
	return appendString(append(b, `,"type":`...), kind)
}

func appendDefined(b []byte, e *catalog.Event) []byte {
	text, err := appendEvent(nil, e)
	if err != nil {
		return b // an event that was stored can be written
	}
	return append(append(b, `,"event":`...), text...)
}

func appendUser(b []byte, user string) []byte { return appendOptional(b, "user", user) }

func appendHoldFields(b []byte, h *sale.Hold) []byte {
	b = appendID(append(b, `,"holdId":`...), h.ID)
	b = appendUser(b, h.User)
	b = appendIDs(append(b, `,"ticketIds":`...), h.TicketIDs)
	b = strconv.AppendInt(append(b, `,"total":`...), h.Total, 10)
	return appendTime(append(b, `,"expiresAt":`...), h.ExpiresAt)
}

func appendBookingFields(b []byte, k *sale.Booking) []byte {
	b = appendID(append(b, `,"bookingId":`...), k.ID)
	if !k.Hold.IsZero() {
		b = appendID(append(b, `,"holdId":`...), k.Hold)
	}
	b = appendUser(b, k.User)
	b = appendIDs(append(b, `,"ticketIds":`...), k.TicketIDs)
	b = strconv.AppendInt(append(b, `,"total":`...), k.Total, 10)
	return appendOptional(b, "method", k.Method)
}
