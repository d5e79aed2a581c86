package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newSandbox is the sandbox as a process that a test can kill.
func newSandbox(t *testing.T, dir string) (p *process, url string) {
	t.Helper()
	address := fmt.Sprintf("127.0.0.1:%d", freePorts(t, 1))
	p = &process{name: "sandbox", url: "http://" + address + "/healthz", log: filepath.Join(dir, "sandbox.log"),
		program: os.Args[0], args: []string{"sandbox", "--listen", address, "--ledger", filepath.Join(dir, "ledger")},
		env: append(os.Environ(), asNode)}
	t.Cleanup(func() {
		if err := p.stop(playStop); err != nil {
			t.Error(err)
		}
	})
	return p, "http://" + address
}

// run starts it and waits until it answers.
func (p *process) run(t *testing.T) {
	t.Helper()
	err := p.start()
	if err == nil {
		err = p.wait(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The shared sandbox is killed with -9 under load, again and again, and so is the
// node: what buyers were told agrees with the ledger, payment by payment.
func TestCrashOfTheSandbox(t *testing.T) {
	seed := *crashSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 9))
	dir := t.TempDir()
	sandbox, url := newSandbox(t, dir)
	sandbox.run(t)
	node := newNode(t, filepath.Join(dir, "data"), "--sandbox-url", url)
	node.start()
	shop := openShop(t, node.url, seed)
	for k := range *crashKills {
		<-time.After(time.Duration(100+random.IntN(300)) * time.Millisecond)
		if err := sandbox.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-sandbox.done
		if k%2 == 1 { // both at once
			node.kill()
		}
		<-time.After(time.Duration(random.IntN(200)) * time.Millisecond)
		sandbox.run(t)
		if k%2 == 1 {
			node.start()
		}
	}
	shop.stop()
	shop.check(filepath.Join(dir, "ledger"))
	if code := node.terminate(); code != exitDone {
		t.Errorf("SIGTERM: exit code %d\n%s", code, node.out)
	}
	if shop.granted.Load() == 0 {
		t.Error("nothing was sold")
	}
	t.Logf("%d kills: %d answers of 2xx kept, %d requests sent again", *crashKills, shop.granted.Load(),
		shop.resent.Load())
}

func TestSandboxUsage(t *testing.T) {
	for args, want := range map[string]string{"": "--ledger is required", "--ledger x --listen y": "--listen",
		"--ledger x y": "unexpected", "--bogus": "--bogus"} {
		if code, out := runProgram(append([]string{"sandbox"}, strings.Fields(args)...)...); code != exitUsage ||
			!strings.Contains(out, want) {
			t.Errorf("%s: exit %d: %s", args, code, out)
		}
	}
	taken := fmt.Sprintf("127.0.0.1:%d", freePorts(t, 1))
	sandbox, _ := newSandbox(t, t.TempDir())
	sandbox.args = []string{"sandbox", "--listen", taken, "--ledger", filepath.Join(t.TempDir(), "l")}
	sandbox.url = "http://" + taken + "/healthz"
	sandbox.run(t)
	if code, out := runProgram("sandbox", "--listen", taken, "--ledger", filepath.Join(t.TempDir(), "l")); code !=
		exitFailed || !strings.Contains(out, "address already in use") {
		t.Errorf("exit %d: %s", code, out)
	}
}
