package main

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"time"

	"boxoffice/cmd/stampede/truth"
	"boxoffice/cmd/stampede/wire"
)

// worker is one member of the crowd: one connection, one goroutine.
type worker struct {
	id       int
	run      *run
	conn     *wire.Conn
	random   *rand.Rand
	user     string
	meter    meter
	from     time.Time // the next latency counts from here
	measured bool      // the operation began after the warm-up
	out      []byte    // the request being sent
	body     []byte    // its body
	keys     int       // how many Idempotency-Keys were made
	sold     int       // rush: bookings that were granted
	refused  int64     // rush: bookings that came too late
}

// newWorker makes the worker with that number. Its choices follow from the seed.
func newWorker(r *run, id int) *worker {
	return &worker{
		id:     id,
		run:    r,
		conn:   wire.NewConn(r.target.Address, r.config.timeout),
		random: rand.New(rand.NewPCG(r.config.seed, uint64(id))),
		user:   "buyer-" + strconv.Itoa(id),
	}
}

// newKey makes an Idempotency-Key that no other request of any run has.
func (w *worker) newKey() string {
	w.keys++
	b := make([]byte, 0, 48)
	b = append(b, w.run.name...)
	b = append(b, '-')
	b = strconv.AppendInt(b, int64(w.id), 36)
	b = append(b, '-')
	return string(strconv.AppendInt(b, int64(w.keys), 36))
}

// send sends a request until it is answered for good or may not be sent again. final
// says that the last answer is one for good. Each try is recorded as o; nil: none is.
func (w *worker) send(k kind, request []byte, o *truth.Observation) (a wire.Answer, final bool) {
	c := w.meter.of(k)
	for try := 0; ; try++ {
		if o != nil {
			o.Sent = w.run.rec.Now()
		}
		a, err := w.conn.Do(request)
		if o != nil {
			o.Received, o.Status, o.Version = w.run.rec.Now(), a.Status, a.Version
			o.RequestID, o.Replayed, o.Body = string(a.ID), a.Replayed, a.Body
			w.run.rec.Add(o)
		}
		if w.measured && err != nil {
			c.errors++
		} else if w.measured {
			c.status(a.Status)
		}
		final = err == nil && !again(a)
		if final || !w.run.mayRetry(try) {
			now := time.Now()
			if w.measured && final {
				c.took(now.Sub(w.from))
			}
			w.from = now
			return a, final
		}
		if w.measured {
			c.retries++
		}
		pause(try, w.random)
	}
}

// again tells answers that ask to be asked again.
func again(a wire.Answer) bool {
	return a.Status == 503 || a.Status == 409 && bytes.Contains(a.Body, []byte("idempotency-in-flight"))
}

// pause waits before the next try: 5 ms, doubled each time up to 1 s, and half of
// it by chance, so that a crowd does not come back as one.
func pause(try int, random *rand.Rand) {
	d := min(5*time.Millisecond<<min(try, 10), time.Second)
	time.Sleep(d/2 + time.Duration(random.Int64N(int64(d/2))))
}

// do sends a request that changes something, and records it. The answer is valid
// until the worker's next request.
func (w *worker) do(k kind, r *wire.Request, o *truth.Observation) (wire.Answer, bool) {
	w.out = r.Append(w.out[:0], &w.run.target)
	if w.run.rec == nil {
		return w.send(k, w.out, nil)
	}
	o.User, o.Key, o.Request = r.User, r.Key, r.Body
	return w.send(k, w.out, o)
}
