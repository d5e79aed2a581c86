package waitroom

import "math"

// The numbers of the estimate.
const (
	// minFreed is how many sessions must have ended before anything is said: the error of
	// a rate from n of them is one part in the root of n.
	minFreed = 8
	// z90 is the 90th percentile of the standard normal distribution.
	z90 = 1.2816
	// maxDispersion bounds how much more than by chance the numbers of steps may differ.
	maxDispersion = 50
)

// Estimate is when a waiting place may be let in.
type Estimate struct {
	Known    bool  // false: too little has been seen to say anything
	P50, P90 int64 // milliseconds: half, and nine tenths, of such places wait at most so long
	// Most is what the settings promise, in milliseconds, whatever was seen: what it takes
	// if all shoppers stay to the end of their time, and the next, and so on. 0: nobody is
	// let in just now.
	Most int64
}

// Wait estimates how long a place waits with so many ahead of it.
//
// What lets people in is sessions that end: their rate is measured over ten minutes, so
// a burst (all that came in at the opening end together) counts as its share. Places
// ahead that are given up shorten the line by a rate for each of them. So the line ahead
// a falls by da/dt = -(λ + δa), and is gone after ln(1 + δa/λ)/δ.
//
// The 90th percentile takes both rates as low as nine in ten measurements of that size
// would still allow, and a count of endings as uneven as the steps were. It is never
// more than Most.
func (r *Room) Wait(at int64, ahead int) Estimate {
	if r.settings.Paused || r.settings.MaxActive <= 0 {
		return Estimate{}
	}
	k := float64(ahead + 1)
	most := r.most(k)
	var freed, dropped, waiting float64
	steps := r.flow.recent(at)
	for _, s := range steps {
		freed += float64(s.Freed)
		dropped += float64(s.Dropped)
		waiting += float64(s.Waiting)
	}
	if freed < minFreed {
		return Estimate{Most: int64(most)}
	}
	window := r.flow.window(at)
	rate := freed / window
	if r.settings.Rate > 0 {
		rate = min(rate, float64(r.settings.Rate)/minute)
	}
	leaving := 0.0 // by place and millisecond
	if waiting > 0 {
		leaving = dropped / (waiting / float64(len(steps)) * window)
	}
	spread := r.flow.dispersion(at, freed)
	low := rate * max(0.1, 1-z90*math.Sqrt(spread/freed))
	p90 := min(drain(k+z90*math.Sqrt(spread*k), low, leaving/2), most)
	return Estimate{Known: true, P50: int64(min(drain(k, rate, leaving), p90)), P90: int64(p90), Most: int64(most)}
}

// most is how long a line of k takes at most, in milliseconds.
func (r *Room) most(k float64) float64 {
	ms := math.Ceil(k/float64(r.settings.MaxActive)) * float64(r.settings.Session)
	if r.settings.Rate > 0 {
		ms = max(ms, k/float64(r.settings.Rate)*minute)
	}
	return ms
}

// drain is how long a line of k takes that is let in at a rate and given up at another.
func drain(k, rate, leaving float64) float64 {
	if x := leaving * k / rate; x > 1e-9 {
		return math.Log1p(x) / leaving
	}
	return k / rate
}

// dispersion is the variance of endings by step over their mean: 1 where they come
// independently of each other, more where they come in waves.
func (f *flow) dispersion(at int64, freed float64) float64 {
	n := max(math.Ceil(f.window(at)/flowStep), 2)
	mean := freed / n
	sum := 0.0
	steps := f.recent(at)
	for _, s := range steps {
		sum += (float64(s.Freed) - mean) * (float64(s.Freed) - mean)
	}
	sum += max(n-float64(len(steps)), 0) * mean * mean
	return min(max(sum/(n-1)/mean, 1), maxDispersion)
}

// SoldOut is the likelihood, from 0 to 1, that those ahead of a place and the shoppers
// who are in take all of the tickets that are left. What they take is what shoppers took
// in the last ten minutes, each; before there is anything to go by, one ticket.
func (r *Room) SoldOut(at int64, ahead, left int) float64 {
	freed, sold := 4.0, 4.0
	for _, s := range r.flow.recent(at) {
		freed += float64(s.Freed)
		sold += float64(s.Sold)
	}
	each := sold / freed
	people := float64(ahead + r.active)
	mean := each * people
	// Some take none and some take several: the variance of one is about twice its mean,
	// and the mean itself is known to one part in the root of what it was measured by.
	deviation := math.Sqrt(2*mean + mean*mean/freed + 1)
	return 0.5 * math.Erfc((float64(left)-mean)/deviation/math.Sqrt2)
}
