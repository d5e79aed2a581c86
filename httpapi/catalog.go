package httpapi

import (
	"bytes"
	"cmp"
	"errors"
	"hash/maphash"
	"slices"
	"strconv"
	"sync"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/payment/luhn"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
)

// An upload runs in three parts. The handler's own goroutine reads lines and
// decodes them; as many workers as lines may be under way define the events; and
// what was refused is kept, with its line's number, until the upload is read. An
// id always goes to the same worker, so lines of one event keep their order.
//
// The answer is written when all is read, not while: a client that sends its
// whole body before it reads would stop at full socket buffers otherwise.

// The bounds of an upload beyond those of Config.
const (
	// catalogBytes bounds the lines under way: the reader waits.
	catalogBytes = 64 << 20
	// catalogAnswer bounds the refused lines kept: the upload stops.
	catalogAnswer = 32 << 20
	// catalogPatience is how long a line is tried again while its event cannot
	// be reached, and catalogPause the first wait between tries.
	catalogPatience = 10 * time.Second
	catalogPause    = 20 * time.Millisecond
)

// upload is a POST /admin/catalog under way.
type upload struct {
	srv   *Server
	by    sale.By
	lanes []chan catalogLine
	done  sync.WaitGroup
	seed  maphash.Seed

	mu struct {
		sync.Mutex
		accepted, created, unchanged, refused int
		lines                                 []refusedLine
		kept                                  int // bytes of lines
		inFlight                              int // bytes of lines under way
	}
	room *sync.Cond // of mu: inFlight went down
}

// catalogLine is a line that passed all checks.
type catalogLine struct {
	number, size int
	event        *catalog.Event
}

// refusedLine is the answer's line about a refused one.
type refusedLine struct {
	number int
	text   []byte
}

// postCatalog is POST /admin/catalog.
func (s *Server) postCatalog(c *call) {
	user, ok := c.user()
	if !ok || !c.query(nil) {
		return
	}
	if !isNDJSON(c.ctx.Request.Header.ContentType()) {
		c.fail(codeMediaType, fault{})
		c.abandonBody()
		return
	}
	select {
	case s.uploads <- struct{}{}:
		defer func() { <-s.uploads }()
	default:
		s.metrics.uploadsRefused.Add(1)
		c.fail(codeOverloaded, fault{detail: "As many uploads as the bound allows are under way."})
		c.abandonBody()
		return
	}
	u := s.newUpload(sale.By{User: user})
	u.read(newLineReader(c.ctx, s.cfg.CatalogLine))
	u.finish()
	c.buf = u.answer(c.buf[:0])
	c.ctx.Response.Header.SetContentType(ndjsonType)
	c.ctx.Response.SetBody(c.buf)
}

// abandonBody ends the connection with the answer: the body was not read.
func (c *call) abandonBody() {
	c.ctx.SetConnectionClose()
	lingerOn(c.ctx.Conn())
}

const ndjsonType = "application/x-ndjson"

func isNDJSON(media []byte) bool {
	kind, _, _ := bytes.Cut(media, []byte{';'})
	switch string(bytes.ToLower(bytes.TrimSpace(kind))) {
	case ndjsonType, "application/ndjson", "application/jsonl", jsonType:
		return true
	}
	return false
}

// newUpload starts the workers; finish ends them.
func (s *Server) newUpload(by sale.By) *upload {
	u := &upload{srv: s, by: by, seed: maphash.MakeSeed(), lanes: make([]chan catalogLine, s.cfg.CatalogInFlight)}
	u.room = sync.NewCond(&u.mu)
	for i := range u.lanes {
		u.lanes[i] = make(chan catalogLine, 1)
		u.done.Go(func() { u.work(u.lanes[i]) })
	}
	return u
}

// read takes lines until the end, or until too many were refused.
func (u *upload) read(r *lineReader) {
	for {
		line, err := r.next()
		if len(line) > 0 || errors.Is(err, errTooLarge) {
			u.take(r.number, line, err)
		}
		if err != nil && !errors.Is(err, errTooLarge) {
			if !r.atEnd(err) {
				u.refuse(r.number+1, "", codeInvalid, fault{detail: "The upload broke off here: " + endOf(err)})
			}
			return
		}
		if u.full() {
			u.refuse(r.number+1, "", codeTooLarge, fault{detail: "Too many lines were refused; the rest was not read."})
			return
		}
	}
}

func endOf(err error) string {
	if errors.Is(err, errBomb) {
		return "it unpacks to far more than it is."
	}
	return "the transfer or its gzip stream ended early or is damaged."
}

// take checks a line and hands it to its event's worker.
func (u *upload) take(number int, line []byte, err error) {
	if err != nil && errors.Is(err, errTooLarge) {
		u.refuse(number, "", codeTooLarge, fault{detail: "The line is over its bound."})
		return
	}
	e := new(catalog.Event)
	errs := decodeJSON(line, e)
	if len(errs) == 0 {
		errs = checkEvent(e)
	}
	if len(errs) > 0 {
		u.refuse(number, e.ID, codeInvalid, fault{errors: errs})
		return
	}
	u.mu.Lock()
	for u.mu.inFlight > 0 && u.mu.inFlight+len(line) > catalogBytes {
		u.room.Wait()
	}
	u.mu.inFlight += len(line)
	u.mu.Unlock()
	u.srv.catalogBytes.Add(int64(len(line)))
	lane := maphash.String(u.seed, e.ID) % uint64(len(u.lanes))
	u.lanes[lane] <- catalogLine{number, len(line), e}
}

// work defines the events of one lane, one after another.
func (u *upload) work(lane <-chan catalogLine) {
	for l := range lane {
		a, err := u.define(l.event)
		u.srv.forget(l.event.ID)
		switch {
		case err != nil:
			u.refuse(l.number, l.event.ID, codeOfFailure(err), fault{})
		case a.Refusal != nil:
			u.refuse(l.number, l.event.ID, string(a.Refusal.Code), faultOf(a.Refusal))
		}
		u.mu.Lock()
		if err == nil && a.Refusal == nil {
			u.mu.accepted++
			if a.Created {
				u.mu.created++
			}
			if a.Unchanged {
				u.mu.unchanged++
			}
		}
		u.mu.inFlight -= l.size
		u.mu.Unlock()
		u.srv.catalogBytes.Add(-int64(l.size))
		u.room.Signal()
	}
}

// define makes one event, and tries again for a while where the event cannot be
// reached. To define an event twice is to define it once, so a lost answer is
// asked for again too.
func (u *upload) define(e *catalog.Event) (sale.Answer, error) {
	giveUp := time.Now().Add(catalogPatience)
	for pause := catalogPause; ; pause = min(2*pause, time.Second) {
		deadline := time.Now().Add(u.srv.cfg.CommandTimeout)
		a, err := u.srv.cfg.Seller.Do(e.ID, &sale.DefineEvent{By: u.by, Event: e}, deadline)
		again := errors.Is(err, actors.ErrOverloaded) || errors.Is(err, actors.ErrUnavailable) ||
			errors.Is(err, actors.ErrUnknown)
		if !again || time.Now().After(giveUp) {
			return a, err
		}
		select {
		case <-u.srv.stopped:
			return a, err
		case <-time.After(pause):
		}
	}
}

// refuse keeps the answer about a refused line.
func (u *upload) refuse(number int, id, code string, f fault) {
	b := strconv.AppendInt([]byte(`{"line":`), int64(number), 10)
	if id != "" && isToken([]byte(id), maxID) && !luhn.Is(id) {
		b = appendString(append(b, `,"id":`...), id)
	}
	p := problemOf(code)
	b = appendString(append(b, `,"code":`...), p.code)
	if f.detail == "" {
		f.detail = p.cause
	}
	b = appendString(append(b, `,"detail":`...), f.detail)
	b = appendFieldErrors(b, f.errors)
	b = append(append(b, f.members...), '}', '\n')
	u.mu.Lock()
	defer u.mu.Unlock()
	u.mu.refused++
	u.mu.kept += len(b)
	u.mu.lines = append(u.mu.lines, refusedLine{number, b})
}

// full reports whether as much was refused as is kept.
func (u *upload) full() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.mu.kept > catalogAnswer
}

// finish waits for the lines under way.
func (u *upload) finish() {
	for _, lane := range u.lanes {
		close(lane)
	}
	u.done.Wait()
}

// answer appends the refused lines in the upload's order, then the sums.
func (u *upload) answer(b []byte) []byte {
	u.mu.Lock()
	defer u.mu.Unlock()
	slices.SortStableFunc(u.mu.lines, func(x, y refusedLine) int { return cmp.Compare(x.number, y.number) })
	for _, l := range u.mu.lines {
		b = append(b, l.text...)
	}
	b = strconv.AppendInt(append(b, `{"accepted":`...), int64(u.mu.accepted), 10)
	b = strconv.AppendInt(append(b, `,"created":`...), int64(u.mu.created), 10)
	b = strconv.AppendInt(append(b, `,"unchanged":`...), int64(u.mu.unchanged), 10)
	b = strconv.AppendInt(append(b, `,"refused":`...), int64(u.mu.refused), 10)
	return append(b, '}', '\n')
}
