package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"boxoffice/cmd/stampede/report"
	"boxoffice/cmd/stampede/script"
	"boxoffice/cmd/stampede/siege"
)

// siegeOrder is what a siege was told: by run for one of them, by soak for all.
type siegeOrder struct {
	siege.Config
	names []string
	urls  string
	start string // the command of a node, for soak; "": none is started
	json  string // directory of the verdicts; "": they are not kept
}

// siegeFlags binds an order to a flag set.
func (o *siegeOrder) flags(name string, errs io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet("stampede "+name, flag.ContinueOnError)
	fs.SetOutput(errs)
	fs.StringVar(&o.urls, "url", strings.Join(o.URLs, ","), "base `URLs` of the servers, with commas")
	fs.StringVar(&o.Token, "token", "", "admin `token` (not needed on loopback)")
	fs.DurationVar(&o.Duration, "duration", o.Duration, "how long the trouble lasts")
	fs.Float64Var(&o.Peak, "peak", o.Peak, "bookings a second that are the most; 0: it is found")
	fs.Float64Var(&o.Times, "times", o.Times, "flood: as many times the peak come")
	fs.IntVar(&o.Pid, "pid", 0, "retry-storm: the `process` that is paused for 2 s")
	fs.Func("at", "retry-storm: a `command` instead: '20s ./failover.sh'", func(text string) error {
		o.Faults = append(o.Faults, text)
		_, err := script.ReadFault(text)
		return err
	})
	fs.Float64Var(&o.Honest, "honest", o.Honest, "greedy, slow: requests of honest people a second")
	fs.IntVar(&o.Connections, "connections", o.Connections, "greedy, slow: of those who make trouble")
	fs.DurationVar(&o.Cut, "cut", o.Cut, "slow: half-open requests and slow readers are cut off after this")
	fs.DurationVar(&o.Idle, "idle", o.Idle, "slow: silent sockets are cut off after this")
	fs.Int64Var(&o.Memory, "memory", o.Memory, "flood: `bytes` that the node may have, and 4 KiB for each booking")
	fs.StringVar(&o.json, "json", "", "`directory` for the verdicts, one file each")
	if name == "soak" {
		fs.StringVar(&o.start, "start", "", "`command` that starts a node, a new one for each scenario")
	}
	return fs
}

// parseSiege reads the command line of a siege, and of soak with no name.
func parseSiege(name string, args []string, errs io.Writer) (*siegeOrder, error) {
	o := &siegeOrder{Config: siege.Default(), names: []string{name}}
	word := "run " + name
	if name == "" {
		word, o.names = "soak", siege.Names()
	}
	fs := o.flags(word, errs)
	if err := parseFlags(fs, args); err != nil {
		return nil, err
	}
	o.URLs = strings.Split(o.urls, ",")
	if name == "" && fs.NArg() > 0 {
		o.names = fs.Args()
	} else if fs.NArg() > 0 {
		return nil, fmt.Errorf("%w: unexpected %q", errUsage, fs.Arg(0))
	}
	for _, n := range o.names {
		if !slices.Contains(siege.Names(), n) {
			return nil, fmt.Errorf("%w: there is no scenario %q; there are %s", errUsage, n,
				strings.Join(siege.Names(), ", "))
		}
	}
	if o.Duration < 0 || o.Peak < 0 || o.Times <= 0 || o.Honest <= 0 || o.Connections < 1 {
		return nil, fmt.Errorf("%w: times, rates and counts are more than 0", errUsage)
	}
	return o, nil
}

// runSiege is the command run with the name of a siege.
func runSiege(name string, args []string, out, errs io.Writer) error {
	o, err := parseSiege(name, args, errs)
	if err != nil {
		return err
	}
	return o.run(out, errs)
}

// runSoak is the command soak: all sieges, each against a node of its own.
func runSoak(args []string, out, errs io.Writer) error {
	o, err := parseSiege("", args, errs)
	if err != nil {
		return err
	}
	return o.run(out, errs)
}

// run does what was ordered, one siege after the other, and prints each verdict when it
// is there.
func (o *siegeOrder) run(out, errs io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var failed []string
	for _, name := range o.names {
		v, err := o.one(ctx, name, errs)
		if err == nil {
			err = errors.Join(v.WriteText(out), o.keep(v))
		}
		if err != nil {
			return err
		}
		if !v.Passed {
			failed = append(failed, name)
		}
	}
	if len(failed) > 0 {
		return &errMissed{report.ExitThreshold, failed}
	}
	return nil
}

// one does one siege, with a node that it starts where it is told how.
func (o *siegeOrder) one(ctx context.Context, name string, errs io.Writer) (v *siege.Verdict, err error) {
	c := o.Config
	c.Say = func(format string, args ...any) { fmt.Fprintf(errs, name+": "+format+"\n", args...) }
	c.Run = func(ctx context.Context, s *script.Script, truth bool) (*report.Result, error) {
		r, err := stampede(ctx, &order{
			script: s, command: "stampede run " + name, quiet: true, check: truth, keep: true,
		}, errs)
		if err == nil {
			r.Judge()
		}
		return r, err
	}
	if o.start != "" {
		data, err := os.MkdirTemp("", "stampede-soak")
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
		words := strings.Fields(o.start)
		node, err := startNode(words[0], data, words[1:]...)
		if err != nil {
			return nil, err
		}
		defer func() { node.stop(&err) }()
		c.URLs, c.Pid = []string{node.url}, node.cmd.Process.Pid
	}
	return siege.Run(ctx, name, c)
}

// keep writes a verdict into the directory for it, where there is one.
func (o *siegeOrder) keep(v *siege.Verdict) (err error) {
	if o.json == "" {
		return nil
	}
	f, err := os.Create(filepath.Join(o.json, v.Scenario+".json"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return v.WriteJSON(f)
}
