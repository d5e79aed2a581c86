package payment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

// The patience of a Remote, besides its callers'.
const (
	// dialTimeout bounds connecting.
	dialTimeout = 2 * time.Second
	// remoteTimeout bounds a call whose context has no end: longer than any token
	// lets an answer wait.
	remoteTimeout = maxDelay*time.Millisecond + 15*time.Second
	// remoteConns bounds the connections; calls beyond wait for one. It is well
	// above the payments that a node has under way.
	remoteConns = 1024
	idleConns   = 128
)

// Remote is a Prompt that is another process: what Handler answers there. All
// nodes of a cluster ask one, so that a payment that one node has begun is known
// to the next. Where the process cannot be reached, or its answer is lost, the
// outcome is not known: the caller asks again with the same key, as always. Safe
// for concurrent use.
type Remote struct {
	base string
	http *http.Client
}

var _ Prompt = (*Remote)(nil)

// NewRemote makes a Remote of a provider's URL, http://HOST:PORT. It connects to
// nobody: a provider that is away now may be there when it is asked.
func NewRemote(address string) (*Remote, error) {
	if err := CheckURL(address); err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 10 * time.Second}
	return &Remote{base: strings.TrimRight(address, "/"), http: &http.Client{
		Timeout: remoteTimeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: dialTimeout,
			MaxConnsPerHost: remoteConns, MaxIdleConns: idleConns, MaxIdleConnsPerHost: idleConns,
			IdleConnTimeout: time.Minute, DisableCompression: true,
		},
		// An answer from elsewhere would be somebody else's.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// CheckURL says what is wrong with a provider's URL.
func CheckURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("%q: a provider's URL is http://HOST:PORT", address)
	}
	return nil
}

// Name is "sandbox": the provider is one, only elsewhere.
func (r *Remote) Name() string { return "sandbox" }

// Close lets idle connections go. Calls under way go on.
func (r *Remote) Close() error {
	r.http.CloseIdleConnections()
	return nil
}

// Authorise asks the provider. See Gateway.
func (r *Remote) Authorise(ctx context.Context, q Request) (Outcome, error) {
	if err := q.check(); err != nil {
		return Outcome{}, err
	}
	var a wireAnswer
	if err := r.post(ctx, pathAuthorise, wireRequest(q), &a); err != nil {
		return Outcome{}, fmt.Errorf("authorise: %w", err)
	}
	answer := a.answer()
	return answer.Outcome, answer.Err
}

// Capture asks the provider. See Gateway.
func (r *Remote) Capture(ctx context.Context, key, paymentID string) error {
	return r.settle(ctx, "capture", pathCapture, wireCharge{key, paymentID})
}

// Refund asks the provider. See Gateway.
func (r *Remote) Refund(ctx context.Context, key, paymentID string) error {
	return r.settle(ctx, "refund", pathRefund, wireCharge{key, paymentID})
}

// settle is a capture or a refund. What cannot be said in JSON is told here.
func (r *Remote) settle(ctx context.Context, verb, path string, c wireCharge) error {
	switch {
	case !utf8.ValidString(c.PaymentID) || len(c.PaymentID) > maxText:
		return fmt.Errorf("%s: %w", verb, ErrNotFound)
	case !validKey(c.Key):
		return fmt.Errorf("%s: %w: the key must be 1 to %d bytes of UTF-8", verb, ErrInvalid, maxText)
	}
	var a wireAnswer
	if err := r.post(ctx, path, c, &a); err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	return a.answer().Err
}

// Near is false: there is a network. See Prompt.
func (r *Remote) Near() bool { return false }

// AuthoriseMany asks the provider, manyMost at a time. See Prompt. It blocks for
// the network.
func (r *Remote) AuthoriseMany(ctx context.Context, rs []Request, answers []Answer) {
	askMany(rs, answers, func(q *Request) (wireRequest, error) { return wireRequest(*q), q.check() },
		func(batch []wireRequest, into *wireAnswers) error {
			return r.post(ctx, pathAuthoriseMany, wireRequests{batch}, into)
		})
}

// CaptureMany asks the provider, manyMost at a time. See Prompt. It blocks for the
// network.
func (r *Remote) CaptureMany(ctx context.Context, cs []Charge, answers []Answer) {
	askMany(cs, answers, func(c *Charge) (wireCharge, error) {
		if !validKey(c.Key) || !utf8.ValidString(c.PaymentID) || len(c.PaymentID) > maxText {
			return wireCharge{}, ErrLater // Capture says what is wrong
		}
		return wireCharge(*c), nil
	}, func(batch []wireCharge, into *wireAnswers) error {
		return r.post(ctx, pathCaptureMany, wireCharges{batch}, into)
	})
}

// askMany cuts questions into calls: say says one on the wire or tells at once what
// is wrong with it, post asks for some of them. All of a call that had no answer
// have none.
func askMany[Q, W any](questions []Q, answers []Answer, say func(*Q) (W, error),
	post func([]W, *wireAnswers) error) {
	batch := make([]W, 0, min(len(questions), manyMost))
	places := make([]int, 0, cap(batch)) // of the batch's questions
	flush := func() {
		if len(batch) == 0 {
			return
		}
		var got wireAnswers
		err := post(batch, &got)
		if err == nil && len(got.Answers) != len(batch) {
			err = errors.New("the provider answered another number of questions")
		}
		for i, at := range places {
			if err != nil {
				answers[at] = Answer{Err: err}
			} else {
				answers[at] = got.Answers[i].answer()
			}
		}
		batch, places = batch[:0], places[:0]
	}
	for i := range questions {
		w, err := say(&questions[i])
		if err != nil {
			answers[i] = Answer{Err: err}
			continue
		}
		batch, places = append(batch, w), append(places, i)
		if len(batch) == manyMost {
			flush()
		}
	}
	flush()
}

// post sends one body and reads the other. Its errors are never definite.
func (r *Remote) post(ctx context.Context, path string, question, answer any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return fmt.Errorf("write the question: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.base+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask the provider: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask the provider: %w", err)
	}
	defer resp.Body.Close() // read to its end, or given up
	text, err := io.ReadAll(io.LimitReader(resp.Body, manyBytes))
	if err != nil {
		return fmt.Errorf("read the provider's answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the provider answers %s: %s", resp.Status, bytes.TrimSpace(text[:min(len(text), maxText)]))
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("read the provider's answer: %w", err)
	}
	return nil
}
