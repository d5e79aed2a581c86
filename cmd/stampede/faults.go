package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"sort"
	"sync"
	"time"

	"boxoffice/cmd/stampede/load"
	"boxoffice/cmd/stampede/report"
	"boxoffice/cmd/stampede/script"
)

// faultTime bounds how long a fault's command may still run when the run is over.
const faultTime = 10 * time.Second

// faults does what a script does to the server.
type faults struct {
	cancel context.CancelFunc
	wait   sync.WaitGroup
	mu     sync.Mutex // guards done
	done   []report.Fault
}

// startFaults runs each command at its time.
func startFaults(ctx context.Context, s *script.Script, begin time.Time, show *progress) *faults {
	ctx, cancel := context.WithCancel(ctx)
	f := &faults{cancel: cancel}
	for _, text := range s.Faults {
		fault, err := script.ReadFault(text)
		if err != nil {
			continue // Validate has said so
		}
		f.wait.Go(func() {
			if load.Sleep(ctx, begin.Add(fault.At)) {
				show.say("%v: %s", fault.At, fault.Run)
				f.run(context.WithoutCancel(ctx), fault, begin)
			}
		})
	}
	return f
}

// run runs one command, with what it writes as a part of its error.
func (f *faults) run(ctx context.Context, fault script.Fault, begin time.Time) {
	ctx, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()
	began := time.Now()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, "sh", "-c", fault.Run)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = faultTime
	done := report.Fault{At: began.Sub(begin).Seconds(), Command: fault.Run}
	if err := cmd.Run(); err != nil {
		done.Error = fmt.Sprintf("%v: %.300s", err, bytes.TrimSpace(out.Bytes()))
	}
	done.Seconds = time.Since(began).Seconds()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done = append(f.done, done)
}

// stop lets no more begin and gives those that were done, by time. It waits for those
// that run.
func (f *faults) stop() []report.Fault {
	f.cancel()
	f.wait.Wait()
	sort.Slice(f.done, func(i, j int) bool { return f.done[i].At < f.done[j].At })
	return f.done
}
