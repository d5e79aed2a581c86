package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// player is a boxoffice play that a test runs as a process.
type player struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.WriteCloser
	port  int
	done  chan error

	mu  sync.Mutex
	out bytes.Buffer
}

func (p *player) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *player) printed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// newPlayer starts play with one node, which is all that needs no other.
func newPlayer(t *testing.T, dir string, port int) *player {
	t.Helper()
	p := &player{t: t, port: port, done: make(chan error, 1)}
	p.cmd = exec.Command(os.Args[0], "play", "--nodes", "1", "--data", dir, "--http-port", strconv.Itoa(port),
		"--cluster-port", strconv.Itoa(port+1), "--sandbox-port", strconv.Itoa(port+4))
	p.cmd.Env = append(os.Environ(), asNode, "BOXOFFICE_MIN_FREE_DISK=1MiB")
	p.cmd.Stdout, p.cmd.Stderr = p, p
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a shell does
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(func() { p.end(syscall.SIGTERM) })
	return p
}

// until waits for a pattern in what is printed and gives its first group.
func (p *player) until(pattern string) string {
	p.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(60 * time.Second); ; {
		if m := regexp.MustCompile(pattern).FindStringSubmatch(p.printed()); m != nil {
			return m[len(m)-1]
		}
		select {
		case <-tick.C:
		case err := <-p.done:
			p.done <- err
			if m := regexp.MustCompile(pattern).FindStringSubmatch(p.printed()); m != nil {
				return m[len(m)-1]
			}
			p.t.Fatalf("play has ended: %v\n%s", err, p.printed())
		case <-deadline:
			p.t.Fatalf("never printed %s:\n%s", pattern, p.printed())
		}
	}
}

// end sends a signal to the whole group, as a terminal does, and gives the exit code; of one that has ended, 0.
func (p *player) end(s syscall.Signal) int {
	if p.cmd == nil {
		return 0
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, s) // it may have ended by itself
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		p.t.Error("play did not stop")
		_ = p.cmd.Process.Kill()
		<-p.done
	}
	code := p.cmd.ProcessState.ExitCode()
	p.cmd = nil
	return code
}

// play runs a node and its sandbox, starts a killed node again, and leaves nothing
// behind.
func TestPlay(t *testing.T) {
	dir := t.TempDir()
	p := newPlayer(t, dir, freePorts(t, 5))
	pid, err := strconv.Atoi(p.until(`kill -9 (\d+) `))
	if err != nil {
		t.Fatal(err)
	}
	url := fmt.Sprintf("http://127.0.0.1:%d/readyz", p.port)
	if resp, err := http.Get(url); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%v %v", resp, err)
	} else {
		_ = resp.Body.Close() // not read
	}
	// Ctrl-C must reach play alone: a second signal would end a node at once.
	if group, err := syscall.Getpgid(pid); err != nil || group != pid {
		t.Errorf("the node %d is in group %d: %v", pid, group, err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.until(`n1 has ended: signal: killed`)
	if _, err := io.WriteString(p.stdin, "\n"); err != nil {
		t.Fatal(err)
	}
	p.until(`n1 starts again`)
	again := &process{name: "n1", url: url, done: make(chan struct{}), cmd: p.cmd}
	if err := again.wait(t.Context()); err != nil {
		t.Error(err)
	}
	if code := p.end(syscall.SIGINT); code != exitDone {
		t.Errorf("exit %d: %s", code, p.printed())
	}
	for _, port := range []int{p.port, p.port + 1, p.port + 4} {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Errorf("something was left behind: %v", err)
			continue
		}
		_ = l.Close() // it was only asked whether it is free
	}
	if log, err := os.ReadFile(filepath.Join(dir, "n1.log")); err != nil || !strings.Contains(string(log), "stopped") {
		t.Errorf("no orderly stop: %s %v", log, err)
	}
}

// Where a node cannot start, play says why and stops the others.
func TestPlayCannotStart(t *testing.T) {
	port := freePorts(t, 5)
	taken, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	p := newPlayer(t, t.TempDir(), port)
	p.until(`n1 has ended: exit status 1; (?s).*address already in use`)
	if err := <-p.done; err == nil {
		t.Error("it did not complain")
	}
	p.cmd = nil
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+4))
	if err != nil {
		t.Fatalf("the sandbox was left behind: %v", err)
	}
	_ = l.Close() // it was only asked whether it is free
}

// The nodes' options are right for themselves and for each other.
func TestPlayOptions(t *testing.T) {
	var c playConfig
	c.options()
	c.demo = true
	_, nodes := c.processes("boxoffice", environment{})
	for i, n := range nodes {
		cfg, _, err := loadConfig(n.args[1:], newWorld().environment)
		if err != nil || len(cfg.Peers()) != 2 || cfg.Founder() != (i == 0) || cfg.Demo != (i == 0) ||
			cfg.HTTP != fmt.Sprintf("127.0.0.1:%d", 8080+i) || cfg.Cluster != fmt.Sprintf("127.0.0.1:%d", 7400+10*i) {
			t.Errorf("%v: %v", n.args, err)
		}
	}
	for args, want := range map[string]string{"--nodes 0": "1 to 9", "--nodes 10": "1 to 9", "x": "unexpected",
		"--http-port 65535": "ports", "--data=": "--data"} {
		if code, out := runProgram(append([]string{"play"}, strings.Fields(args)...)...); code != exitUsage ||
			!strings.Contains(out, want) {
			t.Errorf("%s: exit %d: %s", args, code, out)
		}
	}
}
