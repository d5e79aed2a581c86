package httpapi

import (
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// Bodies as clients write them are plain: else all the rest is for nothing.
func TestPlainBodies(t *testing.T) {
	for _, body := range []string{
		`{"ticketIds":["101-A-1"],` + pay + `}`,
		`{ "paymentInfo": {"token": "t", "method": "card"}, "ticketIds": ["a", "b"], "holdId": "h" }`,
		"{\n\t\"holdId\": \"h\",\r\n\t" + pay + "\n}\n",
		`{"ticketIds":["` + strings.Repeat(`a","`, 20) + `b"],` + pay + `}`,
	} {
		if !checkPlain(t, []byte(body)) {
			t.Errorf("%s is not plain", body)
		}
	}
	for _, body := range []string{
		`{"ticketIds":["101-A-1"]}`,
		`{"quantity":2,"section":"101","adjacent":true,"maxPrice":999999999}`,
		`{"adjacent":false,"quantity":0}`,
		`{"section":"T-123456789012-x"}`,
	} {
		if !checkPlain(t, []byte(body)) {
			t.Errorf("%s is not plain", body)
		}
	}
}

// What a client could mean to be the same is the same to its key; nothing else is.
func TestKeyOfABody(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	first := w.do("POST", "/bookings/ev-1", `{"ticketIds":["101-A-1"],`+pay+`}`, headerKey, "k").want(201).str("id")
	for _, same := range []string{
		`{` + pay + `, "ticketIds":["101-A-1"]}`,
		`{"paymentInfo":{"token":"pm_card_visa","method":"card"},"ticketIds":[ "101-A-1" ]}`,
		`{"paymentInfo":{"token":"pm_card_visa","method":"card"},"ticketIds":["\u003101-A-1"]}`, // not plain
	} {
		if id := w.do("POST", "/bookings/ev-1", same, headerKey, "k").want(201).str("id"); id != first {
			t.Errorf("%s made another booking", same)
		}
	}
	for _, other := range []string{
		`{"ticketIds":["101-A-2"],` + pay + `}`,
		`{"ticketIds":["101-A-1"],"holdId":"AAAAAAAAAAAAAAAAAAAAAQ",` + pay + `}`,
		`{"ticketIds":["101-A-1"],"paymentInfo":{"method":"card","token":"pm"}}`,
		`{"ticketIds":["101-A-1"],"paymentInfo":{"method":"card","token":"p\u006d"}}`,
	} {
		w.do("POST", "/bookings/ev-1", other, headerKey, "k").want(422, codeKeyReused)
	}
}

// FuzzPlain holds plain bodies to the general decoder: whatever is read as plain is
// read so there, and has the canonical form.
func FuzzPlain(f *testing.F) {
	for _, body := range []string{
		`{"ticketIds":["a"],` + pay + `}`, `{"holdId":"x",` + pay + `}`, `{"quantity":01}`, `{"quantity":1.0}`,
		`{"ticketIds":["a",],` + pay + `}`, `{"ticketIds":["a" "b"]}`, `{"section":"\u0000"}`, `{"quantity":1,}`,
		`{"ticketIds":["4242 4242 4242 4242"]}`, `{"adjacent":true,"adjacent":true}`, `{"maxPrice":-1}`,
		`{"quantity":1234567890,"section":"é"}`, `{"adjacent":truefalse}`, `{"quantity":1}{}`, "{\"section\":\"\x7f\"}",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, b []byte) { checkPlain(t, b) })
}

// checkPlain reports whether a body is plain, and holds it to the general decoder.
func checkPlain(t *testing.T, b []byte) (plain bool) {
	t.Helper()
	c := &call{body: b}
	if req := c.plainBooking(); req != nil {
		plain = true
		var want bookingRequest
		holdPlain(t, c, decodeJSON(b, &want), req, &want)
	}
	if req := c.plainHold(); req != nil {
		plain = true
		var want holdRequest
		holdPlain(t, c, decodeJSON(b, &want), req, &want)
	}
	return plain
}

func holdPlain(t *testing.T, c *call, errs []fieldError, got, want any) {
	t.Helper()
	if len(errs) > 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("%q: plain %+v, else %+v %v", c.body, got, want, errs)
	}
	canonical := jsontext.Value(append([]byte(nil), c.body...))
	if err := canonical.Canonicalize(); err != nil || string(canonical) != string(c.canonical) {
		t.Errorf("%q: canonical %q, want %q, %v", c.body, c.canonical, canonical, err)
	}
}
