package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// process is a command of this program that play runs as a process of its own. It
// belongs to one goroutine; done may be waited for by any. A process outlives play
// only where play itself is killed with -9: its pid was printed.
type process struct {
	name    string
	url     string // answers 200 when it is ready
	log     string // a file; what it prints is added to it
	program string
	args    []string
	env     []string // nil: this process'

	cmd  *exec.Cmd     // nil: never started
	done chan struct{} // closed when it has ended; cmd.ProcessState then says how
}

// start runs it. In a process group of its own: Ctrl-C is for play, which then asks
// each process to stop; a second signal would end it at once.
func (p *process) start() error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log of %s: %w", p.name, err)
	}
	defer log.Close() // the process has it too
	cmd := exec.Command(p.program, p.args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = p.env, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.cmd, p.done = cmd, make(chan struct{})
	go func(done chan struct{}) {
		_ = cmd.Wait() // ProcessState has it
		close(done)
	}(p.done)
	return nil
}

// running reports whether it was started and has not ended.
func (p *process) running() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// wait asks again after probePause, and gives one answer probeTimeout.
const (
	probePause   = 50 * time.Millisecond
	probeTimeout = time.Second
)

// wait blocks until it is ready; an error where it ends before, or ctx does.
func (p *process) wait(ctx context.Context) error {
	client := &http.Client{Timeout: probeTimeout}
	defer client.CloseIdleConnections()
	tick := time.NewTicker(probePause)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, nil)
		if err != nil {
			return fmt.Errorf("ask %s: %w", p.name, err)
		}
		if resp, err := client.Do(req); err == nil {
			_ = resp.Body.Close() // not read
			if resp.StatusCode == http.StatusOK && p.running() {
				return nil
			}
		}
		select {
		case <-p.done:
			return p.failed()
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready in time; its log: %s", p.name, p.log)
		case <-tick.C:
		}
	}
}

// logTail is how much of a log is shown.
const logTail = 2000

// failed is the error of a process that ended by itself: the end of its log says
// why.
func (p *process) failed() error {
	return fmt.Errorf("%s has ended: %s; the end of %s:\n%s", p.name, p.cmd.ProcessState, p.log, tail(p.log))
}

// tail is the end of a file; what cannot be read is empty.
func tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()                                   // only read
	_, _ = f.Seek(-logTail, io.SeekEnd)               // shorter: from its begin
	text, _ := io.ReadAll(io.LimitReader(f, logTail)) // what could be read
	return string(text)
}

// stop asks it to stop, and ends it where it takes longer. An error where it had to
// be ended, or complained. Stopping what does not run does nothing.
func (p *process) stop(within time.Duration) error {
	if !p.running() {
		return nil
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		_ = p.cmd.Process.Kill() // it may have ended just now
		<-p.done
		return fmt.Errorf("%s did not stop within %s and was killed; its log: %s", p.name, within, p.log)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != exitDone {
		return p.failed()
	}
	return nil
}
