package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"boxoffice/cmd/stampede/report"
	"boxoffice/cmd/stampede/script"
	"boxoffice/cmd/stampede/siege"
)

// order is what `stampede run` was told.
type order struct {
	script  *script.Script
	command string // as it was called
	json    string // file of the result; "": none
	html    string
	quiet   bool
	check   bool   // the truth, afterwards
	name    string // of the run; "": one that no other run has
	keep    bool   // the events stay on the server
}

// runFlags are the members of a script that have a flag of their own, by its name.
var runFlags = []struct{ flag, member, help string }{
	{"url", "url", "base `URLs` of the servers, with commas"},
	{"token", "token", "admin `token` (not needed on loopback)"},
	{"ledger", "ledger", "`file` of the sandbox payment provider, to see who paid"},
	{"seed", "seed", "of all choices"},
	{"model", "load.model", "open or closed"},
	{"schedule", "load.schedule", "constant, ramp, spike, onsale or stages"},
	{"rate", "load.rate", "arrivals a second"},
	{"peak", "load.peak", "arrivals a second in a spike"},
	{"buyers", "load.buyers", "how many come by the on-sale curve"},
	{"duration", "load.duration", "how long people come"},
	{"warmup", "load.warmup", "of it: not counted"},
	{"users", "load.users", "open: most at once; closed: so many in loops"},
	{"connections", "load.connections", "to each server, from each process"},
	{"processes", "load.processes", "that make the load"},
	{"events", "events.count", "that the run makes"},
	{"seats", "events.seats", "of each event"},
	{"sockets", "live.sockets", "that listen to seats"},
	{"places", "live.places", "that listen to a place in the line"},
	{"think", "buyer.think", "median time to think"},
}

// parseRun reads the command line of run: a scenario or a file, and flags.
func parseRun(args []string, errs io.Writer) (*order, error) {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return nil, fmt.Errorf("%w: stampede run SCENARIO|FILE.yaml [flags]; the scenarios are %s",
			errUsage, strings.Join(append(script.Names(), siege.Names()...), ", "))
	}
	s, err := readScript(args[0])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	o := &order{script: s, command: "stampede run " + strings.Join(args, " ")}
	fs := flag.NewFlagSet("stampede run", flag.ContinueOnError)
	fs.SetOutput(errs)
	for _, f := range runFlags {
		fs.Func(f.flag, f.help, func(value string) error { return s.Set(f.member, value) })
	}
	fs.Func("set", "any member of the file: `NAME=VALUE`, load.late=5ms", func(text string) error {
		name, value, _ := strings.Cut(text, "=")
		return s.Set(name, value)
	})
	fs.Func("threshold", "what must hold, beside what the scenario says: 'book p99 < 300ms'", func(text string) error {
		return s.Add("thresholds", text)
	})
	fs.Func("at", "a `command` that runs at a time: '20s kill -9 123'", func(text string) error {
		return s.Add("faults", text)
	})
	fs.StringVar(&o.json, "json", "", "`file` for the result; - is the standard output")
	fs.StringVar(&o.html, "html", "", "`file` for the result as a page")
	fs.BoolVar(&o.quiet, "quiet", false, "no progress")
	fs.StringVar(&o.name, "name", "", "begins the `id` of every event and user; a new one, where none is told")
	fs.BoolVar(&o.check, "check", true, "judge the truth afterwards")
	fs.BoolVar(&o.keep, "keep", true, "leave the events of the run on the server")
	if err := parseFlags(fs, args[1:]); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("%w: unexpected %q", errUsage, fs.Arg(0))
	}
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	return o, nil
}

// readScript gives a ready-made scenario, or the one of a file.
func readScript(name string) (*script.Script, error) {
	if !strings.ContainsAny(name, "./") {
		return script.New(name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return script.Read(name, text)
}

// errMissed is of a run that was done and did not pass.
type errMissed struct {
	code int
	why  []string
}

// Error says why.
func (e *errMissed) Error() string { return "FAIL: " + strings.Join(e.why, "; ") }

// runRun is the command run.
func runRun(args []string, out, errs io.Writer) error {
	if len(args) > 0 && slices.Contains(siege.Names(), args[0]) {
		return runSiege(args[0], args[1:], out, errs)
	}
	o, err := parseRun(args, errs)
	if err != nil {
		return err
	}
	var wishes []report.Threshold
	for _, text := range o.script.Thresholds {
		t, err := report.NewThreshold(text)
		if err != nil {
			return fmt.Errorf("%w: thresholds: %w", errUsage, err)
		}
		wishes = append(wishes, t)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r, err := stampede(ctx, o, errs)
	if err != nil {
		return err
	}
	r.Thresholds = wishes
	r.Judge()
	if err := o.write(r, out); err != nil {
		return err
	}
	if code := r.ExitCode(); code != report.ExitPass {
		return &errMissed{code, r.Why}
	}
	return nil
}

// write writes the result everywhere where it is wanted.
func (o *order) write(r *report.Result, out io.Writer) error {
	if o.json == "-" {
		return report.WriteJSON(out, r)
	}
	if err := report.WriteText(out, r, isTerminal(out)); err != nil {
		return err
	}
	err := writeFile(o.json, r, report.WriteJSON)
	return errors.Join(err, writeFile(o.html, r, report.WriteHTML))
}

// writeFile writes a result into a file, where one is wanted.
func writeFile(name string, r *report.Result, write func(w io.Writer, r *report.Result) error) (err error) {
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return write(f, r)
}

// runInit is the command init: it prints a scenario as a file.
func runInit(args []string, out, _ io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("%w: stampede init SCENARIO; there are %s", errUsage, strings.Join(script.Names(), ", "))
	}
	s, err := script.New(args[0])
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	_, err = io.WriteString(out, s.Text())
	return err
}
