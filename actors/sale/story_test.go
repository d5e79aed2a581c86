package sale

import (
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
)

var rewrite = flag.Bool("rewrite", false, "write what the stories say now into their files")

// TestStories tells the stories of testdata: each line that starts with ">" is a
// command, the indented lines below it are the records that it makes, the answer
// and, where it changed, the house ("." available, "h" held, "B" booked).
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := tell(t, string(want))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(want) {
				t.Errorf("%s differs (-rewrite writes it):\n%s", file, got)
			}
		})
	}
}

// story is a state with a clock and the names that a file gives to ids.
type story struct {
	t      *testing.T
	s      *State
	clock  catalog.Time
	log    []Record
	house  string
	people string
	out    strings.Builder
}

const storyStart = 1_000_000_000

func tell(t *testing.T, text string) string {
	st := &story{t: t, s: New(), clock: storyStart}
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "  "): // what was said before
		case strings.HasPrefix(line, "> "):
			st.out.WriteString(line)
			st.run(strings.TrimSpace(line[2:]))
			sound(t, st.s, st.log)
		default:
			st.out.WriteString(line)
		}
	}
	return st.out.String()
}

// run makes one line happen.
func (st *story) run(line string) {
	w := readWords(st.t, line)
	switch w.verb {
	case "wait":
		st.clock += w.span(0)
		return
	case "gap":
		from := st.clock
		st.clock += w.span(0)
		st.step(&Resume{From: from, To: st.clock})
		return
	case "outcome":
		st.printf("  = %s\n", tellAnswer(st.s.Outcome(w.id(0))))
		return
	case "summary":
		sum := st.s.Summary()
		due := "none"
		if st.s.Due() != 0 {
			due = clockTime(st.s.Due())
		}
		st.printf("  v%d exists=%v available=%d held=%d booked=%d holds=%d bookings=%d due=%s tasks=%d\n", sum.Version,
			sum.Exists, sum.Available, sum.Held, sum.Booked, sum.Holds, sum.Bookings, due, len(tasks(st.s)))
		return
	case "restart":
		st.s = Restore(plain(st.s.Checkpoint()))
		return
	}
	st.step(w.command(st.clock))
}

func (st *story) printf(format string, args ...any) { fmt.Fprintf(&st.out, format, args...) }

func (st *story) step(c Command) {
	before := st.s.Version()
	records, a := st.s.Step(st.clock, c, nil)
	for i, r := range records {
		st.printf("  %d %s\n", before+uint64(i)+1, tellRecord(r))
	}
	st.log = append(st.log, records...)
	st.printf("  = %s\n", tellAnswer(a))
	if house := st.s.letters(); house != st.house {
		st.house = house
		st.printf("  %s\n", house)
	}
	if people := st.s.people(); people != st.people {
		st.people = people
		if people == "" {
			people = "no waiting room"
		}
		st.printf("  %s\n", people)
	}
}

// letters is every ticket as a letter, section by section.
func (s *State) letters() string {
	if s.stock == nil {
		return "no event"
	}
	var b strings.Builder
	plan, last := s.stock.Plan(), inventory.Place{}
	for t := range inventory.Ticket(plan.Total()) {
		p := plan.Place(t)
		switch {
		case t == 0:
			b.WriteString(p.Section + " ")
		case p.Section != last.Section:
			b.WriteString("  " + p.Section + " ")
		case p.Row != last.Row:
			b.WriteString("|")
		}
		last = p
		b.WriteByte(".hB"[s.stock.Status(t)])
	}
	return b.String()
}

// words is a line of a story: a verb, then operands, options (name=value) and flags.
type words struct {
	t       *testing.T
	line    string
	verb    string
	args    []string
	options map[string]string
}

func readWords(t *testing.T, line string) *words {
	fields := strings.Fields(line)
	w := &words{t: t, line: line, verb: fields[0], options: map[string]string{}}
	for _, f := range fields[1:] {
		if name, value, ok := strings.Cut(f, "="); ok {
			w.options[name] = value
		} else {
			w.args = append(w.args, f)
		}
	}
	return w
}

func (w *words) arg(i int) string {
	if i >= len(w.args) {
		w.t.Fatalf("%q: operand %d is missing", w.line, i+1)
	}
	return w.args[i]
}

func (w *words) id(i int) ID { return named(w.arg(i)) }

func (w *words) span(i int) catalog.Time {
	d, err := time.ParseDuration(w.arg(i))
	if err != nil {
		w.t.Fatalf("%q: %v", w.line, err)
	}
	return catalog.Time(d.Milliseconds())
}

func (w *words) number(name string) int {
	value := w.options[name]
	if value == "" {
		return 0
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		w.t.Fatalf("%q: %v", w.line, err)
	}
	return n
}

// by is the sender. The body that a key goes with is the line itself, and what
// body= says, so that the same line is the same request.
func (w *words) by() By {
	by := By{User: w.options["user"]}
	if key := w.options["key"]; key != "" {
		by.Key.ID = [16]byte(named(key))
		h := fnv.New128a()
		h.Write([]byte(w.line))
		h.Sum(by.Key.Body[:0])
	}
	return by
}

func (w *words) command(now catalog.Time) Command {
	switch w.verb {
	case "define":
		return &DefineEvent{By: w.by(), Event: w.event(now)}
	case "remove":
		return &RemoveEvent{By: w.by()}
	case "hold":
		return &PlaceHold{By: w.by(), ID: w.id(0), Place: named(w.options["place"]), TicketIDs: w.args[1:]}
	case "best":
		return &PlaceHold{By: w.by(), ID: w.id(0), Place: named(w.options["place"]), Best: inventory.Query{
			Quantity: w.number("n"), Section: w.options["section"],
			MaxPrice: int64(w.number("price")), Adjacent: w.options["adjacent"] == "yes",
		}}
	case "extend":
		return &ExtendHold{By: w.by(), ID: w.id(0)}
	case "swap":
		c := &SwapHold{By: w.by(), ID: w.id(0), Place: named(w.options["place"])}
		for _, a := range w.args[1:] {
			if id, ok := strings.CutPrefix(a, "+"); ok {
				c.Add = append(c.Add, id)
			} else {
				c.Remove = append(c.Remove, strings.TrimPrefix(a, "-"))
			}
		}
		return c
	case "release":
		return &ReleaseHold{By: w.by(), ID: w.id(0)}
	case "show":
		return &ShowHold{By: w.by(), ID: w.id(0)}
	case "book":
		return &Book{
			By: w.by(), ID: w.id(0), Hold: named(w.options["hold"]), TicketIDs: w.args[1:],
			Place: named(w.options["place"]), Method: "card", Token: "tok",
		}
	case "booking":
		return &ShowBooking{By: w.by(), ID: w.id(0)}
	case "cancel":
		return &CancelBooking{By: w.by(), ID: w.id(0)}
	case "pay":
		return &SettlePayment{Booking: w.id(0), Task: Authorise, Provider: "bank", PaymentID: "p-" + w.arg(0)}
	case "decline":
		return &SettlePayment{Booking: w.id(0), Task: Authorise, Declined: true, Reason: "no-money"}
	case "capture":
		return &SettlePayment{Booking: w.id(0), Task: Capture}
	case "refund":
		return &SettlePayment{Booking: w.id(0), Task: Refund}
	case "tick":
		return &Tick{}
	}
	if c := w.queueing(); c != nil {
		return c
	}
	w.t.Fatalf("%q: no such verb", w.line)
	return nil
}

// event reads "101:100:A4,B3" as a section of price 100 with two rows, and
// "FLOOR:50:10" as general admission of 10.
func (w *words) event(now catalog.Time) *catalog.Event {
	e := &catalog.Event{
		ID: "ev", Title: "Show", StartsAt: storyStart + 7*24*3600*1000,
		HoldSeconds: w.number("hold"), MaxTicketsPerUser: w.number("max"),
		Cancelled: w.options["cancelled"] == "yes", Inventory: catalog.Inventory{Currency: "USD"},
		WaitingRoom: w.room(),
	}
	if title := w.options["title"]; title != "" {
		e.Title = title
	}
	if in := w.options["onsale"]; in != "" {
		d, err := time.ParseDuration(in)
		if err != nil {
			w.t.Fatalf("%q: %v", w.line, err)
		}
		e.OnSaleAt = now + catalog.Time(d.Milliseconds())
	}
	for _, a := range w.args {
		e.Inventory.Sections = append(e.Inventory.Sections, w.section(a))
	}
	return e
}

func (w *words) section(text string) catalog.Section {
	part := strings.Split(text, ":")
	if len(part) != 3 {
		w.t.Fatalf("%q: a section is name:price:rows", w.line)
	}
	price, err := strconv.ParseInt(part[1], 10, 64)
	if err != nil {
		w.t.Fatalf("%q: %v", w.line, err)
	}
	s := catalog.Section{Name: part[0], Price: price}
	if n, err := strconv.Atoi(part[2]); err == nil {
		s.Capacity = n
		return s
	}
	for row := range strings.SplitSeq(part[2], ",") {
		n, err := strconv.Atoi(row[1:])
		if err != nil {
			w.t.Fatalf("%q: %v", w.line, err)
		}
		s.Rows = append(s.Rows, catalog.Row{Name: row[:1], Seats: n})
	}
	return s
}
