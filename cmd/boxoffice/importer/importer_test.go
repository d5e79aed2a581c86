package importer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"boxoffice/actors/sale/catalog"
)

// today is the day of the tests.
var today = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// newImporter fills what Options leave out with the tests' defaults.
func newImporter(t testing.TB, o Options) *Importer {
	t.Helper()
	if o.Seats == 0 {
		o.Seats = 200
	}
	if o.Now.IsZero() {
		o.Now = today
	}
	im, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// result is an Item that outlives its file.
type result struct {
	Item
	event catalog.Event // decoded from JSON
}

// read converts a text.
func read(t testing.TB, o Options, text string) []result {
	t.Helper()
	var out []result
	err := newImporter(t, o).Read("test", strings.NewReader(text), func(item Item) error {
		r := result{Item: item}
		r.JSON = slices.Clone(item.JSON)
		if item.Refused == nil {
			event, bad := decodeNative(item.JSON)
			if bad != nil {
				t.Errorf("the result is no native event: %v: %s", bad, item.JSON)
			}
			if bytes.Count(item.JSON, newline) != 1 || item.JSON[len(item.JSON)-1] != '\n' {
				t.Errorf("the result is not one line: %q", item.JSON)
			}
			r.event = event
		}
		out = append(out, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// one converts a text with one event.
func one(t testing.TB, o Options, text string) result {
	t.Helper()
	out := read(t, o, text)
	if len(out) != 1 {
		t.Fatalf("%d events, want 1", len(out))
	}
	return out[0]
}

// pageOf is a Discovery page of invented events.
func pageOf(t testing.TB, n int) []byte {
	t.Helper()
	events := make([]string, n)
	for i := range events {
		events[i] = fmt.Sprintf(`{"name":"Invented Show %d","type":"event","id":"Inv_%d-x","test":false,
"url":"https://example.test/%d","locale":"en-us","sales":{"public":{"startDateTime":"2026-01-02T10:00:00Z",
"endDateTime":"2026-09-01T20:00:00Z"}},"dates":{"start":{"localDate":"2026-09-01","localTime":"20:00:00"},
"status":{"code":"onsale"}},"classifications":[{"segment":{"name":"Music"},"genre":{"name":"Rock"}}],
"priceRanges":[{"currency":"USD","min":20.5,"max":99}],"_embedded":{"venues":[{"name":"Invented Hall",
"id":"V%d","city":{"name":"Chicago"},"state":{"name":"Illinois"},"country":{"name":"United States Of America"},
"location":{"longitude":"-87.65","latitude":"41.85"}}],"attractions":[{"name":"Band %d","id":"K%d"}]}}`,
			i, i, i, i%50, i%90, i%90)
	}
	return []byte(`{"_embedded":{"events":[` + strings.Join(events, ",\n") + `]},"page":{"size":200,"number":0}}`)
}

const nativeEvent = `{"id":"ev-1","title":"A Night","startsAt":"2027-06-01T19:30:00.000Z",` +
	`"inventory":{"currency":"USD","sections":[{"name":"101","price":12500,"rows":[{"name":"A","seats":20}]}]}}`

func TestForms(t *testing.T) {
	event := `{"id":"d1","name":"Show","dates":{"start":{"localDate":"2027-01-02"}}}`
	pretty := strings.NewReplacer(",", ",\n", "{", "{\n").Replace(nativeEvent)
	second := strings.Replace(nativeEvent, "ev-1", "ev-2", 1)
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"blanks", " \n\n ", ""},
		{"one native event", nativeEvent, "ev-1"},
		{"native lines", nativeEvent + "\n\n" + second + "\r\n", "ev-1 ev-2"},
		{"byte order mark", "\xef\xbb\xbf" + nativeEvent + "\n" + second, "ev-1 ev-2"},
		{"native array", "[" + nativeEvent + " ,\n" + second + "]\n", "ev-1 ev-2"},
		{"empty array", "[]", ""},
		{"over several lines", pretty + "\n" + pretty, "ev-1 ev-1"},
		{"a page", `{"_embedded":{"events":[` + event + "," + event + `]},"page":{}}`, "d1 d1"},
		{"a page without a wrapper", `{"events":[` + event + `]}`, "d1"},
		{"an empty page", `{"_embedded":{"events":[]}}`, ""},
		{"pages in a row", `{"events":[` + event + `]}` + "\n" + `{"events":[` + event + `]}`, "d1 d1"},
		{"array of Discovery events", "[" + event + "]", "d1"},
		{"array of pages", `[{"events":[` + event + `]}]`, "d1"},
		{"a broken line", nativeEvent + "\n{\"id\": \"x\n" + second, "ev-1 !malformed ev-2"},
		{"a broken first line", "{\"id\": \"x\n" + second, "!malformed ev-2"},
		{"a broken array", "[" + nativeEvent + ",\n{\"title\": \"x\n,\n" + second + ",\n]\n", "ev-1 !malformed ev-2"},
		{"no comma in a page", `{"events":[` + event + " " + event + `]}`, "d1 !malformed"},
		{"an unended page", `{"events":[` + event + `, {`, "!malformed"},
		{"unbalanced", `{"id":"x"]]` + "\n" + second, "!malformed !malformed ev-2"},
		{"other JSON", `{"foo": 1}` + "\n3\ntrue\n\"x\"\n", strings.TrimSpace(strings.Repeat("!not-recognised ", 4))},
		{"no JSON", "Dear box office,\n\n%%\n" + second, "!malformed !malformed ev-2"},
		{"wrong type", `{"id":"d2","name":7,"dates":{}}`, "d2!malformed"},
		{"unknown member", `{"id":"ev-3","title":"x","foo":1}`, "ev-3!malformed"},
		{"native that cannot be sold", `{"id":"ev-3","title":"x","startsAt":"2027-06-01T19:30:00Z","inventory":{}}`,
			"ev-3!invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, r := range read(t, Options{}, c.text) {
				word := r.ID
				if r.Refused != nil {
					word += "!" + r.Refused.Reason
				}
				got = append(got, word)
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got  %s\nwant %s", s, c.want)
			}
		})
	}
}

// A refused event is found by its line.
func TestLines(t *testing.T) {
	page := string(pageOf(t, 3))
	first := strings.Count(page[:strings.Index(page, "Show 1\"")], "\n") + 1
	got := read(t, Options{}, "\n"+page+"\n\n"+nativeEvent)
	if len(got) != 4 || got[0].Line != 2 || got[1].Line != first+1 || got[3].Line != strings.Count(page, "\n")+4 {
		t.Errorf("lines %d %d %d %d", got[0].Line, got[1].Line, got[2].Line, got[3].Line)
	}
}

// A native event is sent as it was written; only --on-sale now changes it.
func TestNative(t *testing.T) {
	text := `{"id":"ev-1", "title":"Ä <b>&amp;", "startsAt":"2024-02-29T19:30:00+01:00","timezone":"Europe/Paris",
"onSaleAt":"2023-01-01T00:00:00Z","inventory":{"currency":"EUR","sections":[{"name":"GA","price":1,"capacity":3}]}}`
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		t.Fatal(err)
	}
	r := one(t, Options{}, text)
	if string(r.JSON) != compact.String()+"\n" || r.Mended != 0 {
		t.Errorf("got %s, mended %x", r.JSON, r.Mended)
	}
	r = one(t, Options{OnSaleNow: true}, text)
	want := time.Date(2027, 3, 1, 18, 30, 0, 0, time.UTC) // 2026 is over on 1 March
	if r.event.OnSaleAt != 0 || r.event.StartsAt.Std() != want || r.event.Title != "Ä <b>&amp;" {
		t.Errorf("with --on-sale now: %s", r.JSON)
	}
	if !r.Mended.Has(mendMoved) || !r.Mended.Has(mendLeapDay) {
		t.Error("the move is not told")
	}
}

func TestNew(t *testing.T) {
	for _, o := range []Options{
		{Seats: 0}, {Seats: -1}, {Seats: MaxSeats + 1},
		{Seats: 1, Plan: PlanOptions{Currency: "eur"}},
		{Seats: 1, Plan: PlanOptions{Prices: map[string]string{"A": "1,50"}}},
		{Seats: 1, Plan: PlanOptions{Prices: map[string]string{"A": "1.505"}}},
		{Seats: 1, Plan: PlanOptions{Prices: map[string]string{"A": "-1"}}},
		{Seats: 1, Plan: PlanOptions{Currency: "JPY", Prices: map[string]string{"A": "1.5"}}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

// shared finds test data that may be beside the project; it is never required.
func shared(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "..", "shared", "data", pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("no shared data beside the project")
	}
	return files
}

// convertAll converts files and returns a report and all lines.
func convertAll(t *testing.T, o Options, files []string) (*Report, []byte) {
	t.Helper()
	report := NewReport(nil)
	var lines []byte
	im := newImporter(t, o)
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		err = im.Read(name, f, func(item Item) error {
			report.Add(item)
			lines = append(lines, item.JSON...)
			return nil
		})
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return report, lines
}

// Every real event goes in, twice with the same result, and with --on-sale now
// nothing but what is cancelled stays closed.
func TestRealPages(t *testing.T) {
	files := shared(t, "discovery/*.json")
	report, lines := convertAll(t, Options{}, files)
	if report.Refused != 0 || report.Read < 1000 {
		t.Errorf("%s", report)
	}
	few := files[:min(len(files), 3)]
	if _, again := convertAll(t, Options{}, few); !bytes.HasPrefix(lines, again) {
		t.Error("twice the same files, different events")
	}
	_, lines = convertAll(t, Options{OnSaleNow: true}, few)
	for line := range bytes.Lines(lines) {
		e, bad := decodeNative(line)
		if bad != nil {
			t.Fatal(bad)
		}
		if e.OnSaleAt != 0 || e.StartsAt.Std().Before(today.Add(margin)) {
			t.Fatalf("%s cannot be bought: on sale %s, starts %s", e.ID, e.OnSaleAt, e.StartsAt)
		}
	}
}
