package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// lies are what a fake node does wrong, each in one place.
type lies struct {
	sellTwice   string // this ticket is sold to everybody who asks
	loseBooking bool   // the first booking cannot be read back
	wrongCount  bool   // the event counts one seat too few
	ghost       bool   // the first booking takes effect and is answered with not-enough
	wrongNames  bool   // refusals name the ticket beside the one that was asked for
	forgetKeys  bool   // a key sent again is a new request
	changed     bool   // bookings read back have another total
	silent      int    // so many bookings take effect, and the connection ends without an answer
	busy        int    // so many bookings get a 503 first
	mute        int    // so many releases take effect, and the connection ends without an answer
	dropHold    bool   // the first hold is gone before it is released
}

// fakeEvent is one event of a fake node.
type fakeEvent struct {
	total    int
	status   map[string]string // ticket → held or booked
	tickets  []string
	holds    map[string][]string
	bookings map[string][]byte
	history  []string // its records, as lines
}

// record commits a record with the next version. Times stand still: no hold ends by itself.
func (e *fakeEvent) record(kind, members string) {
	e.history = append(e.history, fmt.Sprintf(`{"version":%d,"at":"2027-01-01T00:00:00.000Z","type":%q%s}`,
		len(e.history)+1, kind, members))
}

// fake is a node in one map: slow, simple and as the contract says, but for its
// lies.
type fake struct {
	mu     sync.Mutex
	lies   lies
	ids    int
	events map[string]*fakeEvent
	kept   map[string]string // key → status and answer
	lost   bool
	wishes []string // bodies of all holds and bookings
	serve  http.HandlerFunc
}

// newFake starts a fake node with the lies and gives its URL.
func newFake(t *testing.T, l lies) string {
	_, url := startFake(t, l)
	return url
}

// startFake starts a fake node with the lies.
func startFake(t *testing.T, l lies) (*fake, string) {
	f := &fake{lies: l, events: map[string]*fakeEvent{}, kept: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /admin/events/{event}", f.put)
	mux.HandleFunc("GET /admin/events/{event}/history", f.history)
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"events":[],"total":0}`)
	})
	mux.HandleFunc("GET /events/{event}", f.view)
	mux.HandleFunc("GET /events/{event}/tickets", f.seatMap)
	mux.HandleFunc("POST /events/{event}/holds", f.keyed(f.hold))
	mux.HandleFunc("POST /events/{event}/queue", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201) })
	mux.HandleFunc("GET /events/{event}/holds/{hold}", f.showHold)
	mux.HandleFunc("DELETE /events/{event}/holds/{hold}", f.release)
	mux.HandleFunc("POST /bookings/{event}", f.keyed(f.book))
	mux.HandleFunc("GET /bookings/{event}/{booking}", f.showBooking)
	f.serve = func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		b := httptest.NewRecorder()
		func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			mux.ServeHTTP(b, r)
		}()
		maps.Copy(w.Header(), b.Header()) // who reads slowly keeps nobody waiting
		w.WriteHeader(b.Code)
		w.Write(b.Body.Bytes())
	}
	s := httptest.NewServer(f.serve)
	t.Cleanup(s.Close)
	return f, s.URL
}

func (f *fake) event(r *http.Request) *fakeEvent { return f.events[r.PathValue("event")] }

// eventDoc is what a fake reads of an event.
type eventDoc struct {
	ID        string
	Inventory struct {
		Sections []struct {
			Name string
			Rows []struct {
				Name  string
				Seats int
			}
		}
	}
	WaitingRoom *struct{ MaxActive int }
}

func (f *fake) put(w http.ResponseWriter, r *http.Request) {
	var doc eventDoc
	if err := json.NewDecoder(r.Body).Decode(&doc); err != nil {
		http.Error(w, err.Error(), 400)
		return
	}
	e := &fakeEvent{status: map[string]string{}, holds: map[string][]string{}, bookings: map[string][]byte{}}
	for _, s := range doc.Inventory.Sections {
		for _, row := range s.Rows {
			for n := range row.Seats {
				e.tickets = append(e.tickets, fmt.Sprintf("%s-%s-%d", s.Name, row.Name, n+1))
			}
		}
	}
	e.total = len(e.tickets)
	e.record("event-defined", "")
	f.events[doc.ID] = e
	w.WriteHeader(201)
}

func (f *fake) history(w http.ResponseWriter, r *http.Request) {
	from, _ := strconv.Atoi(r.URL.Query().Get("from")) // 0: all
	for _, line := range f.event(r).history[max(0, from-1):] {
		fmt.Fprintln(w, line)
	}
}

// tell says which version the answer is of.
func (e *fakeEvent) tell(w http.ResponseWriter) {
	w.Header().Set("Event-Version", strconv.Itoa(len(e.history)))
}

func (f *fake) view(w http.ResponseWriter, r *http.Request) {
	e := f.event(r)
	e.tell(w)
	held, booked := 0, 0
	for _, s := range e.status {
		if s == "held" {
			held++
		} else {
			booked++
		}
	}
	free := e.total - held - booked
	if f.lies.wrongCount {
		free--
	}
	fmt.Fprintf(w, `{"id":%q,"availability":{"total":%d,"available":%d,"held":%d,"booked":%d}}`,
		r.PathValue("event"), e.total, free, held, booked)
}

func (f *fake) seatMap(w http.ResponseWriter, r *http.Request) {
	e := f.event(r)
	e.tell(w)
	list := make([]string, 0, e.total)
	for _, t := range e.tickets {
		status := e.status[t]
		if status == "" {
			status = "available"
		}
		list = append(list, fmt.Sprintf(`{"id":%q,"status":%q}`, t, status))
	}
	fmt.Fprintf(w, `{"eventId":%q,"tickets":[%s]}`, r.PathValue("event"), strings.Join(list, ","))
}

// wish is the body of a hold or a booking.
type wish struct {
	TicketIDs []string `json:"ticketIds"`
	HoldID    string   `json:"holdId"`
}

// keyed answers a key that was seen before with its first answer.
func (f *fake) keyed(do func(r *http.Request, x wish) (int, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var x wish
		if err := json.Unmarshal(body, &x); err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		f.wishes = append(f.wishes, string(body))
		key := r.Header.Get("Idempotency-Key")
		if f.lies.busy > 0 {
			f.lies.busy--
			http.Error(w, `{"code":"overloaded"}`, 503)
			return
		}
		if old, ok := f.kept[key]; ok && !f.lies.forgetKeys {
			w.Header().Set("Idempotency-Replayed", "true")
			reply(w, old)
			return
		}
		status, answer := do(r, x)
		f.event(r).tell(w)
		f.kept[key] = fmt.Sprintf("%d %s", status, answer)
		if f.lies.silent > 0 {
			f.lies.silent--
			panic(http.ErrAbortHandler)
		}
		reply(w, f.kept[key])
	}
}

// reply writes a kept answer.
func reply(w http.ResponseWriter, kept string) {
	var status int
	head, body, _ := strings.Cut(kept, " ")
	fmt.Sscan(head, &status)
	w.WriteHeader(status)
	io.WriteString(w, body)
}

// taken gives the refusal of tickets that another has; "" where all are free or in
// the hold.
func (f *fake) taken(e *fakeEvent, x wish) string {
	for _, t := range x.TicketIDs {
		if e.status[t] != "" && e.holds[x.HoldID] == nil && t != f.lies.sellTwice {
			if f.lies.wrongNames {
				t = "S1-R1-2"
			}
			return fmt.Sprintf(`{"code":"tickets-unavailable","ticketIds":[%q]}`, t)
		}
	}
	return ""
}

func (f *fake) hold(r *http.Request, x wish) (int, string) {
	e := f.event(r)
	if refusal := f.taken(e, x); refusal != "" {
		return 409, refusal
	}
	f.ids++
	id := fmt.Sprint("h", f.ids)
	e.holds[id] = x.TicketIDs
	e.record("hold-placed", fmt.Sprintf(`,"holdId":%q,"user":%q,"ticketIds":%s,"total":1,"expiresAt":%q`,
		id, r.Header.Get("X-User-Id"), listed(x.TicketIDs), fakeEnd))
	for _, t := range x.TicketIDs {
		e.status[t] = "held"
	}
	return 201, e.holdDoc(id)
}

// fakeEnd is when every hold of a fake ends.
const fakeEnd = "2999-01-01T00:00:00.000Z"

// listed is a list of ids as JSON.
func listed(ids []string) string {
	b, _ := json.Marshal(ids) // it is text
	return string(b)
}

func (e *fakeEvent) holdDoc(id string) string {
	tickets := listed(e.holds[id])
	return fmt.Sprintf(`{"id":%q,"tickets":%s,"total":1,"expiresAt":%q}`, id, tickets, fakeEnd)
}

func (f *fake) showHold(w http.ResponseWriter, r *http.Request) {
	e, id := f.event(r), r.PathValue("hold")
	if e.holds[id] == nil {
		http.Error(w, `{"code":"hold-not-found"}`, 404)
		return
	}
	io.WriteString(w, e.holdDoc(id))
}

func (f *fake) release(w http.ResponseWriter, r *http.Request) {
	e, id := f.event(r), r.PathValue("hold")
	if f.lies.dropHold {
		f.lies.dropHold = false
		f.drop(e, id)
	}
	if e.holds[id] == nil {
		http.Error(w, `{"code":"hold-not-found"}`, 404)
		return
	}
	e.record("hold-ended", fmt.Sprintf(`,"holdId":%q,"expired":false`, id))
	e.tell(w)
	f.drop(e, id)
	if f.lies.mute > 0 {
		f.lies.mute--
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(204)
}

func (f *fake) drop(e *fakeEvent, hold string) {
	for _, t := range e.holds[hold] {
		delete(e.status, t)
	}
	delete(e.holds, hold)
}

func (f *fake) book(r *http.Request, x wish) (int, string) {
	e := f.event(r)
	if refusal := f.taken(e, x); refusal != "" {
		return 409, refusal
	}
	f.ids++
	id := fmt.Sprint("b", f.ids)
	tickets := make([]string, 0, len(x.TicketIDs))
	for _, t := range x.TicketIDs {
		e.status[t] = "booked"
		tickets = append(tickets, fmt.Sprintf(`{"id":%q}`, t))
	}
	of := ""
	if e.holds[x.HoldID] != nil {
		of = fmt.Sprintf(`,"holdId":%q`, x.HoldID)
	}
	delete(e.holds, x.HoldID)
	e.record("payment-started", fmt.Sprintf(`,"bookingId":%q%s,"user":%q,"ticketIds":%s,"total":1`,
		id, of, r.Header.Get("X-User-Id"), listed(x.TicketIDs)))
	e.record("confirmed", fmt.Sprintf(`,"bookingId":%q`, id))
	doc := fmt.Sprintf(`{"id":%q,"eventId":%q,"status":"confirmed","tickets":[%s],"total":{"amount":1},`+
		`"payment":{"id":"p","provider":"fake","status":"captured"},"confirmedAt":"now"}`,
		id, r.PathValue("event"), strings.Join(tickets, ","))
	e.bookings[id] = []byte(doc)
	if f.lies.ghost {
		f.lies.ghost = false
		return 409, `{"code":"not-enough-tickets"}`
	}
	return 201, doc
}

func (f *fake) showBooking(w http.ResponseWriter, r *http.Request) {
	doc := f.event(r).bookings[r.PathValue("booking")]
	if f.lies.loseBooking && !f.lost {
		f.lost, doc = true, nil
	}
	if doc == nil {
		http.Error(w, `{"code":"booking-not-found"}`, 404)
		return
	}
	if f.lies.changed {
		doc = []byte(strings.Replace(string(doc), `"amount":1`, `"amount":2`, 1))
	}
	w.Write(doc)
}
