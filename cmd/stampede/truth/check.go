package truth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// readers is how many requests of a check are under way at once.
const readers = 8

// judge is one check under way.
type judge struct {
	cfg     Config
	client  *client
	tapes   *tapes
	acts    *acts
	ledger  *ledger // nil: there is none
	verdict *Verdict

	mu sync.Mutex // guards verdict while several requests are under way
}

// Check judges the recordings against the server. It blocks until everything has
// been read, at most about Settle longer than that takes. An error means that it
// could not judge (the server does not answer, a file cannot be read); a
// Verdict with violations is no error.
func Check(ctx context.Context, cfg Config, files ...string) (_ *Verdict, err error) {
	began := time.Now()
	cfg.fill()
	t, err := openTapes(files)
	if err != nil {
		return nil, err
	}
	defer t.close()
	k := &judge{
		cfg: cfg, client: newClient(cfg.Server, cfg.Token, cfg.Timeout), tapes: t,
		acts: &acts{keys: map[string]*act{}}, verdict: newVerdict(),
	}
	defer k.client.close()
	err = t.each(func(o *Observation, where spot) error {
		k.verdict.Observations++
		k.acts.add(o, where)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if cfg.Ledger != "" {
		k.ledger = &ledger{name: cfg.Ledger}
	}
	if err := k.events(ctx); err != nil {
		return nil, err
	}
	k.finish(time.Since(began))
	return k.verdict, nil
}

// fill puts defaults where nothing is.
func (c *Config) fill() {
	or := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	or(&c.ReadBack, 1000)
	or(&c.Samples, 100)
	if c.Settle == 0 {
		c.Settle = 15 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 15 * time.Second
	}
}

// events judges one event after the other: an event's history is in memory while it
// is judged, and no other's.
func (k *judge) events(ctx context.Context) error {
	by := k.acts.byEvent()
	names := k.cfg.Events
	if names == nil {
		for name := range by {
			names = append(names, name)
		}
		slices.Sort(names)
	}
	resend := k.cfg.Resend
	for _, name := range names {
		e := &trial{judge: k, ctx: ctx, event: name, acts: by[name], grants: map[string]*act{}}
		e.sale = newSale(name, e.wrong)
		if err := e.run(&resend); err != nil {
			return fmt.Errorf("judge event %s: %w", name, err)
		}
		k.verdict.Events++
		k.verdict.Records += int64(len(e.sale.records))
	}
	return nil
}

// finish adds up.
func (k *judge) finish(took time.Duration) {
	v := k.verdict
	v.Seconds = took.Seconds()
	v.Holds = true
	for i := range v.Findings {
		v.Holds = v.Holds && v.Findings[i].Violations == 0
	}
	if k.tapes.cut > 0 {
		v.Notes = append(v.Notes, fmt.Sprintf("%d recordings end in the middle: who wrote them was stopped",
			k.tapes.cut))
	}
	if k.ledger == nil {
		v.skip(Paid, "no ledger was given")
	}
}

// trial is the judging of one event.
type trial struct {
	*judge
	ctx    context.Context
	event  string
	acts   []*act          // in the order of their sending
	grants map[string]*act // hold or booking → the act that was granted it
	sale   *sale
	seats  *seatMap
	date   time.Time // of the server, when the history had been read; zero: not known
}

// run reads what there is to read and makes every check. resend is how many keys may
// still be sent once more.
func (e *trial) run(resend *int) error {
	if e.cfg.Resend > 0 {
		e.askAgain()
	}
	for _, a := range e.acts {
		if a.outcome == unknown {
			e.verdict.Unknown++
		} else if a.outcome == granted && (a.op == Hold || a.op == Book) {
			e.grants[a.told.ID] = a
		}
	}
	if e.ledger != nil {
		if err := e.ledger.read(); err != nil { // before the history: what is in it is in that
			return err
		}
	}
	if err := e.read(); err != nil {
		return err
	}
	e.owners()
	e.kept()
	e.refusals()
	e.holdsEnd()
	e.inLine()
	e.oneEffect()
	e.inOrder()
	e.linearizable()
	if err := e.addsUp(); err != nil {
		return err
	}
	if err := e.paid(); err != nil {
		return err
	}
	if err := e.readBack(); err != nil {
		return err
	}
	return e.sendAgain(resend)
}

// read reads the seat map and then the history, which is not older. Where a booking
// is not decided yet it waits, at most Settle.
func (e *trial) read() error {
	var err error
	if e.seats, err = e.client.seatMap(e.ctx, e.event); err != nil {
		return err
	}
	for until := time.Now().Add(e.cfg.Settle); ; {
		if err := e.readOn(); err != nil {
			return err
		}
		if !e.pending() || time.Now().After(until) {
			break
		}
		if err := pause(e.ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	if len(e.sale.records) == 0 {
		return errors.New("it has no history")
	}
	if e.sale.base != 1 {
		e.wrong(AddsUp, fmt.Sprintf("the history begins with version %d", e.sale.base), e.sale.records[0])
	}
	e.checked(AddsUp, int64(len(e.sale.records)))
	return nil
}

// readOn reads the records that have come since.
func (e *trial) readOn() (err error) {
	e.date, err = e.client.history(e.ctx, e.event, e.sale.last()+1, e.sale.add)
	return err
}

// pending says whether a booking is not decided.
func (e *trial) pending() bool {
	for _, b := range e.sale.bookings {
		if b.confirmed == 0 && b.declined == 0 {
			return true
		}
	}
	return false
}

// each calls f for 0..n-1, several at once, until one fails.
func (e *trial) each(n int, f func(i int) error) error {
	var next atomic.Int64
	var wait sync.WaitGroup
	errs := make([]error, min(readers, n))
	for r := range errs {
		wait.Go(func() {
			for i := int(next.Add(1) - 1); i < n && errs[r] == nil; i = int(next.Add(1) - 1) {
				errs[r] = f(i)
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// wrong tells a violation with its proof: records, acts, tries and lines of text.
func (e *trial) wrong(p Property, says string, proof ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f := e.verdict.finding(p)
	if f.Violations++; f.Violations > maxShown {
		return
	}
	v := Violation{Property: p, Event: e.event, Says: says, Proof: []string{}}
	for _, x := range e.withAnswers(proof) {
		v.Proof = append(v.Proof, e.line(x)...)
	}
	e.verdict.Violations = append(e.verdict.Violations, v)
}

// checked counts what was looked at for a property.
func (e *trial) checked(p Property, n int64) {
	e.mu.Lock()
	e.verdict.finding(p).Checked += n
	e.mu.Unlock()
}
