package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeNode takes every event but those whose id begins with "bad".
type fakeNode struct {
	*httptest.Server
	token  string
	events map[string]string
}

func newFakeNode(t *testing.T, token string) *fakeNode {
	n := &fakeNode{token: token, events: make(map[string]string)}
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/admin/catalog" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if token != "" && r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"code":"unauthorized"}`)
			return
		}
		number, accepted, refused := 0, 0, 0
		for line := range bytes.Lines(body) {
			number++
			var e struct{ ID string }
			if json.Unmarshal(line, &e) != nil || strings.HasPrefix(e.ID, "bad") {
				refused++
				fmt.Fprintf(w, `{"line":%d,"id":%q,"code":"invalid-request","detail":"bad"}`+"\n", number, e.ID)
				continue
			}
			accepted++
			n.events[e.ID] = string(line)
		}
		fmt.Fprintf(w, `{"accepted":%d,"created":%d,"refused":%d}`+"\n", accepted, accepted, refused)
	}))
	t.Cleanup(n.Close)
	return n
}

const (
	goodLine = `{"id":"good","title":"x","startsAt":"2027-01-01T20:00:00Z","inventory":{"currency":"USD",` +
		`"sections":[{"name":"GA","price":100,"capacity":5}]}}`
	smallPage = `{"_embedded":{"events":[{"name":"Show","id":"d1","dates":{"start":{"localDate":"2027-01-02"}}},` +
		`{"name":"Show","id":"d2","dates":{}}]}}`
	smallPlan = `{"name":"Small Hall","categories":[{"name":"I"}],"zones":[{"name":"Z","rows":[{"row_number":"1",` +
		`"seats":[{"seat_guid":"g1","seat_number":"1","category":"I"}]}]}]}`
)

func TestImport(t *testing.T) {
	node := newFakeNode(t, "secret")
	badLine := strings.Replace(goodLine, "good", "bad1", 1)
	for _, c := range []struct {
		name, stdin, args, environ string
		code                       int
		out, err, events           string
	}{
		{"native", goodLine, "-", "", exitDone, "1 accepted (1 of them new", "", "good"},
		{"a page", smallPage, "--seats 50 -", "", exitDone, ":1 d2: no-date:", "", "d1"},
		{"a plan", smallPlan, "--event E --price I=12.50 -", "", exitDone, "1 accepted", "", "E"},
		{"flags behind files", goodLine, "- --seats 5", "", exitDone, "1 accepted", "", "good"},
		{"refused by the node", goodLine + "\n" + badLine, "-", "", exitDone, "-:2 bad1: invalid-request: bad",
			"", "good"},
		{"strict", goodLine + "\n" + badLine, "--strict -", "", exitFailed, "1 refused", "", "good"},
		{"nothing accepted", badLine, "-", "", exitFailed, "0 accepted", "", ""},
		{"nothing at all", "", "-", "", exitDone, "0 events read", "", ""},
		{"dry run", goodLine, "--dry-run -", "", exitDone, "1 accepted", "", ""},
		{"wrong token", goodLine, "--token wrong -", "", exitFailed, "0 accepted", "unauthorized", ""},
		{"token in the environment", goodLine, "-", "BOXOFFICE_TOKEN=secret", exitDone, "1 accepted", "", "good"},
		{"unknown variable", goodLine, "-", "BOXOFFICE_TOKN=x", exitDone, "1 accepted", "BOXOFFICE_TOKN", "good"},
		{"a missing file", goodLine, "- /nonexistent/x", "", exitFailed, "1 accepted", "/nonexistent/x", "good"},
	} {
		t.Run(c.name, func(t *testing.T) {
			clear(node.events)
			w := newWorld("BOXOFFICE_ADMIN_TOKEN=secret", c.environ)
			w.stdin = strings.NewReader(c.stdin)
			args := append([]string{"import", "--server", node.URL}, strings.Fields(c.args)...)
			code := run(args, w.environment)
			var events []string
			for id := range node.events {
				events = append(events, id)
			}
			if code != c.code || strings.Join(events, " ") != c.events ||
				!strings.Contains(w.out.String(), c.out) || !strings.Contains(w.err.String(), c.err) {
				t.Errorf("exit %d, want %d; events %v, want %s\nstdout (want %q):\n%s\nstderr (want %q):\n%s",
					code, c.code, events, c.events, c.out, w.out.String(), c.err, w.err.String())
			}
		})
	}
}

// A report file has every refused and every mended event.
func TestImportReport(t *testing.T) {
	report := filepath.Join(t.TempDir(), "report.ndjson")
	page := write(t, "page.json", smallPage)
	w := newWorld()
	w.terminal = true
	if code := run([]string{"import", "--dry-run", "--report", report, page}, w.environment); code != exitDone {
		t.Fatalf("exit %d: %s", code, w.err.String())
	}
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	want := `"id":"d1","mended":["sale-missing","status-missing","time-missing","zone-utc","venue-missing",` +
		`"genre-missing","price-drawn"]}`
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 2 || !strings.HasSuffix(lines[0], want) || !strings.Contains(lines[1], `"refused":"no-date"`) {
		t.Errorf("%s", text)
	}
	if !strings.Contains(w.err.String(), "events") || !strings.Contains(w.err.String(), "%") {
		t.Errorf("no bar: %q", w.err.String())
	}
}

// An import that cannot reach its node gives up when its patience ends.
func TestImportWithoutNode(t *testing.T) {
	w := newWorld()
	w.stdin = strings.NewReader(goodLine)
	args := []string{"import", "--server", "http://127.0.0.1:1", "--patience", "1ms", "-"}
	if code := run(args, w.environment); code != exitFailed || !strings.Contains(w.err.String(), "send to the server") {
		t.Errorf("exit %d: %s", code, w.err.String())
	}
}
