package sale

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/waitroom"
)

// The words of stories that are about the waiting room.

// queueing reads a command of the waiting room; nil: it is none.
func (w *words) queueing() Command {
	switch w.verb {
	case "join":
		return &JoinQueue{By: w.by(), ID: w.id(0), Seed: [32]byte{4}}
	case "place":
		return &ShowPlace{By: w.by(), ID: w.id(0)}
	case "seen":
		c := &SeePlaces{}
		for i := range w.args {
			c.IDs = append(c.IDs, w.id(i))
		}
		return c
	case "leave":
		return &LeaveQueue{By: w.by(), ID: w.id(0)}
	case "queue":
		return &ShowQueue{}
	case "steer":
		c := &SteerQueue{}
		if w.options["max"] != "" {
			c.MaxActive = new(w.number("max"))
		}
		if w.options["rate"] != "" {
			c.Rate = new(w.number("rate"))
		}
		if yes := w.options["paused"]; yes != "" {
			c.Paused = new(yes == "yes")
		}
		if yes := w.options["stopped"]; yes != "" {
			c.Stopped = new(yes == "yes")
		}
		return c
	}
	return nil
}

// room is the waiting room that an event has with room=N for N shoppers.
func (w *words) room() catalog.WaitingRoom {
	return catalog.WaitingRoom{
		Enabled: w.options["room"] != "", MaxActive: w.number("room"), SessionSeconds: w.number("session"),
		Order: w.options["order"], GraceSeconds: w.number("grace"), RatePerMinute: w.number("rate"),
		EndWithHold: w.options["endwithhold"] == "yes",
	}
}

// people are who shops, and who waits, first in line first.
func (s *State) people() string {
	if s.room == nil {
		return ""
	}
	var in []string
	var line []waitroom.Place
	for _, p := range s.room.Snapshot().Places {
		switch p.State {
		case waitroom.Active:
			in = append(in, label(p.Token))
		case waitroom.Waiting:
			line = append(line, p)
		}
	}
	slices.SortFunc(line, func(a, b waitroom.Place) int { return cmp.Compare(s.room.Ahead(a), s.room.Ahead(b)) })
	text := "in: " + strings.Join(in, " ") + "  line:"
	for _, p := range line {
		text += " " + label(p.Token)
	}
	return text
}

// tellQueueRecord is what a record of the waiting room says, and when it was made.
func tellQueueRecord(r Record) (at catalog.Time, text string) {
	switch r := r.(type) {
	case *QueueOpened:
		return r.At, ""
	case *PlaceTaken:
		return r.At, label(r.ID)
	case *PlacesAdmitted:
		return r.At, fmt.Sprint(r.Count)
	case *PlaceEnded:
		return r.At, label(r.ID) + " " + reasons[r.Reason]
	case *QueueDrawn:
		return r.At, ""
	case *QueueSteered:
		return r.At, fmt.Sprintf("max=%d rate=%d paused=%v stopped=%v", r.MaxActive, r.Rate, r.Paused, r.Stopped)
	}
	return 0, ""
}

var reasons = map[waitroom.Reason]string{waitroom.Left: "left", waitroom.Lapsed: "lapsed",
	waitroom.TimedOut: "timed-out", waitroom.Booked: "booked", waitroom.HoldEnded: "hold-ended"}

func tellPlace(p *Place) string {
	text := "place " + label(p.ID)
	switch p.State {
	case waitroom.Waiting:
		text += " waits"
		if p.Ahead >= 0 {
			text += fmt.Sprintf(" behind %d", p.Ahead)
		}
		if p.OpensAt != 0 {
			text += " opens=" + clockTime(p.OpensAt)
		}
	case waitroom.Active:
		text += " is in"
		if p.Until != 0 {
			text += " until=" + clockTime(p.Until)
		}
	case waitroom.Gone:
		text += " ended: " + reasons[p.Reason]
	}
	if p.Draw != nil && p.Draw.Seed == [32]byte{} {
		text += " (the draw is to come)"
	}
	return text
}

func tellQueue(q *Queue) string {
	return fmt.Sprintf("queue waiting=%d in=%d of %d paused=%v stopped=%v", q.Waiting, q.Active, q.MaxActive,
		q.Paused, q.Stopped)
}
