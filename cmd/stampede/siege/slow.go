package siege

import (
	"time"

	"boxoffice/cmd/stampede/report"
)

// slowShare is how much longer the honest may wait beside the slow.
const slowShare = 0.2

// grace is how much later than documented a connection may be cut off: a second for the
// server's clock, and one for a machine that is busy.
const grace = 2 * time.Second

// slow compares honest people without and with clients who are slow on purpose, and
// checks that each of those is cut off in time.
func (s *siege) slow() error {
	house, err := s.house("slow", slowSeats)
	if err != nil {
		return err
	}
	d := max(s.Duration/2, s.Cut+2*grace).Truncate(time.Second)
	x, err := s.honest(d)
	if err != nil {
		return err
	}
	alone, err := s.phase("honest alone", x, true)
	if err != nil {
		return err
	}
	l := s.startLaggards(house.ID)
	with, err := s.phase("with slow", x, true)
	if err == nil && !l.done(s.ctx, s.Idle+grace) {
		err = s.ctx.Err()
	}
	l.stop()
	if err != nil {
		return err
	}
	for kind, name := range laggardNames {
		cut, all, longest := l.count(kind)
		s.verdict.check(cut == all && all > 0, name+" are cut off after "+l.limit(kind).String(),
			"%d of %d, the last after %v", cut, all, longest.Round(100*time.Millisecond))
	}
	s.compare([]*report.Result{alone}, []*report.Result{with}, slowShare)
	return nil
}
