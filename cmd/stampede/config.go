package main

import (
	"flag"
	"fmt"
	"io"
	"time"

	"boxoffice/cmd/stampede/wire"
)

// config is what a scenario can be told.
type config struct {
	server   string        // base URL of the node
	token    string        // admin token; "" on loopback
	conns    int           // connections, each one request at a time
	rate     float64       // operations a second; 0: closed loop
	duration time.Duration // of the measured part; 0 where count ends the run
	warmup   time.Duration // before it: sent, checked, not measured
	count    int64         // operations in all; 0: no bound but the duration
	timeout  time.Duration // of one request
	retries  int           // of one operation
	events   int           // how many events the scenario makes
	seats    int           // of each
	seed     uint64        // of every random choice
	format   string        // table or json
	record   string        // file of every answer, kept; "": none
	check    bool          // judge the answers afterwards
}

// defaultConfig gives the values that suit a scenario on two shared cores.
func defaultConfig(scenario string) config {
	c := config{
		server: "http://127.0.0.1:8080", conns: 32, duration: 10 * time.Second, warmup: 2 * time.Second,
		timeout: 15 * time.Second, retries: 8, events: 4, seats: 25_000, seed: 1, format: "table", check: true,
	}
	switch scenario {
	case "rush":
		c.conns, c.events, c.seats, c.count = 64, 1, 1000, 100_000
		c.duration, c.warmup = 0, 0
	case "view", "tickets", "hold":
		c.seats = 2000
	}
	return c
}

// flags binds the configuration to a flag set, with the values it has as defaults.
func (c *config) flags(name string, errs io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet("stampede "+name, flag.ContinueOnError)
	fs.SetOutput(errs)
	fs.StringVar(&c.server, "server", c.server, "base `URL` of the node")
	fs.StringVar(&c.token, "token", c.token, "admin token (not needed on loopback)")
	fs.IntVar(&c.conns, "c", c.conns, "connections")
	fs.Float64Var(&c.rate, "rate", c.rate, "operations a second at fixed times; 0: as fast as answers come")
	fs.DurationVar(&c.duration, "duration", c.duration, "measured time; 0 where -n ends the run")
	fs.DurationVar(&c.warmup, "warmup", c.warmup, "time before it, not measured")
	fs.Int64Var(&c.count, "n", c.count, "operations in all; 0: no bound but -duration")
	fs.DurationVar(&c.timeout, "timeout", c.timeout, "of one request")
	fs.IntVar(&c.retries, "retries", c.retries, "of one operation, after a 503 or no answer")
	fs.IntVar(&c.events, "events", c.events, "events that the scenario makes")
	fs.IntVar(&c.seats, "seats", c.seats, "seats of each")
	fs.Uint64Var(&c.seed, "seed", c.seed, "of every random choice")
	fs.StringVar(&c.format, "o", c.format, "table or json")
	fs.StringVar(&c.record, "record", c.record, "new `file` of every answer; verify reads it")
	fs.BoolVar(&c.check, "check", c.check, "judge the answers afterwards")
	return fs
}

// parse reads the command line into the configuration.
func (c *config) parse(name string, args []string, errs io.Writer) error {
	fs := c.flags(name, errs)
	if err := parseFlags(fs, args); err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return fmt.Errorf("%w: unexpected %q", errUsage, fs.Arg(0))
	}
	return c.validate()
}

// validate checks the values and how they go together.
func (c *config) validate() error {
	for _, v := range []struct {
		wrong bool
		say   string
	}{
		{c.conns < 1 || c.conns > 10_000, "-c is 1 to 10000"},
		{c.rate < 0 || c.rate > 1e6, "-rate is 0 to 1000000"},
		{c.duration < 0 || c.warmup < 0 || c.count < 0, "-duration, -warmup and -n are not negative"},
		{c.duration == 0 && c.count == 0, "one of -duration and -n must end the run"},
		{c.timeout <= 0, "-timeout is more than 0"},
		{c.retries < 0, "-retries is not negative"},
		{c.events < 1 || c.events > 1000, "-events is 1 to 1000"},
		{c.seats < 1 || c.seats > 100_000, "-seats is 1 to 100000"},
		{c.format != "table" && c.format != "json", "-o is table or json"},
	} {
		if v.wrong {
			return fmt.Errorf("%w: %s", errUsage, v.say)
		}
	}
	return nil
}

// newTarget reads the base URL of a node as an error of the command line has it.
func newTarget(server, token string) (wire.Target, error) {
	to, err := wire.NewTarget(server, token)
	if err != nil {
		err = fmt.Errorf("%w: -server: %w", errUsage, err)
	}
	return to, err
}
