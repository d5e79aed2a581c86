package report

import (
	_ "embed" // for the page's parts
	"fmt"
	"html/template"
	"io"
)

// The parts of the page. They become one file, which asks nothing of any other place.
var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/page.css
	pageCSS string
	//go:embed page/page.js
	pageJS string
)

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"millis": millis,
	"number": anyNumber,
	"value":  func(t Threshold) string { return t.show() },
	"tiles":  tiles,
}).Parse(pageHTML))

// pageData is what the page's template gets.
type pageData struct {
	Title  string
	CSS    template.CSS
	JS     template.JS
	Result *Result
	Other  *Result // nil: there is one result
	Rows   []change
	Data   []*Result
}

// anyNumber is number for what a template has.
func anyNumber(x any) string {
	switch x := x.(type) {
	case int:
		return number(float64(x))
	case int64:
		return number(float64(x))
	case float64:
		return number(x)
	}
	return fmt.Sprint(x)
}

// String says in one line how the run was made, without the rates of the result.
func (s Setup) String() string {
	text := s.Model + " loop, " + s.Schedule
	return fmt.Sprintf("%s, seed %d", text, s.Seed)
}

// tile is one number that is shown large.
type tile struct{ Name, Value, Class string }

// tiles are the numbers that a reader wants first.
func tiles(r *Result) []tile {
	var sum Operation
	var slowest *Operation
	for i := range r.Operations {
		o := &r.Operations[i]
		if !o.request() {
			continue
		}
		sum.add(o)
		if o.Answered > 0 && (slowest == nil || o.Latency.P99 > slowest.Latency.P99) {
			slowest = o
		}
	}
	list := []tile{{"answers a second", number(sum.Rate), ""}, {"answers", number(float64(sum.Answered)), ""}}
	if slowest != nil {
		list = append(list, tile{"p99 of " + slowest.Name, millis(slowest.Latency.P99), ""})
	}
	failed := share(sum.Errors+sum.broken(), sum.Started)
	list = append(list, tile{"failed", percent(failed), class(failed == 0)})
	if sum.Dropped+sum.Late > 0 {
		list = append(list, tile{"dropped", percent(share(sum.Dropped, sum.Planned)), class(sum.Dropped == 0)})
	}
	if r.Sale != nil && r.Sale.Seats > 0 {
		list = append(list, tile{"tickets sold", percent(share(r.Sale.Sold, r.Sale.Seats)), ""})
	}
	if r.Truth != nil {
		n := int64(0)
		for i := range r.Truth.Findings {
			n += r.Truth.Findings[i].Violations
		}
		list = append(list, tile{"violations of truth", number(float64(n)), class(n == 0)})
	}
	return list
}

// class is the look of something that is good or not.
func class(good bool) string {
	if good {
		return "ok"
	}
	return "bad"
}

// WriteHTML writes the page: it needs nothing from outside.
func WriteHTML(w io.Writer, r *Result) error {
	r.fill()
	return writePage(w, &pageData{Title: "stampede " + r.Scenario, Result: r, Data: []*Result{r}})
}

// writePage fills in the parts.
func writePage(w io.Writer, d *pageData) error {
	d.CSS, d.JS = template.CSS(pageCSS), template.JS(pageJS) // both are ours
	return pageTemplate.Execute(w, d)
}
