package importer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// The bounds of one request. A request is kept until it is answered, so that it
// can be sent again: importing an event twice is importing it once.
const (
	maxBatchLines = 2000
	maxBatchBytes = 8 << 20
)

// maxAnswerLine bounds a line of the server's answer.
const maxAnswerLine = 1 << 20

// Uploader sends events to a server, in order, in requests of up to 2,000 lines:
// one is under way while the next fills. Its methods are for one goroutine; the
// answers are counted in Report by that goroutine too.
type Uploader struct {
	Server string // URL, without a slash at the end
	Token  string // of the admin paths; "": none
	Report *Report
	Client *http.Client
	// Patience bounds how long a request is tried again while the server cannot be
	// reached, is overloaded or ends its answer early.
	Patience time.Duration
	// Sent is called when a batch is answered, with the numbers of its events. It
	// may be nil.
	Sent func(events int)

	filling batch
	flying  chan outcome // nil: nothing is under way
	failed  error        // the first error; nothing is sent after it
}

// batch is the lines of one request.
type batch struct {
	body []byte
	refs []ref
}

// ref is where a line came from.
type ref struct {
	file string
	line int
	id   string
	end  int // of the line in body
}

// outcome is what became of a batch.
type outcome struct {
	sent    batch
	totals  totals
	refused []refusedLine
	err     error
}

// totals is the last line of the server's answer. Refused is checked against the
// lines before it.
type totals struct {
	Accepted, Created, Unchanged int
	Refused                      int
}

// refusedLine is a line of the server's answer: which of ours it does not take,
// and why.
type refusedLine struct {
	Line   int    `json:"line"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Title  string `json:"title"`
	Errors []struct {
		At     string `json:"at"`
		Detail string `json:"detail"`
	} `json:"errors"`
}

// Add sends an event that is not refused, sooner or later. It blocks while the
// request before is under way and this one is full.
func (u *Uploader) Add(ctx context.Context, item Item) error {
	b := &u.filling
	if len(b.refs) > 0 && (len(b.refs) >= maxBatchLines || len(b.body)+len(item.JSON) > maxBatchBytes) {
		if err := u.launch(ctx); err != nil {
			return err
		}
	}
	b.body = append(b.body, item.JSON...)
	b.refs = append(b.refs, ref{item.File, item.Line, item.ID, len(b.body)})
	return nil
}

// Close sends what is left and waits for every answer.
func (u *Uploader) Close(ctx context.Context) error {
	if len(u.filling.refs) > 0 {
		if err := u.launch(ctx); err != nil {
			return err
		}
	}
	return u.land()
}

// launch waits for the request under way and starts the next.
func (u *Uploader) launch(ctx context.Context) error {
	if err := u.land(); err != nil {
		return err
	}
	b := u.filling
	u.filling = batch{}
	u.flying = make(chan outcome, 1)
	go func(to chan<- outcome) { to <- u.deliver(ctx, b) }(u.flying)
	return nil
}

// land takes the outcome of the request under way.
func (u *Uploader) land() error {
	if u.flying == nil {
		return u.failed
	}
	o := <-u.flying
	u.flying = nil
	if o.err != nil {
		u.failed = o.err
		return u.failed
	}
	u.Report.Accepted += o.totals.Accepted
	u.Report.Created += o.totals.Created
	u.Report.Unchanged += o.totals.Unchanged
	for _, l := range o.refused {
		from := o.sent.refs[l.Line-1]
		u.Report.Refuse(Line{File: from.file, Line: from.line, ID: from.id, Refused: l.Code, Detail: l.text()})
	}
	if u.Sent != nil {
		u.Sent(len(o.sent.refs))
	}
	return nil
}

// text is what the server said of a line.
func (l *refusedLine) text() string {
	s := l.Detail
	if s == "" {
		s = l.Title
	}
	for i, e := range l.Errors {
		if i == 3 {
			return s + fmt.Sprintf("; and %d more", len(l.Errors)-i)
		}
		s += "; " + e.At + ": " + e.Detail
	}
	return s
}

// passing reports whether a line was refused for a reason that passes.
func (l *refusedLine) passing() bool {
	switch l.Code {
	case "overloaded", "unavailable", "outcome-unknown", "rate-limited":
		return true
	}
	return false
}

// deliver sends a batch until it is answered, or patience ends. Lines that were
// refused for a passing reason are sent again on their own.
func (u *Uploader) deliver(ctx context.Context, all batch) outcome {
	total := outcome{sent: all}
	rest := all
	index := make([]int, len(all.refs)) // of rest's lines in all
	for i := range index {
		index[i] = i
	}
	deadline := time.Now().Add(u.Patience)
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		got, err := u.post(ctx, rest.body, len(rest.refs))
		if err != nil {
			t, ok := errors.AsType[*temporaryError](err)
			if !ok || time.Now().After(deadline) {
				total.err = err
				return total
			}
			wait = max(wait, t.after)
		} else {
			late := time.Now().After(deadline)
			again := total.take(got, index, late)
			if len(again) == 0 {
				return total
			}
			rest, index = all.pick(again), again
		}
		select {
		case <-ctx.Done():
			total.err = ctx.Err()
			return total
		case <-time.After(wait):
		}
	}
}

// take adds an answer to the outcome. It returns the lines to send again, as
// indices in the whole batch; none where it is too late for that.
func (o *outcome) take(got outcome, index []int, late bool) (again []int) {
	o.totals.Accepted += got.totals.Accepted
	o.totals.Created += got.totals.Created
	o.totals.Unchanged += got.totals.Unchanged
	for _, l := range got.refused {
		at := index[l.Line-1]
		if l.passing() && !late {
			again = append(again, at)
			continue
		}
		l.Line = at + 1
		o.refused = append(o.refused, l)
	}
	return again
}

// pick is the batch of some lines.
func (b batch) pick(lines []int) batch {
	var out batch
	for _, i := range lines {
		start := 0
		if i > 0 {
			start = b.refs[i-1].end
		}
		out.body = append(out.body, b.body[start:b.refs[i].end]...)
		out.refs = append(out.refs, b.refs[i])
	}
	return out
}

// temporaryError is one that may pass.
type temporaryError struct {
	err   error
	after time.Duration // what the server asked to wait
}

func (e *temporaryError) Error() string { return e.err.Error() }
func (e *temporaryError) Unwrap() error { return e.err }

// post sends lines once and reads the answer.
func (u *Uploader) post(ctx context.Context, body []byte, lines int) (outcome, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.Server+"/admin/catalog", bytes.NewReader(body))
	if err != nil {
		return outcome{}, fmt.Errorf("send to %s: %w", u.Server, err)
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	if u.Token != "" {
		req.Header.Set("Authorization", "Bearer "+u.Token)
	}
	res, err := u.Client.Do(req)
	if err != nil {
		return outcome{}, &temporaryError{fmt.Errorf("send to the server: %w", err), 0}
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return outcome{}, refusedRequest(res)
	}
	return readAnswer(res.Body, lines)
}

// refusedRequest is the error of an answer that is not 200.
func refusedRequest(res *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	if err != nil {
		return &temporaryError{fmt.Errorf("read the server's answer: %w", err), 0}
	}
	var problem struct{ Code, Detail, Title string }
	said := string(bytes.TrimSpace(text))
	if json.Unmarshal(text, &problem) == nil && problem.Code != "" {
		said = problem.Code
		if problem.Detail != "" {
			said += ": " + problem.Detail
		}
	}
	err = fmt.Errorf("the server answers %s: %s", res.Status, said)
	if res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 500 {
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After")) // not there, or a date: 0
		return &temporaryError{err, time.Duration(min(max(seconds, 0), 30)) * time.Second}
	}
	return err
}

// readAnswer reads the NDJSON of POST /admin/catalog: a line for each line that
// was refused, then the totals, which must add up to what was sent.
func readAnswer(r io.Reader, lines int) (outcome, error) {
	var o outcome
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 64<<10), maxAnswerLine)
	for in.Scan() {
		var line struct {
			refusedLine
			totals
			Accepted *int // there in the last line only
		}
		if err := json.Unmarshal(in.Bytes(), &line); err != nil {
			return o, fmt.Errorf("read the server's answer: %w", err)
		}
		if line.Accepted != nil {
			o.totals = line.totals
			o.totals.Accepted = *line.Accepted
			if o.totals.Accepted+len(o.refused) != lines || o.totals.Refused != len(o.refused) {
				return o, fmt.Errorf("the server's totals do not add up: %d lines sent, %d refused: %s",
					lines, len(o.refused), in.Bytes())
			}
			return o, nil
		}
		if line.Line < 1 || line.Line > lines {
			return o, fmt.Errorf("the server speaks of line %d of %d", line.Line, lines)
		}
		o.refused = append(o.refused, line.refusedLine)
	}
	if err := in.Err(); err != nil {
		return o, &temporaryError{fmt.Errorf("read the server's answer: %w", err), 0}
	}
	return o, &temporaryError{errors.New("the server's answer ends early"), 0}
}
