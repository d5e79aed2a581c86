package httpapi

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"boxoffice/actors/sale"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"
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
			took[round%2] += drive(b, []string{ln.Addr().String(), w.addr}[round%2], conns, 3000)
		}
		total := float64(conns * 3000 * rounds / 2)
		b.ReportMetric(total/took[0].Seconds(), "constant/s")
		b.ReportMetric(total/took[1].Seconds(), "event/s")
		b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "ratio")
	}
}

// drive sends n requests on each of so many connections, one after another.
func drive(b *testing.B, addr string, conns, n int) time.Duration {
	b.Helper()
	request := []byte("GET /events/ev-1 HTTP/1.1\r\nHost: x\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n")
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

// BenchmarkBooking is everything that HTTP adds to a booking, the event's own
// decision included, without sockets.
func BenchmarkBooking(b *testing.B) {
	w := newWorld(b, nil)
	e := arena("ev-1")
	e.MaxTicketsPerUser = 0
	w.put(e)
	w.seller.intercept(func(string, sale.Command) error { return nil })
	ln := fasthttputil.NewInmemoryListener()
	go func() { _ = w.srv.Serve(ln) }() // ends with the listener
	defer ln.Close()
	nc, err := ln.Dial()
	if err != nil {
		b.Fatal(err)
	}
	br := bufio.NewReader(nc)
	const body = `{"ticketIds":["101-A-1"],` + pay + `}`
	request := fmt.Sprintf("POST /bookings/ev-1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\nIdempotency-Key: k1\r\n\r\n%s", len(body), body)
	var resp fasthttp.Response
	b.ReportAllocs()
	for b.Loop() {
		if _, err := io.Copy(nc, strings.NewReader(request)); err != nil {
			b.Fatal(err)
		}
		if err := resp.Read(br); err != nil || resp.StatusCode() != 201 {
			b.Fatal(err, resp.String())
		}
	}
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
