package payment

import (
	"context"
	"net/http"

	"github.com/go-json-experiment/json"
)

// The calls that Handler has under way at most; the next ones get 503. A call by
// itself may wait for as long as its token says; one of many is soon over, but has
// a large body.
const (
	oneCalls  = 4096
	manyCalls = 64
)

// Handler answers a Remote's calls, as wire.go has them, and GET /healthz. A call
// whose client has gone is given up; what it has done stays done. It asks for no
// password: whoever reaches it may pay with it, so it is for a provider that moves
// no money. The caller sets the time-outs of the http.Server around it.
func Handler(p Prompt) http.Handler {
	one, many := make(chan struct{}, oneCalls), make(chan struct{}, manyCalls)
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+pathAuthorise, answering(one, oneBytes,
		func(ctx context.Context, q *wireRequest) any { return toWire(p.Authorise(ctx, Request(*q))) }))
	mux.HandleFunc("POST "+pathCapture, answering(one, oneBytes,
		func(ctx context.Context, q *wireCharge) any {
			return toWire(Outcome{}, p.Capture(ctx, q.Key, q.PaymentID))
		}))
	mux.HandleFunc("POST "+pathRefund, answering(one, oneBytes,
		func(ctx context.Context, q *wireCharge) any {
			return toWire(Outcome{}, p.Refund(ctx, q.Key, q.PaymentID))
		}))
	mux.HandleFunc("POST "+pathAuthoriseMany, answering(many, manyBytes,
		func(ctx context.Context, q *wireRequests) any { return authoriseMany(ctx, p, q) }))
	mux.HandleFunc("POST "+pathCaptureMany, answering(many, manyBytes,
		func(ctx context.Context, q *wireCharges) any { return captureMany(ctx, p, q) }))
	mux.HandleFunc("GET "+pathHealth, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"status":"ok"}`)) // who asked has gone
	})
	return mux
}

// answering makes a handler of a function from a body to a body. do gives nil
// where the body asks for too much.
func answering[Q any](places chan struct{}, limit int64, do func(context.Context, *Q) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			http.Error(w, "too many calls are under way; ask again", http.StatusServiceUnavailable)
			return
		}
		q := new(Q)
		if err := json.UnmarshalRead(http.MaxBytesReader(w, r.Body, limit), q); err != nil {
			http.Error(w, "the body cannot be read: "+err.Error(), http.StatusBadRequest)
			return
		}
		answer := do(r.Context(), q)
		if answer == nil {
			http.Error(w, "too much is asked for in one call", http.StatusBadRequest)
			return
		}
		body, err := json.Marshal(answer)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body) // who asked has gone, and will ask again
	}
}

// authoriseMany answers one call for many.
func authoriseMany(ctx context.Context, p Prompt, q *wireRequests) any {
	if len(q.Requests) > manyMost {
		return nil
	}
	rs := make([]Request, len(q.Requests))
	for i := range rs {
		rs[i] = Request(q.Requests[i])
	}
	answers := make([]Answer, len(rs))
	p.AuthoriseMany(ctx, rs, answers)
	return toWireMany(answers)
}

// captureMany answers one call for many.
func captureMany(ctx context.Context, p Prompt, q *wireCharges) any {
	if len(q.Charges) > manyMost {
		return nil
	}
	cs := make([]Charge, len(q.Charges))
	for i := range cs {
		cs[i] = Charge(q.Charges[i])
	}
	answers := make([]Answer, len(cs))
	p.CaptureMany(ctx, cs, answers)
	return toWireMany(answers)
}

func toWireMany(answers []Answer) wireAnswers {
	out := wireAnswers{make([]wireAnswer, len(answers))}
	for i := range answers {
		out.Answers[i] = toWire(answers[i].Outcome, answers[i].Err)
	}
	return out
}
