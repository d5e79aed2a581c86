package load

import (
	"math/rand/v2"
	"time"
)

// Plan gives the arrivals of a schedule one by one, or the part of them that one of
// several processes makes. It has one reader.
type Plan struct {
	schedule    *Schedule
	random      *rand.Rand // nil: evenly
	mass        float64    // arrivals until the next one
	next        int64
	part, parts int64
}

// Even plans arrivals at even distances: the nth comes when the schedule has reached n.
func (s *Schedule) Even() *Plan { return &Plan{schedule: s, parts: 1} }

// Poisson plans arrivals as people come who know nothing of each other: the distances
// are exponential, the mean rate is the schedule's. The seed is the plan.
func (s *Schedule) Poisson(seed uint64) *Plan {
	p := &Plan{schedule: s, parts: 1, random: rand.New(rand.NewPCG(seed, planStream))}
	p.mass = p.random.ExpFloat64()
	return p
}

// planStream keeps the plan's choices apart from those of the users, who share its seed.
const planStream = 0x706c616e

// Split leaves a plan only the arrivals that are part's of parts, by their number.
func (p *Plan) Split(part, parts int) *Plan {
	p.part, p.parts = int64(part), int64(parts)
	return p
}

// Next gives the next arrival: its number in the whole plan and when it comes after
// the begin. After the last one it gives false.
func (p *Plan) Next() (n int64, at time.Duration, ok bool) {
	for {
		if p.mass >= p.schedule.total-1e-9 || p.random == nil && p.next >= p.schedule.Arrivals() {
			return 0, 0, false
		}
		n, at = p.next, p.schedule.At(p.mass)
		p.next++
		if p.random == nil {
			p.mass = float64(p.next)
		} else {
			p.mass += p.random.ExpFloat64()
		}
		if n%p.parts == p.part {
			return n, at, true
		}
	}
}
