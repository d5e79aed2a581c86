package httpapi

import (
	"strings"
	"testing"

	"boxoffice/actors/sale/catalog"

	"github.com/go-json-experiment/json"
)

// TestStrictJSON: what the contract does not name is refused, and the error says
// where it is without repeating it.
func TestStrictJSON(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	deep := strings.Repeat(`{"a":`, 17) + "1" + strings.Repeat("}", 17)
	for body, at := range map[string]string{
		`null`: "", `[]`: "", `"x"`: "", `7`: "", ` `: "", `{`: "", `}`: "", `nope`: "", `{}{}`: "",
		`{"quantity":1} x`:             "",
		"\xef\xbb\xbf{\"quantity\":1}": "", `{'quantity':1}`: "", `{"quantity":1,}`: "", deep: "",
		strings.Repeat("[", 100_000): "", `{"quantity":1}` + "\x00": "",
		`{}`:                                     "/quantity",
		`{"quantity":1,"quantity":2}`:            "/quantity",
		`{"Quantity":1}`:                         "/Quantity",
		`{"quantity":1,"price":0}`:               "/price",
		`{"quantity":1,"status":"x"}`:            "/status",
		`{"quantity":null}`:                      "/quantity",
		`{"ticketIds":null}`:                     "/ticketIds",
		`{"quantity":"2"}`:                       "/quantity",
		`{"quantity":1e1}`:                       "/quantity",
		`{"quantity":1.0}`:                       "/quantity",
		`{"quantity":0}`:                         "/quantity",
		`{"quantity":-1}`:                        "/quantity",
		`{"quantity":9223372036854775808}`:       "/quantity",
		`{"quantity":1,"adjacent":"yes"}`:        "/adjacent",
		`{"quantity":1,"section":""}`:            "/section",
		`{"quantity":1,"section":"a\u0000"}`:     "/section",
		`{"quantity":1,"section":"a\u0007"}`:     "/section",
		`{"quantity":1,"section":7}`:             "/section",
		`{"quantity":1,"maxPrice":-1}`:           "/maxPrice",
		`{"quantity":1,"maxPrice":1.5}`:          "/maxPrice",
		`{"quantity":1,"maxPrice":{"amount":1}}`: "/maxPrice",
		`{"quantity":1,"maxPrice":{"amount":1,"currency":"EUR","x":1}}`: "/maxPrice/x",
		`{"ticketIds":[]}`:                                  "/ticketIds",
		`{"ticketIds":"101-A-1"}`:                           "/ticketIds",
		`{"ticketIds":["101-A-1",""]}`:                      "/ticketIds/1",
		`{"ticketIds":["101-A-1","101-A-1"]}`:               "/ticketIds/1",
		`{"ticketIds":["a/b"]}`:                             "/ticketIds/0",
		`{"ticketIds":["a\nb"]}`:                            "/ticketIds/0",
		`{"ticketIds":[{"id":"101-A-1"}]}`:                  "/ticketIds/0",
		`{"ticketIds":["101-A-1"],"quantity":1}`:            "/ticketIds",
		`{"ticketIds":["` + strings.Repeat("a", 65) + `"]}`: "/ticketIds/0",
		`{"ticketIds":["4242424242424242"]}`:                "/ticketIds/0",
		`{"ticketIds":["4242 4242 4242 4242"]}`:             "/ticketIds/0",
		`{"ticketIds":["\u0034242424242424242"]}`:           "/ticketIds/0",
		`{"4242424242424242":1}`:                            "",
		"{\"ticketIds\":[\"a\xff\"]}":                       "/ticketIds/0",
		`{"ticketIds":["\ud800"]}`:                          "/ticketIds/0",
	} {
		r := w.do("POST", "/events/ev-1/holds", body).want(400, codeInvalid)
		if r.at() != at {
			t.Errorf("%s: at %q, want %q: %s", clip(body), r.at(), at, r.body)
		}
		if strings.Contains(string(r.body), "4242") {
			t.Errorf("%s: the number is repeated: %s", clip(body), r.body)
		}
	}
	for body, at := range map[string]string{
		`{` + pay + `}`:                              "/ticketIds",
		`{"ticketIds":["101-A-1"]}`:                  "/paymentInfo",
		`{"ticketIds":["101-A-1"],"paymentInfo":{}}`: "/paymentInfo/method",
		`{"ticketIds":["101-A-1"],"paymentInfo":{"method":"cash","token":"x"}}`:                "/paymentInfo/method",
		`{"ticketIds":["101-A-1"],"paymentInfo":{"method":"card"}}`:                            "/paymentInfo/token",
		`{"ticketIds":["101-A-1"],"paymentInfo":{"method":"card","token":"a b"}}`:              "/paymentInfo/token",
		`{"ticketIds":["101-A-1"],"paymentInfo":{"method":"card","token":"x","pan":"1"}}`:      "/paymentInfo/pan",
		`{"ticketIds":["101-A-1"],"paymentInfo":{"method":"card","token":"4000056655665556"}}`: "/paymentInfo/token",
		`{"ticketIds":["101-A-1"],"status":"confirmed",` + pay + `}`:                           "/status",
		`{"ticketIds":[],` + pay + `}`:                                                         "/ticketIds",
	} {
		if r := w.do("POST", "/bookings/ev-1", body).want(400, codeInvalid); r.at() != at {
			t.Errorf("%s: at %q, want %q: %s", body, r.at(), at, r.body)
		}
	}
	many := `{"ticketIds":["a0"` + strings.Repeat(`,"a0"`, 100) + `]}`
	w.do("POST", "/events/ev-1/holds", many).want(409, codeLimit)
	if strings.Contains(w.log.String(), "4242") {
		t.Error("a card number is in the log")
	}
	if n := w.seller.done.Load(); n != 1 {
		t.Errorf("%d commands reached the event, only the PUT should", n)
	}
}

// Ids: digits in one that look like a card number are no fault, as long as there
// is something else. In other members they are.
func TestIDsWithDigits(t *testing.T) {
	w := newWorld(t, nil)
	const card = "4242424242424242"
	for _, name := range []string{"T-" + card, "S_4242-4242-4242-4242", "f71f8e0d-c109-4a50-9826-2559981d915e",
		card + "_1"} {
		e := arena(name)
		e.Venue.ID, e.Performers[0].ID = name, name
		e.Inventory.Sections = []catalog.Section{
			{Name: "R " + card, Price: 1, Rows: []catalog.Row{{Name: "A " + card, Seats: 2}}},
			{Name: "S", Price: 1, Seats: []catalog.Seat{{ID: name, Row: "A " + card, Number: "B " + card}, {ID: "B"}}},
		}
		w.put(e)
		b, err := appendEvent(nil, e)
		if err != nil {
			t.Fatal(err)
		}
		r := w.do("POST", catalogPath, string(b), "Content-Type", ndjsonType)
		if accepted, _, refused, _ := summary(t, r); accepted != 1 || refused != 0 {
			t.Errorf("%s", r.body)
		}
		hold := w.do("POST", "/events/"+name+"/holds", `{"ticketIds":["`+name+`"]}`).want(201).str("id")
		path := "/events/" + name + "/holds/" + hold
		w.do("PATCH", path, `{"add":["B"],"remove":["`+name+`"]}`).want(200)
		w.do("PATCH", path, `{"add":["`+name+`"]}`).want(200)
		w.do("POST", "/bookings/"+name, `{"ticketIds":["R `+card+`-A `+card+`-1"],`+pay+`}`).want(201)
		for at, bad := range map[string]string{
			"/title": strings.Replace(string(b), "Ada and", "T-"+card, 1),
			"/genre": strings.Replace(string(b), "Rock", "T-"+card, 1),
			"/id":    strings.Replace(string(b), `"id":"`+name, `"id":"`+card, 1),
		} {
			if r := w.do("PUT", "/admin/events/"+name, bad).want(400, codeInvalid); r.at() != at {
				t.Errorf("at %q, want %q: %s", r.at(), at, r.body)
			}
		}
	}
}

// An id that is a card number as a whole is refused, and so is every other text
// that has one in it.
func TestCardNumbers(t *testing.T) {
	w := newWorld(t, nil)
	const card = "4242424242424242"
	body := text(t, "ev-1")
	for member, at := range map[string]string{
		`"id":"v-1"`: "/venue/id", `"id":"p-1"`: "/performers/0/id", `"name":"101"`: "/inventory/sections/0/name",
		`"name":"B"`: "/inventory/sections/0/rows/1/name",
	} {
		name, _, _ := strings.Cut(member, ":")
		bad := strings.Replace(body, member, name+`:"4242 4242 4242 4242"`, 1)
		if r := w.do("PUT", "/admin/events/ev-1", bad).want(400, codeInvalid); r.at() != at {
			t.Errorf("at %q, want %q: %s", r.at(), at, r.body)
		}
	}
	w.do("PUT", "/admin/events/"+card, strings.Replace(body, `"id":"ev-1",`, "", 1)).want(400, codeInvalid)
	for at, bad := range map[string]string{
		"/ticketIds/1":       `{"ticketIds":["a","` + card + `"]}`,
		"/section":           `{"quantity":1,"section":"T-` + card + `"}`,
		"/ticketIds/x":       `{"ticketIds":{"x":"T-` + card + `"}}`,
		"/ticketIds/0/1":     `{"ticketIds":[["a","T-` + card + `"]]}`,
		"/paymentInfo/token": `{"ticketIds":["a"],"paymentInfo":{"method":"card","token":"tok-` + card + `"}}`,
	} {
		target := "/events/ev-1/holds"
		if strings.Contains(bad, "paymentInfo") {
			target = "/bookings/ev-1"
		}
		if r := w.do("POST", target, bad).want(400, codeInvalid); r.at() != at {
			t.Errorf("at %q, want %q: %s", r.at(), at, r.body)
		}
	}
}

// Content-Type: JSON in UTF-8 and nothing else.
func TestMediaType(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	for media, status := range map[string]int{
		"application/json": 201, "application/json; charset=utf-8": 201, `application/json;charset="UTF-8"`: 201,
		"Application/JSON": 201, "application/json; charset=utf-16": 415, "application/json; charset": 415,
		"text/plain": 415, "application/x-www-form-urlencoded": 415, "application/jsonp": 415,
		"multipart/form-data; boundary=x": 415, "application/json, text/plain": 415,
	} {
		if r := w.do("POST", "/events/ev-1/holds", `{"quantity":1}`, "Content-Type", media); r.status != status {
			t.Errorf("%s: %d, want %d", media, r.status, status)
		}
	}
	resp, body,
		_ := w.raw("POST /events/ev-1/holds HTTP/1.1\r\nHost: x\r\nContent-Length: 14\r\n\r\n" + `{"quantity":1}`)
	if resp.StatusCode != 415 {
		t.Errorf("no media type: %d %s", resp.StatusCode, body)
	}
	w.do("POST", "/events/ev-1/holds", "", "Content-Type", jsonType).want(400, codeInvalid)
	w.do("POST", "/events/ev-1/holds", "", "Content-Type", "").want(400, codeInvalid)
}

// X-Request-Id: the client's own where it is fit to be shown.
func TestRequestID(t *testing.T) {
	w := newWorld(t, nil)
	for own, kept := range map[string]bool{"abc-123_X": true, strings.Repeat("a", 64): true, "": false, "a b": false,
		strings.Repeat("a", 65): false, "<script>": false, "4242424242424242": false} {
		got := w.do("GET", "/healthz", "", "X-Request-Id", own).want(200).header.Get("X-Request-Id")
		if (got == own) != kept || got == "" {
			t.Errorf("%q came back as %q", own, got)
		}
	}
}

// FuzzDecode: what decodes is a valid object without what is refused everywhere.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"quantity":1}`, `{"ticketIds":["a","b"]}`, `null`, `{"a":null}`,
		`{"section":"\u0000"}`,
		`{"section":"4242 4242 4242 4242"}`, `[[[[[[[[[[[[[[[[[[`, `{"quantity":1,"quantity":1}`,
		"{\"section\":\"\xff\"}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var req holdRequest
		errs := decodeJSON(b, &req)
		for _, e := range errs {
			if e.Detail == "" || len(e.At) > maxPointer {
				t.Errorf("%q: %+v", b, e)
			}
		}
		if len(errs) > 0 {
			return
		}
		var generic map[string]any
		if err := json.Unmarshal(b, &generic); err != nil || generic == nil {
			t.Errorf("%q passed: %v", b, err)
		}
		for name, v := range generic {
			if s, ok := v.(string); v == nil || ok && strings.Contains(s, "\x00") {
				t.Errorf("%q passed with %s = %v", b, name, v)
			}
		}
	})
}
