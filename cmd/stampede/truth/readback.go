package truth

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// readBack reads granted bookings, and holds that must still live, one by one: what
// the event shows to its buyers is what it told them.
func (e *trial) readBack() error {
	var list []*act
	for _, a := range e.acts {
		if len(list) == e.cfg.ReadBack {
			break
		}
		h := e.sale.holds[a.told.ID]
		live := a.op == Hold && h != nil && h.ended == 0 && h.booking == "" &&
			time.UnixMilli(h.now().expires).After(e.date.Add(2*time.Second))
		if a.outcome == granted && (a.op == Book || live && len(h.states) == 1) {
			list = append(list, a)
		}
	}
	return e.each(len(list), func(i int) error {
		a := list[i]
		path := "/bookings/" + e.event + "/" + a.told.ID
		if a.op == Hold {
			path = "/events/" + e.event + "/holds/" + a.told.ID
		}
		r, err := e.client.get(e.ctx, path, a.user, "")
		if err != nil {
			return err
		}
		e.checked(Kept, 1)
		first, err := e.tapes.again(a.where)
		if err != nil {
			return err
		}
		if say := e.differs(a, first.Body, r); say != "" {
			e.wrong(Kept, say, a, fmt.Sprintf("read     GET %s: %d, request id %s: %.*s", path, r.status, r.request,
				maxLine, r.body))
		}
		return nil
	})
}

// differs says how what is read now differs from what was told; "" where it does not.
func (e *trial) differs(a *act, first []byte, r *reply) string {
	what := fmt.Sprintf("%s %s", a.op, a.told.ID)
	cancelled := a.op == Book && e.sale.bookings[a.told.ID] != nil && e.sale.bookings[a.told.ID].cancelled != 0
	if a.op == Hold && r.status == http.StatusGone {
		return "" // its time was over meanwhile
	}
	if r.status != http.StatusOK {
		return fmt.Sprintf("%s was granted, and now its status is %d", what, r.status)
	}
	now := parse(&Observation{Op: a.op, Status: r.status, Body: r.body})
	was := a.told
	if cancelled {
		was.Status = now.Status
	}
	say := was.same(&now)
	if say == "" && a.op == Hold && now.ExpiresAt < was.ExpiresAt {
		say = fmt.Sprintf("its end %s is now %s", clock(was.ExpiresAt), clock(now.ExpiresAt))
	}
	if say == "" && a.op == Book {
		say = sameConfirmation(first, r.body)
	}
	if say != "" {
		return fmt.Sprintf("%s reads otherwise than it was told: %s", what, say)
	}
	return ""
}

// again is the request of an act with a key, as it was sent.
func (e *trial) again(a *act) (*reply, *Observation, error) {
	first, err := e.tapes.again(a.where)
	if err != nil {
		return nil, nil, err
	}
	method, path := http.MethodPost, "/events/"+e.event+"/holds"
	switch a.op {
	case Book:
		path = "/bookings/" + e.event
	case Extend:
		path += "/" + a.id + "/extend"
	case Swap:
		method, path = http.MethodPatch, path+"/"+a.id
	}
	r, err := e.client.ask(e.ctx, method, path, a.user, a.key, "", first.Request)
	if err != nil {
		return nil, nil, err
	}
	now := *first
	now.Status, now.Version, now.RequestID, now.Body, now.Replayed = r.status, r.version, r.request, r.body, true
	now.Received = time.Now().UnixNano()
	return r, &now, nil
}

// repeatable tells acts that can be sent once more.
func (a *act) repeatable() bool {
	return a.askable && (a.op == Hold || a.op == Book || a.op == Extend || a.op == Swap)
}

// askAgain asks for the answers that never came, with their keys. What comes is the
// answer that counts from then on.
func (e *trial) askAgain() {
	var list []*act
	for _, a := range e.acts {
		if a.outcome == unknown && a.repeatable() {
			list = append(list, a)
		}
	}
	_ = e.each(len(list), func(i int) error { // who gets no answer stays unknown
		a := list[i]
		_, o, err := e.again(a)
		if err != nil {
			return nil
		}
		t := parse(o)
		if next := outcomeOf(o, &t); next == granted || next == refused && lasting(o.Status) {
			where := a.where // what proofs show is the try that was lost
			a.settle(o, &t, where)
			e.mu.Lock()
			e.verdict.Settled++
			e.mu.Unlock()
		}
		return nil
	})
}

// sendAgain sends keys of granted requests once more and wants their answers again.
func (e *trial) sendAgain(left *int) error {
	var list []*act
	for _, a := range e.acts {
		if a.outcome == granted && a.repeatable() && (a.op == Book || a.op == Hold) && len(list) < *left {
			list = append(list, a)
		}
	}
	*left -= len(list)
	before := e.sale.last()
	err := e.each(len(list), func(i int) error {
		a := list[i]
		r, o, err := e.again(a)
		if err != nil {
			return err
		}
		now := parse(o)
		e.checked(OneEffect, 1)
		say := a.told.same(&now)
		if r.status != a.status && a.status != 202 {
			say = fmt.Sprintf("it was answered with %d, and now with %d", a.status, r.status)
		}
		if say != "" {
			e.wrong(OneEffect, fmt.Sprintf("key %s was sent again: %s", a.key, say), a,
				fmt.Sprintf("again    %d, request id %s: %.*s", r.status, r.request, maxLine, r.body))
		}
		return nil
	})
	if err != nil || len(list) == 0 {
		return err
	}
	return e.nothingNew(before, list)
}

// nothingNew wants keys that were sent once more to have made no hold and no booking.
func (e *trial) nothingNew(before uint64, list []*act) error {
	if e.cfg.Shared {
		return nil
	}
	if err := e.readOn(); err != nil {
		return err
	}
	for _, r := range e.sale.records {
		made := r.Type == "hold-placed" || r.Type == "payment-started"
		if r.Version <= before || !made {
			continue
		}
		i := slices.IndexFunc(list, func(a *act) bool {
			return a.user == r.User && slices.Equal(a.told.Tickets, sorted(r.TicketIDs))
		})
		if i >= 0 {
			e.wrong(OneEffect, fmt.Sprintf("key %s was sent again and had a second effect", list[i].key), list[i], r)
		} else {
			e.wrong(OneEffect, "keys were sent again and had an effect", r)
		}
	}
	return nil
}
