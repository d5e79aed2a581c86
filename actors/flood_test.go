package actors

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/storage"
)

// slowLog takes a while for each commit.
type slowLog struct {
	storage.Log
	takes time.Duration
}

func (l slowLog) Append(ctx context.Context, b storage.Batch) error {
	<-time.After(l.takes)
	return l.Log.Append(ctx, b)
}

func (l slowLog) Confirm(ctx context.Context, shard, epoch uint64) error {
	<-time.After(l.takes)
	return l.Log.Confirm(ctx, shard, epoch)
}

// A flood of readers, eight times what fits, keeps nobody from holding, paying and
// getting his tickets: the readers are shed, at once, and the shoppers notice nothing.
func TestShoppersGetThroughAFlood(t *testing.T) {
	const commit = 10 * time.Millisecond
	slow := func(c *Config) { c.Log, c.MaxQueued, c.MaxBatch = slowLog{c.Log, commit}, 100, 100 }
	inWorld(t, slow, func(w *world) {
		w.define()
		var over atomic.Bool
		var read, shed atomic.Int64
		var readers, shoppers sync.WaitGroup
		for range 400 {
			readers.Go(func() {
				for !over.Load() {
					switch _, err := w.do(&sale.ShowTickets{}); {
					case err == nil:
						read.Add(1)
					case errors.Is(err, ErrOverloaded):
						shed.Add(1)
						pass(time.Millisecond) // it comes again at once, nearly
					default:
						t.Error(err)
					}
				}
			})
		}
		pass(time.Second)
		times := make(chan time.Duration, 20)
		for i := range 20 {
			hold, book := w.hold(fmt.Sprintf("S-A-%d", i%10+1)), w.book()
			if i >= 10 {
				hold.TicketIDs[0] = fmt.Sprintf("S-B-%d", i%10+1)
			}
			book.TicketIDs, book.Hold = nil, hold.ID
			shoppers.Go(func() {
				began := time.Now()
				for _, cmd := range []sale.Command{hold, book} {
					if a, err := w.do(cmd); err != nil || a.Refusal != nil {
						t.Errorf("%T in a flood: %v, %v", cmd, a.Refusal, err)
					}
				}
				times <- time.Since(began)
			})
		}
		shoppers.Wait()
		over.Store(true)
		readers.Wait()
		w.expect("80 available, 0 held, 20 booked")
		// A hold, a payment begun, a payment settled: three commits, each behind another.
		for range 20 {
			if took := <-times; took > 8*commit {
				t.Errorf("a shopper took %v, with commits of %v", took, commit)
			}
		}
		if w.shed(classReading, shedFull) == 0 || w.shed(classHolding, shedFull)+w.shed(classPaying, shedFull) > 0 {
			t.Errorf("shed: %d reads, %d holds, %d payments", w.shed(classReading, shedFull),
				w.shed(classHolding, shedFull), w.shed(classPaying, shedFull))
		}
		if read.Load() == 0 || shed.Load() < read.Load() {
			t.Errorf("%d reads were answered, %d shed", read.Load(), shed.Load())
		}
	})
}
