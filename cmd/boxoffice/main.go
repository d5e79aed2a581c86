// Command boxoffice is a node that sells tickets, and its operator's tools.
//
//	boxoffice serve        runs a node
//	boxoffice play         runs a small cluster on this machine
//	boxoffice import       sends a catalog to a node
//	boxoffice cluster …    status, drain, undrain, remove, rebalance
//	boxoffice search …     status, rebuild
//	boxoffice event …      where, show, history, queue, digest
//	boxoffice cert …       ca, node: certificates of a cluster's nodes
//	boxoffice healthcheck  asks a node whether it is alive
//	boxoffice verify       replays a stopped node's log and compares
//	boxoffice sandbox      runs the sandbox payment provider
//	boxoffice version      says which build this is
//	boxoffice help         explains a command
//
// Every command is a function of its arguments and an environment: what it
// reads, where it prints, what time it is. Tests call run with an environment of
// their own; main gives it the real one. The exit codes are the contract with
// scripts: 0 done, 1 failed, 2 wrong usage; cluster status has its own.
//
// An option is written down once, in a table (config.go, importcmd.go): from it
// come the flag, the environment variable, the member of the configuration file
// and the help text. See options.go. The commands about a cluster speak HTTP to its
// nodes (client.go); a node's own commands are in files of their names.
package main

import (
	"fmt"
	"io"
	"os"
	"slices"
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
	name    string // one word, or two: "cluster status"
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
		{"play", "", "run a small cluster on this machine", playText, new(playConfig).options(), play},
		{"import", "FILE…", "send a catalog to a node", importText, new(importConfig).options(), runImport},
		{"cluster status", "", "show nodes, shards and whether all is well", statusText, new(statusConfig).options(),
			clusterStatus},
		{"cluster drain", "NODE", "have a node lead nothing", drainText, new(changeConfig).options(), clusterDrain},
		{"cluster undrain", "NODE", "have a drained or leaving node take part again", undrainText,
			new(changeConfig).options(), clusterUndrain},
		{"cluster remove", "NODE", "have a node leave for good", removeText, new(removeConfig).options(),
			clusterRemove},
		{"cluster rebalance", "", "spread replicas and leaders evenly", rebalanceText, new(changeConfig).options(),
			clusterRebalance},
		{"search status", "", "show the search indexes of all nodes", indexesText, new(searchConfig).options(),
			searchStatus},
		{"search rebuild", "", "make search indexes anew from the log", rebuildText, new(rebuildConfig).options(),
			searchRebuild},
		{"event where", "ID", "show where an event lives", whereText, new(eventConfig).options(), eventWhere},
		{"event show", "ID", "show an event and its tickets", showText, new(eventConfig).options(), eventShow},
		{"event history", "ID", "print an event's records", historyText, new(historyConfig).options(), eventHistory},
		{"event queue", "ID", "show and steer an event's waiting room", queueText, new(queueConfig).options(),
			eventQueue},
		{"event digest", "ID", "compare an event's replicas", digestText, new(eventConfig).options(), eventDigest},
		{"cert ca", "", "make a cluster's certificate authority", caText, new(caConfig).options(), certCA},
		{"cert node", "", "make a node's certificate", nodeCertText, new(nodeCertConfig).options(), certNode},
		{"sandbox", "", "run the sandbox payment provider", sandboxText, new(sandboxConfig).options(), runSandbox},
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
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return help(args[1:], env)
	case "-version", "--version":
		args = append([]string{"version"}, args[1:]...)
	}
	c, rest, ok := find(args)
	if !ok {
		return noCommand(args, env)
	}
	for _, arg := range rest {
		switch arg {
		case "-h", "-help", "--help":
			return help([]string{c.name}, env)
		case "--":
			return c.run(rest, env)
		}
	}
	return c.run(rest, env)
}

// noCommand answers arguments that begin with no command: of a group, with what is
// in it.
func noCommand(args []string, env environment) int {
	switch g := group(args[0]); {
	case len(g) == 0:
		return env.fail("", usagef("unknown command %q", args[0]))
	case len(args) == 1:
		fmt.Fprint(env.stderr, groupHelp(args[0], g))
		return exitUsage
	case args[1] == "-h" || args[1] == "-help" || args[1] == "--help":
		return help(args[:1], env)
	}
	return env.fail("", usagef("unknown command %q", args[0]+" "+args[1]))
}

// find looks a command up by the words that args begin with; rest is what follows
// its name.
func find(args []string) (c command, rest []string, ok bool) {
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && slices.Equal(args[:len(words)], words) {
			return c, args[len(words):], true
		}
	}
	return command{}, nil, false
}

// group is the commands of two words that begin with one.
func group(word string) (g []command) {
	for _, c := range commands() {
		if strings.HasPrefix(c.name, word+" ") {
			g = append(g, c)
		}
	}
	return g
}

// help explains the program, a group or one command on standard output.
func help(args []string, env environment) int {
	if len(args) == 0 {
		fmt.Fprint(env.stdout, overview())
		return exitDone
	}
	words := strings.Fields(strings.Join(args, " "))
	if c, rest, ok := find(words); ok && len(rest) == 0 {
		fmt.Fprint(env.stdout, c.help())
		return exitDone
	}
	if len(words) == 1 {
		if g := group(words[0]); len(g) > 0 {
			fmt.Fprint(env.stdout, groupHelp(words[0], g))
			return exitDone
		}
	}
	return env.fail("help", usagef("no help for %q", strings.Join(args, " ")))
}

// overview is the help text of the program.
func overview() string {
	var b strings.Builder
	b.WriteString("boxoffice sells tickets: one event, one actor, one log.\n\nusage: boxoffice COMMAND [OPTIONS]\n\n")
	list(&b, commands())
	b.WriteString("  help               explain a command: boxoffice help serve\n")
	b.WriteString("\nexit codes: 0 done, 1 failed, 2 wrong usage; of cluster status: 0 ok, 1 degraded, 2 unavailable\n")
	return b.String()
}

// groupHelp is the help text of a group.
func groupHelp(word string, g []command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "usage: boxoffice %s COMMAND [OPTIONS]\n\n", word)
	list(&b, g)
	fmt.Fprintf(&b, "\nmore about one: boxoffice help %s\n", g[0].name)
	return b.String()
}

// list writes a line a command.
func list(b *strings.Builder, cs []command) {
	for _, c := range cs {
		fmt.Fprintf(b, "  %-18s %s\n", c.name, c.summary)
	}
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
