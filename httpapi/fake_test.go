package httpapi

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
)

// fakeSeller sells from memory: the real state machine of each event, with a lock
// where the node has an actor, and a sandbox of a payment provider.
type fakeSeller struct {
	now func() time.Time

	// before, where set, may end a call with an error in the event's stead.
	before atomic.Pointer[func(event string, cmd sale.Command) error]
	// viewed and done count calls.
	viewed, done atomic.Int64
	notReady     atomic.Pointer[error]
	// trimmed is how many records of every event retention has deleted.
	trimmed atomic.Uint64

	mu     sync.Mutex
	events map[string]*fakeEvent
}

type fakeEvent struct {
	state   *sale.State
	records []sale.Record
}

func newFake(now func() time.Time) *fakeSeller {
	return &fakeSeller{now: now, events: make(map[string]*fakeEvent)}
}

// intercept sets what happens before each call.
func (f *fakeSeller) intercept(fn func(event string, cmd sale.Command) error) { f.before.Store(&fn) }

func (f *fakeSeller) Do(event string, cmd sale.Command, _ time.Time) (sale.Answer, error) {
	f.done.Add(1)
	if fn := f.before.Load(); fn != nil {
		if err := (*fn)(event, cmd); err != nil {
			return sale.Answer{}, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.events[event]
	if e == nil {
		e = &fakeEvent{state: sale.New()}
		f.events[event] = e
	}
	a := f.step(e, cmd)
	if book, ok := cmd.(*sale.Book); ok && a.Booking != nil && a.Booking.Status == sale.Pending && !a.Replayed {
		return f.pay(e, book, a), nil
	}
	if a.Booking != nil && a.Booking.Task() == sale.Refund {
		f.step(e, &sale.SettlePayment{Booking: a.Booking.ID, Task: sale.Refund})
	}
	return a, nil
}

func (f *fakeSeller) step(e *fakeEvent, cmd sale.Command) sale.Answer {
	var a sale.Answer
	e.records, a = e.state.Step(catalog.At(f.now()), cmd, e.records)
	return a
}

// pay is the sandbox: a token for each thing that a provider can say.
func (f *fakeSeller) pay(e *fakeEvent, book *sale.Book, pending sale.Answer) sale.Answer {
	s := &sale.SettlePayment{Booking: book.ID, Task: sale.Authorise, Provider: "sandbox", PaymentID: "pay_1"}
	switch book.Token {
	case "pm_slow":
		return pending
	case "pm_card_chargeDeclined":
		s.Declined, s.Reason, s.PaymentID = true, "card_declined", ""
	}
	news := f.step(e, s)
	a := e.state.Outcome(book.ID)
	a.Version = news.Version
	if a.Booking != nil {
		f.step(e, &sale.SettlePayment{Booking: book.ID, Task: sale.Capture})
	}
	return a
}

func (f *fakeSeller) View(ctx context.Context, event string, least uint64) (actors.View, error) {
	f.viewed.Add(1)
	for {
		v, err := f.view(event)
		if err != nil && least == 0 || err == nil && v.Summary.Version >= least {
			return v, err
		}
		select {
		case <-ctx.Done():
			return actors.View{}, actors.ErrUnavailable
		case <-time.After(time.Millisecond):
		}
	}
}

func (f *fakeSeller) view(event string) (actors.View, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.events[event]
	if e == nil || !e.state.Summary().Exists {
		return actors.View{}, &sale.Refusal{Code: sale.EventNotFound}
	}
	_, a := e.state.Decide(catalog.At(f.now()), &sale.ShowEvent{}, nil)
	_, t := e.state.Decide(catalog.At(f.now()), &sale.ShowTickets{}, nil)
	event2 := *a.Event
	event2.Inventory.Sections = nil
	low, high := t.Plan.PriceRange()
	return actors.View{Event: &event2, MinPrice: low, MaxPrice: high, Summary: e.state.Summary()}, nil
}

func (f *fakeSeller) History(event string, from uint64, limit int) ([]actors.VersionedRecord, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.events[event]
	if e == nil || len(e.records) == 0 {
		return nil, &sale.Refusal{Code: sale.EventNotFound}
	}
	if from <= f.trimmed.Load() {
		return nil, fmt.Errorf("%w: record %d", actors.ErrTrimmed, from)
	}
	var out []actors.VersionedRecord
	for v := from; v <= uint64(len(e.records)) && len(out) < limit; v++ {
		out = append(out, actors.VersionedRecord{Version: v, Record: e.records[v-1]})
	}
	return out, nil
}

func (f *fakeSeller) Ready() error {
	if err := f.notReady.Load(); err != nil {
		return *err
	}
	return nil
}
