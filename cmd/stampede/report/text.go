package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// The colours of a terminal.
const (
	red    = "31;1"
	green  = "32;1"
	yellow = "33"
	bold   = "1"
	dim    = "2"
)

// page is a text under way.
type page struct {
	strings.Builder
	color bool
}

// paint is a text in a colour.
func (p *page) paint(code, text string) string {
	if !p.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// mark is a sign that something passed or not.
func (p *page) mark(ok bool) string {
	if ok {
		return p.paint(green, "✓")
	}
	return p.paint(red, "✗")
}

// printf adds text.
func (p *page) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

// title begins a part.
func (p *page) title(text string) { p.printf("\n  %s\n", p.paint(bold, text)) }

// table adds rows of cells, the first to the left, the others to the right.
func (p *page) table(rows [][]string) {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	wide := 0
	for _, row := range rows {
		wide = max(wide, len([]rune(row[0])))
	}
	for _, row := range rows {
		fmt.Fprintf(w, "    %-*s\t%s\t\n", wide, row[0], strings.Join(row[1:], "\t"))
	}
	w.Flush()
	p.WriteString(b.String())
}

// WriteText writes the summary for the terminal. color: with ANSI colours.
func WriteText(w io.Writer, r *Result, color bool) error {
	p := &page{color: color}
	p.printf("\n  %s  %s", p.paint(bold, "stampede "+r.Scenario), p.paint(dim, strings.Join(r.Setup.Servers, " ")))
	p.printf("\n  %s\n", p.paint(dim, r.setup()))
	p.truth(r)
	p.thresholds(r)
	p.sale(r)
	p.operations(r)
	for i := range r.Faults {
		f := &r.Faults[i]
		if i == 0 {
			p.title("faults")
		}
		p.printf("    %6.1f s  %s\n", f.At, f.Command)
	}
	for _, n := range r.Notes {
		p.printf("\n  %s %s", p.paint(yellow, "note:"), n)
	}
	p.verdict(r)
	_, err := io.WriteString(w, p.String())
	return err
}

// setup says in one line how the run was made.
func (r *Result) setup() string {
	s := fmt.Sprintf("%s loop, %s, %.0f s, seed %d", r.Setup.Model, r.Setup.Schedule, r.Seconds, r.Setup.Seed)
	if r.Setup.Processes > 1 {
		s += fmt.Sprintf(", %d processes", r.Setup.Processes)
	}
	if r.Setup.CPUPer > 0 {
		s += fmt.Sprintf(", %sµs of CPU a request", digits(r.Setup.CPUPer))
	}
	return s
}

// truth adds what came of the checks.
func (p *page) truth(r *Result) {
	v := r.Truth
	if v == nil {
		return
	}
	p.title("truth")
	for i := range v.Findings {
		f := &v.Findings[i]
		mark := p.mark(f.Violations == 0)
		if f.Checked == 0 && f.Violations == 0 {
			mark = p.paint(dim, "-")
		}
		rest := fmt.Sprintf("%s %s", number(float64(f.Checked)), f.Of)
		if f.Violations > 0 {
			rest = p.paint(red, count(f.Violations, "violation")) + " in " + rest
		}
		if f.Skipped != "" {
			rest += "; " + f.Skipped
		}
		p.printf("    %s %-40s %s\n", mark, f.Says, p.paint(dim, rest))
	}
	for i := range v.Violations {
		x := &v.Violations[i]
		p.printf("\n    %s %s: %s (event %s)\n", p.paint(red, "VIOLATION"), x.Property, x.Says, x.Event)
		for _, line := range x.Proof {
			p.printf("      %s\n", line)
		}
	}
}

// thresholds adds each threshold and what was measured.
func (p *page) thresholds(r *Result) {
	if len(r.Thresholds) == 0 {
		return
	}
	p.title("thresholds")
	wide := 0
	for i := range r.Thresholds {
		wide = max(wide, len([]rune(r.Thresholds[i].Text)))
	}
	for i := range r.Thresholds {
		t := &r.Thresholds[i]
		say := t.show()
		if t.Error != "" {
			say = t.Error
		}
		p.printf("    %s %-*s  %s\n", p.mark(t.Passed), wide, t.Text, p.paint(dim, say))
	}
}

// sale adds how the sale went.
func (p *page) sale(r *Result) {
	s := r.Sale
	if s == nil {
		return
	}
	p.title("sale")
	out := ""
	if s.SoldOutAt > 0 {
		out = fmt.Sprintf(", sold out after %.1f s", s.SoldOutAt)
	}
	p.printf("    sold %s of %s tickets%s\n", number(float64(s.Sold)), number(float64(s.Seats)), out)
	p.printf("    %s: %s got tickets, %s went without\n", count(s.Buyers, "buyer"), number(float64(s.Happy)),
		number(float64(s.Left)))
	p.printf("    %s, %s, %s\n", count(s.Conflicts, "conflict"), count(s.Declined, "declined payment"),
		count(s.Abandoned, "abandoned hold"))
}

// operations adds a row for each operation, and what was answered.
func (p *page) operations(r *Result) {
	if len(r.Operations) == 0 {
		return
	}
	p.title("requests")
	rows := [][]string{{"", "answers", "per s", "mean", "p50", "p90", "p99", "p99.9", "max", "errors", "dropped",
		"late"}}
	for i := range r.Operations {
		o := &r.Operations[i]
		l := &o.Latency
		rows = append(rows, []string{o.Name, number(float64(o.Answered)), number(o.Rate), millis(l.Mean), millis(l.P50),
			millis(l.P90), millis(l.P99), millis(l.P999), millis(l.Max), number(float64(o.Errors)),
			number(float64(o.Dropped)),
			number(float64(o.Late))})
	}
	p.table(rows)
	for i := range r.Operations {
		o := &r.Operations[i]
		if len(o.Statuses) > 0 {
			p.printf("    %s\n", p.paint(dim, o.Name+": "+counts(o.Statuses)))
		}
		if len(o.Reasons) > 0 {
			name := strings.Repeat(" ", len(o.Name)+1)
			if len(o.Statuses) == 0 {
				name = o.Name + ":"
			}
			p.printf("    %s\n", p.paint(dim, name+" "+counts(o.Reasons)))
		}
	}
}

// counts are counts by name, in the order of the names.
func counts(m map[string]int64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s × %s", name, number(float64(m[name]))))
	}
	return strings.Join(parts, ", ")
}

// verdict adds the last line, and why.
func (p *page) verdict(r *Result) {
	if r.Passed {
		p.printf("\n  %s\n\n", p.paint(green, "PASS"))
		return
	}
	p.printf("\n  %s\n", p.paint(red, "FAIL"))
	for _, w := range r.Why {
		p.printf("    %s %s\n", p.mark(false), w)
	}
	p.printf("\n")
}
