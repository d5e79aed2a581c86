package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"boxoffice/cmd/stampede/wire"
)

// readyTime is how long a node may take until it is ready.
const readyTime = 30 * time.Second

// process is a server that a comparison started.
type process struct {
	cmd     *exec.Cmd
	address string // HOST:PORT
	url     string
}

// startNode starts a node on an empty folder and a free port, and waits until it
// is ready. The ports of its cluster are free ones too. more are words of the command
// behind the program's name: with taskset the program itself and its options.
func startNode(program, data string, more ...string) (*process, error) {
	address, err := freePorts(1)
	if err != nil {
		return nil, err
	}
	cluster, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	words := append(more, "serve", "--data", data, "--http", address, "--cluster", cluster)
	cmd := exec.Command(program, words...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd, address, "http://" + address}
	if err := p.ready(); err != nil {
		p.stop(&err)
		return nil, err
	}
	return p, nil
}

// ready waits for GET /readyz to answer 200.
func (p *process) ready() error {
	to := wire.Target{Address: p.address}
	c := wire.NewConn(p.address, time.Second)
	defer c.Close()
	get := wire.Request{Method: "GET", Path: "/readyz"}
	for until := time.Now().Add(readyTime); ; time.Sleep(50 * time.Millisecond) {
		a, err := c.Do(get.Append(nil, &to))
		if err == nil && a.Status == 200 {
			return nil
		}
		if time.Now().After(until) {
			return fmt.Errorf("%s was not ready in %v: status %d, %v", p.url, readyTime, a.Status, err)
		}
	}
}

// startBaseline starts this program as a baseline, in a process of its own: what is
// compared has a process of its own too.
func startBaseline(args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, append([]string{"baseline"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	address := strings.TrimSpace(line)
	p := &process{cmd, address, "http://" + address}
	if err != nil {
		p.stop(&err)
		return nil, fmt.Errorf("start baseline: %w", err)
	}
	return p, nil
}

// stop ends the process with SIGTERM and waits for it. What went wrong is joined to
// *err.
func (p *process) stop(err *error) {
	*err = errors.Join(*err, p.cmd.Process.Signal(syscall.SIGTERM), p.cmd.Wait())
}

// freePorts gives the first of n ports in a row that are free at the moment.
func freePorts(n int) (string, error) {
	for range 100 {
		first, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		port := first.Addr().(*net.TCPAddr).Port
		listeners := []net.Listener{first}
		for i := 1; i < n; i++ {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+i))
			if err != nil {
				break
			}
			listeners = append(listeners, l)
		}
		for _, l := range listeners {
			l.Close()
		}
		if len(listeners) == n {
			return first.Addr().String(), nil
		}
	}
	return "", errors.New("no free ports in a row")
}
