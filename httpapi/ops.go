package httpapi

import (
	"bytes"
	_ "embed"
	"html/template"

	"github.com/prometheus/common/expfmt"
	"github.com/valyala/fasthttp"
)

// openAPI is the contract, as it is served.
//
//go:embed openapi.yaml
var openAPI []byte

// getOpenAPI is GET /openapi.yaml.
func (s *Server) getOpenAPI(c *call) {
	if !c.query(nil) {
		return
	}
	c.ctx.Response.Header.SetContentType("application/yaml")
	c.ctx.Response.SetBodyRaw(openAPI)
}

// getVersion is GET /version.
func (s *Server) getVersion(c *call) {
	if !c.query(nil) {
		return
	}
	v := s.cfg.Version
	b := appendString(append(c.buf[:0], `{"version":`...), v.Version)
	b = appendOptional(b, "revision", v.Revision)
	b = appendOptional(b, "go", v.Go)
	b = appendOptional(b, "node", v.Node)
	c.buf = append(b, '}')
	c.json(200)
}

// getHealth is GET /healthz: the process answers.
func (s *Server) getHealth(c *call) {
	if !c.query(nil) {
		return
	}
	c.buf = append(c.buf[:0], `{"status":"ok"}`...)
	c.json(200)
}

// getReady is GET /readyz: the node can sell, and is not about to stop.
func (s *Server) getReady(c *call) {
	if !c.query(nil) {
		return
	}
	if s.draining.Load() {
		c.fail(codeUnavailable, fault{detail: "The node is draining."})
		return
	}
	if err := s.cfg.Seller.Ready(); err != nil {
		c.fail(codeUnavailable, fault{detail: "The node cannot sell: " + err.Error()})
		return
	}
	c.buf = append(c.buf[:0], `{"status":"ready"}`...)
	c.json(200)
}

// getMetrics is GET /metrics, in Prometheus' text format.
func (s *Server) getMetrics(c *call) {
	if !c.query(nil) {
		return
	}
	families, err := s.cfg.Registry.Gather()
	if err != nil {
		// What could be gathered is told all the same.
		s.log.Error("a metric cannot be read", "error", err)
	}
	var out bytes.Buffer
	format := expfmt.NewFormat(expfmt.TypeTextPlain)
	enc := expfmt.NewEncoder(&out, format)
	for _, f := range families {
		if err := enc.Encode(f); err != nil {
			s.log.Error("a metric cannot be written", "metric", f.GetName(), "error", err)
		}
	}
	c.ctx.Response.Header.SetContentType(string(format))
	c.ctx.Response.SetBodyRaw(out.Bytes())
}

// getProblems is GET /problems: every code.
func (s *Server) getProblems(c *call) {
	if !c.query(nil) {
		return
	}
	b := append(c.buf[:0], `{"problems":[`...)
	for i := range problems {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendExplained(b, &problems[i])
	}
	c.buf = append(b, `]}`...)
	c.json(200)
}

// getProblem is GET /problems/{code}: what a code means and what to do. A browser
// gets a page.
func (s *Server) getProblem(c *call) {
	if !c.query(nil) {
		return
	}
	p, ok := problemByCode[string(c.args[0])]
	if !ok {
		c.fail(codeNotFound, fault{detail: "There is no such code; GET /problems has them all."})
		return
	}
	if bytes.Contains(c.ctx.Request.Header.Peek(fasthttp.HeaderAccept), []byte("text/html")) {
		c.problemPage(p)
		return
	}
	c.buf = appendExplained(c.buf[:0], p)
	c.json(200)
}

// appendExplained appends a row of the table for people.
func appendExplained(b []byte, p *problem) []byte {
	b = appendString(append(b, `{"type":`...), "/problems/"+p.code)
	b = appendString(append(b, `,"code":`...), p.code)
	b = append(b, `,"status":`...)
	b = append(b, statusDigits(p.status)...)
	b = appendString(append(b, `,"title":`...), p.title)
	b = append(b, `,"retryable":`...)
	if p.retryable {
		b = append(b, `true`...)
	} else {
		b = append(b, `false`...)
	}
	b = appendString(append(b, `,"cause":`...), p.cause)
	b = appendString(append(b, `,"remedy":`...), p.remedy)
	b = append(b, `,"example":`...)
	return append(appendExample(b, p), '}')
}

// exampleID is the request id of the examples.
const exampleID = "6f1e9c04a7d2b358"

func appendExample(b []byte, p *problem) []byte {
	return appendProblem(b, p, []byte(exampleID), fault{members: []byte(p.example)})
}

var problemHTML = template.Must(template.New("problem").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{{.Title}}</title>
<style>body{font:16px/1.5 sans-serif;max-width:44em;margin:3em auto;padding:0 1em}pre{overflow:auto}</style>
<h1>{{.Status}} {{.Title}}</h1><p><code>{{.Code}}</code></p>
<h2>Cause</h2><p>{{.Cause}}</p><h2>What to do</h2><p>{{.Remedy}}</p>
<h2>Example</h2><pre>{{.Example}}</pre><p><a href="/problems">All codes</a></p></html>
`))

func (c *call) problemPage(p *problem) {
	var page bytes.Buffer
	err := problemHTML.Execute(&page, map[string]any{"Title": p.title, "Status": p.status, "Code": p.code,
		"Cause": p.cause, "Remedy": p.remedy, "Example": string(appendExample(nil, p))})
	if err != nil {
		c.failed(err)
		return
	}
	c.ctx.Response.Header.SetContentType("text/html; charset=utf-8")
	c.ctx.Response.SetBodyRaw(page.Bytes())
}
