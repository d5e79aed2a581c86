// Command boxoffice is a node that sells tickets, and its operator's tools.
//
//	boxoffice serve        runs a node
//	boxoffice import       sends a catalog to a node
//	boxoffice healthcheck  asks a node whether it is alive
//	boxoffice verify       replays a stopped node's log and compares
//	boxoffice version      says which build this is
//	boxoffice help         explains a command
//
// Every command is a function of its arguments and an environment: what it
// reads, where it prints, what time it is. Tests call run with an environment of
// their own; main gives it the real one. The exit codes are the contract with
// scripts: 0 done, 1 failed, 2 wrong usage.
//
// An option is written down once, in a table (config.go, importcmd.go): from it
// come the flag, the environment variable, the member of the configuration file
// and the help text. See options.go.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// The exit codes of every command.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// environment is what a command gets from the world outside.
type environment struct {
	stdin    io.Reader
	stdout   io.Writer        // results
	stderr   io.Writer        // progress and complaints
	environ  []string         // "NAME=value", as os.Environ gives it
	now      func() time.Time // the wall clock
	terminal bool             // stderr is a terminal: progress may be drawn
}

// command is one row of the table of commands.
type command struct {
	name    string
	args    string // of the usage line, after the options
	summary string
	text    string   // the help text between usage line and options
	options []option // with their defaults
	run     func(args []string, env environment) int
}

// commands is the table of commands, in the order of the help text.
func commands() []command {
	return []command{
		{"serve", "", "run a node", serveText, new(Config).options(), serve},
		{"import", "FILE…", "send a catalog to a node", importText, new(importConfig).options(), runImport},
		{"healthcheck", "", "ask a node whether it is alive", healthText, new(healthConfig).options(), healthcheck},
		{"verify", "", "replay a stopped node's log and compare", verifyText, new(Config).options(), verify},
		{"version", "", "say which build this is", versionText, nil, version},
	}
}

func main() {
	os.Exit(run(os.Args[1:], environment{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		environ: os.Environ(), now: time.Now,
		terminal: term.IsTerminal(int(os.Stderr.Fd())),
	}))
}

// run is the whole program: args are without the program's name; the result is
// the exit code.
func run(args []string, env environment) int {
	if len(args) == 0 {
		fmt.Fprint(env.stderr, overview())
		return exitUsage
	}
	name, rest := args[0], args[1:]
	switch name {
	case "help", "-h", "-help", "--help":
		return help(rest, env)
	case "-version", "--version":
		name = "version"
	}
	c, ok := find(name)
	if !ok {
		return env.fail("", usagef("unknown command %q", name))
	}
	for _, arg := range rest {
		switch arg {
		case "-h", "-help", "--help":
			return help([]string{name}, env)
		case "--":
			return c.run(rest, env)
		}
	}
	return c.run(rest, env)
}

// find looks a command up by its name.
func find(name string) (command, bool) {
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}

// help explains the program or one command on standard output.
func help(args []string, env environment) int {
	if len(args) == 0 {
		fmt.Fprint(env.stdout, overview())
		return exitDone
	}
	c, ok := find(args[0])
	if !ok || len(args) > 1 {
		return env.fail("help", usagef("no help for %q", strings.Join(args, " ")))
	}
	fmt.Fprint(env.stdout, c.help())
	return exitDone
}

// overview is the help text of the program.
func overview() string {
	var b strings.Builder
	b.WriteString("boxoffice sells tickets: one event, one actor, one log.\n\nusage: boxoffice COMMAND [OPTIONS]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-12s %s\n", c.name, c.summary)
	}
	b.WriteString("  help         explain a command: boxoffice help serve\n")
	b.WriteString("\nexit codes: 0 done, 1 failed, 2 wrong usage\n")
	return b.String()
}

// fail reports an error and gives the exit code that goes with it.
func (env environment) fail(command string, err error) int {
	name := "boxoffice"
	if command != "" {
		name += " " + command
	}
	fmt.Fprintf(env.stderr, "%s: %v\n", name, err)
	if !isUsage(err) {
		return exitFailed
	}
	fmt.Fprintf(env.stderr, "see: %s\n", strings.TrimSpace("boxoffice help "+command))
	return exitUsage
}
