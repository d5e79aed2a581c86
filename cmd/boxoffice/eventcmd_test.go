package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// newFakeEvent serves one event with 2,500 records.
func newFakeEvent(t *testing.T, cluster bool) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /events/e1", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Event-Version", "12")
		fmt.Fprint(w, `{"id":"e1","title":"Ada","status":"on-sale","startsAt":"2027-01-01T20:00:00.000Z",`+
			`"performers":[],"venue":{"id":"v","name":"The Hall","city":"Ghent"},`+
			`"priceRange":{"min":990,"max":12500,"currency":"EUR"},`+
			`"availability":{"total":40,"available":37,"held":2,"booked":1},`+
			`"waitingRoom":{"enabled":false,"waiting":0}}`)
	})
	mux.HandleFunc("GET /admin/events/e1/where", func(w http.ResponseWriter, _ *http.Request) {
		if !cluster {
			w.WriteHeader(404)
			fmt.Fprint(w, `{"code":"no-cluster","detail":"alone"}`)
			return
		}
		fmt.Fprint(w, `{"event":"e1","shard":5,"leader":"n2","term":4,"replicas":["n1","n2"]}`)
	})
	mux.HandleFunc("GET /admin/events/e1/history", func(w http.ResponseWriter, r *http.Request) {
		var from, limit int
		if _, err := fmt.Sscan(r.FormValue("from")+" "+r.FormValue("limit"), &from, &limit); err != nil {
			t.Error(err)
		}
		var records []string
		for v := from; v <= 2500 && len(records) < limit; v++ {
			records = append(records, fmt.Sprintf(`{"version":%d,"at":"2026-01-01T00:00:00.000Z","type":"hold-placed",`+
				`"ticketIds":["A-1","A-2"],"total":9007199254740993,"user":"a b"}`, v))
		}
		next := ""
		if len(records) == limit {
			next = fmt.Sprintf(`,"next":%d`, from+limit)
		}
		fmt.Fprintf(w, `{"eventId":"e1","records":[%s]%s}`, strings.Join(records, ","), next)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func TestEventCommands(t *testing.T) {
	server, alone := newFakeEvent(t, true), newFakeEvent(t, false)
	for _, c := range []struct {
		server, command string
		code            int
		out, err        string
	}{
		{server, "event where e1", 0, "e1: shard 5, n2 leads (term 4), replicas on n1 n2\n", ""},
		{server, "event where e1 -o json", 0, `"leader": "n2"`, ""},
		{alone, "event where e1", 1, "", "no-cluster: alone"},
		{server, "event show e1", 0, "e1: Ada\n  status   on-sale\n  starts   2027-01-01T20:00:00.000Z\n" +
			"  venue    The Hall, Ghent\n  tickets  37 available, 2 held, 1 booked, 40 in all\n" +
			"  price    990 to 12500 in minor units of EUR\n  version  12\n  place    shard 5, n2 leads", ""},
		{alone, "event show e1", 0, "version  12\n", ""},
		{server, "event show e2", 1, "", "404"}, {server, "event show a.b", 2, "", "is no ID"},
		{server, "event show", 2, "", "no ID given"}, {server, "event history e1 --from x", 2, "", "--from"},
		{server, "event history e1 --limit 1 --from 7", 0,
			"     7  2026-01-01T00:00:00.000Z  hold-placed      ticketIds=A-1,A-2 " +
				"total=9007199254740993 user=\"a b\"\n", ""},
	} {
		code, out, errs := cli(c.server, c.command)
		if code != c.code || !printed(out, c.out) || !printed(errs, c.err) {
			t.Errorf("%s: exit %d\n%s\n%s", c.command, code, out, errs)
		}
	}
	_, out, _ := cli(server, "event show e1 -o json")
	var got struct {
		Event   struct{ Title string }
		Version int
		Place   struct{ Shard int }
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || got.Event.Title != "Ada" || got.Version != 12 ||
		got.Place.Shard != 5 {
		t.Errorf("%v: %s", err, out)
	}
	for command, lines := range map[string]int{"": 100, "--limit 0": 2500, "--limit 1500": 1500, "--from 2490": 11,
		"--from 2490 --limit 0 -o json": 11, "--from 2501": 0} {
		code, out, errs := cli(server, "event history e1 "+command)
		if n := strings.Count(out, "\n"); code != 0 || n != lines {
			t.Errorf("history %s: exit %d, %d lines, want %d: %s", command, code, n, lines, errs)
		}
	}
}
