package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"boxoffice/cmd/stampede/truth"
)

// TestJudge wants a run to pass, to fail by a threshold and to fail by truth, with the
// reason and the exit code of each.
func TestJudge(t *testing.T) {
	for _, x := range []struct {
		name   string
		change func(r *Result)
		code   int
		why    string
	}{
		{"all is well", func(*Result) {}, ExitPass, ""},
		{"too slow", func(r *Result) { r.Operations[2].Latency.P99 = 700 }, ExitThreshold,
			"threshold book p99 < 500ms: it was 700ms"},
		{"not true", func(r *Result) { r.Truth = untrue().Truth }, ExitUntrue,
			"not true: no ticket has two owners (1 violation)"},
		{"both", func(r *Result) { r.Truth = untrue().Truth; r.Operations[2].Latency.P99 = 700 }, ExitUntrue,
			"it was 700ms"},
		{"nothing of the kind", func(r *Result) { r.Operations[2].Name = "buy" }, ExitThreshold,
			`there was no operation "book"`},
		{"a threshold that is none", func(r *Result) { r.Thresholds[0].Text = "fast" }, ExitThreshold,
			`"fast" is not of the form`},
		{"a fault that failed", func(r *Result) { r.Faults[0].Error = "exit status 1" }, ExitThreshold,
			"fault at 20 s, kill node2: exit status 1"},
		{"tickets left", func(r *Result) { r.Sale.Sold-- }, ExitThreshold, "threshold sold == 100%: it was 99.98%"},
	} {
		r := sample(1)
		r.Thresholds[1].Text, r.Thresholds[2].Text = "* failed < 50%", "view p50 < 20ms"
		x.change(r)
		for range 2 {
			r.Judge()
		}
		if why := strings.Join(r.Why, "\n"); r.ExitCode() != x.code || r.Passed != (x.code == 0) ||
			!strings.Contains(why, x.why) {
			t.Errorf("%s: exit %d, %s", x.name, r.ExitCode(), why)
		}
	}
}

// TestThresholds wants each form to be read, its limit in the right unit, and compared
// the right way.
func TestThresholds(t *testing.T) {
	r := &Result{Operations: []Operation{
		{Name: "a", Planned: 110, Started: 100, Dropped: 10, Late: 5, Answered: 98, Errors: 2, Rate: 49,
			Statuses: map[string]int64{"200": 90, "503": 8}, Latency: Latency{Mean: 1, P50: 2, P90: 3, P95: 4, P99: 5,
				P999: 6, Max: 7}},
		{Name: "b", Planned: 100, Started: 100, Answered: 100, Rate: 50, Latency: Latency{P99: 50},
			Statuses: map[string]int64{"200": 100}},
		{Name: "line", Planned: 100, Started: 100, Answered: 100, Rate: 50, Latency: Latency{P99: 60_000}},
	}}
	for _, x := range []struct {
		text   string
		value  float64
		passed bool
	}{
		{"a mean < 1.5ms", 1, true}, {"a p50 <= 2ms", 2, true}, {"a p90 < 3ms", 3, false}, {"a p95 < 5000us", 4, true},
		{"a p99 > 4ms", 5, true}, {"a p99.9 < 0.001s", 6, false}, {"a max == 7ms", 7, true}, {"* p99 < 40ms", 50,
			false},
		{"a rate >= 49", 49, true}, {"* rate >= 100", 99, false}, {"a failed < 10%", 0.1, false}, {"a failed <= 10%",
			0.1, true},
		{"* failed < 6%", 0.05, true}, {"a dropped < 10%", 1.0 / 11, true}, {"a late < 1%", 0.05,
			false}, {"b late == 0%", 0, true},
		{"line p99 < 50s", 60_000, false},
		{"a p(99)<6", 5, true}, {"a p(99.9) < 5ms", 6, false}, {"p(99)<40", 50, false}, {"a med<2.5", 2, true},
		{"a avg < 1s", 1, true},
	} {
		th, err := NewThreshold(x.text)
		if err != nil {
			t.Error(err)
			continue
		}
		th.judge(r)
		if math.Abs(th.Value-x.value) > 1e-9 || th.Passed != x.passed || th.Error != "" {
			t.Errorf("%s: got %+v", x.text, th)
		}
	}
	for _, text := range []string{"", "p99 < 1s", "a p99 < 5", "a p99 < 5%", "a rate < 5ms", "a failed < 0.1",
		"a sold == 100%", "a p98 < 1s", "a p99 ! 1s"} {
		if th, err := NewThreshold(text); err == nil {
			t.Errorf("%q was taken for %+v", text, th)
		}
	}
}

// TestDocument wants what is written to come back, and another document to be refused.
func TestDocument(t *testing.T) {
	r := untrue()
	r.Judge()
	var first, second bytes.Buffer
	if err := WriteJSON(&first, r); err != nil {
		t.Fatal(err)
	}
	again, err := Read(bytes.NewReader(first.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteJSON(&second, again); err != nil || first.String() != second.String() {
		t.Errorf("it is another document: %v", err)
	}
	for _, bad := range []string{"", "[]", "{}", `{"schema":"boxoffice.stampede.result/2"}`} {
		if _, err := Read(strings.NewReader(bad)); !errors.Is(err, ErrOther) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestSchema holds documents to the schema: a full one, and one with as little as there
// can be; and the schema to documents: without a member, or with one more, they fail.
func TestSchema(t *testing.T) {
	full, empty := untrue(), &Result{Setup: Setup{Model: "closed"}}
	full.Faults[0].Error, full.Thresholds[0].Text = "x", "nonsense"
	for _, r := range []*Result{full, empty} {
		r.Judge()
		if wrong := validate(t, document(t, r)); len(wrong) > 0 {
			t.Errorf("it is not as the schema says: %s", strings.Join(wrong, "\n"))
		}
	}
	spoiled := 0
	var spoil func(doc any, whole any)
	spoil = func(doc, whole any) {
		switch doc := doc.(type) {
		case map[string]any:
			for name, v := range doc {
				spoil(v, whole)
				doc[name] = []any{[]any{}}
				if len(validate(t, whole)) == 0 {
					t.Errorf("member %s may be anything", name)
				}
				doc[name] = v
				spoiled++
			}
		case []any:
			for _, v := range doc[:min(1, len(doc))] {
				spoil(v, whole)
			}
		}
	}
	doc := document(t, full)
	spoil(doc, doc)
	doc.(map[string]any)["more"] = 1
	if len(validate(t, doc)) == 0 {
		t.Error("there may be a member more")
	}
	delete(doc.(map[string]any), "more")
	delete(doc.(map[string]any), "operations")
	if len(validate(t, doc)) == 0 || spoiled < 50 {
		t.Errorf("there may be a member less, of %d", spoiled)
	}
}

func document(t *testing.T, r *Result) any {
	t.Helper()
	var b bytes.Buffer
	if err := WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// validate holds a document to the schema: the words of JSON Schema that it uses, and
// none that it does not know.
func validate(t *testing.T, doc any) (wrong []string) {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	var check func(at string, s map[string]any, v any)
	check = func(at string, s map[string]any, v any) {
		if ref, ok := s["$ref"].(string); ok {
			s = root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		}
		say := func(format string, args ...any) { wrong = append(wrong, at+": "+fmt.Sprintf(format, args...)) }
		for word := range s {
			if !slices.Contains(strings.Fields("$schema $id $defs $ref title description type const enum "+
				"minimum format "+
				"required properties additionalProperties items"), word) {
				t.Fatalf("%s: the test does not know %q", at, word)
			}
		}
		if c, ok := s["const"]; ok && c != v {
			say("%v is not %v", v, c)
		}
		if e, ok := s["enum"].([]any); ok && !slices.Contains(e, v) {
			say("%v is not one of %v", v, e)
		}
		if want, ok := s["type"]; ok && !slices.Contains(types(v), fmt.Sprint(want)) && !oneOf(want, types(v)) {
			say("%v is no %v", v, want)
			return
		}
		if low, ok := s["minimum"].(float64); ok && v.(float64) < low {
			say("%v is less than %v", v, low)
		}
		if s["format"] == "date-time" {
			if _, err := time.Parse(time.RFC3339, v.(string)); err != nil {
				say("%v", err)
			}
		}
		if list, ok := v.([]any); ok && s["items"] != nil {
			for i, x := range list {
				check(fmt.Sprintf("%s/%d", at, i), s["items"].(map[string]any), x)
			}
		}
		members, ok := v.(map[string]any)
		if !ok {
			return
		}
		properties, _ := s["properties"].(map[string]any)
		for name, x := range members {
			if p, ok := properties[name].(map[string]any); ok {
				check(at+"/"+name, p, x)
			} else if more, ok := s["additionalProperties"].(map[string]any); ok {
				check(at+"/"+name, more, x)
			} else {
				say("member %s is not known", name)
			}
		}
		required, _ := s["required"].([]any)
		for _, name := range required {
			if _, there := members[name.(string)]; !there {
				say("member %s is missing", name)
			}
		}
	}
	check("", root, doc)
	return wrong
}

// types are the types of JSON Schema that a value has.
func types(v any) []string {
	switch v := v.(type) {
	case nil:
		return []string{"null"}
	case bool:
		return []string{"boolean"}
	case string:
		return []string{"string"}
	case float64:
		if v == math.Trunc(v) {
			return []string{"number", "integer"}
		}
		return []string{"number"}
	case []any:
		return []string{"array"}
	}
	return []string{"object"}
}

func oneOf(want any, have []string) bool {
	list, _ := want.([]any)
	return slices.ContainsFunc(list, func(x any) bool { return slices.Contains(have, x.(string)) })
}

// TestSchemaKnowsEveryProperty wants the schema to name the properties that are judged.
func TestSchemaKnowsEveryProperty(t *testing.T) {
	for _, p := range []truth.Property{truth.OneOwner, truth.Kept, truth.Paid, truth.AllOrNothing, truth.HoldsEnd,
		truth.InLine,
		truth.OneEffect, truth.InOrder, truth.AddsUp, truth.Linearizable} {
		if !bytes.Contains(Schema(), []byte(`"`+p+`"`)) {
			t.Errorf("the schema does not know %s", p)
		}
	}
}

// TestText wants the summary to have what people look for, in lines that are not wider
// than a terminal, and colours only where they are wanted.
func TestText(t *testing.T) {
	r := untrue()
	r.Judge()
	var plain, colored strings.Builder
	if err := errors.Join(WriteText(&plain, r, false), WriteText(&colored, r, true)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"stampede onsale", "✗ no ticket has two owners", "1 violation in 5 000 tickets",
		"VIOLATION one-owner: ticket S1-R1-7 was sold twice",
		"history  v15", "✓ book p99 < 500ms", "sold 5 000 of 5 000 tickets, sold out after 44.2 s",
		"20.0 s  kill node2",
		"hold: 201 ×", "tickets-unavailable ×", "note: the generator was late", "FAIL\n",
		"✗ not true: no ticket has two owners (1 violation)",
	} {
		if !strings.Contains(plain.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, plain.String())
		}
	}
	if strings.Contains(plain.String(), "\x1b") ||
		regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(colored.String(), "") != plain.String() {
		t.Error("colours change more than colours")
	}
	for line := range strings.Lines(plain.String()) {
		if n := len([]rune(line)); n > 120 && !strings.Contains(line, "sent ") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// TestCompare wants changes to be told, with the good ones and the bad ones apart, and
// small ones for what they are.
func TestCompare(t *testing.T) {
	a, b := sample(1), sample(1.5)
	b.Operations[0].Rate *= 1.2
	b.Operations[1].Rate *= 1.01
	b.Operations[3].Name = "leave"
	a.Judge()
	b.Judge()
	got := map[string]change{}
	for _, c := range compare(a, b) {
		got[c.Name] = c
	}
	for name, want := range map[string]struct{ change, class string }{
		"view p99": {"+50.0%", "bad"}, "view per s": {"+20.0%", "ok"}, "hold per s": {"+1.0%", ""}, "book failed": {"=",
			""},
		"tickets sold": {"=", ""},
	} {
		if c := got[name]; c.Change != want.change || c.Class != want.class {
			t.Errorf("%s: got %+v", name, c)
		}
	}
	if got["join"].B != "–" || got["leave"].A != "–" {
		t.Errorf("what only one has: %+v %+v", got["join"], got["leave"])
	}
	var text strings.Builder
	if err := CompareText(&text, a, b, false); err != nil || !strings.Contains(text.String(), "view p99") {
		t.Errorf("%v: %s", err, text.String())
	}
}

// TestHTML wants a page that asks for nothing from outside, has everything in it
// without a script, and lets no text of the run become part of it.
func TestHTML(t *testing.T) {
	r, other := untrue(), sample(2)
	r.Scenario, r.Notes[0] = "</script><script>alert(1)</script>", `<img src="http://example.com/x">`
	r.Judge()
	other.Judge()
	var one, two bytes.Buffer
	if err := errors.Join(WriteHTML(&one, r), CompareHTML(&two, r, other)); err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{one.String(), two.String()} {
		if strings.Contains(page, "<script>alert") || strings.Contains(page, "<img") || strings.Contains(page,
			"<b>dan") {
			t.Error("a text of the run is part of the page")
		}
		outside := regexp.MustCompile(`(?i)<[a-z][^>]*\s(src|href|action)\s*=\s*["']?[^"'d]|@import|` +
			`url\(|fetch\(|XMLHttp|import\(`)
		if x := outside.FindString(page); x != "" {
			t.Errorf("it asks for something: %s", x)
		}
		if strings.Contains(page, "ZgotmplZ") {
			t.Error("the template refused a value")
		}
	}
	for _, want := range []string{"FAIL", "S1-R1-7 was sold twice", "history  v15", "kill node2", "book p99 &lt; 500ms",
		"tickets-unavailable"} {
		if !strings.Contains(one.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if n := one.Len(); n > 200_000 {
		t.Errorf("a page of a minute has %d bytes", n)
	}
}
