package truth

import (
	"cmp"
	"math"
	"slices"
)

// never is the time of an answer that did not come.
const never = math.MaxInt64

// outcome is what is known of a request.
type outcome uint8

const (
	unknown outcome = iota // it may have had its effect or not, or will have it yet
	refused                // it had no effect
	granted                // it had its effect
)

// An act is one operation: all tries with one key, or one try without.
type act struct {
	op      Op
	event   string
	user    string
	key     string
	id      string // of the path, or the hold that is paid for
	tickets []string
	removed []string
	count   int

	sent     int64 // of the first try
	received int64 // of the answer that counts; never: none
	outcome  outcome
	status   int
	version  uint64
	replayed bool  // the answer that counts is a stored one
	told     told  // of the answer that counts
	where    spot  // of it, or of the last try
	tries    int   // how many there were
	others   []try // answers after the one that counts
	askable  bool  // it has a key and its body was recorded
}

// try is one answer, for what is compared between the answers of one key.
type try struct {
	received int64
	status   int
	told     told
	where    spot
}

// outcomeOf says what one try tells: what the answer itself says is believed first.
func outcomeOf(o *Observation, t *told) outcome {
	switch {
	case o.Unsent:
		return refused
	case o.Status/100 == 2:
		return granted
	case o.Status == 0 || t.Code == "idempotency-in-flight" || t.Code == "outcome-unknown":
		return unknown
	case t.Executed == executedNo:
		return refused
	case t.Executed == executedUnknown || o.Status >= 500:
		return unknown
	}
	return refused
}

// lasting tells refusals that stay with a key: after a try of which nothing is known
// they say that it had no effect. Others, a 429 for example, only say so of themselves.
func lasting(status int) bool { return status == 402 || status == 409 || status == 410 }

// acts joins the tries of each key.
type acts struct {
	list []*act
	keys map[string]*act // event, key → act
	span int64           // when the first was sent
}

// Views, maps and searches are not judged, so they are not kept.
func (o *Observation) judged() bool { return o.Op != View && o.Op != SeatMap && o.Op != Search }

// add takes in one observation.
func (as *acts) add(o *Observation, where spot) {
	if as.span == 0 || o.Sent < as.span {
		as.span = o.Sent
	}
	if !o.judged() {
		return
	}
	t := parse(o)
	if o.Key == "" {
		as.list = append(as.list, newAct(o, &t, where))
		return
	}
	name := o.Event + "\x00" + o.Key
	a := as.keys[name]
	if a == nil {
		a = newAct(o, &t, where)
		as.keys[name] = a
		as.list = append(as.list, a)
		return
	}
	a.join(o, &t, where)
}

// newAct makes an act of its first try.
func newAct(o *Observation, t *told, where spot) *act {
	a := &act{
		op: o.Op, event: o.Event, user: o.User, key: o.Key, id: o.ID, tickets: o.Tickets, removed: o.Removed,
		count: o.Count, sent: o.Sent, received: never, where: where, tries: 1, outcome: outcomeOf(o, t),
		askable: o.Key != "" && o.Request != nil,
	}
	if a.outcome != unknown {
		a.settle(o, t, where)
	}
	return a
}

// settle takes an answer for the one that counts.
func (a *act) settle(o *Observation, t *told, where spot) {
	a.outcome, a.received, a.status, a.version = outcomeOf(o, t), o.Received, o.Status, o.Version
	a.replayed, a.told, a.where = o.Replayed, *t, where
}

// join takes in one more try. Files are not in the order of time: the earliest
// answer counts, in whatever order they come.
func (a *act) join(o *Observation, t *told, where spot) {
	a.tries++
	a.sent = min(a.sent, o.Sent)
	a.askable = a.askable || o.Request != nil
	next := outcomeOf(o, t)
	switch {
	case next == unknown:
		if a.outcome == refused && !lasting(a.status) {
			a.outcome, a.received = unknown, never
		}
	case next == refused && !lasting(o.Status):
		// It says nothing of the other tries. Where all are like that, the last counts.
		if a.outcome == refused && !lasting(a.status) && o.Received > a.received {
			a.settle(o, t, where)
		}
	case a.outcome == unknown || a.outcome == refused && !lasting(a.status):
		a.settle(o, t, where)
	case o.Received < a.received:
		a.others = append(a.others, try{a.received, a.status, a.told, a.where})
		a.settle(o, t, where)
	default:
		a.others = append(a.others, try{o.Received, o.Status, *t, where})
	}
}

// byEvent gives each event's acts in the order of their sending.
func (as *acts) byEvent() map[string][]*act {
	events := map[string][]*act{}
	for _, a := range as.list {
		events[a.event] = append(events[a.event], a)
	}
	for _, list := range events {
		slices.SortFunc(list, func(a, b *act) int { return cmp.Compare(a.sent, b.sent) })
	}
	return events
}
