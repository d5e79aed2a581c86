package httpapi

import (
	"encoding/hex"
	"strconv"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/waitroom"
)

// getQueue is GET /admin/events/{eventId}/queue: how the waiting room does.
func (s *Server) getQueue(c *call) {
	if !c.query(nil) {
		return
	}
	if a, ok := c.read(&sale.ShowQueue{}); ok {
		c.queue(a.Queue)
	}
}

// steerRequest is the body of PATCH /admin/events/{eventId}/queue. What is left out
// stays as it is.
type steerRequest struct {
	MaxActive     *int64 `json:"maxActive"`
	RatePerMinute *int64 `json:"ratePerMinute"`
	Paused        *bool  `json:"paused"`
	Stopped       *bool  `json:"stopped"`
}

// patchQueue is PATCH /admin/events/{eventId}/queue: how people are let in from now on.
// To say it twice is to say it once.
func (s *Server) patchQueue(c *call) {
	if !c.query(nil) {
		return
	}
	var req steerRequest
	if !c.decode(&req) {
		return
	}
	if errs := req.check(); len(errs) > 0 {
		c.invalid(errs...)
		return
	}
	cmd := &sale.SteerQueue{Paused: req.Paused, Stopped: req.Stopped}
	if req.MaxActive != nil {
		cmd.MaxActive = new(int(*req.MaxActive))
	}
	if req.RatePerMinute != nil {
		cmd.Rate = new(int(*req.RatePerMinute))
	}
	if _, ok := c.do(cmd, s.cfg.CommandTimeout); !ok {
		return
	}
	a, err := s.cfg.Seller.Do(c.arg(0), &sale.ShowQueue{}, time.Now().Add(s.cfg.CommandTimeout))
	if err != nil || a.Queue == nil {
		c.fail(codeUnknown, fault{}) // it is done, but cannot be shown
		return
	}
	c.setVersion(a.Version)
	c.queue(a.Queue)
}

// check says what is wrong with the wish.
func (req *steerRequest) check() (errs []fieldError) {
	if *req == (steerRequest{}) {
		return []fieldError{{Detail: "maxActive, ratePerMinute, paused or stopped is needed"}}
	}
	between := func(at string, v *int64, least, most int64) {
		if v != nil && (*v < least || *v > most) {
			errs = append(errs, fieldError{at, "must be a whole number from " + strconv.FormatInt(least, 10) + " to " +
				strconv.FormatInt(most, 10)})
		}
	}
	between("/maxActive", req.MaxActive, 1, catalog.MaxActiveShoppers)
	between("/ratePerMinute", req.RatePerMinute, 0, catalog.MaxRatePerMinute)
	return errs
}

// queue answers with how a waiting room does.
func (c *call) queue(q *sale.Queue) {
	b := appendString(append(c.buf[:0], `{"eventId":`...), c.arg(0))
	b = strconv.AppendBool(append(b, `,"enabled":`...), q.Enabled)
	b = strconv.AppendInt(append(b, `,"waiting":`...), int64(q.Waiting), 10)
	b = strconv.AppendInt(append(b, `,"active":`...), int64(q.Active), 10)
	b = strconv.AppendInt(append(b, `,"maxActive":`...), int64(q.MaxActive), 10)
	b = strconv.AppendInt(append(b, `,"ratePerMinute":`...), int64(q.Rate), 10)
	b = strconv.AppendBool(append(b, `,"paused":`...), q.Paused)
	b = strconv.AppendBool(append(b, `,"stopped":`...), q.Stopped)
	admitted, dropped := lastMinute(q)
	b = strconv.AppendInt(append(b, `,"admittedPerMinute":`...), int64(admitted), 10)
	b = strconv.AppendInt(append(b, `,"droppedPerMinute":`...), int64(dropped), 10)
	if q.Oldest != 0 {
		oldest := max(0, int64(q.At-q.Oldest)/1000)
		b = strconv.AppendInt(append(b, `,"oldestHeartbeatSeconds":`...), oldest, 10)
	}
	b = appendDraw(appendEstimate(b, q.Estimate), q.Draw)
	c.buf = append(b, '}')
	c.private()
	c.json(200)
}

// flowStep is the length of a step of a queue's flow, in milliseconds.
const flowStep = 10_000

// lastMinute counts who came in and who gave up in the last six steps of ten seconds,
// the one that is under way among them.
func lastMinute(q *sale.Queue) (admitted, dropped int) {
	for _, step := range q.Flow {
		if step.Step > int64(q.At)/flowStep-6 {
			admitted += step.Admitted
			dropped += step.Dropped
		}
	}
	return admitted, dropped
}

// appendQueueRecord appends what a record of the waiting room has. The seed of a draw is
// told once the draw was: seeds has those, by commitment.
func appendQueueRecord(b []byte, r sale.Record, public seeds) []byte {
	switch r := r.(type) {
	case *sale.QueueOpened:
		b = appendHead(b, "queue-opened", r.At)
		d := &sale.Draw{Commitment: waitroom.Commitment(r.Seed)}
		if public[d.Commitment] {
			d.Seed = r.Seed
		}
		b = appendDraw(b, d)
	case *sale.PlaceTaken:
		b = appendHead(b, "place-taken", r.At)
		b = appendID(append(b, `,"token":`...), r.ID)
		if r.Owner != [16]byte{} {
			b = append(hex.AppendEncode(append(b, `,"owner":"`...), r.Owner[:]), '"')
		}
	case *sale.PlacesAdmitted:
		b = appendHead(b, "places-admitted", r.At)
		b = strconv.AppendInt(append(b, `,"count":`...), int64(r.Count), 10)
	case *sale.PlaceEnded:
		b = appendHead(b, "place-ended", r.At)
		b = appendID(append(b, `,"token":`...), r.ID)
		b = appendString(append(b, `,"reason":`...), placeReasons[r.Reason])
	case *sale.QueueDrawn:
		b = appendHead(b, "queue-drawn", r.At)
	case *sale.QueueSteered:
		b = appendHead(b, "queue-steered", r.At)
		b = strconv.AppendInt(append(b, `,"maxActive":`...), int64(r.MaxActive), 10)
		b = strconv.AppendInt(append(b, `,"ratePerMinute":`...), int64(r.Rate), 10)
		b = strconv.AppendBool(append(b, `,"paused":`...), r.Paused)
		b = strconv.AppendBool(append(b, `,"stopped":`...), r.Stopped)
	default:
		b = append(b, `,"type":"unknown"`...)
	}
	return b
}

// seeds are the commitments whose seeds may be told.
type seeds map[[32]byte]bool

// publicSeeds finds the seeds of draws that were, for a page of records: the draw is in
// the page too, or the room that is there now says that it was. Of a room that was
// closed, a page without its draw tells the commitment alone.
func (c *call) publicSeeds(records []actors.VersionedRecord) (public seeds) {
	var open *[32]byte // the commitment of the room that the records are about
	for i := range records {
		switch r := records[i].Record.(type) {
		case *sale.QueueOpened:
			open = new(waitroom.Commitment(r.Seed))
		case *sale.QueueDrawn:
			if open != nil {
				if public == nil {
					public = seeds{}
				}
				public[*open] = true
			}
		}
	}
	if open == nil || public[*open] {
		return public
	}
	a, err := c.srv.cfg.Seller.Do(c.arg(0), &sale.ShowQueue{}, time.Now().Add(c.srv.cfg.CommandTimeout))
	if err != nil || a.Queue == nil || a.Queue.Draw == nil || a.Queue.Draw.Seed == [32]byte{} {
		return public
	}
	if public == nil {
		public = seeds{}
	}
	public[a.Queue.Draw.Commitment] = true
	return public
}
