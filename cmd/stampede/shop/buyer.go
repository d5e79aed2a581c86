package shop

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
	"time"

	"boxoffice/cmd/stampede/load"
	"boxoffice/cmd/stampede/truth"
	"boxoffice/cmd/stampede/wire"
)

// buyer is one virtual user at a time. It belongs to one goroutine.
type buyer struct {
	shop   *Shop
	pcg    *rand.PCG
	random *rand.Rand

	ctx    context.Context
	n      int64     // the arrival's number
	lot    int64     // its number among those who came in
	at     time.Time // the next request is planned for then
	came   time.Time
	server int
	name   string // X-User-Id; made when it is needed
	token  string // of the place in the line; "": none
	keys   int

	shopping bool // wants tickets
	bought   bool // has them

	conn     *wire.Conn // has the last answer; nil: none
	out      []byte
	body     []byte
	tickets  []string
	free     [][]byte
	observed truth.Observation
}

func newBuyer(s *Shop) *buyer {
	pcg := rand.NewPCG(0, 0)
	return &buyer{shop: s, pcg: pcg, random: rand.New(pcg)}
}

// user is the load.User that lets each arrival do something.
func (b *buyer) user(do func(b *buyer)) load.User {
	return func(ctx context.Context, a load.Arrival) {
		b.ctx, b.n, b.lot, b.at, b.came = ctx, a.N, a.Lot, a.At, a.At
		b.pcg.Seed(b.shop.Script.Seed, uint64(a.N))
		b.server = int(a.N) % len(b.shop.Pool.Targets())
		b.name, b.token, b.keys = "", "", 0
		b.shopping, b.bought = false, false
		b.shop.tally.underWay.Add(1)
		do(b)
		b.giveBack()
		b.shop.tally.underWay.Add(-1)
		if b.shopping {
			b.account()
		}
	}
}

// account counts how it went for a buyer who leaves.
func (b *buyer) account() {
	t := &b.shop.tally
	t.buyers.Add(1)
	if !b.bought {
		t.left.Add(1)
		return
	}
	t.happy.Add(1)
	b.shop.ops.purchase.Took(b.at.Sub(b.came))
}

// giveBack lets others have the connection. The last answer's bytes are gone then.
func (b *buyer) giveBack() {
	if b.conn != nil {
		b.shop.Pool.Put(b.server, b.conn)
		b.conn = nil
	}
}

// who is the buyer's user id.
func (b *buyer) who() string {
	if b.name == "" {
		b.name = b.shop.Run + "-u" + strconv.FormatInt(b.n, 36)
	}
	return b.name
}

// key makes an Idempotency-Key that no other request of any run has.
func (b *buyer) key() string {
	b.keys++
	k := make([]byte, 0, 40)
	k = append(append(k, b.shop.Run...), '-')
	k = append(strconv.AppendInt(k, b.n, 36), '-')
	return string(strconv.AppendInt(k, int64(b.keys), 36))
}

// house is the event that the arrival comes for.
func (b *buyer) house() *House { return b.shop.Houses[int(b.lot)%len(b.shop.Houses)] }

// think plans the next request for when the buyer has thought; false where the run
// is over before that.
func (b *buyer) think() bool {
	s := &b.shop.Script.Buyer
	if s.Think == 0 {
		return b.ctx.Err() == nil
	}
	d := float64(s.Think) * math.Exp(s.Spread*b.random.NormFloat64())
	return b.pause(time.Duration(min(d, 20*float64(s.Think))))
}

// pause plans the next request for later, and waits until then.
func (b *buyer) pause(d time.Duration) bool {
	b.giveBack()
	b.at = b.at.Add(d)
	return load.Sleep(b.ctx, b.at)
}

// chance is true so often.
func (b *buyer) chance(share float64) bool { return b.random.Float64() < share }

// do sends a request of the buyer and records it as what.
func (b *buyer) do(op *load.Op, what truth.Op, event string, r *wire.Request) (wire.Answer, bool) {
	to := &b.shop.Pool.Targets()[b.server]
	b.out = r.Append(b.out[:0], to)
	if b.shop.Recorder == nil {
		return b.send(op, b.out, nil)
	}
	o := &b.observed
	o.Op, o.Event, o.User, o.Key, o.Request = what, event, r.User, r.Key, r.Body
	return b.send(op, b.out, o)
}

// about clears the observation of the next request, and says what it is about.
func (b *buyer) about(id string, tickets []string, count int) {
	b.observed = truth.Observation{ID: id, Tickets: tickets, Count: count}
}

// send sends a request until it is answered for good or may not be sent again. final
// says that the answer is one for good; it is valid until the next request or pause.
func (b *buyer) send(op *load.Op, request []byte, o *truth.Observation) (a wire.Answer, final bool) {
	b.giveBack()
	planned := b.at
	var first time.Time
	for try := 0; ; try++ {
		b.conn = b.shop.Pool.Get(b.server)
		b.shop.sent.Add(1)
		sent := time.Now()
		if try == 0 {
			first = sent
		}
		if o != nil {
			o.Sent = b.shop.Recorder.Now()
		}
		a, err := b.conn.Do(request)
		if o != nil {
			b.observe(o, a)
		}
		t := tryOf(a, err)
		final = err == nil && !again(t)
		if final || !b.mayRetry(try) {
			b.at = time.Now()
			op.Done(planned, first, b.at, t)
			if u := b.shop.ops.useful; u != nil && t.Status != 0 && !shed(t) && !planned.Before(b.shop.Meter.From()) {
				u.Took(b.at.Sub(first)) // not from the plan: a late generator is not the server's doing
			}
			return a, final
		}
		op.Again(planned, t)
		b.giveBack()
		if err != nil {
			b.server = (b.server + 1) % len(b.shop.Pool.Targets())
		}
		if !load.Sleep(b.ctx, time.Now().Add(b.backOff(try, a.Retry))) {
			return wire.Answer{}, false
		}
	}
}

// observe records one try.
func (b *buyer) observe(o *truth.Observation, a wire.Answer) {
	o.Received, o.Status, o.Version = b.shop.Recorder.Now(), a.Status, a.Version
	o.RequestID, o.Replayed, o.Body = string(a.ID), a.Replayed, a.Body
	b.shop.Recorder.Add(o)
}

// mayRetry spends from the budget of retries.
func (b *buyer) mayRetry(try int) bool {
	s := b.shop
	if s.Script.Load.Manners == "rude" {
		return try < s.Script.Load.Retries
	}
	return try < s.Script.Load.Retries && s.retries.Add(1) <= s.sent.Load()/10+100
}

// backOff is how long to wait before the next try: what the server asks for and up to
// half of that more, or 10 ms, doubled each time up to 1 s, and half of it by chance. The
// rude do not wait.
func (b *buyer) backOff(try int, asked time.Duration) time.Duration {
	if b.shop.Script.Load.Manners == "rude" {
		return 0
	}
	if asked > 0 {
		return asked + time.Duration(b.random.Int64N(int64(asked)/2))
	}
	d := min(10*time.Millisecond<<min(try, 10), time.Second)
	return d/2 + time.Duration(b.random.Int64N(int64(d/2)))
}

// again tells tries that ask to be made again.
func again(t load.Try) bool {
	return shed(t) || t.Status == 409 && t.Reason == "idempotency-in-flight"
}

// shed tells refusals for load.
func shed(t load.Try) bool { return t.Status == 503 || t.Status == 429 }

// NoRetryAfter ends the reason of a refusal for load that does not say when to come again.
const NoRetryAfter = " without Retry-After"

// tryOf is what a try came to, as the meter counts it.
func tryOf(a wire.Answer, err error) load.Try {
	t := load.Try{Status: a.Status, Bytes: len(a.Body)}
	var network net.Error
	switch {
	case err == nil && a.Status >= 400:
		t.Reason = code(a.Body)
		if shed(t) && a.Retry == 0 {
			t.Reason += NoRetryAfter
		}
	case err == nil:
	case errors.As(err, &network) && network.Timeout():
		t.Status, t.Reason = 0, "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		t.Status, t.Reason = 0, "refused"
	case errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE):
		t.Status, t.Reason = 0, "cut off"
	default:
		t.Status, t.Reason = 0, "broken"
	}
	return t
}

// code is the code of a problem document; "?" where there is none.
func code(body []byte) string {
	if text := member(body, "code"); text != nil {
		return string(text)
	}
	return "?"
}

// member gives the first text member of that name in a document, without looking at
// how deep it is: the contract's documents have what is looked for outside of all
// else that has the name. Texts with escapes are cut at them.
func member(doc []byte, name string) []byte {
	rest := after(doc, name)
	if len(rest) == 0 || rest[0] != '"' {
		return nil
	}
	if end := bytes.IndexByte(rest[1:], '"'); end >= 0 {
		return rest[1 : 1+end]
	}
	return nil
}

// after gives what follows the name of the first member that has it.
func after(doc []byte, name string) []byte {
	for {
		i := bytes.Index(doc, []byte(name))
		if i < 0 {
			return nil
		}
		before := i > 0 && doc[i-1] == '"'
		if doc = doc[i+len(name):]; !before || len(doc) == 0 || doc[0] != '"' {
			continue
		}
		if rest := bytes.TrimLeft(doc[1:], " \t\r\n"); len(rest) > 0 && rest[0] == ':' {
			return bytes.TrimLeft(rest[1:], " \t\r\n")
		}
	}
}
