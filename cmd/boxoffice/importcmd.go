package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"boxoffice/actors/sale/catalog"
	"boxoffice/cmd/boxoffice/importer"
)

const importText = `
Sends events to a node and says what became of each. A FILE is

  native NDJSON      an event a line, as PUT /admin/events/{id} takes it;
                     a JSON array or a single event will do too
  a Discovery page   {"_embedded": {"events": […]}} or {"events": […]}
  a seating plan     of pretix: zones, rows and seats

and - is standard input. Importing twice is importing once: what has not changed
is left alone. What cannot be sold is refused with file, line, id and reason; the
rest is imported, and what was mended on the way is counted.

Discovery events have no inventory: they get --seats tickets in a house drawn from
the id, the same each time, priced from their priceRanges. With --on-sale now
everything can be bought: sale starts are left out, and shows that are over, or
will be within a day, move forward by whole years. Cancelled events stay so.

A seating plan has no show: --event, --title, --starts-at and --price say what it
is. Without them it becomes an event named after the plan, on 1 June of next year.

The exit code is 0 where the import ran to its end and something could be
imported, with --strict only where nothing was refused.`

// requestTimeout bounds one request of up to 2,000 events, its answer included.
const requestTimeout = 5 * time.Minute

// importConfig is what import can be told.
type importConfig struct {
	server, token, onSale, report    string
	event, title, startsAt, currency string
	seats                            int
	dryRun, strict                   bool
	prices                           []string
	patience                         time.Duration
}

// options is the table of options, bound to c. A zero c is filled with the
// defaults first.
func (c *importConfig) options() []option {
	if c.seats == 0 {
		c.seats, c.patience = 200, time.Minute
	}
	text := func(p *string) *textValue { return (*textValue)(p) }
	return []option{
		{name: "server", arg: "URL", help: "the node (default: the one that BOXOFFICE_HTTP describes)",
			value: text(&c.server)},
		{name: "token", arg: "TOKEN", help: "the admin token (default BOXOFFICE_ADMIN_TOKEN)",
			value: text(&c.token), secret: true},
		{name: "seats", arg: "N", help: "tickets of an event without inventory", value: (*countValue)(&c.seats)},
		{name: "on-sale", arg: "now", help: "make everything sellable now",
			value: choiceValue{&c.onSale, []string{"now"}}},
		{name: "dry-run", help: "convert and check, send nothing", value: (*switchValue)(&c.dryRun)},
		{name: "strict", help: "exit with 1 where anything is refused", value: (*switchValue)(&c.strict)},
		{name: "report", arg: "FILE", help: "write every refused and mended event to FILE, JSON lines",
			value: text(&c.report)},
		{name: "patience", arg: "DURATION", help: "try that long while the node is busy or away",
			value: (*durationValue)(&c.patience)},
		{name: "event", arg: "ID", help: "seating plan: id of the event", value: text(&c.event)},
		{name: "title", arg: "TEXT", help: "seating plan: title of the event", value: text(&c.title)},
		{name: "starts-at", arg: "TIME", help: "seating plan: when it begins, RFC 3339", value: text(&c.startsAt)},
		{name: "currency", arg: "CODE", help: "seating plan: ISO 4217 (default EUR)", value: text(&c.currency)},
		{name: "price", arg: "CATEGORY=AMOUNT", help: "seating plan: price of a category; may be repeated",
			value: (*listValue)(&c.prices), many: true},
	}
}

// convert is the importer's options; mistakes are usageErrors.
func (c *importConfig) convert(now time.Time) (importer.Options, error) {
	o := importer.Options{Seats: c.seats, OnSaleNow: c.onSale == "now", Now: now}
	o.Plan = importer.PlanOptions{Event: c.event, Title: c.title, Currency: c.currency, Prices: map[string]string{}}
	if c.startsAt != "" {
		if err := (*catalog.Time).UnmarshalText(&o.Plan.StartsAt, []byte(c.startsAt)); err != nil {
			return o, usagef("--starts-at %q: a time is needed such as 2027-06-01T19:30:00Z", c.startsAt)
		}
	}
	for _, price := range c.prices {
		i := strings.LastIndexByte(price, '=')
		if i < 1 {
			return o, usagef("--price %q: CATEGORY=AMOUNT is needed", price)
		}
		o.Plan.Prices[price[:i]] = price[i+1:]
	}
	return o, nil
}

// runImport is the command import: options, files, report, exit code. It blocks
// until all is answered or patience ends; SIGINT and SIGTERM end it early, and what
// was answered until then is reported and stays imported.
func runImport(args []string, env environment) int {
	var c importConfig
	files, err := load(c.options(), args, env)
	if err == nil && len(files) == 0 {
		err = usagef("no FILE given")
	}
	vars := env.variables()
	if c.token == "" {
		c.token = vars[envPrefix+"ADMIN_TOKEN"]
	}
	c.server = serverOf(c.server, env)
	if err == nil {
		err = checkServer(c.server)
	}
	if err != nil {
		return env.fail("import", err)
	}
	o, err := c.convert(env.now())
	if err != nil {
		return env.fail("import", err)
	}
	im, err := importer.New(o)
	if err != nil {
		return env.fail("import", usageError{err.Error()})
	}
	for _, name := range env.strangers() {
		fmt.Fprintf(env.stderr, "boxoffice import: unknown environment variable %s is ignored\n", name)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := c.send(ctx, im, files, env)
	if report != nil {
		fmt.Fprint(env.stdout, report)
	}
	if err != nil {
		return env.fail("import", err)
	}
	if report.Refused > 0 && (c.strict || report.Accepted == 0) {
		return exitFailed
	}
	return exitDone
}

// send imports the files. The report says how far it came, also with an error;
// it is nil where nothing was begun.
func (c *importConfig) send(ctx context.Context, im *importer.Importer, files []string, env environment) (
	report *importer.Report, err error) {
	var log io.Writer
	if c.report != "" {
		f, err := os.Create(c.report)
		if err != nil {
			return nil, fmt.Errorf("make the report: %w", err)
		}
		w := bufio.NewWriter(f)
		defer func() {
			if flushed := errors.Join(w.Flush(), f.Close()); flushed != nil && err == nil {
				err = fmt.Errorf("write the report: %w", flushed)
			}
		}()
		log = w
	}
	report = importer.NewReport(log)
	bar := newProgress(env, files)
	defer bar.finish()
	up := &importer.Uploader{Server: c.server, Token: c.token, Report: report,
		Client: &http.Client{Timeout: requestTimeout}, Patience: c.patience, Sent: bar.sent}
	add := func(item importer.Item) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		report.Add(item)
		switch {
		case item.Refused != nil:
		case c.dryRun:
			report.Accepted++
		default:
			return up.Add(ctx, item)
		}
		bar.sent(1)
		return nil
	}
	for _, name := range files {
		if err := readFile(im, name, env, bar, add); err != nil {
			if late := up.Close(ctx); late != nil && !errors.Is(err, late) {
				err = errors.Join(err, late)
			}
			return report, err
		}
	}
	if err := up.Close(ctx); err != nil {
		return report, err
	}
	return report, report.Err()
}

// readFile converts one file; "-" is standard input.
func readFile(im *importer.Importer, name string, env environment, bar *progress,
	add func(importer.Item) error) error {
	if name == "-" {
		return im.Read("-", bar.counting(env.stdin), add)
	}
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer f.Close()
	return im.Read(name, bar.counting(f), add)
}
