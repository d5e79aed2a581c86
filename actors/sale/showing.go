package sale

import (
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/waitroom"
)

// showPlace is a place as its owner is told of it. He was seen by asking.
func (s *State) showPlace(at catalog.Time, p waitroom.Place) *Place {
	ahead := 0
	if p.State == waitroom.Waiting {
		ahead = s.room.Ahead(p)
	}
	return s.show(at, p, ahead)
}

// show is showPlace of a place that may still be in its record. What is told of a shuffle
// before the draw is that it is to come: a position that is shown never grows.
func (s *State) show(at catalog.Time, p waitroom.Place, ahead int) *Place {
	shown := &Place{
		ID: ID(p.Token), State: p.State, Reason: p.Reason, Number: p.Number, Ahead: ahead,
		Waiting: s.room.Waiting(), Draw: s.showDraw(),
	}
	if at < s.event.OnSaleAt {
		shown.OpensAt = s.event.OnSaleAt
	}
	switch p.State {
	case waitroom.Active:
		shown.Until = catalog.Time(p.At)
	case waitroom.Waiting:
		if s.drawDue() {
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
		Enabled: s.room != nil, MaxActive: s.event.WaitingRoom.MaxActive, Rate: s.event.WaitingRoom.RatePerMinute,
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
