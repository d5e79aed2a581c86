package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"boxoffice/cmd/stampede/wire"

	"github.com/valyala/fasthttp"
)

// runBaseline is the command baseline: the least that a server must do, to compare
// a node with.
//
//	constant  answers everything with the same bytes: what HTTP alone costs
//	append    appends each body to a file, in group commits, before it answers
//	          201: what HTTP and a disk alone cost. A GET it answers as constant does
//
// The first line it prints is the address it listens on. SIGTERM ends it.
func runBaseline(args []string, out, errs io.Writer) error {
	fs := flag.NewFlagSet("stampede baseline", flag.ContinueOnError)
	fs.SetOutput(errs)
	listen := fs.String("listen", "127.0.0.1:0", "`HOST:PORT`; port 0 takes a free one")
	size := fs.Int("size", 1000, "`bytes` of a constant answer")
	name := fs.String("file", "", "append: the `file`, made anew")
	if len(args) == 0 {
		return fmt.Errorf("%w: baseline constant|append [flags]", errUsage)
	}
	if err := parseFlags(fs, args[1:]); err != nil {
		return err
	}
	handler, end, err := baselineHandler(args[0], *size, *name)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, l.Addr())
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := serveBaseline(ctx, l, handler); err != nil {
		return err
	}
	return end()
}

// baselineHandler gives the handler of a baseline and what ends it.
func baselineHandler(name string, size int, file string) (fasthttp.RequestHandler, func() error, error) {
	switch {
	case name == "constant" && size > 0 && size <= wire.MaxAnswer:
		return constant(size), func() error { return nil }, nil
	case name == "append" && file != "" && size > 0 && size <= wire.MaxAnswer:
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
		if err != nil {
			return nil, nil, err
		}
		g := newGroupFile(f)
		return appending(g, constant(size)), g.close, nil
	}
	return nil, nil, fmt.Errorf("%w: baseline constant -size N, or append -file FILE", errUsage)
}

// serveBaseline serves until the context ends. Headers are kept as they come and
// nothing is logged: the baseline is as fast as the library is.
func serveBaseline(ctx context.Context, l net.Listener, handler fasthttp.RequestHandler) error {
	s := &fasthttp.Server{Handler: handler, NoDefaultServerHeader: true, CloseOnShutdown: true}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		if err := s.Shutdown(); err != nil {
			return err
		}
		return <-served
	}
}

// constant answers with so many bytes, always the same.
func constant(size int) fasthttp.RequestHandler {
	body := make([]byte, size)
	for i := range body {
		body[i] = 'x'
	}
	return func(ctx *fasthttp.RequestCtx) {
		ctx.SetContentType("application/json")
		ctx.SetBody(body)
	}
}

// appending answers 201 when the request's body is synced, and leaves what is read to another.
func appending(g *groupFile, reads fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		if ctx.IsGet() {
			reads(ctx)
			return
		}
		if err := g.append(ctx.PostBody(), true); err != nil {
			ctx.Error(err.Error(), fasthttp.StatusServiceUnavailable)
			return
		}
		ctx.SetStatusCode(fasthttp.StatusCreated)
		ctx.SetContentType("application/json")
		ctx.SetBodyString(`{"id":"appended"}`)
	}
}
