package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// plainEvery is how often progress is told where there is no terminal.
const plainEvery = 5 * time.Second

// progress tells how far an import is: a bar on a terminal, else now and then a
// line. It counts the bytes that were read, because they have a known sum, and the
// events that are done.
type progress struct {
	env    environment
	bar    *progressbar.ProgressBar // nil: lines
	events int
	begun  time.Time
	told   time.Time
}

// newProgress begins to tell. Where the sum of the files' sizes cannot be known,
// the bar has no end.
func newProgress(env environment, files []string) *progress {
	p := &progress{env: env, begun: env.now(), told: env.now()}
	if !env.terminal {
		return p
	}
	p.bar = progressbar.NewOptions64(totalSize(files),
		progressbar.OptionSetWriter(env.stderr), progressbar.OptionShowBytes(true),
		progressbar.OptionSetDescription("importing"), progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetRenderBlankState(true))
	return p
}

// totalSize is the sum of the files' sizes, -1 where it is not known.
func totalSize(files []string) int64 {
	var sum int64
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() {
			return -1
		}
		sum += info.Size()
	}
	return sum
}

// counting is r, with what is read of it shown in the bar.
func (p *progress) counting(r io.Reader) io.Reader {
	if p.bar == nil {
		return r
	}
	return io.TeeReader(r, p.bar)
}

// sent counts events that are done.
func (p *progress) sent(n int) {
	p.events += n
	now := p.env.now()
	if now.Sub(p.told) < plainEvery && p.bar == nil || now.Sub(p.told) < plainEvery/50 {
		return
	}
	p.told = now
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("%d events", p.events))
		return
	}
	fmt.Fprintf(p.env.stderr, "%d events, %.0f a second\n", p.events, p.rate(now))
}

// rate is events a second since the beginning.
func (p *progress) rate(now time.Time) float64 {
	return float64(p.events) / max(now.Sub(p.begun).Seconds(), 0.001)
}

// finish ends the bar and tells the sum.
func (p *progress) finish() {
	now := p.env.now()
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("%d events", p.events))
		fmt.Fprintln(p.env.stderr)
	}
	fmt.Fprintf(p.env.stderr, "%d events in %.1f s, %.0f a second\n",
		p.events, now.Sub(p.begun).Seconds(), p.rate(now))
}
