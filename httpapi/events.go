package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"

	"github.com/valyala/fasthttp"
)

// eventView is an event as GET /events/{eventId} shows it, encoded.
type eventView struct {
	missing  bool // there is no such event
	body     []byte
	etag     []byte
	version  uint64
	digits   []byte // version as the header shows it
	currency string
}

// getEvent is GET /events/{eventId}.
func (s *Server) getEvent(c *call) {
	if !c.query(nil) {
		return
	}
	v, ok := s.events.get(c.args[0], c.start)
	if !ok || c.head.minVersion.n > 0 {
		if v, ok = c.loadEvent(v, ok); !ok {
			return
		}
	}
	if v.missing {
		c.fail(codeEventNotFound, fault{})
		return
	}
	h := &c.ctx.Response.Header
	h.SetCanonical(strEventVersion, v.digits)
	c.cached(v.etag, v.body)
}

// cached answers with a body that a cache owns, or with 304.
func (c *call) cached(etag, body []byte) {
	resp := &c.ctx.Response
	resp.Header.SetCanonical(strETag, etag)
	resp.Header.SetCanonical(strCacheControl, strNoCache)
	if matchesETag(c.head.ifNoneMatch.value, etag) {
		resp.SetStatusCode(fasthttp.StatusNotModified)
		return
	}
	resp.Header.SetContentTypeBytes(strJSON)
	resp.SetBodyRaw(body)
	if len(body) > largeBody {
		c.allowSlow(len(body))
	}
}

// A body over largeBody bytes gets more time than WriteTimeout: a second for each
// slowest bytes, so that a telephone can load the map of an arena.
const (
	largeBody = 256 << 10
	slowest   = 64 << 10
	slowMost  = 2 * time.Minute
)

// allowSlow gives a large answer the time that a slow peer needs to read it.
func (c *call) allowSlow(n int) {
	more := min(time.Duration(n/slowest)*time.Second, slowMost)
	if err := c.ctx.SetWriteDeadline(time.Now().Add(c.srv.cfg.WriteTimeout + more)); err != nil {
		c.srv.log.Debug("the write deadline cannot be moved", "error", err) // the peer is gone: the write says so
	}
}

// loadEvent gets a view that the cache does not have, or not of the version that
// is asked for. False: it has answered.
func (c *call) loadEvent(have *eventView, ok bool) (*eventView, bool) {
	least, given, valid := c.uintHeader(headerMinVersion, c.head.minVersion, 0, maxVersion)
	if !valid {
		return nil, false
	}
	if given && least > 0 {
		if ok && have.version >= least {
			return have, true
		}
		return c.awaitEvent(least)
	}
	if ok {
		return have, true
	}
	id := c.arg(0)
	v, err := c.srv.events.load(id, func() (*eventView, int64, error) {
		ctx, cancel := context.WithTimeout(context.Background(), c.srv.cfg.CommandTimeout)
		defer cancel()
		return c.srv.fetchEvent(ctx, id, 0)
	})
	if err != nil {
		c.failed(err)
		return nil, false
	}
	return v, true
}

// maxVersion is the largest version that can be told in JSON without loss.
const maxVersion = 1<<53 - 1

// awaitEvent loads a view of a version or later, and waits for it a little.
func (c *call) awaitEvent(least uint64) (*eventView, bool) {
	id := c.arg(0)
	ctx, cancel := context.WithTimeout(context.Background(), c.srv.cfg.ViewWait)
	defer cancel()
	began := time.Now()
	v, size, err := c.srv.fetchEvent(ctx, id, least)
	if err == nil && !v.missing && v.version < least {
		err = actors.ErrUnavailable
	}
	if err != nil {
		c.failed(err)
		return nil, false
	}
	c.srv.events.put(id, v, size, began)
	return v, true
}

// fetchEvent reads and encodes a view. That there is no event is a view too, so
// that asking for it again and again costs as little.
func (s *Server) fetchEvent(ctx context.Context, id string, least uint64) (*eventView, int64, error) {
	view, err := s.cfg.Seller.View(ctx, id, least)
	var refusal *sale.Refusal
	switch {
	case errors.As(err, &refusal) && refusal.Code == sale.EventNotFound:
		return &eventView{missing: true}, 0, nil
	case err != nil:
		return nil, 0, err
	case !view.Summary.Exists || view.Event == nil:
		return &eventView{missing: true}, 0, nil
	}
	v := &eventView{
		body:     appendView(nil, &view, catalog.At(s.now())),
		version:  view.Summary.Version,
		digits:   strconv.AppendUint(nil, view.Summary.Version, 10),
		currency: view.Event.Inventory.Currency,
	}
	v.etag = strongTag(v.body)
	return v, int64(cap(v.body)) + 256, nil
}

// strongTag is an ETag that two bodies share only if they are the same.
func strongTag(body []byte) []byte {
	sum := sha256.Sum256(body)
	tag := hex.AppendEncode([]byte{'"'}, sum[:16])
	return append(tag, '"')
}

// matchesETag reports whether an If-None-Match header names the tag.
func matchesETag(header, etag []byte) bool {
	for rest := header; len(rest) > 0; {
		for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t' || rest[0] == ',') {
			rest = rest[1:]
		}
		if len(rest) > 0 && rest[0] == '*' {
			return true
		}
		if len(rest) > 2 && rest[0] == 'W' && rest[1] == '/' {
			rest = rest[2:] // If-None-Match compares weakly
		}
		if len(rest) < 2 || rest[0] != '"' {
			return false
		}
		end := 1
		for end < len(rest) && rest[end] != '"' {
			end++
		}
		if end == len(rest) {
			return false
		}
		if string(rest[:end+1]) == string(etag) {
			return true
		}
		rest = rest[end+1:]
	}
	return false
}

// saleNow is what of an event changes without its organiser, as clients see it.
type saleNow struct {
	cancelled                               bool
	startsAt, onSaleAt, now                 catalog.Time
	total, available, held, booked, waiting int64
}

// status is what the sale looks like.
func (n *saleNow) status() string {
	switch {
	case n.cancelled:
		return "cancelled"
	case n.now >= n.startsAt:
		return "ended"
	case n.now < n.onSaleAt:
		return "scheduled"
	case n.available == 0 && n.total > 0:
		return "sold-out"
	}
	return "on-sale"
}

// appendView appends the event as the contract shows it.
func appendView(b []byte, v *actors.View, now catalog.Time) []byte {
	b = appendWritten(b, v.Event, v.MinPrice, v.MaxPrice)
	return append(appendNow(b, &saleNow{
		cancelled: v.Event.Cancelled, startsAt: v.Event.StartsAt, onSaleAt: v.Event.OnSaleAt, now: now,
		total: int64(v.Summary.Total), available: int64(v.Summary.Available),
		held: int64(v.Summary.Held), booked: int64(v.Summary.Booked),
		waiting: int64(v.Summary.Waiting),
	}), '}')
}

// appendWritten appends the part of an event that its organiser wrote: an object
// that is open, up to the number of those who wait. appendNow goes on from there.
func appendWritten(b []byte, e *catalog.Event, minPrice, maxPrice int64) []byte {
	b = appendString(append(b, `{"id":`...), e.ID)
	b = appendString(append(b, `,"title":`...), e.Title)
	b = appendOptional(b, "description", e.Description)
	b = appendOptional(b, "genre", e.Genre)
	b = appendTime(append(b, `,"startsAt":`...), e.StartsAt)
	b = appendOptional(b, "timezone", e.Timezone)
	if e.OnSaleAt != 0 {
		b = appendTime(append(b, `,"onSaleAt":`...), e.OnSaleAt)
	}
	b = appendVenue(b, &e.Venue)
	b = append(b, `,"performers":[`...)
	for i := range e.Performers {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"id":`...), e.Performers[i].ID)
		b = append(appendOptional(b, "name", e.Performers[i].Name), '}')
	}
	b = strconv.AppendInt(append(b, `],"priceRange":{"min":`...), minPrice, 10)
	b = strconv.AppendInt(append(b, `,"max":`...), maxPrice, 10)
	b = appendString(append(b, `,"currency":`...), e.Inventory.Currency)
	b = strconv.AppendBool(append(b, `},"waitingRoom":{"enabled":`...), e.WaitingRoom.Enabled)
	return append(b, `,"waiting":`...)
}

// appendNow appends the part of an event that changes by itself, behind
// appendWritten, and leaves the object open. An event has a ticket at least: where
// there is none in all, the sale is not known yet, and its numbers are left out.
func appendNow(b []byte, n *saleNow) []byte {
	b = appendCount(b, n.waiting)
	b = append(append(append(b, `},"status":"`...), n.status()...), '"')
	if n.total == 0 {
		return b
	}
	b = appendCount(append(b, `,"availability":{"total":`...), n.total)
	b = appendCount(append(b, `,"available":`...), n.available)
	b = appendCount(append(b, `,"held":`...), n.held)
	b = appendCount(append(b, `,"booked":`...), n.booked)
	return append(b, '}')
}

func appendVenue(b []byte, v *catalog.Venue) []byte {
	if *v == (catalog.Venue{}) {
		return b
	}
	b = appendString(append(b, `,"venue":{"id":`...), v.ID)
	b = appendOptional(b, "name", v.Name)
	b = appendOptional(b, "city", v.City)
	b = appendOptional(b, "region", v.Region)
	b = appendOptional(b, "country", v.Country)
	if v.Location != nil {
		b = strconv.AppendFloat(append(b, `,"location":{"lat":`...), v.Location.Lat, 'f', -1, 64)
		b = strconv.AppendFloat(append(b, `,"lon":`...), v.Location.Lon, 'f', -1, 64)
		b = append(b, '}')
	}
	return append(b, '}')
}
