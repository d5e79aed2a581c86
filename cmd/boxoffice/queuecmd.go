package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const queueText = `
Shows how an event's waiting room does: who waits and who shops, how many were let
in and how many gave up in the last minute, and how long the one was not seen who
was not for the longest.

With an option it changes how people are let in, while the sale runs, and then shows
it. Fewer shoppers with --max-active take nobody out. --pause lets nobody in until
--resume. --stop takes no new holds either, of anybody, until --start; what is held
can still be paid for.`

// queueConfig is what event queue can be told.
type queueConfig struct {
	eventConfig
	maxActive, rate             wishValue
	pause, resume, stop, begins bool
}

// options is the table of options, bound to c.
func (c *queueConfig) options() []option {
	return append(c.eventConfig.options(),
		option{name: "max-active", arg: "N", help: "shoppers at a time", value: &c.maxActive},
		option{name: "rate", arg: "N", help: "let in at most N a minute, 0: no bound", value: &c.rate},
		option{name: "pause", help: "let nobody in", value: (*switchValue)(&c.pause)},
		option{name: "resume", help: "let people in again", value: (*switchValue)(&c.resume)},
		option{name: "stop", help: "take no new holds either", value: (*switchValue)(&c.stop)},
		option{name: "start", help: "take holds again", value: (*switchValue)(&c.begins)})
}

// wish is the body of the change that is asked for; nil: none is.
func (c *queueConfig) wish() (map[string]any, error) {
	if c.pause && c.resume || c.stop && c.begins {
		return nil, usagef("--pause and --resume, and --stop and --start, do not go together")
	}
	wish := map[string]any{}
	if c.maxActive.n != nil {
		wish["maxActive"] = *c.maxActive.n
	}
	if c.rate.n != nil {
		wish["ratePerMinute"] = *c.rate.n
	}
	if c.pause || c.resume {
		wish["paused"] = c.pause
	}
	if c.stop || c.begins {
		wish["stopped"] = c.stop
	}
	if len(wish) == 0 {
		return nil, nil
	}
	return wish, nil
}

// eventQueue is the command event queue.
func eventQueue(args []string, env environment) int {
	var c queueConfig
	return c.about("event queue", c.options(), args, env, func(ctx context.Context, nodes *client, id string) error {
		wish, err := c.wish()
		if err != nil {
			return err
		}
		path := "/admin/events/" + id + "/queue"
		var a answer
		if wish == nil {
			a, err = nodes.ask(ctx, http.MethodGet, path, nil)
		} else {
			a, err = nodes.ask(ctx, http.MethodPatch, path, wish)
		}
		switch {
		case err != nil:
			return err
		case c.output == "json":
			return printJSON(env.stdout, a.body)
		}
		var q shownQueue
		if err := json.Unmarshal(a.body, &q); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		q.print(env.stdout, id)
		return nil
	})
}

// shownQueue is a waiting room, as GET /admin/events/{eventId}/queue has it.
type shownQueue struct {
	Enabled, Paused, Stopped   bool
	Waiting, Active, MaxActive int64
	RatePerMinute              int64
	AdmittedPerMinute          int64
	DroppedPerMinute           int64
	OldestHeartbeatSeconds     *int64
	EstimatedWait              struct {
		Known                  bool
		P50Seconds, P90Seconds int64
	}
}

// print prints a waiting room for people.
func (q *shownQueue) print(w io.Writer, id string) {
	line := func(name, text string) { fmt.Fprintf(w, "  %-9s %s\n", name, text) }
	fmt.Fprintf(w, "%s: %s\n", id, q.state())
	if !q.Enabled {
		return
	}
	rate := "at any rate"
	if q.RatePerMinute > 0 {
		rate = fmt.Sprintf("at most %d a minute", q.RatePerMinute)
	}
	line("shoppers", fmt.Sprintf("%d of %d, %s", q.Active, q.MaxActive, rate))
	line("waiting", strconv.FormatInt(q.Waiting, 10))
	line("let in", fmt.Sprintf("%d in the last minute", q.AdmittedPerMinute))
	line("gave up", fmt.Sprintf("%d in the last minute", q.DroppedPerMinute))
	if q.OldestHeartbeatSeconds != nil {
		line("not seen", fmt.Sprintf("for %d s at the longest", *q.OldestHeartbeatSeconds))
	}
	if e := q.EstimatedWait; e.Known {
		span := func(s int64) string { return shortTime(time.Duration(s) * time.Second) }
		line("wait", fmt.Sprintf("%s for half of those who join now, %s for nine tenths", span(e.P50Seconds),
			span(e.P90Seconds)))
	}
}

// state is what is going on, in a few words.
func (q *shownQueue) state() string {
	switch {
	case q.Stopped:
		return "stopped, nobody takes tickets"
	case !q.Enabled:
		return "no waiting room"
	case q.Paused:
		return "paused, nobody is let in"
	}
	return "open"
}
