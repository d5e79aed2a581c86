package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestEventQueue(t *testing.T) {
	var asked, body string
	mux := http.NewServeMux()
	mux.HandleFunc("/admin/events/e1/queue", func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		asked, body = r.Method, string(text)
		fmt.Fprint(w, `{"eventId":"e1","enabled":true,"waiting":70000,"active":500,"maxActive":500,`+
			`"ratePerMinute":600,"paused":true,"stopped":false,"admittedPerMinute":580,"droppedPerMinute":12,`+
			`"oldestHeartbeatSeconds":88,"estimatedWait":{"known":true,"p50Seconds":7200,"p90Seconds":9000}}`)
	})
	mux.HandleFunc("GET /admin/events/e2/queue", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"eventId":"e2","enabled":false,"estimatedWait":{"known":false}}`)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	const shown = "e1: paused, nobody is let in\n  shoppers  500 of 500, at most 600 a minute\n  waiting   70000\n" +
		"  let in    580 in the last minute\n  gave up   12 in the last minute\n" +
		"  not seen  for 88 s at the longest\n" +
		"  wait      2h0m for half of those who join now, 2h30m for nine tenths\n"
	for _, c := range []struct {
		command string
		code    int
		out     string
		err     string
		method  string
		body    string
	}{
		{"event queue e1", 0, shown, "", "GET", ""},
		{"event queue e1 -o json", 0, `"droppedPerMinute": 12`, "", "GET", ""},
		{"event queue e2", 0, "e2: no waiting room\n", "", "", ""},
		{"event queue e1 --max-active 900 --rate 0", 0, shown, "", "PATCH", `{"maxActive":900,"ratePerMinute":0}`},
		{"event queue --pause e1 --stop", 0, shown, "", "PATCH", `{"paused":true,"stopped":true}`},
		{"event queue e1 --resume --start", 0, shown, "", "PATCH", `{"paused":false,"stopped":false}`},
		{"event queue e1 --pause --resume", 2, "", "do not go together", "", ""},
		{"event queue e1 --stop --start", 2, "", "do not go together", "", ""},
		{"event queue e1 --max-active x", 2, "", "--max-active", "", ""},
		{"event queue e3", 1, "", "404", "", ""}, {"event queue", 2, "", "no ID given", "", ""},
	} {
		asked, body = "", ""
		code, out, errs := cli(s.URL, c.command)
		if code != c.code || !printed(out, c.out) || !printed(errs, c.err) || asked != c.method || body != c.body {
			t.Errorf("%s: exit %d, %s %s\n%s\n%s", c.command, code, asked, body, out, errs)
		}
	}
}
