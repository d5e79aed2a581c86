package assign

import "fmt"

// Level is a verdict on a cluster. The larger the number the worse it is, so that the
// verdict on a whole is the largest of its parts.
type Level uint8

// The levels, from good to bad.
const (
	OK          Level = iota
	Degraded          // it sells; a failure more may end that
	Unavailable       // a shard cannot sell
)

// Health is the verdict on a cluster, and what keeps it from OK, a sentence each.
// A node that an operator drains or removes is said and is no fault. Unevenness is
// none either: it costs speed, not safety. Shards are named by number, so that the
// sentence says where to look.
func Health(c Cluster) (Level, []string) {
	p := newPlan(c)
	level := OK
	var problems []string
	found := func(l Level, format string, args ...any) {
		level = max(level, l)
		problems = append(problems, fmt.Sprintf(format, args...))
	}
	for _, n := range p.Nodes {
		if n.Up && n.Full && !n.Leaving {
			found(Degraded, "the disk of node %s is nearly full", n.Name)
		}
		switch {
		case n.Leaving:
			found(OK, "node %s is leaving", n.Name)
		case !n.Up:
			found(Degraded, "node %s is down", n.Name)
		case n.Draining:
			found(OK, "node %s is drained", n.Name)
		}
	}
	var headless, stuck, thin []uint64
	for i := range p.Shards {
		g := p.group(&p.Shards[i])
		switch {
		case len(g.live) < quorum(len(g.voters)):
			stuck = append(stuck, g.ID)
		case g.leader == nil:
			headless = append(headless, g.ID)
		case len(g.live) < p.want:
			thin = append(thin, g.ID)
		}
	}
	if len(stuck) > 0 {
		found(Unavailable, "too few replicas are up for shards %s", list(stuck))
	}
	if len(headless) > 0 {
		found(Unavailable, "no leader is known for shards %s", list(headless))
	}
	if len(thin) > 0 {
		found(Degraded, "fewer than %d replicas are up for shards %s", p.want, list(thin))
	}
	return level, problems
}
