package httpapi

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/inventory"

	"github.com/valyala/fasthttp"
)

// TestViewCostsNothing: a cached event is answered without an allocation.
func TestViewCostsNothing(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.ViewAge = time.Hour })
	w.put(arena("ev-1"))
	w.do("GET", "/events/ev-1", "").want(200)
	ctx := newCtx()
	if n := testing.AllocsPerRun(1000, func() {
		ctx.Response.Reset()
		w.srv.serve(ctx)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if ctx.Response.StatusCode() != 200 {
		t.Fatal(ctx.Response.StatusCode())
	}
}

// newCtx is a request for ev-1 as fasthttp hands it over.
func newCtx() *fasthttp.RequestCtx {
	var req fasthttp.Request
	req.SetRequestURI("/events/ev-1")
	req.Header.SetHost("x")
	ctx := new(fasthttp.RequestCtx)
	ctx.Init(&req, nil, nil)
	return ctx
}

// BenchmarkGetEvent compares a cached event with a handler that answers the same
// bytes as a constant, over loopback and in one run: the ratio is what the
// contract costs.
func BenchmarkGetEvent(b *testing.B) {
	w := newWorld(b, func(c *Config) { c.ViewAge = time.Hour })
	w.put(arena("ev-1"))
	body := w.do("GET", "/events/ev-1", "").want(200).body
	constant := &fasthttp.Server{Handler: func(ctx *fasthttp.RequestCtx) {
		ctx.SetContentType(jsonType)
		ctx.SetBody(body)
	}, NoDefaultServerHeader: true}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	go func() { _ = constant.Serve(ln) }() // ends with the listener
	const conns, rounds = 16, 6
	for b.Loop() {
		var took [2]time.Duration
		for round := range rounds {
			// Turn about, so that a slow moment of the machine hits both.
			took[round%2] += drive(b, []string{ln.Addr().String(), w.addr}[round%2], "/events/ev-1", conns, 3000)
		}
		total := float64(conns * 3000 * rounds / 2)
		b.ReportMetric(total/took[0].Seconds(), "constant/s")
		b.ReportMetric(total/took[1].Seconds(), "event/s")
		b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "ratio")
	}
}

// drive sends n requests for a path on each of so many connections, one after another.
func drive(b *testing.B, addr, path string, conns, n int) time.Duration {
	b.Helper()
	request := []byte("GET " + path + " HTTP/1.1\r\nHost: x\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n")
	start := time.Now()
	var wg sync.WaitGroup
	var failed atomic.Int64
	for range conns {
		wg.Go(func() {
			nc, err := net.Dial("tcp", addr)
			if err != nil {
				failed.Add(1)
				return
			}
			defer nc.Close()
			br := bufio.NewReader(nc)
			var resp fasthttp.Response
			for range n {
				if _, err := nc.Write(request); err != nil || resp.Read(br) != nil || resp.StatusCode() != 200 {
					failed.Add(1)
					return
				}
			}
		})
	}
	wg.Wait()
	if failed.Load() > 0 {
		b.Fatal(failed.Load(), "connections failed")
	}
	return time.Since(start)
}

// BenchmarkHandler is the handler alone: no sockets.
func BenchmarkHandler(b *testing.B) {
	w := newWorld(b, func(c *Config) { c.ViewAge = time.Hour })
	w.put(arena("ev-1"))
	w.do("GET", "/events/ev-1", "").want(200)
	b.Run("event", func(b *testing.B) {
		ctx := newCtx()
		b.ReportAllocs()
		for b.Loop() {
			ctx.Response.Reset()
			w.srv.serve(ctx)
		}
	})
	b.Run("precheck", func(b *testing.B) {
		raw := []byte("Host: x\r\nUser-Agent: bench\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n")
		for b.Loop() {
			if _, code := checkLines(raw); code != "" {
				b.Fatal(code)
			}
		}
	})
}

// BenchmarkRequest is all that HTTP adds to a request but the sockets: fasthttp's
// reading and writing, and our handler, with a seller that has its answer ready.
// "constant" is fasthttp alone, with a booking's bytes in and out.
func BenchmarkRequest(b *testing.B) {
	const booking = `{"ticketIds":["101-A-1"],` + pay + `}`
	canned := newCanned(b)
	w := newWorld(b, func(c *Config) { c.ViewAge, c.MaxRequestsPerConn = time.Hour, 0 })
	w.put(arena("ev-1"))
	w.do("GET", "/events/ev-1", "").want(200)
	w.srv.cfg.Seller = canned
	answer := w.do("POST", "/bookings/ev-1", booking, headerKey, "k1").want(201).body
	post := func(path, body string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: bench\r\n"+
			"Content-Type: application/json\r\nIdempotency-Key: 0000000a-00000001\r\nContent-Length: %d\r\n\r\n%s",
			path, len(body), body)
	}
	constant := &fasthttp.Server{NoDefaultServerHeader: true, Handler: func(ctx *fasthttp.RequestCtx) {
		ctx.SetStatusCode(201)
		ctx.SetContentType(jsonType)
		ctx.SetBody(answer)
	}}
	for _, row := range []struct {
		name, request string
		srv           *fasthttp.Server
	}{
		{"booking", post("/bookings/ev-1", booking), w.srv.http},
		{"hold", post("/events/ev-1/holds", `{"quantity":2,"section":"101"}`), w.srv.http},
		{"event", "GET /events/ev-1 HTTP/1.1\r\nHost: x\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n", w.srv.http},
		{"constant", post("/bookings/ev-1", booking), constant},
	} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			nc := &replayed{b: b, request: []byte(row.request)}
			g := newGate(nil, 1, 0, &connCounts{}, new(atomic.Bool))
			if err := row.srv.ServeConn(&conn{Conn: nc, gate: g}); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// replayed is a connection whose peer sends a request again and again, as long as
// the benchmark runs, and throws the answers away.
type replayed struct {
	net.Conn
	b       *testing.B
	request []byte
}

func (c *replayed) Read(p []byte) (int, error) {
	if !c.b.Loop() {
		return 0, io.EOF
	}
	return copy(p, c.request), nil
}

func (c *replayed) Write(p []byte) (int, error) {
	if !bytes.HasPrefix(p, []byte("HTTP/1.1 20")) {
		c.b.Errorf("%s", p)
	}
	return len(p), nil
}

func (c *replayed) Close() error                     { return nil }
func (c *replayed) SetDeadline(time.Time) error      { return nil }
func (c *replayed) SetReadDeadline(time.Time) error  { return nil }
func (c *replayed) SetWriteDeadline(time.Time) error { return nil }
func (c *replayed) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *replayed) LocalAddr() net.Addr              { return &net.TCPAddr{} }

// cannedSeller gives every booking and every hold the same answer.
type cannedSeller struct {
	*fakeSeller
	booking, hold sale.Answer
}

func newCanned(b *testing.B) *cannedSeller {
	f := newFake(func() time.Time { return testNow })
	do := func(cmd sale.Command) sale.Answer {
		a, err := f.Do("ev-1", cmd, time.Time{})
		if err != nil || a.Refusal != nil {
			b.Fatal(err, a.Refusal)
		}
		return a
	}
	do(&sale.DefineEvent{Event: arena("ev-1")})
	return &cannedSeller{f, do(&sale.Book{ID: newID(), TicketIDs: []string{"101-A-1"}, Method: "card", Token: "t"}),
		do(&sale.PlaceHold{ID: newID(), Best: inventory.Query{Quantity: 2}})}
}

func (s *cannedSeller) Do(_ string, cmd sale.Command, _ time.Time) (sale.Answer, error) {
	if _, ok := cmd.(*sale.Book); ok {
		return s.booking, nil
	}
	return s.hold, nil
}

// BenchmarkSuspicious is the scan that most bodies end with.
func BenchmarkSuspicious(b *testing.B) {
	body := []byte(`{"ticketIds":["101-A-1","101-A-2"],` + pay + `}`)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if suspicious(body) {
			b.Fatal("suspicious")
		}
	}
}
