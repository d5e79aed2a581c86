package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/waitroom"
)

// popular is an arena with a waiting room.
func popular(id string, change func(*catalog.Event)) *catalog.Event {
	e := arena(id)
	e.WaitingRoom = catalog.WaitingRoom{Enabled: true, MaxActive: 1, SessionSeconds: 300}
	if change != nil {
		change(e)
	}
	return e
}

const queuePath = "/events/ev-1/queue"

// join takes a place for a user.
func (w *world) join(user string) *reply {
	w.t.Helper()
	return w.do("POST", queuePath, "", "X-User-Id", user).want(201)
}

// POST queue: 201 with a token; admitted while there is room, then position = ahead + 1;
// the same user joining again gets his own place, with 200.
func TestJoinQueue(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.ViewAge = time.Nanosecond })
	w.put(popular("ev-1", nil))
	a := w.join("a")
	if a.str("state") != "admitted" || a.str("admittedUntil") != "2026-12-01T12:05:00.000Z" ||
		a.get("position") != nil || a.get("heartbeatSeconds") != 40.0 ||
		a.header.Get("Location") != queuePath+"/"+a.str("token") || a.header.Get("Event-Version") == "" {
		t.Fatalf("%v %s", a.header, a.body)
	}
	b, c := w.join("b"), w.join("c")
	if b.str("state") != "waiting" || b.get("position") != 1.0 || b.get("ahead") != 0.0 || c.get("position") != 2.0 ||
		c.get("waiting") != 2.0 || c.get("number") != 2.0 || c.get("estimatedWait", "known") != false ||
		b.get("estimatedWaitSeconds") != 300.0 || c.get("estimatedWaitSeconds") != 600.0 ||
		c.get("soldOutRisk") != 0.0 {
		t.Fatalf("%s\n%s", b.body, c.body)
	}
	again := w.do("POST", queuePath, "{}", "X-User-Id", "c").want(200)
	if again.str("token") != c.str("token") || again.header.Get("Idempotency-Replayed") != "" ||
		again.header.Get("Event-Version") != c.header.Get("Event-Version") {
		t.Errorf("%v %s", again.header, again.body)
	}
	if r := w.do("GET", "/events/ev-1", ""); r.get("waitingRoom", "waiting") != 2.0 ||
		r.get("waitingRoom", "enabled") != true {
		t.Errorf("%s", r.body)
	}
	// Who left is not ahead of anybody.
	w.do("DELETE", b.header.Get("Location"), "", "X-User-Id", "b").want(204)
	if r := w.do("GET", c.header.Get("Location"), "", "X-User-Id", "c").want(200); r.get("position") != 1.0 {
		t.Errorf("%s", r.body)
	}
	w.do("POST", "/events/none/queue", "").want(404, codeEventNotFound)
}

// Idempotency-Key on POST queue: where no user is known, the key has the place.
func TestJoinAgainByKey(t *testing.T) {
	w := newWorld(t, nil)
	w.put(popular("ev-1", nil))
	first := w.do("POST", queuePath, "", "Idempotency-Key", "k1").want(201)
	again := w.do("POST", queuePath, "", "Idempotency-Key", "k1").want(200)
	other := w.do("POST", queuePath, "", "Idempotency-Key", "k2").want(201)
	if first.str("token") != again.str("token") || again.header.Get("Idempotency-Replayed") != "true" ||
		first.header.Get("Idempotency-Replayed") != "" || other.str("token") == first.str("token") {
		t.Errorf("%v %s\n%s", again.header, again.body, other.body)
	}
	one, two := w.do("POST", queuePath, "").want(201), w.do("POST", queuePath, "").want(201)
	if one.str("token") == two.str("token") {
		t.Error("two strangers have one place")
	}
}

// An event without a waiting room lets everybody in.
func TestNoWaitingRoom(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	r := w.join("a")
	if r.str("state") != "admitted" || r.get("admittedUntil") != nil || r.header.Get("Event-Version") != "1" {
		t.Errorf("%s", r.body)
	}
	if r := w.do("GET", r.header.Get("Location"), "").want(200); r.str("state") != "admitted" {
		t.Errorf("%s", r.body)
	}
	for _, token := range []string{r.str("token"), "nonsense", ""} {
		w.do("POST", "/events/ev-1/holds", `{"quantity":1}`, "Queue-Token", token).want(201)
	}
}

// GET and DELETE queue/{token}: the token, and its user; 404 for all else.
func TestPlace(t *testing.T) {
	w := newWorld(t, nil)
	w.put(popular("ev-1", nil))
	a, b := w.join("a"), w.join("b")
	path := b.header.Get("Location")
	for _, p := range []string{queuePath + "/AAAAAAAAAAAAAAAAAAAAAA", queuePath + "/x", queuePath + "/a.b",
		queuePath + "/AAAAAAAAAAAAAAAAAAAAAB"} {
		w.do("GET", p, "").want(404, codePlaceNotFound)
		w.do("DELETE", p, "").want(404, codePlaceNotFound)
	}
	for _, user := range []string{"", "a"} {
		w.do("GET", path, "", "X-User-Id", user).want(404, codePlaceNotFound)
		w.do("DELETE", path, "", "X-User-Id", user).want(404, codePlaceNotFound)
	}
	w.do("GET", path+"?a=1", "", "X-User-Id", "b").want(400, codeInvalid)
	w.do("GET", path, "", "X-User-Id", "b", "Min-Event-Version", "99").want(503, codeUnavailable)
	w.do("DELETE", a.header.Get("Location"), "", "X-User-Id", "a").want(204)
	w.do("GET", a.header.Get("Location"), "", "X-User-Id", "a").want(404, codePlaceNotFound)
	if r := w.do("GET", path, "", "X-User-Id", "b").want(200); r.str("state") != "admitted" {
		t.Errorf("%s", r.body)
	}
	w.clock.advance(5 * time.Minute)
	r := w.do("GET", path, "", "X-User-Id", "b").want(200)
	if r.str("state") != "ended" || r.str("reason") != "timed-out" || r.get("heartbeatSeconds") != nil {
		t.Errorf("%s", r.body)
	}
	w.do("DELETE", path, "", "X-User-Id", "b").want(204)
	if r := w.do("POST", queuePath, "", "X-User-Id", "b").want(201); r.str("token") == b.str("token") {
		t.Error("a place that ended is given again")
	}
}

// not-admitted: missing, waiting, forged, malformed, doubled, another event's, another's,
// used up and over are refused in the same way, and change nothing.
func TestNotAdmitted(t *testing.T) {
	w := newWorld(t, nil)
	w.put(popular("ev-1", func(e *catalog.Event) { e.WaitingRoom.MaxActive = 2 }))
	w.put(popular("ev-2", nil))
	used, a, waits := w.join("used").str("token"), w.join("a").str("token"), w.join("waits").str("token")
	other := w.do("POST", "/events/ev-2/queue", "").want(201).str("token")
	w.do("POST", "/bookings/ev-1", `{"ticketIds":["101-A-9"],`+pay+`}`, "X-User-Id", "used", "Queue-Token",
		used).want(201)
	held := w.do("POST", "/events/ev-1/holds", `{"ticketIds":["101-A-1"]}`, "X-User-Id", "a", "Queue-Token",
		a).want(201)
	version := held.header.Get("Event-Version")
	w.do("DELETE", queuePath+"/"+waits, "", "X-User-Id", "waits").want(204)
	calls := []struct{ method, path, body string }{
		{"POST", "/events/ev-1/holds", `{"quantity":1}`},
		{"POST", "/events/ev-1/holds", `{"ticketIds":["101-A-2"]}`},
		{"POST", "/bookings/ev-1", `{"ticketIds":["101-A-2"],` + pay + `}`},
		{"POST", "/bookings/ev-1", `{"holdId":"` + held.str("id") + `",` + pay + `}`},
		{"PATCH", "/events/ev-1/holds/" + held.str("id"), `{"add":["101-A-3"]}`},
	}
	line := w.join("line")
	if line.str("state") == "admitted" { // the one whose place was left made room
		line = w.join("behind")
	}
	if line.str("state") != "waiting" {
		t.Fatalf("%s", line.body)
	}
	var first string
	for _, token := range []string{line.str("token"), "", "AAAAAAAAAAAAAAAAAAAAAA", "x", strings.Repeat("x", 300),
		"4242424242424242", waits, other, used} {
		for _, call := range calls {
			r := w.do(call.method, call.path, call.body, "X-User-Id", "a", "Queue-Token", token, "X-Request-Id", "r",
				"Idempotency-Key", "k").want(403, codeNotAdmitted)
			if r.str("queue") != queuePath || r.get("retryable") != false || r.get("executed") != false {
				t.Errorf("%s", r.body)
			}
			if first == "" {
				first = string(r.body)
			} else if string(r.body) != first {
				t.Errorf("%q is told %s, not %s", token, r.body, first)
			}
		}
	}
	// A good token that comes twice is none.
	resp, body, _ := w.raw("POST /events/ev-1/holds HTTP/1.1\r\nHost: x\r\nX-User-Id: a\r\nX-Request-Id: r\r\n" +
		"Content-Type: application/json\r\nContent-Length: 14\r\n" + strings.Repeat("queue-token: "+a+"\r\n", 2) +
		"\r\n" + `{"quantity":1}`)
	if resp.StatusCode != 403 || string(body) != first {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if r := w.do("GET", "/events/ev-1", "", "Min-Event-Version", version); r.get("availability", "held") != 1.0 {
		t.Errorf("%s", r.body)
	}
	// Extending and releasing what he holds needs no token; adding with his own works.
	path := "/events/ev-1/holds/" + held.str("id")
	w.do("PATCH", path, `{"add":["101-A-3"]}`, "X-User-Id", "a", "Queue-Token", a).want(200)
	w.do("PATCH", path, `{"remove":["101-A-3"]}`, "X-User-Id", "a").want(200)
	w.do("POST", path+"/extend", "", "X-User-Id", "a").want(200)
	w.clock.advance(301 * time.Second) // his time is over, his hold is not
	w.do("POST", "/events/ev-1/holds", `{"quantity":1}`, "X-User-Id", "a", "Queue-Token", a).want(403, codeNotAdmitted)
	w.do("POST", "/bookings/ev-1", calls[3].body, "X-User-Id", "a", "Queue-Token", a).want(201)
	w.do("GET", queuePath+"/"+a, "", "X-User-Id", "a").want(200)
}

// The same key gives the same answer and version, though a shopper's time ends with it.
func TestBookingKeyInWaitingRoom(t *testing.T) {
	w := newWorld(t, nil)
	w.put(popular("ev-1", nil))
	a := w.join("a").str("token")
	w.join("b")
	head := []string{"X-User-Id", "a", "Queue-Token", a, "Idempotency-Key", "k"}
	const body = `{"ticketIds":["101-A-9"],` + pay + `}`
	first := w.do("POST", "/bookings/ev-1", body, head...).want(201)
	again := w.do("POST", "/bookings/ev-1", body, head...).want(201)
	if string(first.body) != string(again.body) ||
		first.header.Get("Event-Version") != again.header.Get("Event-Version") {
		t.Errorf("%v\n%v", first.header, again.header)
	}
}

// shuffle: before onSaleAt a place has the commitment and no position; at that moment
// all are mixed by the seed, which is public then, in the history too.
func TestShuffle(t *testing.T) {
	w := newWorld(t, nil)
	w.put(popular("ev-1", func(e *catalog.Event) {
		e.WaitingRoom.Order, e.WaitingRoom.GraceSeconds = "shuffle", 3600
		e.OnSaleAt = catalog.At(testNow.Add(time.Minute))
	}))
	var places []*reply
	for i := range 8 {
		r := w.join(fmt.Sprint("u", i))
		if r.get("position") != nil || r.str("draw", "commitment") == "" || r.get("draw", "seed") != nil ||
			r.str("opensAt") != "2026-12-01T12:01:00.000Z" || r.get("heartbeatSeconds") != 1200.0 {
			t.Fatalf("%s", r.body)
		}
		places = append(places, r)
	}
	opened := w.do("GET", "/admin/events/ev-1/history?from=2&limit=1", "").want(200)
	if rec := opened.list("records")[0].(map[string]any); rec["type"] != "queue-opened" ||
		strings.Contains(string(opened.body), "seed") || !strings.Contains(string(opened.body), "commitment") {
		t.Fatalf("%s", opened.body)
	}
	w.clock.advance(time.Minute)
	draw := w.do("GET", "/admin/events/ev-1/queue", "").want(200)
	raw, err := hex.DecodeString(draw.str("draw", "seed"))
	sum := sha256.Sum256(raw)
	if err != nil || hex.EncodeToString(sum[:]) != places[0].str("draw", "commitment") {
		t.Fatalf("%v %s", err, draw.body)
	}
	for rank, number := range waitroom.Mix([32]byte(raw), 0, 8) {
		r := w.do("GET", places[number].header.Get("Location"), "", "X-User-Id", fmt.Sprint("u", number)).want(200)
		if rank == 0 && r.str("state") != "admitted" || rank > 0 && r.get("position") != float64(rank) {
			t.Errorf("rank %d: %s", rank, r.body)
		}
	}
	for _, page := range []string{"?from=2&limit=1", "", "?from=2"} {
		r := w.do("GET", "/admin/events/ev-1/history"+page, "").want(200)
		if !strings.Contains(string(r.body), `"seed":"`+draw.str("draw", "seed")) {
			t.Errorf("%s: %s", page, r.body)
		}
	}
	// Of a room that is closed, the page with the draw still tells it.
	w.put(arena("ev-1"))
	for page, told := range map[string]bool{"?from=2&limit=1": false, "": true} {
		r := w.do("GET", "/admin/events/ev-1/history"+page, "").want(200)
		if strings.Contains(string(r.body), "seed") != told {
			t.Errorf("%s: %s", page, r.body)
		}
	}
}

// GET and PATCH /admin/events/{eventId}/queue.
func TestSteerQueue(t *testing.T) {
	w := newWorld(t, nil)
	w.put(popular("ev-1", nil))
	const path = "/admin/events/ev-1/queue"
	a, b := w.join("a"), w.join("b")
	w.join("c")
	w.clock.advance(30 * time.Second)
	w.do("GET", b.header.Get("Location"), "", "X-User-Id", "b").want(200)
	r := w.do("GET", path, "").want(200)
	if r.get("waiting") != 2.0 || r.get("active") != 1.0 || r.get("maxActive") != 1.0 || r.get("enabled") != true ||
		r.get("admittedPerMinute") != 1.0 || r.get("oldestHeartbeatSeconds") != 30.0 || r.get("paused") != false {
		t.Errorf("%s", r.body)
	}
	r = w.do("PATCH", path, `{"paused":true,"maxActive":3,"ratePerMinute":60}`).want(200)
	if r.get("paused") != true || r.get("maxActive") != 3.0 || r.get("ratePerMinute") != 60.0 ||
		r.get("active") != 1.0 {
		t.Errorf("%s", r.body)
	}
	if r := w.do("PATCH", path, `{"paused":false,"ratePerMinute":0}`).want(200); r.get("active") != 3.0 {
		t.Errorf("%s", r.body)
	}
	hold := w.do("POST", "/events/ev-1/holds", `{"quantity":1}`, "X-User-Id", "a", "Queue-Token",
		a.str("token")).want(201)
	w.do("PATCH", path, `{"stopped":true}`).want(200)
	w.do("POST", "/events/ev-1/holds", `{"quantity":1}`, "X-User-Id", "a", "Queue-Token", a.str("token")).
		want(403, codeNotOnSale)
	w.do("POST", "/bookings/ev-1", `{"holdId":"`+hold.str("id")+`",`+pay+`}`, "X-User-Id", "a", "Queue-Token",
		a.str("token")).want(201)
	w.do("DELETE", b.header.Get("Location"), "", "X-User-Id", "b").want(204)
	if got := w.do("GET", "/admin/events/ev-1", "").want(200); got.get("waitingRoom", "maxActive") != 3.0 {
		t.Errorf("%s", got.body)
	}
	for body, at := range map[string]string{
		`{}`: "", `{"maxActive":0}`: "/maxActive", `{"maxActive":10000001}`: "/maxActive",
		`{"maxActive":1.5}`: "/maxActive", `{"ratePerMinute":-1}`: "/ratePerMinute",
		`{"ratePerMinute":1000001}`: "/ratePerMinute", `{"paused":1}`: "/paused",
		`{"stopped":null}`: "/stopped", `{"enabled":true}`: "/enabled",
	} {
		if r := w.do("PATCH", path, body).want(400, codeInvalid); r.at() != at {
			t.Errorf("%s: %s", body, r.body)
		}
	}
	w.do("PATCH", "/admin/events/none/queue", `{"paused":true}`).want(404, codeEventNotFound)
	w.do("GET", "/admin/events/none/queue", "").want(404, codeEventNotFound)
	w.seller.intercept(func(_ string, cmd sale.Command) error {
		if _, shows := cmd.(*sale.ShowQueue); shows {
			return actors.ErrUnavailable
		}
		return nil
	})
	w.do("PATCH", path, `{"stopped":false}`).want(503, codeUnknown)
}

// The history has who waited, and when.
func TestQueueHistory(t *testing.T) {
	w := newWorld(t, nil)
	w.put(popular("ev-1", nil))
	w.join("a")
	b := w.do("POST", queuePath, "").want(201)
	w.do("DELETE", b.header.Get("Location"), "").want(204)
	w.do("PATCH", "/admin/events/ev-1/queue", `{"paused":true}`).want(200)
	r := w.do("GET", "/admin/events/ev-1/history?from=2", "").want(200)
	var types []string
	for _, rec := range r.list("records") {
		types = append(types, rec.(map[string]any)["type"].(string))
	}
	want := "queue-opened place-taken places-admitted place-taken place-ended queue-steered"
	if got := strings.Join(types, " "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	last := r.list("records")[4].(map[string]any)
	if last["reason"] != "left" || last["token"] != b.str("token") || strings.Contains(string(r.body), "seed") ||
		strings.Contains(string(r.body), `"a"`) {
		t.Errorf("%s", r.body)
	}
	w.do("GET", "/admin/events/ev-1/history", "", "Accept", ndjsonType).want(200)
}

// What cannot be read is refused before any place is taken.
func TestBadQueueRequests(t *testing.T) {
	w := newWorld(t, nil)
	w.put(popular("ev-1", nil))
	for _, row := range []struct{ body, at string }{
		{`{"quantity":1}`, "/quantity"}, {`[]`, ""}, {`{`, ""}, {`{"a":null}`, "/a"},
	} {
		if r := w.do("POST", queuePath, row.body).want(400, codeInvalid); r.at() != row.at {
			t.Errorf("%s: %s", row.body, r.body)
		}
	}
	w.do("POST", queuePath+"?x=1", "").want(400, codeInvalid)
	w.do("POST", queuePath, "", "Idempotency-Key", "a b").want(400, codeInvalid)
	w.do("POST", queuePath, "", "X-User-Id", "a b").want(400, codeInvalid)
	w.do("POST", "/events/a.b/queue", "").want(404, codeEventNotFound)
	if r := w.do("PUT", queuePath, ""); r.status != 405 || r.header.Get("Allow") != "POST" {
		t.Errorf("%d %v", r.status, r.header)
	}
	if r := w.do("GET", "/admin/events/ev-1/queue", "").want(200); r.get("active") != 0.0 || r.get("waiting") != 0.0 {
		t.Errorf("%s", r.body)
	}
	// A waiting room that is full, and an event that is over.
	w.seller.intercept(func(string, sale.Command) error { return &sale.Refusal{Code: sale.QueueFull} })
	w.do("POST", queuePath, "").want(503, codeOverloaded)
	w.seller.before.Store(nil)
	w.put(popular("ev-1", func(e *catalog.Event) { e.Cancelled = true }))
	w.do("POST", queuePath, "").want(403, codeNotOnSale)
}

// The bounds of an event's waiting room.
func TestWaitingRoomMembers(t *testing.T) {
	w := newWorld(t, nil)
	e := popular("ev-1", func(e *catalog.Event) {
		e.WaitingRoom.GraceSeconds, e.WaitingRoom.RatePerMinute, e.WaitingRoom.EndWithHold = 60, 1000, true
	})
	w.put(e)
	r := w.do("GET", "/admin/events/ev-1", "").want(200)
	if r.get("waitingRoom", "graceSeconds") != 60.0 || r.get("waitingRoom", "ratePerMinute") != 1000.0 ||
		r.get("waitingRoom", "endWithHold") != true {
		t.Errorf("%s", r.body)
	}
	for change, at := range map[string]string{
		`"graceSeconds":3601`: "/waitingRoom/graceSeconds", `"graceSeconds":-1`: "/waitingRoom/graceSeconds",
		`"ratePerMinute":1000001`: "/waitingRoom/ratePerMinute", `"endWithHold":1`: "/waitingRoom/endWithHold",
		`"order":"lifo"`: "/waitingRoom/order",
	} {
		body := strings.Replace(text(t, "ev-1"), `"inventory"`, `"waitingRoom":{`+change+`},"inventory"`, 1)
		if r := w.do("PUT", "/admin/events/ev-1", body).want(400, codeInvalid); r.at() != at {
			t.Errorf("%s: %s", change, r.body)
		}
	}
}
