package main

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"time"
)

// A deed is a request that changed something, or may have.
type deed struct {
	request request
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
	gone := d.request.kind == releaseKind && d.doubt && (d.status == 404 || d.status == 410)
	return d.status/100 == 2 || gone
}

// worker is one member of the crowd: one connection, one goroutine.
type worker struct {
	id       int
	run      *run
	conn     *conn
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
		conn:   newConn(r.target.address, r.config.timeout),
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
func (w *worker) send(k kind, request []byte) (a answer, doubt, final bool) {
	c := w.meter.of(k)
	for try := 0; ; try++ {
		a, err := w.conn.do(request)
		if w.measured && err != nil {
			c.errors++
		} else if w.measured {
			c.status(a.status)
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
func again(a answer) bool {
	return a.status == 503 || a.status == 409 && bytes.Contains(a.body, []byte("idempotency-in-flight"))
}

// isUnknown tells the answers after which the request may have had its effect.
func isUnknown(a answer) bool {
	return a.status == 503 && bytes.Contains(a.body, []byte("outcome-unknown")) || a.status == 409 && again(a)
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
func (w *worker) do(d *deed) (answer, error) {
	d.began = w.run.clock()
	if err := w.run.ledger.call(d); err != nil {
		return answer{}, err
	}
	w.out = d.request.append(w.out[:0], &w.run.target)
	a, doubt, final := w.send(d.request.kind, w.out)
	d.ended, d.doubt = w.run.clock(), doubt
	if doubt && !final {
		d.request.body = bytes.Clone(d.request.body)
		w.deeds = append(w.deeds, d)
		return a, nil
	}
	d.status, d.answer = a.status, a.body
	if err := w.run.ledger.answer(d); err != nil {
		return answer{}, err
	}
	if d.granted() {
		d.answer, d.request.body = bytes.Clone(a.body), bytes.Clone(d.request.body)
		w.deeds = append(w.deeds, d)
	}
	return a, nil
}
