package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"boxoffice/cmd/stampede/load"
	"boxoffice/cmd/stampede/report"
	"boxoffice/cmd/stampede/shop"
	"boxoffice/cmd/stampede/truth"
	"boxoffice/cmd/stampede/wire"
)

// How long it is until the run begins: processes need it to start.
const (
	startTime  = 20 * time.Millisecond
	startTimes = 300 * time.Millisecond // where there are several
)

// stampede is a whole run: it makes the events, lets the crowd come, does the faults,
// judges the truth and gives the result, without what thresholds say of it.
func stampede(ctx context.Context, o *order, errs io.Writer) (r *report.Result, err error) {
	s := o.script
	pool, err := newPool(s)
	if err != nil {
		return nil, err
	}
	to := pool.Targets()[0]
	e := errand{Script: s.Text(), Run: o.name}
	if e.Run == "" {
		e.Run = "st" + strconv.FormatInt(time.Now().UnixMicro(), 36)
	}
	if e.Houses, err = shop.Prepare(s, e.Run, &to); err != nil {
		return nil, err
	}
	if o.check && s.Scenario != "view" && s.Scenario != "search" {
		if e.Dir, err = os.MkdirTemp("", "stampede"); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(e.Dir)) }()
	}
	e.Begin = time.Now().Add(startTime)
	if s.Load.Processes > 1 {
		e.Begin = time.Now().Add(startTimes)
	}
	show := newProgress(errs, o, e.Begin)
	story := newStory(o, &e, &to)
	c := &crew{series: load.NewSeries(s.Load.Processes, func(slice *load.Slice) {
		story.second(slice)
		show.second(slice)
	})}
	faults := startFaults(ctx, s, e.Begin, show)
	err = c.work(ctx, e, s.Load.Processes)
	r = story.result(c, faults.stop())
	show.end()
	if err != nil {
		return nil, err
	}
	if e.Dir != "" {
		r.Truth, err = judge(context.WithoutCancel(ctx), o, e, c.ends, to, show)
	}
	if err == nil && !o.keep {
		err = shop.Clean(e.Houses, &to, s.Load.Timeout)
	}
	return r, err
}

// resent is how many keys are sent once more by the check of the truth.
const resent = 200

// judge checks what the server told against what it keeps.
func judge(ctx context.Context, o *order, e errand, ends []outcome, to wire.Target, show *progress) (
	*truth.Verdict, error,
) {
	show.say("checking the truth")
	cfg := truth.Config{
		Server: "http://" + to.Address, Token: to.Token, Ledger: o.script.Ledger, Resend: resent,
	}
	for _, h := range e.Houses {
		cfg.Events = append(cfg.Events, h.ID)
	}
	var files []string
	for _, end := range ends {
		if end.Record != "" {
			files = append(files, end.Record)
		}
	}
	v, err := truth.Check(ctx, cfg, files...)
	if err != nil {
		return nil, fmt.Errorf("check the truth: %w", err)
	}
	return v, nil
}
