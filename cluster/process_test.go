package cluster

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"boxoffice/cluster/clustertest"
)

func TestMain(m *testing.M) {
	if text := os.Getenv("CLUSTER_CHILD"); text != "" {
		if err := child(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(clustertest.Main(m))
}

// kindCount is handled by child processes: it counts, and answers the count.
const kindCount = 3

// child is a member in a process of its own, until its input ends.
func child(text string) error {
	node, seed, _ := strings.Cut(text, " ")
	cfg := testConfig(node)
	cfg.Seeds = []string{seed}
	m, err := Start(cfg)
	if err != nil {
		return err
	}
	var count atomic.Uint64
	m.Handle(kindEcho, func(c Call) { c.Reply(c.Body) })
	m.Handle(kindNever, func(Call) {})
	m.Handle(kindCount, func(c Call) {
		if string(c.Body) == "add" {
			count.Add(1)
		}
		c.Reply(fmt.Append(nil, count.Load()))
	})
	fmt.Println(m.self0().Gossip)
	_, _ = io.Copy(io.Discard, os.Stdin)
	m.Stop(true)
	return nil
}

// A process is a member that can be paused and killed.
type process struct{ cmd *exec.Cmd }

func startProcess(t *testing.T, seed *Member, node string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "CLUSTER_CHILD="+node+" "+seed.self0().Gossip)
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil { // ends with this process
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil { // it is up
		t.Fatal(err)
	}
	return &process{cmd}
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// pause stops the process, and waits until it stands.
func (p *process) pause(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGSTOP)
	await(t, func() bool {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
		if err != nil {
			t.Skip("it cannot be seen here whether a process stands: ", err)
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		return strings.HasPrefix(rest, "T")
	})
}

// callAsync begins a call.
func callAsync(m *Member, node string, kind uint8, body string, timeout time.Duration) <-chan error {
	out := make(chan error, 1)
	go func() {
		_, err := m.Call(time.Now().Add(timeout), node, kind, []byte(body))
		out <- err
	}()
	return out
}

func state(m *Member, node string) State {
	for _, p := range m.Peers() {
		if p.Node == node {
			return p.State
		}
	}
	return Down
}

// A call to a node that is killed fails at once: the connection tells, and neither
// silence nor patience.
func TestKilledPeer(t *testing.T) {
	cfg := testConfig("n1")
	cfg.Silence, cfg.ConnectWait = 20*time.Second, 20*time.Second
	m := startMember(t, cfg)
	p := startProcess(t, m, "n2")
	await(t, func() bool { return reaches(m, "n2") })
	pending := callAsync(m, "n2", kindNever, "", 30*time.Second)
	await(t, func() bool { return m.calls.pending.Load() == 1 })
	killed := time.Now()
	p.signal(t, syscall.SIGKILL)
	if err := <-pending; !errors.Is(err, ErrLost) || time.Since(killed) > 3*time.Second {
		t.Errorf("the call that waited: %v after %v", err, time.Since(killed))
	}
}

// So do the next ones, and without others the node takes itself for cut off.
func TestDeadPeer(t *testing.T) {
	m := startMember(t, testConfig("n1"))
	p := startProcess(t, m, "n2")
	await(t, func() bool { return reaches(m, "n2") })
	p.signal(t, syscall.SIGKILL)
	_ = p.cmd.Wait()
	for sent := true; sent; { // until the broken connection is noticed, a call may still leave
		began := time.Now()
		_, err := m.Call(time.Now().Add(10*time.Second), "n2", kindEcho, nil)
		if sent = errors.Is(err, ErrLost); err == nil || time.Since(began) > 3*time.Second {
			t.Errorf("a call to a dead node: %v after %v", err, time.Since(began))
		}
	}
	await(t, func() bool { return state(m, "n2") == Down })
	if m.Reachable() {
		await(t, func() bool { return !m.Reachable() })
	}
}

// A node that is paused says nothing: calls to it fail after the silence, long
// before their deadline. It carries out nothing whose time has passed when it
// wakes up, and it is a member again.
func TestPausedPeer(t *testing.T) {
	m := startMember(t, testConfig("n1"))
	p := startProcess(t, m, "n2")
	await(t, func() bool { return reaches(m, "n2") })
	// Some traffic, so that it is known how long a batch takes.
	for range 10 {
		reaches(m, "n2")
	}
	p.pause(t)
	began := time.Now()
	short := callAsync(m, "n2", kindCount, "add", 300*time.Millisecond) // it lies in the socket
	long := callAsync(m, "n2", kindNever, "", 30*time.Second)
	if err := <-short; !errors.Is(err, ErrLost) {
		t.Errorf("the call with a short deadline: %v", err)
	}
	if err := <-long; !errors.Is(err, ErrLost) || time.Since(began) > 5*time.Second {
		t.Errorf("the call with a long deadline: %v after %v", err, time.Since(began))
	}
	if _, err := m.Call(time.Now().Add(time.Second), "n2", kindEcho, nil); !errors.Is(err, ErrUnreachable) {
		t.Errorf("a call while it is silent: %v", err)
	}
	await(t, func() bool { return state(m, "n2") == Down })
	if n := len(m.pacMembers()); n != 2 {
		t.Errorf("proto.actor is told of %d members of 2: one that only seems dead must stay", n)
	}
	p.signal(t, syscall.SIGCONT)
	await(t, func() bool { return state(m, "n2") == Up && reaches(m, "n2") })
	count, err := m.Call(time.Now().Add(5*time.Second), "n2", kindCount, nil)
	if err != nil || string(count) != "0" {
		t.Errorf("carried out after the deadline: %s calls, %v", count, err)
	}
	m.Stop(false)
	if n := m.pac.MemberList.Length(); n != 2 { // it cannot be asked while it works
		t.Errorf("proto.actor knows %d members of 2", n)
	}
}

// A node that restarts under its name and another address is found again, and one
// that leaves is gone at once.
func TestRestartedPeer(t *testing.T) {
	m := startMember(t, testConfig("n1"))
	p := startProcess(t, m, "n2")
	await(t, func() bool { return reaches(m, "n2") })
	p.signal(t, syscall.SIGKILL)
	startProcess(t, m, "n2") // while the old one is taken for alive
	await(t, func() bool { return reaches(m, "n2") })
}
