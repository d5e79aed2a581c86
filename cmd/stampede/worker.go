package main

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"time"

	"boxoffice/cmd/stampede/wire"
)

// A deed is a request that changed something, or may have.
type deed struct {
	kind    kind
	request wire.Request
	event   string
	tickets []string
	hold    string        // book: the hold that was paid for; release: the hold that ended
	began   time.Duration // since the run began, on the monotonic clock
	ended   time.Duration
	status  int    // of the answer; 0: none came, the outcome is not known
	answer  []byte // body of the answer
	doubt   bool   // an earlier try may have had the effect
}

// granted says whether the deed was done: a 2xx came. Of a release, which has no
// key, "not found" is as good where an earlier try was not answered.
func (d *deed) granted() bool {
	gone := d.kind == releaseKind && d.doubt && (d.status == 404 || d.status == 410)
	return d.status/100 == 2 || gone
}

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
	deeds    []*deed   // granted or unknown, for the checks
	refusals refusals  // rush: what was refused, and how
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

// send sends a request until it is answered for good or may not be sent again.
// doubt says that one of the tries may have had an effect of which it did not
// tell, final that the last answer is one for good.
func (w *worker) send(k kind, request []byte) (a wire.Answer, doubt, final bool) {
	c := w.meter.of(k)
	for try := 0; ; try++ {
		a, err := w.conn.Do(request)
		if w.measured && err != nil {
			c.errors++
		} else if w.measured {
			c.status(a.Status)
		}
		final = err == nil && !again(a)
		doubt = doubt || err != nil || isUnknown(a)
		if final || !w.run.mayRetry(try) {
			now := time.Now()
			if w.measured && final {
				c.took(now.Sub(w.from))
			}
			w.from = now
			return a, doubt, final
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

// isUnknown tells the answers after which the request may have had its effect.
func isUnknown(a wire.Answer) bool {
	return a.Status == 503 && bytes.Contains(a.Body, []byte("outcome-unknown")) || a.Status == 409 && again(a)
}

// pause waits before the next try: 5 ms, doubled each time up to 1 s, and half of
// it by chance, so that a crowd does not come back as one.
func pause(try int, random *rand.Rand) {
	d := min(5*time.Millisecond<<min(try, 10), time.Second)
	time.Sleep(d/2 + time.Duration(random.Int64N(int64(d/2))))
}

// do sends a request that changes something, writes it into the ledger, and
// keeps it for the checks where it was granted or its outcome is not known. The
// answer is valid until the worker's next request.
func (w *worker) do(d *deed) (wire.Answer, error) {
	d.began = w.run.clock()
	if err := w.run.ledger.call(d); err != nil {
		return wire.Answer{}, err
	}
	w.out = d.request.Append(w.out[:0], &w.run.target)
	a, doubt, final := w.send(d.kind, w.out)
	d.ended, d.doubt = w.run.clock(), doubt
	if doubt && !final {
		d.request.Body = bytes.Clone(d.request.Body)
		w.deeds = append(w.deeds, d)
		return a, nil
	}
	d.status, d.answer = a.Status, a.Body
	if err := w.run.ledger.answer(d); err != nil {
		return wire.Answer{}, err
	}
	if d.granted() {
		d.answer, d.request.Body = bytes.Clone(a.Body), bytes.Clone(d.request.Body)
		w.deeds = append(w.deeds, d)
	}
	return a, nil
}
