package sale

import (
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/waitroom"
)

// showPlace shows a place to its owner, who was seen by asking. Where there is no room,
// everybody is let in: those who waited in one that was closed are told so.
func (s *State) showPlace(at catalog.Time, c *ShowPlace) Answer {
	if s.room == nil {
		return Answer{Place: &Place{ID: c.ID, State: waitroom.Active}}
	}
	p, refusal := s.placeOf(c.ID, c.By.User)
	if refusal != nil {
		return Answer{Refusal: refusal}
	}
	s.room.Seen(int64(at), p.Token)
	return Answer{Place: s.showFound(at, p)}
}

// showFound is a place of the room, as its owner is told of it.
func (s *State) showFound(at catalog.Time, p waitroom.Place) *Place {
	ahead := 0
	if p.State == waitroom.Waiting {
		ahead = s.room.Ahead(p)
	}
	return s.show(at, p, ahead, s.showDraw())
}

// show is showFound of a place that may still be in its record. What is told of a shuffle
// before the draw is that it is to come: a position that is shown never grows.
func (s *State) show(at catalog.Time, p waitroom.Place, ahead int, draw *Draw) *Place {
	shown := &Place{
		ID: ID(p.Token), State: p.State, Reason: p.Reason, Number: p.Number, Ahead: ahead,
		Waiting: s.room.Waiting(), Grace: catalog.Time(s.room.Settings().Grace), Draw: draw,
	}
	if at < s.event.OnSaleAt {
		shown.OpensAt = s.event.OnSaleAt
	}
	switch p.State {
	case waitroom.Active:
		shown.Until = catalog.Time(p.At)
	case waitroom.Waiting:
		if draw != nil && draw.Seed == [32]byte{} {
			shown.Ahead = -1
			return shown
		}
		available, _, _ := s.stock.Counts()
		shown.Estimate = s.room.Wait(int64(at), ahead)
		shown.SoldOut = s.room.SoldOut(int64(at), ahead, available)
	}
	return shown
}

// showDraw is what can be checked now.
func (s *State) showDraw() *Draw {
	if !s.room.Settings().Shuffle || !s.room.Opened() {
		return nil
	}
	d := &Draw{Commitment: s.room.Commitment()}
	d.Seed, _ = s.room.Drawn()
	return d
}

// showQueue is how the room does.
func (s *State) showQueue(at catalog.Time) *Queue {
	q := &Queue{
		At: at, Enabled: s.room != nil,
		MaxActive: s.event.WaitingRoom.MaxActive, Rate: s.event.WaitingRoom.RatePerMinute,
		Paused: s.steer.paused, Stopped: s.steer.stopped,
	}
	if s.room == nil {
		return q
	}
	q.MaxActive = s.room.Settings().MaxActive
	q.Waiting, q.Active = s.room.Waiting(), s.room.Active()
	q.Oldest = catalog.Time(s.room.OldestSeen())
	q.Flow = s.room.Flow(int64(at))
	q.Estimate = s.room.Wait(int64(at), q.Waiting)
	q.Draw = s.showDraw()
	return q
}
