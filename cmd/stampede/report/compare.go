package report

import (
	"fmt"
	"io"
)

// change is one row of a comparison.
type change struct {
	Name, A, B string
	Change     string // of B against A: "+12%"
	Class      string // ok, bad or "": whether that is good
}

// noise is the part by which two runs differ without a reason: less is not coloured.
const noise = 0.05

// compare makes the rows of a comparison.
func compare(a, b *Result) []change {
	rows := []change{verdicts(a, b)}
	for i := range a.Operations {
		x := &a.Operations[i]
		y := b.operation(x.Name)
		if y == nil {
			rows = append(rows, change{Name: x.Name, A: number(x.Rate), B: "–"})
			continue
		}
		rows = append(rows,
			differ(x.Name+" per s", x.Rate, y.Rate, number, +1),
			differ(x.Name+" p50", x.Latency.P50, y.Latency.P50, millis, -1),
			differ(x.Name+" p99", x.Latency.P99, y.Latency.P99, millis, -1),
			differ(x.Name+" p99.9", x.Latency.P999, y.Latency.P999, millis, -1),
			differ(x.Name+" failed", share(x.Errors+x.broken(), x.Started), share(y.Errors+y.broken(), y.Started),
				percent, -1),
			differ(x.Name+" dropped", share(x.Dropped, x.Planned), share(y.Dropped, y.Planned), percent, -1))
	}
	for i := range b.Operations {
		if y := &b.Operations[i]; a.operation(y.Name) == nil {
			rows = append(rows, change{Name: y.Name, A: "–", B: number(y.Rate)})
		}
	}
	if a.Sale != nil && b.Sale != nil {
		rows = append(rows, differ("tickets sold", float64(a.Sale.Sold), float64(b.Sale.Sold), number, +1))
		if a.Sale.SoldOutAt > 0 && b.Sale.SoldOutAt > 0 {
			rows = append(rows, differ("sold out after s", a.Sale.SoldOutAt, b.Sale.SoldOutAt, number, -1))
		}
	}
	if a.Setup.CPUPer > 0 && b.Setup.CPUPer > 0 {
		rows = append(rows, differ("generator µs a request", a.Setup.CPUPer, b.Setup.CPUPer, number, -1))
	}
	return rows
}

// verdicts is the row of PASS and FAIL.
func verdicts(a, b *Result) change {
	word := map[bool]string{true: "PASS", false: "FAIL"}
	c := change{Name: "verdict", A: word[a.Passed], B: word[b.Passed]}
	if a.Passed != b.Passed {
		c.Change, c.Class = "changed", class(b.Passed)
	}
	return c
}

// operation gives an operation by its name; nil where there is none.
func (r *Result) operation(name string) *Operation {
	for i := range r.Operations {
		if r.Operations[i].Name == name {
			return &r.Operations[i]
		}
	}
	return nil
}

// differ makes a row of two numbers. better is +1 where more is better, -1 where less is.
func differ(name string, a, b float64, show func(float64) string, better float64) change {
	c := change{Name: name, A: show(a), B: show(b)}
	switch {
	case a == b:
		c.Change = "="
	case a == 0:
		c.Change, c.Class = "new", class(better > 0)
	default:
		part := b/a - 1
		c.Change = fmt.Sprintf("%+.1f%%", part*100)
		if part > noise || part < -noise {
			c.Class = class(part*better > 0)
		}
	}
	return c
}

// CompareText writes two results side by side, a the older one. color: with ANSI
// colours.
func CompareText(w io.Writer, a, b *Result, color bool) error {
	p := &page{color: color}
	p.printf("\n  A  %s  %s  %s\n", a.Scenario, a.Started.UTC().Format("2006-01-02 15:04:05"), p.paint(dim, a.setup()))
	p.printf("  B  %s  %s  %s\n\n", b.Scenario, b.Started.UTC().Format("2006-01-02 15:04:05"), p.paint(dim, b.setup()))
	rows := [][]string{{"", "A", "B", "change"}}
	classes := map[string]string{"ok": green, "bad": red}
	for _, c := range compare(a, b) {
		// The colour is put on every cell of the column, so that all are equally wide.
		code := classes[c.Class]
		if code == "" {
			code = "00;0"
		}
		rows = append(rows, []string{c.Name, c.A, c.B, p.paint(code, c.Change)})
	}
	rows[0][3] = p.paint("00;0", rows[0][3])
	p.table(rows)
	p.printf("\n")
	_, err := io.WriteString(w, p.String())
	return err
}

// CompareHTML writes a page with both in each plot.
func CompareHTML(w io.Writer, a, b *Result) error {
	a.fill()
	b.fill()
	return writePage(w, &pageData{
		Title: "stampede " + a.Scenario + " / " + b.Scenario, Result: a, Other: b, Rows: compare(a,
			b), Data: []*Result{a, b},
	})
}
