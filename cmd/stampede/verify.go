package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"boxoffice/cmd/stampede/wire"
)

// runVerify is the command verify: a ledger against a node.
func runVerify(args []string, out, errs io.Writer) error {
	fs := flag.NewFlagSet("stampede verify", flag.ContinueOnError)
	fs.SetOutput(errs)
	server := fs.String("server", "http://127.0.0.1:8080", "base `URL` of the node")
	name := fs.String("ledger", "", "`file` that a run with -ledger wrote")
	timeout := fs.Duration("timeout", 15*time.Second, "of one request")
	format := fs.String("o", "table", "table or json")
	if err := fs.Parse(args); err != nil {
		if err == flag.ErrHelp {
			return err
		}
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	to, err := newTarget(*server, "")
	if err != nil {
		return err
	}
	if *name == "" || fs.NArg() > 0 || *format != "table" && *format != "json" {
		return fmt.Errorf("%w: verify -ledger FILE [-server URL] [-o table|json]", errUsage)
	}
	done, err := verify(to, *name, *timeout)
	if err != nil {
		return err
	}
	rep := &summary{Scenario: "verify", Checks: done}
	if err := rep.write(out, *format); err != nil {
		return err
	}
	if rep.wrong() {
		return errUntrue
	}
	return nil
}

// verify reads a ledger and makes every check of its run again, and sends every key
// once more.
func verify(to wire.Target, name string, timeout time.Duration) (*checks, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	houses, deeds, err := readLedger(f)
	if err != nil {
		return nil, fmt.Errorf("read ledger %s: %w", name, err)
	}
	if len(houses) == 0 {
		return nil, fmt.Errorf("ledger %s names no event", name)
	}
	k := &checker{target: to, timeout: timeout, houses: houses, deeds: deeds, replays: len(deeds)}
	return k.all(), nil
}
