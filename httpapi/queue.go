package httpapi

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/waitroom"
)

// drawAlgorithm names how a seed mixes a line: see package waitroom.
const drawAlgorithm = "fisher-yates-sha256"

// postQueue is POST /events/{eventId}/queue: a place in the line. Whoever has one gets
// it again, as it is now; so it is no stored answer, and 200 in place of 201 says so.
func (s *Server) postQueue(c *call) {
	by, ok := c.by()
	if !ok || !c.query(nil) {
		return
	}
	if len(c.body) > 0 && !c.decode(&struct{}{}) {
		return
	}
	cmd := &sale.JoinQueue{By: by, ID: newID()}
	_, _ = rand.Read(cmd.Seed[:]) // never fails, as in newID
	a, ok := c.do(cmd, s.cfg.CommandTimeout)
	if !ok {
		return
	}
	status := 201
	if a.Unchanged {
		status = 200
		if c.head.key.n > 0 {
			c.ctx.Response.Header.Set(headerReplayed, "true")
		}
	}
	c.location("/events/", "/queue/", a.Place.ID)
	c.place(status, a.Place)
}

// placeID is the path's token. False: it has answered, as for one that is not there.
func (c *call) placeID() (id sale.ID, ok bool) {
	if id.UnmarshalText(c.args[1]) != nil || id.IsZero() {
		c.fail(codePlaceNotFound, fault{})
		return id, false
	}
	return id, true
}

// admission is the place that the request is made under. A token that cannot be one, or
// comes twice, is none: an event with a waiting room says to it what it says to a
// forged one, and an event without does not look.
func (c *call) admission() (id sale.ID) {
	if line := c.head.token; line.n != 1 || id.UnmarshalText(line.value) != nil {
		return sale.ID{}
	}
	return id
}

// getPlace is GET /events/{eventId}/queue/{token}. To ask is to be there.
func (s *Server) getPlace(c *call) {
	by, ok := c.reader()
	if !ok || !c.query(nil) {
		return
	}
	id, ok := c.placeID()
	if !ok {
		return
	}
	if a, ok := c.read(&sale.ShowPlace{By: by, ID: id}); ok {
		c.place(200, a.Place)
	}
}

// deletePlace is DELETE /events/{eventId}/queue/{token}: it gives the place up.
func (s *Server) deletePlace(c *call) {
	by, ok := c.reader()
	if !ok || !c.query(nil) {
		return
	}
	id, ok := c.placeID()
	if !ok {
		return
	}
	if _, ok := c.do(&sale.LeaveQueue{By: by, ID: id}, s.cfg.CommandTimeout); ok {
		c.ctx.Response.SetStatusCode(204)
	}
}

// place answers with a place.
func (c *call) place(status int, p *sale.Place) {
	c.buf = RenderPlace(c.buf[:0], p)
	c.private()
	c.json(status)
}

// placeStates are a place's states in the contract's words.
var placeStates = map[waitroom.State]string{
	waitroom.Waiting: "waiting", waitroom.Active: "admitted", waitroom.Gone: "ended",
}

// placeReasons are why a place ended.
var placeReasons = map[waitroom.Reason]string{
	waitroom.Left: "left", waitroom.Lapsed: "lapsed", waitroom.TimedOut: "timed-out", waitroom.Booked: "booked",
	waitroom.HoldEnded: "hold-ended",
}

// RenderPlace appends a place as its owner is told of it: the body of
// GET /events/{eventId}/queue/{token}. A message about its position has the same members.
func RenderPlace(b []byte, p *sale.Place) []byte {
	b = appendID(append(b, `{"token":`...), p.ID)
	b = appendString(append(b, `,"state":`...), placeStates[p.State])
	if p.Grace > 0 {
		b = strconv.AppendInt(append(b, `,"number":`...), int64(p.Number), 10)
	}
	switch p.State {
	case waitroom.Waiting:
		b = appendLine(b, p)
	case waitroom.Active:
		if p.Until != 0 {
			b = appendTime(append(b, `,"admittedUntil":`...), p.Until)
		}
	case waitroom.Gone:
		b = appendString(append(b, `,"reason":`...), placeReasons[p.Reason])
	}
	b = strconv.AppendInt(append(b, `,"waiting":`...), int64(p.Waiting), 10)
	if p.OpensAt != 0 {
		b = appendTime(append(b, `,"opensAt":`...), p.OpensAt)
	}
	b = appendDraw(b, p.Draw)
	if p.Grace > 0 && p.State != waitroom.Gone {
		b = strconv.AppendInt(append(b, `,"heartbeatSeconds":`...), max(1, int64(p.Grace)/3000), 10)
	}
	return append(b, '}')
}

// appendLine appends where a waiting place stands; before a draw nobody stands anywhere.
func appendLine(b []byte, p *sale.Place) []byte {
	if p.Ahead < 0 {
		return appendEstimate(b, waitroom.Estimate{})
	}
	b = strconv.AppendInt(append(b, `,"position":`...), int64(p.Ahead)+1, 10)
	b = strconv.AppendInt(append(b, `,"ahead":`...), int64(p.Ahead), 10)
	// Before anything was measured people are told what the settings promise.
	switch e := p.Estimate; {
	case e.Known:
		b = strconv.AppendInt(append(b, `,"estimatedWaitSeconds":`...), seconds(e.P50), 10)
	case e.Most > 0:
		b = strconv.AppendInt(append(b, `,"estimatedWaitSeconds":`...), seconds(e.Most), 10)
	}
	b = appendEstimate(b, p.Estimate)
	return strconv.AppendFloat(append(b, `,"soldOutRisk":`...), p.SoldOut, 'f', 2, 64)
}

// appendEstimate appends how long a wait is.
func appendEstimate(b []byte, e waitroom.Estimate) []byte {
	b = strconv.AppendBool(append(b, `,"estimatedWait":{"known":`...), e.Known)
	if e.Known {
		b = strconv.AppendInt(append(b, `,"p50Seconds":`...), seconds(e.P50), 10)
		b = strconv.AppendInt(append(b, `,"p90Seconds":`...), seconds(e.P90), 10)
	}
	return append(b, '}')
}

// seconds rounds milliseconds up.
func seconds(ms int64) int64 { return (ms + 999) / 1000 }

// appendDraw appends what can be checked of a draw; nothing where there is none.
func appendDraw(b []byte, d *sale.Draw) []byte {
	if d == nil {
		return b
	}
	b = appendHex(append(b, `,"draw":{"commitment":`...), d.Commitment)
	if d.Seed != [32]byte{} {
		b = appendHex(append(b, `,"seed":`...), d.Seed)
	}
	return append(appendString(append(b, `,"algorithm":`...), drawAlgorithm), '}')
}

func appendHex(b []byte, v [32]byte) []byte {
	return append(hex.AppendEncode(append(b, '"'), v[:]), '"')
}
