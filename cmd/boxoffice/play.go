package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

const playText = `
Runs a cluster on this machine for having a look: a sandbox that takes payments,
and nodes n1, n2 … on loopback, each a process of its own with its data and its
log in DIR. Prints how to look at them, kill one and drain one. A node that was
killed is started again with Enter. SIGINT (Ctrl-C) or SIGTERM stop all of them;
what they have sold is there at the next play.`

// playConfig is what play can be told.
type playConfig struct {
	data                   string
	nodes                  int
	http, cluster, sandbox int
	demo                   bool
}

// options is the table of options, bound to c. A zero c is filled with the
// defaults first.
func (c *playConfig) options() []option {
	if c.nodes == 0 {
		*c = playConfig{data: "data/cluster", nodes: 3, http: 8080, cluster: 7400, sandbox: 7500}
	}
	count := func(p *int) *countValue { return (*countValue)(p) }
	return []option{
		{name: "data", arg: "DIR", help: "data and logs of all of them", value: (*textValue)(&c.data)},
		{name: "nodes", arg: "N", help: "how many nodes, 1 to 9", value: count(&c.nodes)},
		{name: "http-port", arg: "PORT", help: "n1's HTTP; the next node has the next", value: count(&c.http)},
		{name: "cluster-port", arg: "PORT", help: "n1's three ports; the next node's are 10 above",
			value: count(&c.cluster)},
		{name: "sandbox-port", arg: "PORT", help: "where the sandbox listens", value: count(&c.sandbox)},
		{name: "demo", help: "load the demo catalog into an empty store", value: (*switchValue)(&c.demo)},
	}
}

// play is the command of that name.
func play(args []string, env environment) int {
	var c playConfig
	rest, err := load(c.options(), args, env)
	last := func(port, steps int) bool { return port < 1 || port+steps > 65535 }
	switch {
	case err != nil:
	case len(rest) > 0:
		err = usagef("unexpected argument %q", rest[0])
	case c.nodes < 1 || c.nodes > 9:
		err = usagef("--nodes %d: 1 to 9 are allowed", c.nodes)
	case last(c.http, c.nodes) || last(c.cluster, 10*c.nodes) || last(c.sandbox, 0):
		err = usagef("the ports lie between 1 and 65535")
	case c.data == "":
		err = usagef("--data is required")
	default:
		err = c.run(env)
	}
	if err != nil {
		return env.fail("play", err)
	}
	return exitDone
}

// The time that play gives its processes.
const (
	playReady = 90 * time.Second         // to be ready, together
	playStop  = stopWithin + time.Second // to stop, each
)

// run starts everything, tells how to use it, and stops it when a signal comes.
func (c *playConfig) run(env environment) (err error) {
	if err := os.MkdirAll(c.data, 0o750); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program: %w", err)
	}
	ctx, stop := untilSignal() // to the end: a second signal must not leave nodes behind
	defer stop()
	sandbox, nodes := c.processes(program, env)
	defer func() {
		fmt.Fprintln(env.stdout, "\nstopping")
		err = errors.Join(err, stopAll(nodes), stopAll([]*process{sandbox}))
	}()
	for _, p := range append([]*process{sandbox}, nodes...) {
		if err := p.start(); err != nil {
			return err
		}
		fmt.Fprintf(env.stdout, "%s starts, pid %d, log %s\n", p.name, p.cmd.Process.Pid, p.log)
	}
	within, cancel := context.WithTimeout(ctx, playReady)
	defer cancel()
	for _, p := range append([]*process{sandbox}, nodes...) {
		if err := p.wait(within); err != nil && ctx.Err() == nil {
			return err
		}
	}
	if ctx.Err() == nil {
		c.tell(env.stdout, program, nodes)
	}
	return watch(ctx, sandbox, nodes, env)
}

// processes is the sandbox and the nodes, not started yet. All nodes have one list
// of whom to join.
func (c *playConfig) processes(program string, env environment) (sandbox *process, nodes []*process) {
	address := func(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
	file := func(name string) string { return filepath.Join(c.data, name) }
	made := func(name, url string, args ...string) *process {
		return &process{name: name, url: url, log: file(name + ".log"), program: program, args: args, env: env.environ}
	}
	pay := address(c.sandbox)
	sandbox = made("sandbox", "http://"+pay+"/healthz", "sandbox", "--listen", pay,
		"--ledger", file("sandbox-ledger.ndjson"))
	var join []string
	for i := range c.nodes {
		join = append(join, address(c.cluster+10*i))
	}
	for i := range c.nodes {
		name, http := fmt.Sprintf("n%d", i+1), address(c.http+i)
		args := []string{"serve", "--node", name, "--data", file(name), "--http", http, "--cluster", join[i],
			"--join", strings.Join(join, ","), "--sandbox-url", "http://" + pay}
		if c.demo && i == 0 {
			args = append(args, "--demo")
		}
		nodes = append(nodes, made(name, "http://"+http+"/readyz", args...))
	}
	return sandbox, nodes
}

// tell says, in commands that can be copied, what runs, and what can be done with it.
func (c *playConfig) tell(w io.Writer, program string, nodes []*process) {
	short := program
	if dir, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(dir, program); err == nil && !strings.HasPrefix(rel, "..") {
			short = rel
		}
	}
	var servers []string
	for _, n := range nodes {
		servers = append(servers, strings.TrimSuffix(n.url, "/readyz"))
	}
	last := nodes[len(nodes)-1]
	server := " --server " + strings.Join(servers, ",")
	fmt.Fprintf(w, "\n%s ready:\n\n", plural(len(nodes), "node"))
	for i, n := range nodes {
		fmt.Fprintf(w, "  %s  %s  pid %d\n", n.name, servers[i], n.cmd.Process.Pid)
	}
	fmt.Fprintf(w, "\nlook at them   %s cluster status%s\n", short, server)
	fmt.Fprintf(w, "kill one       kill -9 %d      then look again; Enter here starts it again\n", last.cmd.Process.Pid)
	fmt.Fprintf(w, "drain one      %s cluster drain %s%s\n", short, last.name, server)
	if c.demo {
		fmt.Fprintf(w, "find an event  %s event where %s%s\n", short, demoEvent, server)
	}
	fmt.Fprint(w, "stop all       Ctrl-C\n\n")
}

// watch is where play spends its time. The processes belong to its goroutine; the
// others only say that a line has come, or that a process has ended, and end with ctx
// (the reader of lines with the program: a read cannot be given up). It tells of nodes
// that end, starts them again where a line comes, and returns
// when ctx ends or the sandbox does.
func watch(ctx context.Context, sandbox *process, nodes []*process, env environment) error {
	lines := make(chan struct{})
	go func() {
		for in := bufio.NewScanner(env.stdin); in.Scan(); {
			select {
			case lines <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
	}()
	ended := make(chan *process)
	follow := func(p *process, done <-chan struct{}) {
		select {
		case <-done:
			select {
			case ended <- p:
			case <-ctx.Done():
			}
		case <-ctx.Done():
		}
	}
	for _, p := range append([]*process{sandbox}, nodes...) {
		go follow(p, p.done)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case p := <-ended:
			if p == sandbox {
				return p.failed()
			}
			fmt.Fprintf(env.stdout, "%s has ended: %s; Enter starts it again\n", p.name, p.cmd.ProcessState)
		case <-lines:
			for _, p := range nodes {
				if p.running() {
					continue
				}
				if err := p.start(); err != nil {
					return err
				}
				fmt.Fprintf(env.stdout, "%s starts again, pid %d\n", p.name, p.cmd.Process.Pid)
				go follow(p, p.done)
			}
		}
	}
}

// stopAll stops processes, all at the same time.
func stopAll(ps []*process) error {
	errs := make([]error, len(ps))
	var all sync.WaitGroup
	for i, p := range ps {
		all.Go(func() { errs[i] = p.stop(playStop) })
	}
	all.Wait()
	return errors.Join(errs...)
}
