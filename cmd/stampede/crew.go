package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"boxoffice/cmd/stampede/load"
)

// crew is the processes of a run. Their seconds come together in one series.
type crew struct {
	mu     sync.Mutex // guards series and ends
	series *load.Series
	ends   []outcome
}

// work does the errand in so many processes, and in this one where one is enough.
func (c *crew) work(ctx context.Context, e errand, parts int) error {
	add := func(s *load.Slice) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.series.Add(s)
	}
	if parts == 1 {
		// One core, as any other process of a run has: with more, the runtime looks for work for
		// them whenever somebody comes.
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		end, err := e.work(ctx, add)
		c.ends = []outcome{end}
		c.series.Flush()
		return err
	}
	errs := make([]error, parts)
	c.ends = make([]outcome, parts)
	var wait sync.WaitGroup
	for i := range parts {
		mine := e
		mine.Part = i
		wait.Go(func() { c.ends[i], errs[i] = mine.elsewhere(ctx, add) })
	}
	wait.Wait()
	c.series.Flush()
	return errors.Join(errs...)
}

// elsewhere does an errand in a process of its own. It has one core: a second one would
// be another process's.
func (e *errand) elsewhere(ctx context.Context, add func(s *load.Slice)) (end outcome, err error) {
	self, err := os.Executable()
	if err != nil {
		return end, err
	}
	text, err := json.Marshal(e)
	if err != nil {
		return end, err
	}
	cmd := exec.CommandContext(ctx, self, "part")
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(text), os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it then tells what it has
	cmd.WaitDelay = time.Minute
	out, err := cmd.StdoutPipe()
	if err != nil {
		return end, err
	}
	if err := cmd.Start(); err != nil {
		return end, err
	}
	said := false
	for in := json.NewDecoder(out); ; {
		var b bulletin
		if err = in.Decode(&b); err != nil {
			break
		}
		if b.Slice != nil {
			add(b.Slice)
		}
		if b.Done != nil {
			end, said = *b.Done, true
		}
	}
	wait := cmd.Wait()
	switch {
	case end.Error != "":
		return end, fmt.Errorf("process %d: %s", e.Part, end.Error)
	case !said:
		return end, fmt.Errorf("process %d ended without a word: %w", e.Part, errors.Join(err, wait))
	}
	return end, nil
}
