package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"boxoffice/actors/control"
)

const (
	whereText = `
Shows where an event lives: its shard, the node that leads it and those with a
replica of it. An event that does not exist has its place too.`
	showText = `
Shows an event: what it is, its tickets, its version, and where it lives.`
	historyText = `
Prints an event's committed records in order: who held, paid, booked, and when.
With --output json a record a line, as the node has it.`
)

// eventConfig is what event where and event show can be told.
type eventConfig struct {
	clientConfig
	output string
}

// options is the table of options, bound to c.
func (c *eventConfig) options() []option {
	return append(c.clientConfig.options(askTimeout), outputOption(&c.output))
}

// eventArgument is the argument ID.
func eventArgument() *argument { return &argument{name: "ID", valid: validEventID} }

// validEventID reports whether an event may have an id.
func validEventID(s string) bool { return validName(s) && !strings.Contains(s, ".") }

// about runs a command about the event that args name: do asks the nodes, until it is
// done or a signal comes.
func (c *clientConfig) about(name string, options []option, args []string, env environment,
	do func(ctx context.Context, nodes *client, id string) error) int {
	id := eventArgument()
	nodes, err := c.load(options, args, env, id)
	if err == nil {
		ctx, stop := untilSignal()
		defer stop()
		err = do(ctx, nodes, id.value)
	}
	if err != nil {
		return env.fail(name, err)
	}
	return exitDone
}

// eventWhere is the command event where.
func eventWhere(args []string, env environment) int {
	var c eventConfig
	return c.about("event where", c.options(), args, env, func(ctx context.Context, nodes *client, id string) error {
		where, raw, err := nodes.where(ctx, id)
		switch {
		case err != nil:
			return err
		case c.output == "json":
			return printJSON(env.stdout, raw)
		}
		fmt.Fprintf(env.stdout, "%s: %s\n", id, whereLine(where))
		return nil
	})
}

// where asks where an event lives.
func (c *client) where(ctx context.Context, event string) (w control.Where, raw []byte, err error) {
	a, err := c.ask(ctx, http.MethodGet, "/admin/events/"+event+"/where", nil)
	if err == nil {
		err = json.Unmarshal(a.body, &w)
	}
	return w, a.body, err
}

// whereLine says where an event lives.
func whereLine(w control.Where) string {
	leader := "no leader is known"
	if w.Leader != "" {
		leader = fmt.Sprintf("%s leads (term %d)", w.Leader, w.Term)
	}
	return printable(fmt.Sprintf("shard %d, %s, replicas on %s", w.Shard, leader, strings.Join(w.Replicas, " ")))
}

// shownEvent is the part of an event, as GET /events/{eventId} has it, that event show
// prints. Times are shown as they come, in UTC.
type shownEvent struct {
	ID, Title, Status, StartsAt, OnSaleAt string
	Venue                                 struct{ Name, City, Country string }
	PriceRange                            struct {
		Min, Max int64
		Currency string
	}
	Availability struct{ Total, Available, Held, Booked int64 }
}

// eventShow is the command event show.
func eventShow(args []string, env environment) int {
	var c eventConfig
	return c.about("event show", c.options(), args, env, func(ctx context.Context, nodes *client, id string) error {
		return c.show(ctx, nodes, id, env)
	})
}

// show asks for the event and its place. A node that knows no cluster shows the
// event alone.
func (c *eventConfig) show(ctx context.Context, nodes *client, id string, env environment) error {
	a, err := nodes.ask(ctx, http.MethodGet, "/events/"+id, nil)
	if err != nil {
		return err
	}
	version := a.header.Get("Event-Version")
	where, raw, err := nodes.where(ctx, id)
	if err != nil && !hasCode(err, "no-cluster") {
		return err
	}
	if c.output == "json" {
		all := map[string]json.RawMessage{"event": a.body}
		if version != "" {
			all["version"] = json.RawMessage(version)
		}
		if err == nil {
			all["place"] = raw
		}
		text, err := json.Marshal(all)
		if err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		return printJSON(env.stdout, text)
	}
	var e shownEvent
	if err := json.Unmarshal(a.body, &e); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	printEvent(env.stdout, e, version)
	if err == nil {
		fmt.Fprintf(env.stdout, "  place    %s\n", whereLine(where))
	}
	return nil
}

// printEvent prints an event for people.
func printEvent(w io.Writer, e shownEvent, version string) {
	line := func(name string, parts ...string) {
		parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
		if len(parts) > 0 {
			fmt.Fprintf(w, "  %-8s %s\n", name, printable(strings.Join(parts, ", ")))
		}
	}
	fmt.Fprintf(w, "%s: %s\n", printable(e.ID), printable(e.Title))
	line("status", e.Status)
	line("starts", e.StartsAt)
	line("on sale", e.OnSaleAt)
	line("venue", e.Venue.Name, e.Venue.City, e.Venue.Country)
	n := e.Availability
	line("tickets", fmt.Sprintf("%d available", n.Available), fmt.Sprintf("%d held", n.Held),
		fmt.Sprintf("%d booked", n.Booked), fmt.Sprintf("%d in all", n.Total))
	p := e.PriceRange
	line("price", fmt.Sprintf("%d to %d in minor units of %s", p.Min, p.Max, p.Currency))
	line("version", version)
}

// historyConfig is what event history can be told.
type historyConfig struct {
	eventConfig
	from, limit int
	set         bool
}

// options is the table of options, bound to c. A zero c is filled with the
// defaults first.
func (c *historyConfig) options() []option {
	if !c.set {
		c.from, c.limit, c.set = 1, 100, true
	}
	return append(c.eventConfig.options(),
		option{name: "from", arg: "VERSION", help: "the first record wanted", value: (*countValue)(&c.from)},
		option{name: "limit", arg: "N", help: "records at most, 0: all", value: (*countValue)(&c.limit)})
}

// historyPage is how many records are asked for at a time.
const historyPage = 1000

// eventHistory is the command event history.
func eventHistory(args []string, env environment) int {
	var c historyConfig
	return c.about("event history", c.options(), args, env, func(ctx context.Context, nodes *client, id string) error {
		return c.print(ctx, nodes, id, env.stdout)
	})
}

// print prints page after page, as they come: an event may have millions of records,
// and none is kept.
func (c *historyConfig) print(ctx context.Context, nodes *client, id string, w io.Writer) error {
	for from, left := uint64(max(c.from, 1)), c.limit; ; {
		page := historyPage
		if c.limit > 0 {
			page = min(page, left)
		}
		path := fmt.Sprintf("/admin/events/%s/history?from=%d&limit=%d", id, from, page)
		a, err := nodes.ask(ctx, http.MethodGet, path, nil)
		if err != nil {
			return err
		}
		var got struct {
			Records []json.RawMessage
			Next    uint64
		}
		if err := json.Unmarshal(a.body, &got); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		for _, r := range got.Records {
			if err := c.printRecord(w, r); err != nil {
				return err
			}
		}
		left -= len(got.Records)
		if got.Next <= from || c.limit > 0 && left <= 0 {
			return nil
		}
		from = got.Next
	}
}

// printRecord prints one record on one line.
func (c *historyConfig) printRecord(w io.Writer, raw json.RawMessage) error {
	if c.output == "json" {
		_, err := fmt.Fprintf(w, "%s\n", raw)
		return err
	}
	var r map[string]any
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber() // versions and amounts as they stand
	if err := d.Decode(&r); err != nil {
		return fmt.Errorf("read a record: %w", err)
	}
	head := fmt.Sprintf("%6v  %v  %-15v", r["version"], r["at"], r["type"])
	var rest []string
	for _, name := range slices.Sorted(maps.Keys(r)) {
		if !slices.Contains([]string{"version", "at", "type"}, name) {
			rest = append(rest, name+"="+shortValue(r[name]))
		}
	}
	_, err := fmt.Fprintln(w, strings.TrimRight(printable(head+"  "+strings.Join(rest, " ")), " "))
	return err
}

// shortValue is a value of a record on one line: a list with commas, of an event
// its title.
func shortValue(v any) string {
	switch v := v.(type) {
	case string:
		if strings.ContainsAny(v, " =") {
			return strconv.Quote(v)
		}
		return v
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = shortValue(v[i])
		}
		return strings.Join(parts, ",")
	case map[string]any:
		if title, ok := v["title"].(string); ok {
			return strconv.Quote(title)
		}
		return "{…}"
	}
	return fmt.Sprint(v)
}
