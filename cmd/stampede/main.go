// Command stampede is a crowd: it measures a node over HTTP, and then checks that
// the node told the truth. It knows the HTTP contract only and imports nothing of
// the node, so that both cannot be wrong in the same way.
//
//	stampede run SCENARIO|FILE.yaml [flags]   people come by a schedule and do what people do
//	stampede init SCENARIO                    the scenario as a file with comments
//	stampede run flood|retry-storm|greedy|slow  too many come, or people who mean no good
//	stampede soak -start "COMMAND"            all four of these, each against a node of its own
//
// run makes the events that its scenario needs, lets the crowd come (package load: open
// model, latency from the planned instant; several processes with -processes), does
// the faults of -at, judges the recorded answers (package truth) and the thresholds, and
// reports (package report). What virtual users do is in package shop, what a file can say
// in package script. Exit code 98: the node did not tell the truth; 99: a threshold
// was missed.
//
// Four scenarios are sieges, of several phases and with a verdict of their own: see package
// siege, and -h behind their names. Where a verdict fails the exit code is 99.
//
// The other commands are closed loops of one request each, and came before it:
//
//	stampede view      GET /events/{id} of a few events
//	stampede tickets   GET /events/{id}/tickets
//	stampede hold      hold a ticket, release it; each connection has its own
//	stampede book      book distinct tickets of a few events, one call each
//	stampede rush      many requests that want the same few seats
//	stampede mix       95 % views, 5 % hold and book
//	stampede verify    a recording against a node, also after it was killed
//	stampede compare   a node beside the two baselines, in one run; or A.json B.json, of runs
//	stampede baseline  constant | append: the servers to compare with
//
// # Load
//
// Each connection (-c) is one goroutine that sends a request and reads its answer;
// nothing is pipelined. Without -rate the loop is closed: the next request goes
// out when the last is answered. With -rate operations start at fixed times,
// and a latency counts from the time at which the operation should have started:
// a server that stops for a second is charged for all who would have come.
//
// A request that got no answer, or a 503, is sent again with the same
// Idempotency-Key: at most -retries times an operation, and in all at most a tenth
// of the operations, plus 100, plus -retries for each connection, so that retries
// never become the load. Latency runs until the answer that ends the operation.
//
// # Checks
//
// A scenario that changes something makes its own events through the admin paths,
// records every answer, and has all of them judged afterwards: see package truth. A
// violation is told with its proof. An answer that never came is asked for again,
// with its key, before anything is judged, and keys are sent once more.
//
// With -record the recording is kept. verify judges it again, on a node that was
// restarted since for example, and sends every key once more.
//
// # Comparing
//
// compare lets the node and a baseline take turns, several short rounds each, and
// compares the medians: a busy machine is then busy for both. Views go beside a
// server that answers the same number of bytes, always the same; bookings beside one
// that only appends each request to a file, in group commits. Each server
// has a process of its own. With -start the node's folder and the baseline's file are
// both below TMPDIR: it must be a disk, for in memory a sync costs nothing.
//
// Exit codes: 0 done and true, 1 something is wrong, 2 wrong usage.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// The exit codes of every command.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// errUsage marks errors of the command line.
var errUsage = errors.New("wrong usage")

// A command is one word of the command line.
type command struct {
	name string
	run  func(args []string, out, errs io.Writer) error
}

// commands is the table of all commands.
func commands() []command {
	all := []command{
		{"run", runRun}, {"init", runInit}, {"part", runPart},
		{"soak", runSoak}, {"verify", runVerify}, {"compare", runCompare}, {"baseline", runBaseline},
	}
	for _, name := range []string{"view", "tickets", "hold", "book", "rush", "mix"} {
		all = append(all, command{name, func(args []string, out, errs io.Writer) error {
			return runScenario(name, args, out, errs)
		}})
	}
	return all
}

func main() {
	os.Exit(dispatch(os.Args[1:], os.Stdout, os.Stderr))
}

// dispatch is the whole program: it gives the exit code.
func dispatch(args []string, out, errs io.Writer) int {
	if len(args) > 0 {
		for _, c := range commands() {
			if c.name == args[0] {
				return exitCode(c.run(args[1:], out, errs), errs)
			}
		}
	}
	fmt.Fprintln(errs, "usage: stampede run|init|soak|view|tickets|hold|book|rush|mix|verify|compare|baseline [flags]")
	return exitUsage
}

// parseFlags reads a command's flags. Its error is errUsage, or flag.ErrHelp for who asked
// how it is used.
func parseFlags(fs *flag.FlagSet, args []string) error {
	err := fs.Parse(args)
	if err != nil && err != flag.ErrHelp {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return err
}

// exitCode says an error once and turns it into the exit code.
func exitCode(err error, errs io.Writer) int {
	var missed *errMissed
	switch {
	case errors.As(err, &missed):
		return missed.code // the summary has said why
	case err == nil || errors.Is(err, flag.ErrHelp):
		return exitDone
	case errors.Is(err, errUsage):
		fmt.Fprintln(errs, "stampede:", err)
		return exitUsage
	default:
		fmt.Fprintln(errs, "stampede:", err)
		return exitFailed
	}
}
