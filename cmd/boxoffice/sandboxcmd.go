package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"boxoffice/actors/payment"
)

const sandboxText = `
Runs the sandbox payment provider as a process of its own: one provider, with one
ledger, for all nodes of a cluster (boxoffice serve --sandbox-url). No money
moves. Its ledger is a file of JSON lines; what was answered is in it. It asks for
no password, so let only nodes reach it. SIGTERM or SIGINT end it.`

// sandboxConfig is what sandbox can be told.
type sandboxConfig struct {
	listen, ledger string
	sync           bool
}

// options is the table of options, bound to c. A zero c is filled with the
// defaults first.
func (c *sandboxConfig) options() []option {
	if c.listen == "" {
		c.listen = "127.0.0.1:7500"
	}
	return []option{
		{name: "listen", arg: "HOST:PORT", help: "where nodes connect", value: (*textValue)(&c.listen)},
		{name: "ledger", arg: "FILE", help: "the ledger, made where there is none (required)",
			value: (*textValue)(&c.ledger)},
		{name: "sync", help: "have each payment survive a power cut", value: (*switchValue)(&c.sync)},
	}
}

// runSandbox is the command sandbox.
func runSandbox(args []string, env environment) int {
	var c sandboxConfig
	rest, err := load(c.options(), args, env)
	switch {
	case err != nil:
	case len(rest) > 0:
		err = usagef("unexpected argument %q", rest[0])
	case c.ledger == "":
		err = usagef("--ledger is required: the file that payments are kept in")
	default:
		if _, _, err = splitAddress(c.listen); err != nil {
			err = usagef("--listen %v", err)
		}
	}
	if err == nil {
		err = c.serve(env)
	}
	if err != nil {
		return env.fail("sandbox", err)
	}
	return exitDone
}

// serve answers until a signal comes. The socket comes first: two sandboxes on one
// ledger would ruin it, and mostly they are two on one address. Calls that wait are then told that nothing is
// known, and ask the next process.
func (c *sandboxConfig) serve(env environment) (err error) {
	ctx, stop := untilSignal()
	defer stop()
	socket, err := net.Listen("tcp", c.listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	sandbox, err := payment.NewSandbox(payment.SandboxConfig{Ledger: c.ledger, Sync: c.sync})
	if err != nil {
		return errors.Join(err, socket.Close())
	}
	server := &http.Server{Handler: payment.Handler(sandbox), ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 8 << 10}
	served := make(chan error, 1)
	go func() { served <- server.Serve(socket) }()
	fmt.Fprintf(env.stdout, "the sandbox takes payments at http://%s\n", socket.Addr())
	select {
	case err = <-served:
		return errors.Join(err, sandbox.Close())
	case <-ctx.Done():
	}
	err = sandbox.Close()
	within, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	return errors.Join(err, server.Shutdown(within))
}
