package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"boxoffice/cmd/stampede/report"
)

// TestCompareResults wants two results side by side, on the terminal and as a page, and
// everything that is no result to be refused.
func TestCompareResults(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, rate float64) string {
		r := &report.Result{Scenario: name, Operations: []report.Operation{{Name: "book", Answered: 1, Rate: rate}}}
		r.Judge()
		name = filepath.Join(dir, name+".json")
		if err := writeFile(name, r, report.WriteJSON); err != nil {
			t.Fatal(err)
		}
		return name
	}
	a, b, page := write("a", 100), write("b", 150), filepath.Join(dir, "page.html")
	bad := filepath.Join(dir, "bad.json")
	if err := os.WriteFile(bad, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := dispatch([]string{"compare", "-html", page, a, b}, &out, &errs); code != exitDone {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	html, err := os.ReadFile(page)
	if err != nil || !strings.Contains(out.String(), "+50.0%") || !strings.Contains(string(html), "&#43;50.0%") {
		t.Errorf("%v: %s", err, out.String())
	}
	for _, x := range []struct {
		args []string
		code int
	}{{[]string{a}, exitUsage}, {[]string{a, b, b}, exitUsage}, {[]string{a, bad}, exitFailed},
		{[]string{a, filepath.Join(dir, "none.json")}, exitFailed}} {
		if code := dispatch(append([]string{"compare"}, x.args...), &out, &errs); code != x.code {
			t.Errorf("%q: exit %d, want %d", x.args, code, x.code)
		}
	}
}
