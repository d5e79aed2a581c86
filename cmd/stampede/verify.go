package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"time"

	"boxoffice/cmd/stampede/truth"
)

// runVerify is the command verify: a recording against a node.
func runVerify(args []string, out, errs io.Writer) error {
	fs := flag.NewFlagSet("stampede verify", flag.ContinueOnError)
	fs.SetOutput(errs)
	server := fs.String("server", "http://127.0.0.1:8080", "base `URL` of the node")
	token := fs.String("token", "", "admin token (not needed on loopback)")
	ledger := fs.String("ledger", "", "`file` of the sandbox payment provider, to see who paid")
	name := fs.String("record", "", "`file` that a run with -record wrote")
	timeout := fs.Duration("timeout", 15*time.Second, "of one request")
	format := fs.String("o", "table", "table or json")
	if err := parseFlags(fs, args); err != nil {
		return err
	}
	to, err := newTarget(*server, *token)
	if err != nil {
		return err
	}
	if *name == "" || fs.NArg() > 0 || *format != "table" && *format != "json" {
		return fmt.Errorf("%w: verify -record FILE [-server URL] [-o table|json]", errUsage)
	}
	cfg := truth.Config{
		Server: "http://" + to.Address, Token: to.Token, Ledger: *ledger, Timeout: *timeout,
		Resend: math.MaxInt, ReadBack: math.MaxInt,
	}
	rep := &summary{Scenario: "verify"}
	if rep.Truth, err = truth.Check(context.Background(), cfg, *name); err != nil {
		return err
	}
	if err := rep.write(out, *format); err != nil {
		return err
	}
	if rep.wrong() {
		return errUntrue
	}
	return nil
}
