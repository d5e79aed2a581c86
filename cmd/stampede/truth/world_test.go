package truth

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// world is a sale of one event on a server that does everything right, as data: what
// was recorded, the history, the seat map and the ledger. A test changes one thing of
// it, and Check has to find it.
type world struct {
	t       *testing.T
	obs     []*Observation
	records []map[string]any
	status  map[string]string // ticket → available, held, booked
	ledger  []map[string]any
	kept    map[string]string // path → what GET answers; see showing
	posted  map[string]string // key → status and body of a repeat
	counts  func() availability
	ids     int
	now     int64 // nanoseconds; every request takes a millisecond
	line    []string
	active  int
	owner   map[string]string // ticket → hold or booking
	hold    map[string][]string
	totals  map[string]int64
}

const testEvent = "ev-1"

// newWorld defines the event: seats.
func newWorld(t *testing.T) *world {
	w := &world{
		t: t, status: map[string]string{}, kept: map[string]string{}, posted: map[string]string{},
		now: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano(), owner: map[string]string{},
		hold: map[string][]string{}, totals: map[string]int64{},
	}
	for i := range 20 {
		w.status["A-"+strconv.Itoa(i+1)] = "available"
	}
	w.record("event-defined", "event", map[string]any{"waitingRoom": map[string]any{"enabled": true, "maxActive": 2}})
	return w
}

// at is the server's time of now.
func (w *world) at() string { return time.Unix(0, w.now).UTC().Format("2006-01-02T15:04:05.000Z") }

// record commits a record and gives it.
func (w *world) record(kind string, members ...any) map[string]any {
	r := map[string]any{"version": len(w.records) + 1, "at": w.at(), "type": kind}
	for i := 0; i < len(members); i += 2 {
		r[members[i].(string)] = members[i+1]
	}
	w.records = append(w.records, r)
	return r
}

// id makes an id.
func (w *world) id(kind string) string {
	w.ids++
	return fmt.Sprintf("%s%d", kind, w.ids)
}

// ask records a request and its answer; do commits what it does.
func (w *world) ask(o Observation, do func() (int, string)) *Observation {
	o.Event, o.Sent = testEvent, w.now
	w.now += 500_000
	o.Status, o.Version = 0, 0
	status, body := do()
	w.now += 500_000
	o.Status, o.Body, o.Received, o.Version = status, []byte(body), w.now, uint64(len(w.records))
	o.RequestID = fmt.Sprintf("r%d", len(w.obs))
	if o.Key != "" {
		w.posted[o.Key] = fmt.Sprintf("%d %s", status, body)
	}
	w.now += 500_000
	w.obs = append(w.obs, &o)
	return &o
}

// place holds tickets for a user for ten seconds.
func (w *world) place(user string, tickets ...string) *Observation {
	return w.ask(Observation{Op: Hold, User: user, Key: w.id("k"), Tickets: tickets, Request: []byte("{}")},
		func() (int, string) {
			if taken := w.taken(tickets); len(taken) > 0 {
				return w.refuse(taken)
			}
			id, until := w.id("h"), time.Unix(0, w.now).Add(10*time.Second).UTC().Format("2006-01-02T15:04:05.000Z")
			w.move(tickets, "held", id)
			w.hold[id], w.totals[id] = tickets, int64(100*len(tickets))
			w.record("hold-placed", "holdId", id, "user", user, "ticketIds", tickets, "total", w.totals[id],
				"expiresAt", until)
			body := w.doc(id, tickets, fmt.Sprintf(`"expiresAt":%q`, until))
			w.kept["/events/ev-1/holds/"+id] = body
			return 201, body
		})
}

func (w *world) taken(tickets []string) (taken []string) {
	for _, t := range tickets {
		if w.owner[t] != "" {
			taken = append(taken, t)
		}
	}
	return taken
}

func (w *world) refuse(taken []string) (int, string) {
	w.record("refused", "code", "tickets-unavailable")
	return 409, fmt.Sprintf(`{"status":409,"code":"tickets-unavailable","executed":false,"ticketIds":%s}`, text(taken))
}

func (w *world) move(tickets []string, status, owner string) {
	for _, t := range tickets {
		w.status[t], w.owner[t] = status, owner
	}
}

func (w *world) doc(id string, tickets []string, more string) string {
	list := []string{}
	for _, t := range tickets {
		list = append(list, fmt.Sprintf(`{"id":%q}`, t))
	}
	return fmt.Sprintf(`{"id":%q,"eventId":"ev-1","tickets":[%s],"total":{"amount":%d},%s}`, id,
		strings.Join(list, ","),
		100*len(tickets), more)
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// book books tickets, or those of a hold.
func (w *world) book(user, hold string, tickets ...string) *Observation {
	return w.pay(user, hold, false, tickets)
}

// pay books tickets; declined: the card is refused.
func (w *world) pay(user, hold string, declined bool, tickets []string) *Observation {
	if hold != "" {
		tickets = w.hold[hold]
	}
	return w.ask(Observation{Op: Book, User: user, Key: w.id("k"), ID: hold, Tickets: tickets, Request: []byte("{}")},
		func() (int, string) {
			if taken := w.taken(tickets); hold == "" && len(taken) > 0 {
				return w.refuse(taken)
			}
			id, total := w.id("b"), int64(100*len(tickets))
			started := w.record("payment-started", "bookingId", id, "user", user, "ticketIds", tickets, "total", total)
			if hold != "" {
				started["holdId"] = hold
			}
			if declined {
				w.record("declined", "bookingId", id)
				w.money("declined", id, total)
				return 402, `{"status":402,"code":"payment-declined","executed":false}`
			}
			w.move(tickets, "booked", id)
			w.hold[id] = tickets
			w.money("authorised", id, total)
			w.record("confirmed", "bookingId", id, "paymentId", "p"+id)
			w.money("captured", id, total)
			body := w.doc(id, tickets, `"status":"confirmed","payment":{"id":"p","provider":"x"},"confirmedAt":"now"`)
			w.kept["/bookings/ev-1/"+id] = body
			return 201, body
		})
}

func (w *world) money(effect, booking string, amount int64) {
	w.ledger = append(w.ledger, map[string]any{"at": w.at(), "effect": effect, "key": effect + booking,
		"payment": "p" + booking,
		"event":   testEvent, "booking": booking, "amount": amount})
}

// release releases a hold.
func (w *world) release(user, hold string) *Observation {
	return w.ask(Observation{Op: Release, User: user, ID: hold}, func() (int, string) {
		w.record("hold-ended", "holdId", hold, "expired", false)
		w.move(w.hold[hold], "available", "")
		return 204, ""
	})
}

// expire lets a hold's time pass.
func (w *world) expire(hold string) {
	w.now += int64(10*time.Second + 100*time.Millisecond)
	w.record("hold-ended", "holdId", hold, "expired", true)
	w.move(w.hold[hold], "available", "")
}

// cancel cancels a booking.
func (w *world) cancel(user, booking string) *Observation {
	return w.ask(Observation{Op: Cancel, User: user, ID: booking}, func() (int, string) {
		w.record("cancelled", "bookingId", booking)
		w.record("refunded", "bookingId", booking)
		w.money("refunded", booking, int64(100*len(w.hold[booking])))
		w.move(w.hold[booking], "available", "")
		body := w.doc(booking, w.hold[booking], `"status":"refunded"`)
		w.kept["/bookings/ev-1/"+booking] = body
		return 200, body
	})
}

// join takes a place in the line; two may shop.
func (w *world) join(user string) *Observation {
	return w.ask(Observation{Op: Join, User: user}, func() (int, string) {
		token := w.id("q")
		w.record("place-taken", "token", token)
		if w.active < 2 {
			w.active++
			w.record("places-admitted", "count", 1)
			return 201, fmt.Sprintf(`{"token":%q,"state":"admitted"}`, token)
		}
		w.line = append(w.line, token)
		return 201, fmt.Sprintf(`{"token":%q,"state":"waiting","position":%d}`, token, len(w.line))
	})
}

// look asks for a place.
func (w *world) look(token string) *Observation {
	return w.ask(Observation{Op: ReadPlace, ID: token}, func() (int, string) {
		i := slices.Index(w.line, token)
		if i < 0 {
			return 200, fmt.Sprintf(`{"token":%q,"state":"admitted"}`, token)
		}
		return 200, fmt.Sprintf(`{"token":%q,"state":"waiting","position":%d}`, token, i+1)
	})
}

// leave ends the place of somebody who shops, and lets the next one in.
func (w *world) leave(token string) *Observation {
	return w.ask(Observation{Op: Leave, ID: token}, func() (int, string) {
		w.record("place-ended", "token", token, "reason", "left")
		w.line = w.line[1:]
		w.record("places-admitted", "count", 1)
		return 204, ""
	})
}

// find gives the nth record of a type, counted from 0.
func (w *world) find(kind string, n int) map[string]any {
	for _, r := range w.records {
		if r["type"] == kind {
			if n == 0 {
				return r
			}
			n--
		}
	}
	w.t.Fatalf("no such record: %s", kind)
	return nil
}

// check serves the world and judges it.
func (w *world) check(change ...func(*Config)) *Verdict {
	w.t.Helper()
	dir := w.t.TempDir()
	rec, err := NewRecorder(dir)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, o := range w.obs {
		rec.Add(o)
	}
	if err := rec.Close(); err != nil {
		w.t.Fatal(err)
	}
	ledger := filepath.Join(dir, "ledger")
	var lines strings.Builder
	for _, m := range w.ledger {
		lines.WriteString(text(m) + "\n")
	}
	if err := os.WriteFile(ledger, []byte(lines.String()), 0o600); err != nil {
		w.t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(w.serve))
	defer s.Close()
	cfg := Config{Server: s.URL, Ledger: ledger, Settle: 10 * time.Millisecond}
	for _, f := range change {
		f(&cfg)
	}
	v, err := Check(w.t.Context(), cfg, rec.File())
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// serve is the server after the crowd has gone.
func (w *world) serve(out http.ResponseWriter, r *http.Request) {
	out.Header().Set("Event-Version", strconv.Itoa(len(w.records)))
	out.Header().Set("Date", time.Unix(0, w.now).UTC().Format(http.TimeFormat))
	counts := map[string]int{}
	for _, s := range w.status {
		counts[s]++
	}
	switch path := r.URL.Path; {
	case r.Method == http.MethodPost:
		head, body, _ := strings.Cut(w.posted[r.Header.Get("Idempotency-Key")], " ")
		status, err := strconv.Atoi(head)
		if err != nil {
			status = 500
		}
		out.WriteHeader(status)
		fmt.Fprint(out, body)
	case path == "/admin/events/ev-1/history":
		from, _ := strconv.Atoi(r.URL.Query().Get("from"))
		for _, rec := range w.records[min(len(w.records), max(0, from-1)):] {
			fmt.Fprintln(out, text(rec))
		}
	case path == "/events/ev-1/tickets":
		var list []any
		for t, s := range w.status {
			list = append(list, map[string]string{"id": t, "status": s})
		}
		fmt.Fprint(out, text(map[string]any{"tickets": list}))
	case path == "/events/ev-1":
		a := availability{len(w.status), counts["available"], counts["held"], counts["booked"]}
		if w.counts != nil {
			a = w.counts()
		}
		fmt.Fprint(out, text(map[string]any{"availability": a}))
	case w.kept[path] != "":
		fmt.Fprint(out, w.kept[path])
	default:
		http.Error(out, `{"code":"not-found"}`, 404)
	}
}
