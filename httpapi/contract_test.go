package httpapi

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
)

const pay = `"paymentInfo":{"method":"card","token":"pm_card_visa"}`

// GET /events/{eventId}: the event, its availability and its state.
func TestGetEvent(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	r := w.do("GET", "/events/ev-1", "").want(200)
	if r.str("title") != "Ada and the Loops" || r.str("status") != "on-sale" ||
		r.str("venue", "city") != "Ghent" || r.get("availability", "total") != 40.0 ||
		r.get("priceRange", "min") != 9900.0 || r.get("priceRange", "currency") != "EUR" {
		t.Fatalf("%s", r.body)
	}
	if r.header.Get("Event-Version") != "1" || r.header.Get("Cache-Control") == "" {
		t.Errorf("%v", r.header)
	}
	w.do("GET", "/events/none", "").want(404, codeEventNotFound)
	w.do("GET", "/events/ev-1?a=1", "").want(400, codeInvalid)
	if r := w.do("HEAD", "/events/ev-1", ""); r.status != 200 || len(r.body) != 0 {
		t.Errorf("HEAD: %d %q", r.status, r.body)
	}
}

// ETag and If-None-Match: 304 as long as nothing changed.
func TestNotModified(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.ViewAge = time.Nanosecond })
	w.put(arena("ev-1"))
	for _, path := range []string{"/events/ev-1", "/events/ev-1/tickets?section=101"} {
		tag := w.do("GET", path, "").want(200).header.Get("ETag")
		if !strings.HasPrefix(tag, `"`) {
			t.Fatalf("%s: ETag %q is not strong", path, tag)
		}
		for _, match := range []string{tag, `"x", ` + tag, "W/" + tag, "*"} {
			r := w.do("GET", path, "", "If-None-Match", match).want(304)
			if len(r.body) != 0 || r.header.Get("ETag") != tag || r.header.Get("Event-Version") == "" {
				t.Errorf("%s: %v %q", path, r.header, r.body)
			}
		}
		w.do("GET", path, "", "If-None-Match", `"x"`).want(200)
		w.do("POST", "/events/ev-1/holds", `{"quantity":1}`).want(201)
		w.do("GET", path, "", "If-None-Match", tag).want(200)
	}
}

// status: scheduled, on-sale, sold-out, cancelled, ended.
func TestEventStatus(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.ViewAge = time.Nanosecond })
	e := arena("ev-1")
	e.OnSaleAt = catalog.At(testNow.Add(time.Hour))
	w.put(e)
	status := func(want string) {
		t.Helper()
		if got := w.do("GET", "/events/ev-1", "").want(200).str("status"); got != want {
			t.Errorf("status %q, want %q", got, want)
		}
	}
	status("scheduled")
	r := w.do("POST", "/events/ev-1/holds", `{"quantity":1}`).want(403, codeNotOnSale)
	if r.str("onSaleAt") != "2026-12-01T13:00:00.000Z" {
		t.Errorf("%s", r.body)
	}
	w.clock.advance(time.Hour)
	status("on-sale")
	for i := range 5 {
		w.do("POST", "/events/ev-1/holds", `{"quantity":8}`, "X-User-Id", fmt.Sprint("u", i)).want(201)
	}
	status("sold-out")
	w.clock.advance(365 * 24 * time.Hour)
	status("ended")
	e.Cancelled = true
	e.ID = "ev-2"
	w.put(e)
	if got := w.do("GET", "/events/ev-2", "").str("status"); got != "cancelled" {
		t.Errorf("status %q", got)
	}
}

// Min-Event-Version: read your own writes, or 503 unavailable.
func TestMinVersion(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.ViewAge, c.ViewWait = time.Hour, 20*time.Millisecond })
	w.put(arena("ev-1"))
	w.do("GET", "/events/ev-1", "").want(200)
	w.do("GET", "/events/ev-1/tickets", "").want(200)
	hold := w.do("POST", "/events/ev-1/holds", `{"quantity":3}`).want(201)
	version := hold.header.Get("Event-Version")
	if old := w.do("GET", "/events/ev-1", "").want(200); old.get("availability", "held") != 0.0 {
		t.Fatal("the cache was passed by")
	}
	r := w.do("GET", "/events/ev-1", "", "Min-Event-Version", version).want(200)
	if r.get("availability", "held") != 3.0 || r.header.Get("Event-Version") != version {
		t.Errorf("%s", r.body)
	}
	if r := w.do("GET", "/events/ev-1/tickets?status=held", "", "Min-Event-Version",
		version); len(r.list("tickets")) != 3 {
		t.Errorf("%s", r.body)
	}
	path := "/events/ev-1/holds/" + hold.str("id")
	w.do("GET", path, "", "Min-Event-Version", version).want(200)
	for _, path := range []string{"/events/ev-1", "/events/ev-1/tickets", path, "/admin/events/ev-1"} {
		r := w.do("GET", path, "", "Min-Event-Version", "99").want(503, codeUnavailable)
		if r.get("executed") != false || r.header.Get("Retry-After") == "" {
			t.Errorf("%s: %s", path, r.body)
		}
		for _, bad := range []string{"-1", "1.0", "x", "99999999999999999999"} {
			r := w.do("GET", path, "", "Min-Event-Version", bad).want(400, codeInvalid)
			if r.at() != headerMinVersion {
				t.Errorf("%s: %s", path, r.body)
			}
		}
	}
}

// GET /events/{eventId}/tickets?section=&status=&since=
func TestTickets(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.ViewAge = time.Nanosecond })
	w.put(arena("ev-1"))
	r := w.do("GET", "/events/ev-1/tickets", "").want(200)
	if len(r.list("tickets")) != 40 || r.get("version") != 1.0 || r.str("eventId") != "ev-1" {
		t.Fatalf("%s", r.body)
	}
	first := r.list("tickets")[0].(map[string]any)
	if first["id"] != "101-A-1" || first["row"] != "A" || first["seat"] != "1" || first["status"] != "available" {
		t.Errorf("%v", first)
	}
	w.do("POST", "/events/ev-1/holds", `{"ticketIds":["101-A-3","FLOOR-2"]}`).want(201)
	w.do("POST", "/bookings/ev-1", `{"ticketIds":["101-B-1"],`+pay+`}`).want(201)
	for query, want := range map[string]int{
		"section=101": 20, "section=FLOOR": 20, "status=held": 2, "status=booked": 1, "status=available": 37,
		"section=FLOOR&status=held": 1, "since=1": 3, "since=1&section=101": 2, "since=0&status=held": 2, "since=5": 0,
	} {
		if r := w.do("GET", "/events/ev-1/tickets?"+query, "").want(200); len(r.list("tickets")) != want {
			t.Errorf("%s: %d tickets, want %d: %s", query, len(r.list("tickets")), want, r.body)
		}
	}
	for query, at := range map[string]string{
		"section=none": "?section", "section=": "?section", "status=free": "?status", "since=x": "?since",
		"since=-1": "?since", "since=1&since=2": "?since", "color=red": "?color", "status=held&status=held": "?status",
		"section=%zz": "?section", "section=%ff": "?section", "section=a%00": "?section", "%41=1": "?A",
		"section=4242424242424242": "?section", "4242424242424242=1": "?",
	} {
		if r := w.do("GET", "/events/ev-1/tickets?"+query, "").want(400, codeInvalid); r.at() != at {
			t.Errorf("%s: at %q: %s", query, r.at(), r.body)
		}
	}
	for _, query := range []string{"section=none", "section=none&since=1"} { // only the event knows
		if r := w.do("GET", "/events/ev-1/tickets?"+query, "").want(400); r.header.Get(headerEventVersion) == "" {
			t.Errorf("%s: without a version", query)
		}
	}
	w.do("GET", "/events/ev-1/tickets?since=99", "").want(503, codeUnavailable)
	w.do("GET", "/events/none/tickets", "").want(404, codeEventNotFound)
}

// POST /events/{eventId}/holds, by ids: all or nothing.
func TestHoldByIDs(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	r := w.do("POST", "/events/ev-1/holds", `{"ticketIds":["101-A-1","101-A-2"]}`).want(201)
	if len(r.list("tickets")) != 2 || r.get("total", "amount") != 25000.0 || r.str("total", "currency") != "EUR" ||
		r.str("expiresAt") != "2026-12-01T12:10:00.000Z" || r.str("maxExpiresAt") != "2026-12-01T12:20:00.000Z" ||
		r.header.Get("Event-Version") != "2" || r.header.Get("Location") != "/events/ev-1/holds/"+r.str("id") {
		t.Fatalf("%s", r.body)
	}
	taken := w.do("POST", "/events/ev-1/holds", `{"ticketIds":["101-A-2","101-A-3"]}`).want(409, codeUnavailTickets)
	if ids := taken.list("ticketIds"); len(ids) != 1 || ids[0] != "101-A-2" || taken.get("executed") != false {
		t.Errorf("%s", taken.body)
	}
	ticket := taken.list("tickets")[0].(map[string]any)
	if ticket["id"] != "101-A-2" || ticket["status"] != "held" || taken.header.Get("Event-Version") != "2" {
		t.Errorf("%s", taken.body)
	}
	if len(taken.list("alternatives")) != 2 {
		t.Errorf("no alternatives: %s", taken.body)
	}
	r = w.do("POST", "/events/ev-1/holds", `{"ticketIds":["101-A-3","101-Z-9"]}`).want(404, codeTicketNotFound)
	if ids := r.list("ticketIds"); len(ids) != 1 || ids[0] != "101-Z-9" {
		t.Errorf("%s", r.body)
	}
	w.do("POST", "/events/none/holds", `{"ticketIds":["101-A-3"]}`).want(404, codeEventNotFound)
}

// A price bound of nothing finds what costs nothing.
func TestHoldForNothing(t *testing.T) {
	w := newWorld(t, nil)
	e := arena("ev-1")
	e.Inventory.Sections = append(e.Inventory.Sections, catalog.Section{Name: "LAWN", Capacity: 3})
	w.put(e)
	for _, body := range []string{
		`{"quantity":1,"maxPrice":0}`, `{"quantity":1,"maxPrice":{"amount":0,"currency":"EUR"}}`,
	} {
		r := w.do("POST", "/events/ev-1/holds", body).want(201)
		if len(r.list("tickets")) != 1 || r.get("total", "amount") != 0.0 {
			t.Errorf("%s: %s", body, r.body)
		}
	}
	r := w.do("POST", "/events/ev-1/holds", `{"quantity":2,"maxPrice":0}`).want(409, codeNotEnough)
	if r.get("available") != 1.0 {
		t.Errorf("%s", r.body)
	}
}

// POST /events/{eventId}/holds, the best available.
func TestHoldBest(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	for body, want := range map[string]string{
		`{"quantity":2}`:                                               "101",
		`{"quantity":2,"section":"FLOOR"}`:                             "FLOOR",
		`{"quantity":2,"maxPrice":9900}`:                               "FLOOR",
		`{"quantity":2,"maxPrice":{"amount":9900,"currency":"EUR"}}`:   "FLOOR",
		`{"quantity":3,"adjacent":true,"section":"101"}`:               "101",
		`{ "adjacent":false , "quantity":1,"section":"\u0031\u00301"}`: "101",
	} {
		r := w.do("POST", "/events/ev-1/holds", body).want(201)
		if got := r.list("tickets")[0].(map[string]any)["section"]; got != want {
			t.Errorf("%s: section %v: %s", body, got, r.body)
		}
	}
	r := w.do("POST", "/events/ev-1/holds", `{"quantity":2,"maxPrice":100}`).want(409, codeNotEnough)
	if r.get("available") != 0.0 {
		t.Errorf("%s", r.body)
	}
	r = w.do("POST", "/events/ev-1/holds", `{"quantity":1,"maxPrice":0}`).want(409, codeNotEnough)
	if r.get("available") != 0.0 || r.header.Get(headerEventVersion) == "" {
		t.Errorf("%s", r.body)
	}
	w.do("POST", "/events/none/holds", `{"quantity":1,"maxPrice":0}`).want(404, codeEventNotFound)
	r = w.do("POST", "/events/ev-1/holds", `{"quantity":1,"maxPrice":{"amount":1,"currency":"USD"}}`).want(400,
		codeInvalid)
	if r.at() != "/maxPrice/currency" || r.header.Get(headerEventVersion) == "" {
		t.Errorf("%s", r.body)
	}
	w.do("POST", "/events/none/holds", `{"quantity":1,"maxPrice":{"amount":1,"currency":"USD"}}`).
		want(404, codeEventNotFound)
	r = w.do("POST", "/events/ev-1/holds", `{"quantity":9}`, "X-User-Id", "u1").want(409, codeLimit)
	if r.get("limit") != 8.0 {
		t.Errorf("%s", r.body)
	}
	if r := w.do("POST", "/events/ev-1/holds", `{"quantity":101}`).want(409, codeLimit); r.get("limit") != 100.0 {
		t.Errorf("%s", r.body)
	}
}

// GET, PATCH, DELETE of a hold, and extend.
func TestHoldLife(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	id := w.do("POST", "/events/ev-1/holds", `{"ticketIds":["101-A-1","101-A-2"]}`).want(201).str("id")
	path := "/events/ev-1/holds/" + id
	w.clock.advance(time.Minute)
	r := w.do("GET", path, "").want(200)
	if r.get("expiresInSeconds") != 540.0 || r.header.Get("Event-Version") != "2" {
		t.Errorf("%s", r.body)
	}
	r = w.do("PATCH", path, `{"add":["101-A-3"],"remove":["101-A-1"]}`).want(200)
	if len(r.list("tickets")) != 2 || strings.Contains(string(r.body), "101-A-1\"") {
		t.Errorf("%s", r.body)
	}
	other := w.do("POST", "/events/ev-1/holds", `{"ticketIds":["101-A-1"]}`).want(201).str("id")
	w.do("PATCH", path, `{"add":["101-A-1"],"remove":["101-A-2"]}`).want(409, codeUnavailTickets)
	if r := w.do("GET", path, ""); !strings.Contains(string(r.body), "101-A-2") {
		t.Error("a refused swap lost a ticket")
	}
	w.do("PATCH", path, `{"remove":["101-A-2","101-A-3"]}`).want(400, codeInvalid)
	for body, at := range map[string]string{`{}`: "", `{"add":[]}`: "", `{"add":["a/b"]}`: "/add/0",
		`{"add":["x","x"]}`: "/add/1", `{"remove":[7]}`: "/remove/0", `{"remove":["101-B-1"]}`: "/remove",
		`{"add":["101-A-3"]}`: "/add", `{"add":["101-A-3"],"remove":["101-A-3"]}`: "/add"} {
		if r := w.do("PATCH", path, body).want(400, codeInvalid); r.at() != at {
			t.Errorf("%s: %s", body, r.body)
		}
	}
	r = w.do("POST", path+"/extend", "").want(200)
	if r.str("expiresAt") != "2026-12-01T12:11:00.000Z" {
		t.Errorf("%s", r.body)
	}
	w.do("POST", path+"/extend", "{}").want(200)
	w.do("POST", path+"/extend", `{"a":1}`).want(400, codeInvalid)
	if r := w.do("DELETE", path, "").want(204); len(r.body) != 0 || r.header.Get("Event-Version") == "" {
		t.Errorf("%v", r.header)
	}
	w.do("GET", path, "").want(404, codeHoldNotFound)
	w.do("DELETE", path, "").want(404, codeHoldNotFound)
	w.clock.advance(time.Hour)
	w.do("POST", "/events/ev-1/holds/"+other+"/extend", "").want(410, codeHoldExpired)
}

// POST /bookings/{eventId}: hold, pay and book in one call, or of a hold.
func TestBook(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	r := w.do("POST", "/bookings/ev-1", `{"ticketIds":["101-A-1"],`+pay+`}`).want(201)
	path := "/bookings/ev-1/" + r.str("id")
	if r.header.Get("Location") != path || r.str("status") != "confirmed" || r.str("confirmedAt") == "" ||
		r.str("payment", "status") != "authorized" || r.str("payment", "provider") != "sandbox" ||
		r.get("total", "amount") != 12500.0 {
		t.Fatalf("%s", r.body)
	}
	if r := w.do("GET", path, "").want(200); r.str("payment", "status") != "captured" {
		t.Errorf("%s", r.body)
	}
	hold := w.do("POST", "/events/ev-1/holds", `{"ticketIds":["101-A-2","101-A-3"]}`).want(201).str("id")
	w.do("POST", "/bookings/ev-1", `{"holdId":"`+hold+`","ticketIds":["101-A-2"],`+pay+`}`).want(400, codeInvalid)
	r = w.do("POST", "/bookings/ev-1", `{"holdId":"`+hold+`",`+pay+`}`).want(201)
	if r.str("holdId") != hold || len(r.list("tickets")) != 2 {
		t.Errorf("%s", r.body)
	}
	w.do("POST", "/bookings/ev-1", `{"ticketIds":["101-A-1"],`+pay+`}`).want(409, codeUnavailTickets)
	for _, hold := range []string{"AAAAAAAAAAAAAAAAAAAAAA", "x", "AAAAAAAAAAAAAAAAAAAAAB"} {
		w.do("POST", "/bookings/ev-1", `{"holdId":"`+hold+`",`+pay+`}`).want(404, codeHoldNotFound)
	}
	r = w.do("DELETE", path, "").want(200)
	if s := r.str("status"); s != "cancelled" && s != "refunded" {
		t.Errorf("%s", r.body)
	}
	if r := w.do("GET", path, "").want(200); r.str("status") != "refunded" {
		t.Errorf("%s", r.body)
	}
	w.do("POST", "/bookings/ev-1", `{"ticketIds":["101-A-1"],`+pay+`}`).want(201)
}

// 402: the tickets stay held; 202: the provider takes its time.
func TestPayment(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	hold := w.do("POST", "/events/ev-1/holds", `{"quantity":1}`).want(201)
	declined := strings.Replace(`{"holdId":"`+hold.str("id")+`",`+pay+`}`, "pm_card_visa", "pm_card_chargeDeclined", 1)
	r := w.do("POST", "/bookings/ev-1", declined).want(402, codeDeclined)
	if r.str("reason") != "card_declined" || r.str("holdId") != hold.str("id") ||
		r.str("expiresAt") != hold.str("expiresAt") {
		t.Errorf("%s", r.body)
	}
	w.do("GET", "/events/ev-1/holds/"+hold.str("id"), "").want(200)
	slow := strings.Replace(declined, "pm_card_chargeDeclined", "pm_slow", 1)
	r = w.do("POST", "/bookings/ev-1", slow).want(202)
	if r.str("status") != "pending" || r.header.Get("Location") == "" || r.header.Get("Retry-After") == "" {
		t.Errorf("%v %s", r.header, r.body)
	}
	path := "/events/ev-1/holds/" + hold.str("id")
	w.do("POST", path+"/extend", "").want(409, codeHoldInPayment)
	w.do("DELETE", path, "").want(409, codeHoldInPayment)
	w.do("DELETE", r.header.Get("Location"), "").want(409, codeBookingPending)
}

// Idempotency-Key: one effect, one answer.
func TestIdempotency(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	const path, body = "/bookings/ev-1", `{"ticketIds":["101-A-1"],` + pay + `}`
	first := w.do("POST", path, body, "Idempotency-Key", "k1").want(201)
	again := w.do("POST", path, body, "Idempotency-Key", "k1").want(201)
	if string(first.body) != string(again.body) || again.header.Get("Idempotency-Replayed") != "true" ||
		first.header.Get("Idempotency-Replayed") != "" ||
		first.header.Get("Event-Version") != again.header.Get("Event-Version") {
		t.Fatalf("%s\n%s\n%v", first.body, again.body, again.header)
	}
	// Other spaces and another order are the same wish.
	same := `{ ` + pay + `, "ticketIds" : ["101-A-1"]}`
	w.do("POST", path, same, "Idempotency-Key", "k1").want(201)
	r := w.do("POST", path, strings.Replace(body, "A-1", "A-2", 1), "Idempotency-Key", "k1").want(422, codeKeyReused)
	if r.get("retryable") != false {
		t.Errorf("%s", r.body)
	}
	// The same key of another user, or for another call, is another key.
	w.do("POST", path, body, "Idempotency-Key", "k1", "X-User-Id", "u2").want(409, codeUnavailTickets)
	w.do("POST", "/events/ev-1/holds", `{"quantity":1}`, "Idempotency-Key", "k1").want(201)
	// A final refusal is kept.
	w.do("POST", path, body, "Idempotency-Key", "k2").want(409, codeUnavailTickets)
	w.do("DELETE", first.header.Get("Location"), "").want(200)
	w.do("POST", path, body, "Idempotency-Key", "k2").want(409, codeUnavailTickets)
	for _, bad := range []string{"a b", strings.Repeat("a", 65), "ä", "4242424242424242"} {
		if r := w.do("POST", path, body, "Idempotency-Key", bad).want(400, codeInvalid); r.at() != headerKey {
			t.Errorf("%s", r.body)
		}
	}
}

// What is somebody's is not there for others.
func TestOwners(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	hold := "/events/ev-1/holds/" + w.do("POST", "/events/ev-1/holds", `{"quantity":1}`, "X-User-Id", "u1").str("id")
	booking := w.do("POST", "/bookings/ev-1", `{"ticketIds":["FLOOR-1"],`+pay+`}`, "X-User-Id",
		"u1").header.Get("Location")
	for _, user := range []string{"u2", ""} {
		w.do("GET", hold, "", "X-User-Id", user).want(404, codeHoldNotFound)
		w.do("PATCH", hold, `{"add":["101-A-5"]}`, "X-User-Id", user).want(404, codeHoldNotFound)
		w.do("POST", hold+"/extend", "", "X-User-Id", user).want(404, codeHoldNotFound)
		w.do("DELETE", hold, "", "X-User-Id", user).want(404, codeHoldNotFound)
		w.do("GET", booking, "", "X-User-Id", user).want(404, codeBookingNotFound)
		w.do("DELETE", booking, "", "X-User-Id", user).want(404, codeBookingNotFound)
	}
	w.do("GET", hold, "", "X-User-Id", "u1").want(200)
	w.do("GET", booking, "", "X-User-Id", "u1").want(200)
	for _, bad := range []string{"a b", strings.Repeat("u", 257), "4242424242424242"} {
		w.do("GET", hold, "", "X-User-Id", bad).want(400, codeInvalid)
	}
}

// 503: overloaded, unavailable, outcome-unknown; 500; 409 in flight and 410 by the core.
func TestFailures(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	for _, row := range []struct {
		err      error
		status   int
		code     string
		executed any
	}{
		{actors.ErrOverloaded, 503, codeOverloaded, false},
		{fmt.Errorf("%w: on node n2", actors.ErrUnavailable), 503, codeUnavailable, false},
		{actors.ErrUnknown, 503, codeUnknown, "unknown"},
		{errors.New("a secret"), 500, codeInternal, "unknown"},
		{&sale.Refusal{Code: sale.TooManyKeys}, 503, codeOverloaded, false},
		{&sale.Refusal{Code: codeKeyInFlight}, 409, codeKeyInFlight, false},
	} {
		w.seller.intercept(func(string, sale.Command) error { return row.err })
		r := w.do("POST", "/events/ev-1/holds", `{"quantity":1}`).want(row.status, row.code)
		if r.get("executed") != row.executed || r.get("retryable") != true ||
			strings.Contains(string(r.body), "secret") || strings.Contains(string(r.body), "n2") {
			t.Errorf("%s", r.body)
		}
		if row.status != 500 && r.header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", row.code)
		}
	}
	w.seller.intercept(func(string, sale.Command) error { panic("a bug") })
	w.do("POST", "/events/ev-1/holds", `{"quantity":1}`).want(500, codeInternal)
	w.seller.before.Store(nil)
	w.do("POST", "/events/ev-1/holds", `{"quantity":1}`).want(201)
	if r := w.do("POST", "/events/ev-1/holds", `{"quantity":1}`, "X-Deadline-Ms",
		"0").want(400); r.at() != headerDeadline {
		t.Errorf("%s", r.body)
	}
	w.do("POST", "/events/ev-1/holds", `{"quantity":1}`, "X-Deadline-Ms", "30001").want(400, codeInvalid)
	w.do("POST", "/events/ev-1/holds", `{"quantity":1}`, "X-Deadline-Ms", "30000").want(201)
}
