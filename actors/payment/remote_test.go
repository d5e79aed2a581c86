package payment

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// remoteOf is a Remote of a handler that a test serves.
func remoteOf(t *testing.T, h http.Handler) *Remote {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	r, err := NewRemote(s.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { wantNil(t, "close", r.Close()) })
	return r
}

// A provider elsewhere is a provider, and its ledger is right.
func TestRemoteConformance(t *testing.T) {
	conformance(t, func(t *testing.T) provider {
		path := ledgerPath(t)
		s := openSandbox(t, path)
		t.Cleanup(func() { audited(t, path) })
		return provider{remoteOf(t, Handler(s)), "pm_card_visa", "pm_card_chargeDeclined"}
	})
}

// Many nodes share one ledger: what one has authorised the next captures, and a
// key has one effect whoever uses it.
func TestManyNodesOneLedger(t *testing.T) {
	path := ledgerPath(t)
	h := Handler(openSandbox(t, path))
	nodes := []provider{}
	for range 3 {
		nodes = append(nodes, provider{remoteOf(t, h), "pm_card_visa", ""})
	}
	var all sync.WaitGroup
	for i := range nodes {
		all.Go(func() {
			for n := range 50 {
				booking := fmt.Sprint("b-", n)
				o, err := nodes[i].Authorise(t.Context(), nodes[i].request(booking))
				if err == nil {
					err = nodes[(i+1)%3].Capture(t.Context(), CaptureKey(booking), o.PaymentID)
				}
				wantNil(t, booking, err)
			}
		})
	}
	all.Wait()
	positions := audited(t, path)
	if len(positions) != 50 {
		t.Errorf("%d payments, want 50", len(positions))
	}
	for id, p := range positions {
		if p.Taken() != 12_500 {
			t.Errorf("%s: %+v", id, p)
		}
	}
}

// Many at once are told what each would be told by itself, however many they are.
func TestRemoteMany(t *testing.T) {
	path := ledgerPath(t)
	r := remoteOf(t, Handler(openSandbox(t, path)))
	tokens := []string{"pm_card_visa", "pm_card_chargeDeclined", "pm_sandbox_slow", "nonsense"}
	rs := []Request{{Key: "free", Currency: "USD"}}
	for i := range 2*manyMost + 7 {
		rs = append(rs, bookingRequest(i, tokens[i%len(tokens)]))
	}
	answers := make([]Answer, len(rs))
	r.AuthoriseMany(t.Context(), rs, answers)
	wantDefinite(t, "a gift", answers[0].Err, ErrInvalid)
	var charges []Charge
	for i, a := range answers[1:] {
		switch token := tokens[i%len(tokens)]; {
		case token == "pm_sandbox_slow":
			if !errors.Is(a.Err, ErrLater) {
				t.Errorf("%d: %+v", i, a)
			}
		case a.Err != nil || a.Outcome.Declined != (token != "pm_card_visa") || a.Outcome.PaymentID == "":
			t.Errorf("%d: %s: %+v", i, token, a)
		case !a.Outcome.Declined:
			charges = append(charges, Charge{CaptureKey(rs[i+1].Booking), a.Outcome.PaymentID})
		}
	}
	bad := []Charge{{"", charges[0].PaymentID}, {"k", "\xff"}, {"k", "pay_nonsense"}}
	told := make([]Answer, len(charges)+len(bad))
	r.CaptureMany(t.Context(), append(charges, bad...), told)
	for i, a := range told {
		if i < len(charges) && a.Err != nil || i >= len(charges) && !errors.Is(a.Err, ErrLater) {
			t.Errorf("capture %d: %v", i, a.Err)
		}
	}
	taken := 0
	for _, p := range audited(t, path) {
		if p.Taken() > 0 {
			taken++
		}
	}
	if taken != len(charges) {
		t.Errorf("%d captured, want %d", taken, len(charges))
	}
}

// forgetful makes the effect of every other call and loses its answer.
func forgetful(h http.Handler) http.Handler {
	var calls atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1)%2 == 0 {
			h.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	})
}

// Where an answer is lost the outcome is not known; asking again with the same key
// finds it, once.
func TestLostAnswers(t *testing.T) {
	path := ledgerPath(t)
	r := remoteOf(t, forgetful(Handler(openSandbox(t, path))))
	lost := 0
	again := func(what string, ask func() error) {
		for range 3 {
			err := ask()
			if err == nil {
				return
			}
			if IsDefinite(err) {
				t.Fatalf("%s: a lost answer is an answer: %v", what, err)
			}
			lost++
		}
		t.Fatalf("%s: never answered", what)
	}
	for n := range 20 {
		q := bookingRequest(n, "pm_card_visa")
		var o Outcome
		again("authorise", func() (err error) { o, err = r.Authorise(t.Context(), q); return err })
		again("capture", func() error { return r.Capture(t.Context(), CaptureKey(q.Booking), o.PaymentID) })
		again("refund", func() error { return r.Refund(t.Context(), RefundKey(q.Booking), "") })
		many := make([]Answer, 1)
		again("many", func() error { r.AuthoriseMany(t.Context(), []Request{q}, many); return many[0].Err })
		if many[0].Outcome != o {
			t.Errorf("the same key gave %+v, then %+v", o, many[0].Outcome)
		}
	}
	positions := audited(t, path)
	if lost != 80 || len(positions) != 20 {
		t.Errorf("%d answers were lost, %d payments were made", lost, len(positions))
	}
	for id, p := range positions {
		if p.Refunded != p.Authorised {
			t.Errorf("%s: %+v", id, p)
		}
	}
}

// A provider that is away, hangs or talks nonsense has said nothing.
func TestNoAnswer(t *testing.T) {
	say := func(status int, text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			fmt.Fprint(w, text)
		})
	}
	down := httptest.NewServer(nil)
	down.Close()
	away, err := NewRemote(down.URL)
	wantNil(t, "new", err)
	closed, err := NewSandbox(SandboxConfig{Ledger: ledgerPath(t)})
	wantNil(t, "open", err)
	wantNil(t, "close", closed.Close())
	for name, r := range map[string]*Remote{
		"away": away, "ended": remoteOf(t, Handler(closed)),
		"not JSON": remoteOf(t, say(200, "<html>")), "an error": remoteOf(t, say(500, "oops")),
		"elsewhere": remoteOf(t, say(307, "")), "busy": remoteOf(t, say(503, "")), "another code": remoteOf(t,
			say(200, `{"error":"tired","answers":[{"error":"tired"}]}`)),
	} {
		q := bookingRequest(1, "pm_card_visa")
		_, authorised := r.Authorise(t.Context(), q)
		many := []Answer{{}, {}}
		r.AuthoriseMany(t.Context(), []Request{q, q}, many)
		charged := []Answer{{}, {}}
		r.CaptureMany(t.Context(), []Charge{{"k", "p"}, {"k", "p"}}, charged)
		for i, err := range []error{authorised, r.Capture(t.Context(), "k", "p"), r.Refund(t.Context(), "k", "p"),
			many[0].Err, many[1].Err, charged[0].Err, charged[1].Err} {
			later := name == "ended" && errors.Is(err, ErrLater) || // "p" is no id of a sandbox
				name == "ended" && errors.Is(err, ErrNotFound)
			if err == nil || IsDefinite(err) && !later {
				t.Errorf("%s %d: %v", name, i, err)
			}
		}
	}
}

// A call ends with its context, also where the provider never answers; its effect
// is found with the same key.
func TestRemoteTimeout(t *testing.T) {
	r := remoteOf(t, Handler(openSandbox(t, ledgerPath(t))))
	q := bookingRequest(1, "pm_sandbox_timeoutAfterEffect")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.Authorise(ctx, q); !errors.Is(err, context.DeadlineExceeded) || IsDefinite(err) {
		t.Errorf("the first call: %v", err)
	}
	if o, err := r.Authorise(t.Context(), q); err != nil || o.Declined {
		t.Errorf("the second call: %+v, %v", o, err)
	}
}

// The server refuses what is too much, and answers nothing but what it has.
func TestHandlerBounds(t *testing.T) {
	h := Handler(openSandbox(t, ledgerPath(t)))
	many := `{"requests":[` + strings.Repeat(`{},`, manyMost) + `{}]}`
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", pathHealth, "", 200}, {"GET", pathAuthorise, "", 405}, {"POST", "/v1/void", "{}", 404},
		{"POST", pathAuthorise, "", 400}, {"POST", pathAuthorise, "[]", 400}, {"POST", pathCapture, "{} {}", 400},
		{"POST", pathAuthorise, `{"key":"` + strings.Repeat("k", oneBytes) + `"}`, 400},
		{"POST", pathAuthoriseMany, many, 400},
		{"POST", pathCaptureMany, strings.Replace(many, "requests", "charges", 1), 400},
		{"POST", pathAuthoriseMany, `{"requests":[]}`, 200}, {"POST", pathRefund, `{"key":"k","new":1}`, 200},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(c.method, c.path, strings.NewReader(c.body)))
		if w.Code != c.status {
			t.Errorf("%s %s: %d, want %d: %s", c.method, c.path, w.Code, c.status, w.Body)
		}
	}
	places := make(chan struct{}, 1)
	places <- struct{}{}
	w := httptest.NewRecorder()
	answering(places, 1, func(context.Context, *wireCharge) any { return nil })(w,
		httptest.NewRequest("POST", "/", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("beyond the bound: %d", w.Code)
	}
}

func TestCheckURL(t *testing.T) {
	for address, ok := range map[string]bool{
		"http://127.0.0.1:7500": true, "https://pay.example/": true, "http://[::1]:1": true,
		"": false, "127.0.0.1:7500": false, "ftp://a": false, "http://": false, "http://a/b": false,
		"http://a?b":   false,
		"http://u:p@a": false, "http://a#b": false, "http://:80": false,
	} {
		if _, err := NewRemote(address); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func BenchmarkRemoteMany(b *testing.B) {
	s, err := NewSandbox(SandboxConfig{Ledger: b.TempDir() + "/l"})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(Handler(s))
	r, err := NewRemote(server.URL)
	if err != nil {
		b.Fatal(err)
	}
	const batch = 100
	rs, answers := make([]Request, batch), make([]Answer, batch)
	for n := 0; b.Loop(); n++ {
		for i := range rs {
			rs[i] = bookingRequest(n*batch+i, "pm_card_visa")
		}
		r.AuthoriseMany(context.Background(), rs, answers)
		if answers[batch-1].Err != nil {
			b.Fatal(answers[batch-1].Err)
		}
	}
	b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "payments/s")
	b.StopTimer()
	server.Close()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}
