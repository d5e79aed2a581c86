package importer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// rawJSON is text that is JSON already.
type rawJSON string

// jsonObject writes an object of names and values.
func jsonObject(pairs ...any) string {
	var parts []string
	for i := 0; i < len(pairs); i += 2 {
		value, isRaw := pairs[i+1].(rawJSON)
		if !isRaw {
			b, err := json.Marshal(pairs[i+1])
			if err != nil {
				panic(err)
			}
			value = rawJSON(b)
		}
		parts = append(parts, fmt.Sprintf("%q:%s", pairs[i], value))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// catalogServer is a fake of POST /admin/catalog: it keeps events by id and
// refuses what its rules say.
type catalogServer struct {
	*httptest.Server
	mu       sync.Mutex
	requests int
	lines    int
	events   map[string]string
	header   http.Header
	// refuse gives the code for a line, "" to take it; nil: takes all.
	refuse func(id string, request int) string
	// answer replaces the whole answer of a request where it is true.
	answer func(w http.ResponseWriter, request int) bool
}

func newCatalogServer(t *testing.T) *catalogServer {
	s := &catalogServer{events: make(map[string]string)}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *catalogServer) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	s.header = r.Header
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/admin/catalog" {
		http.Error(w, "wrong request", http.StatusBadRequest)
		return
	}
	if s.answer != nil && s.answer(w, s.requests) {
		return
	}
	number, accepted, created, unchanged, refused := 0, 0, 0, 0, 0
	for line := range bytes.Lines(body) {
		number++
		s.lines++
		var e struct{ ID string }
		if err := json.Unmarshal(line, &e); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		code := ""
		if s.refuse != nil {
			code = s.refuse(e.ID, s.requests)
		}
		if code != "" {
			refused++
			fmt.Fprintf(w, `{"line":%d,"id":%q,"code":%q,"detail":"no","errors":[{"at":"/x","detail":"bad"}]}`+"\n",
				number, e.ID, code)
			continue
		}
		switch was, known := s.events[e.ID]; {
		case !known:
			created++
		case was == string(line):
			unchanged++
		}
		accepted++
		s.events[e.ID] = string(line)
	}
	fmt.Fprintf(w, `{"accepted":%d,"created":%d,"unchanged":%d,"refused":%d}`+"\n", accepted, created, unchanged,
		refused)
}

// upload sends n events with ids e0, e1, … and returns the report and what was
// written to its log.
func (s *catalogServer) upload(t *testing.T, ctx context.Context, n int) (*Report, []Line, error) {
	t.Helper()
	var log bytes.Buffer
	report := NewReport(&log)
	up := &Uploader{Server: s.URL, Token: "secret", Report: report, Client: s.Client(), Patience: 10 * time.Second}
	err := func() error {
		for i := range n {
			item := Item{File: "f", Line: i + 1, ID: fmt.Sprint("e", i), JSON: fmt.Appendf(nil,
				"{\"id\":\"e%d\"}\n", i)}
			report.Add(item)
			if err := up.Add(ctx, item); err != nil {
				return err
			}
		}
		return up.Close(ctx)
	}()
	var lines []Line
	for in := bufio.NewScanner(&log); in.Scan(); {
		var l Line
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return report, lines, err
}

func TestUpload(t *testing.T) {
	s := newCatalogServer(t)
	n := 2*maxBatchLines + 1
	report, _, err := s.upload(t, t.Context(), n)
	if err != nil || report.Accepted != n || report.Created != n || report.Refused != 0 || len(s.events) != n {
		t.Fatalf("%v\n%s", err, report)
	}
	if s.requests != 3 || s.header.Get("Authorization") != "Bearer secret" ||
		s.header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("%d requests, header %v", s.requests, s.header)
	}
	s.events["e7"] = "another"
	report, _, err = s.upload(t, t.Context(), n)
	want := fmt.Sprintf("%d accepted (0 of them new, %d unchanged), 0 refused", n, n-1)
	if err != nil || report.Accepted != n || !strings.Contains(report.String(), want) {
		t.Errorf("the second time: %v\n%s", err, report)
	}
}

// What the server refuses is reported with file, line, id and reason.
func TestUploadRefused(t *testing.T) {
	s := newCatalogServer(t)
	s.refuse = func(id string, _ int) string {
		if strings.HasSuffix(id, "7") {
			return "invalid-request"
		}
		return ""
	}
	n := maxBatchLines + 10
	report, lines, err := s.upload(t, t.Context(), n)
	if err != nil || report.Refused != n/10 || report.Accepted != n-n/10 ||
		report.Reasons()["invalid-request"] != n/10 {
		t.Fatalf("%v\n%s", err, report)
	}
	last := Line{File: "f", Line: n - 2, ID: fmt.Sprint("e", n-3), Refused: "invalid-request", Detail: "no; /x: bad"}
	if len(lines) != n/10 || !slices.ContainsFunc(lines,
		func(l Line) bool { return fmt.Sprint(l) == fmt.Sprint(last) }) {
		t.Errorf("%d lines in the log, %v is missing", len(lines), last)
	}
	if text := report.String(); strings.Count(text, "\n  f:") != shownRefusals || !strings.Contains(text,
		"and 181 more") {
		t.Errorf("not bounded:\n%s", text)
	}
}

// Lines that were refused because the server was busy are sent again, only those.
func TestUploadAgain(t *testing.T) {
	s := newCatalogServer(t)
	s.refuse = func(id string, request int) string {
		if request == 1 && (id == "e3" || id == "e8") || request == 2 && id == "e8" {
			return "overloaded"
		}
		if id == "e5" {
			return "invalid-request"
		}
		return ""
	}
	report, lines, err := s.upload(t, t.Context(), 10)
	if err != nil || report.Accepted != 9 || report.Created != 9 || report.Refused != 1 || s.lines != 10+2+1 {
		t.Fatalf("%v, %d lines sent\n%s", err, s.lines, report)
	}
	if lines[0].ID != "e5" || lines[0].Line != 6 {
		t.Errorf("refused %+v", lines[0])
	}
}

// A line that is sent again and then refused for good is reported as what it was.
func TestUploadAgainAndRefused(t *testing.T) {
	s := newCatalogServer(t)
	s.refuse = func(id string, request int) string {
		if id == "e8" {
			return []string{"overloaded", "invalid-request"}[request-1]
		}
		return ""
	}
	report, lines, err := s.upload(t, t.Context(), 10)
	if err != nil || report.Accepted != 9 || report.Refused != 1 || len(lines) != 1 ||
		lines[0].ID != "e8" || lines[0].Line != 9 {
		t.Fatalf("%v, %+v\n%s", err, lines, report)
	}
}

// Whole requests that fail for a passing reason are sent again.
func TestUploadPatience(t *testing.T) {
	s := newCatalogServer(t)
	s.answer = func(w http.ResponseWriter, request int) bool {
		switch request {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			fmt.Fprintln(w, `{"line":1,"id":"e0","code":"invalid-request"}`) // and no totals
		case 3:
			panic(http.ErrAbortHandler)
		default:
			return false
		}
		return true
	}
	report, _, err := s.upload(t, t.Context(), 10)
	if err != nil || report.Accepted != 10 || report.Refused != 0 || s.requests != 4 {
		t.Errorf("%v, %d requests\n%s", err, s.requests, report)
	}
}

// What will not pass ends the import at once.
func TestUploadFails(t *testing.T) {
	for _, c := range []struct {
		name, want string
		answer     func(w http.ResponseWriter)
	}{
		{"forbidden", "forbidden: wrong token", func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"code":"forbidden","detail":"wrong token"}`)
		}},
		{"not a node", "404", func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }},
		{"no JSON", "read the server's answer", func(w http.ResponseWriter) { fmt.Fprintln(w, "<html>") }},
		{"line 0", "line 0 of 10", func(w http.ResponseWriter) { fmt.Fprintln(w, `{"line":0,"code":"x"}`) }},
		{"line 11", "line 11 of 10", func(w http.ResponseWriter) { fmt.Fprintln(w, `{"line":11,"code":"x"}`) }},
		{"wrong sum", "do not add up", func(w http.ResponseWriter) { fmt.Fprintln(w, `{"accepted":9,"refused":0}`) }},
		{"wrong refused", "do not add up", func(w http.ResponseWriter) {
			fmt.Fprintln(w,
				`{"accepted":10,"refused":1}`)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newCatalogServer(t)
			s.answer = func(w http.ResponseWriter, _ int) bool { c.answer(w); return true }
			report, _, err := s.upload(t, t.Context(), 10)
			if err == nil || !strings.Contains(err.Error(), c.want) || s.requests != 1 || report.Accepted != 0 {
				t.Errorf("%v after %d requests, want %q", err, s.requests, c.want)
			}
		})
	}
}

// An import that is interrupted ends, also while it waits to try again.
func TestUploadCancelled(t *testing.T) {
	s := newCatalogServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	s.answer = func(w http.ResponseWriter, _ int) bool {
		cancel()
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	if _, _, err := s.upload(t, ctx, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestReportKeepsItsBounds(t *testing.T) {
	r := NewReport(nil)
	for i := range 3 * maxReasons {
		r.Refuse(Line{File: "f", Line: i, Refused: fmt.Sprint("reason-", i)})
	}
	reasons := r.Reasons()
	if len(reasons) != maxReasons+1 || reasons["others"] != 2*maxReasons || len(r.first) != shownRefusals {
		t.Errorf("%d reasons, %d others, %d shown", len(reasons), reasons["others"], len(r.first))
	}
}

// Every mend has a word and a text of its own.
func TestMendKinds(t *testing.T) {
	seen := make(map[string]bool)
	for m := range mendCount {
		if m.String() == "" || m.Text() == "" || seen[m.String()] || seen[m.Text()] {
			t.Errorf("mend %d: %q %q", m, m, m.Text())
		}
		seen[m.String()], seen[m.Text()] = true, true
	}
}
