package siege

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"boxoffice/cmd/stampede/report"
	"boxoffice/cmd/stampede/shop"
	"boxoffice/cmd/stampede/wire"
)

// greedyShare is how much the honest may lose to the greedy one.
const greedyShare = 0.05

// greedyRounds is how often the honest are measured with him and without him, in turns:
// the machine is then as busy with others in both.
const greedyRounds = 2

// greedy compares honest people without and with one client who asks on all his
// connections as fast as he is answered.
func (s *siege) greedy() error {
	d := max(s.Duration/(2*greedyRounds), 2*time.Second).Truncate(time.Second)
	house, err := s.house("greedy", 1000)
	if err != nil {
		return err
	}
	var alone, with []*report.Result
	asked, refused, seconds := int64(0), int64(0), 0.0
	for range greedyRounds {
		x, err := s.honest(d)
		if err != nil {
			return err
		}
		r, err := s.phase("honest alone", x, true)
		if err != nil {
			return err
		}
		alone = append(alone, r)
		g, began := s.startGreed(house), time.Now()
		r, err = s.phase("with greedy", x, true)
		g.stop()
		seconds += time.Since(began).Seconds()
		if err != nil {
			return err
		}
		with = append(with, r)
		asked, refused = asked+g.asked.Load(), refused+g.refused.Load()
	}
	s.verdict.note("the greedy one asked %.0f times a second and was refused %.0f times", float64(asked)/seconds,
		float64(refused)/seconds)
	s.compare(alone, with, greedyShare)
	return nil
}

// compare checks that honest people fare with trouble as they fare without it: their
// success, and the mean of their phases' p99, within a share.
func (s *siege) compare(alone, with []*report.Result, share float64) {
	success := func(all []*report.Result) (n float64) {
		for _, r := range all {
			n += usefulShareOf(r) / float64(len(all))
		}
		return n
	}
	p99 := func(all []*report.Result) (d time.Duration) {
		for _, r := range all {
			d += usefulP99(r, 0, 1e9) / time.Duration(len(all))
		}
		return d
	}
	a, w := success(alone), success(with)
	s.verdict.check(w >= a*(1-share) && w > 0, fmt.Sprintf("the honest succeed within %.0f %%", 100*share),
		"%.2f %%, alone %.2f %%", 100*w, 100*a)
	was, is := p99(alone), p99(with)
	most := time.Duration(float64(was)*(1+share)) + play
	s.verdict.check(is > 0 && is <= most, fmt.Sprintf("their p99 is within %.0f %%", 100*share),
		"%v, alone %v, and may be %v", round(is), round(was), round(most))
	for _, r := range with {
		if r.Truth != nil && !r.Truth.Holds {
			s.verdict.check(false, "what was told is true", "%d violations", len(r.Truth.Violations))
		}
	}
}

// usefulShareOf is the share of a result's planned requests that were of use.
func usefulShareOf(r *report.Result) float64 {
	all := count(r, func(o *report.Operation) int64 { return o.Started + o.Dropped })
	return float64(useful(r).Answered) / float64(max(all, 1))
}

// house makes an event for those who make trouble.
func (s *siege) house(name string, seats int) (*shop.House, error) {
	h := &shop.House{ID: fmt.Sprintf("siege-%s-%x", name, time.Now().UnixMicro()), Seats: seats}
	c := wire.NewConn(s.target.Address, time.Minute)
	defer c.Close()
	return h, h.Build(c, &s.target)
}

// greed is one client with many connections.
type greed struct {
	cancel         context.CancelFunc
	wait           sync.WaitGroup
	asked, refused atomic.Int64
}

// greedyTimeout is how long he waits for an answer.
const greedyTimeout = 5 * time.Second

// startGreed lets the greedy one ask, until stop.
func (s *siege) startGreed(h *shop.House) *greed {
	ctx, cancel := context.WithCancel(s.ctx)
	g := &greed{cancel: cancel}
	get := wire.Request{Method: "GET", Path: "/events/" + h.ID, User: h.ID}
	request := get.Append(nil, &s.target)
	for range s.Connections {
		g.wait.Go(func() {
			c := wire.NewConn(s.target.Address, greedyTimeout)
			defer c.Close()
			if s.here() {
				c.From(honestClients) // the next after theirs
			}
			for ctx.Err() == nil {
				a, err := c.Do(request)
				g.asked.Add(1)
				if err != nil || a.Status == 429 || a.Status == 503 {
					g.refused.Add(1)
				}
			}
		})
	}
	return g
}

// stop has the greedy one leave, and returns when he is gone.
func (g *greed) stop() {
	g.cancel()
	g.wait.Wait()
}
