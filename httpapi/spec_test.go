package httpapi

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	verrors "github.com/pb33f/libopenapi-validator/errors"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// spec is openapi.yaml as the tests use it.
var spec = sync.OnceValues(func() (*v3.Document, validator.Validator) {
	doc, err := libopenapi.NewDocument(openAPI)
	if err != nil {
		panic(err)
	}
	model, err := doc.BuildV3Model()
	if err != nil {
		panic(err)
	}
	v, errs := validator.NewValidator(doc, config.WithoutSecurityValidation())
	if len(errs) > 0 {
		panic(errs)
	}
	return &model.Model, v
})

// TestSpecIsValid: the document is proper OpenAPI 3.1.
func TestSpecIsValid(t *testing.T) {
	_, v := spec()
	if ok, errs := v.ValidateDocument(); !ok {
		t.Fatal(texts(errs))
	}
}

// TestSpecAndRoutes: the document and the router have the same routes.
func TestSpecAndRoutes(t *testing.T) {
	var want, got []string
	for _, r := range routes() {
		want = append(want, r.method+" "+r.path)
	}
	doc, _ := spec()
	for path, item := range doc.Paths.PathItems.FromOldest() {
		for method := range item.GetOperations().FromOldest() {
			got = append(got, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Fatalf("routes   %q\ndocument %q", want, got)
	}
}

// filledIn is a query without parameters that are empty. The document says which may be
// (allowEmptyValue), and the validator does not know that word.
func filledIn(query string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(query, "&"), func(pair string) bool {
		return !strings.Contains(pair, "=") || strings.HasSuffix(pair, "=")
	}), "&")
}

// holdToSpec holds an answer to the document, and an accepted request too.
func holdToSpec(t testing.TB, req *http.Request, body string, resp *http.Response, got []byte) {
	t.Helper()
	doc, v := spec()
	if resp.StatusCode == 404 && strings.Contains(string(got), `"code":"not-found"`) ||
		resp.StatusCode == 405 || req.Method == "HEAD" {
		return // not a route of the document
	}
	again := func() *http.Request {
		r := req.Clone(req.Context())
		r.Body = io.NopCloser(strings.NewReader(body))
		return r
	}
	answer := *resp
	answer.Body = io.NopCloser(bytes.NewReader(got))
	if resp.Header.Get("Content-Type") == ndjsonType {
		holdLines(t, doc, req, string(got))
	} else if ok, errs := v.ValidateHttpResponse(again(), &answer); !ok {
		t.Errorf("%s %s: the answer is not the document's: %s\n%s", req.Method, req.URL, texts(errs), clip(string(got)))
	}
	if resp.StatusCode < 300 && req.URL.Path != catalogPath { // it takes anything, line by line
		asked := again()
		asked.URL.RawQuery = filledIn(asked.URL.RawQuery)
		if ok, errs := v.ValidateHttpRequestSync(asked); !ok {
			t.Errorf("%s %s was accepted, but the document forbids it: %s", req.Method, req.URL, texts(errs))
		}
	}
	holdHeaders(t, doc, req, resp)
}

// holdLines holds each line of an NDJSON answer to the schema that the document
// names for it.
func holdLines(t testing.TB, doc *v3.Document, req *http.Request, lines string) {
	t.Helper()
	all := strings.Split(strings.TrimSuffix(lines, "\n"), "\n")
	for i, line := range all {
		name := "RefusedLine"
		switch {
		case req.URL.Path != catalogPath:
			name = "Record"
		case i == len(all)-1:
			name = "UploadSummary"
		}
		schema := doc.Components.Schemas.GetOrZero(name).Schema()
		if ok, errs := schema_validation.NewSchemaValidator().ValidateSchemaString(schema, line); !ok {
			t.Errorf("line %d is no %s: %s\n%s", i+1, name, texts(errs), clip(line))
		}
	}
}

// ordinary headers are HTTP's own and need no word in the document.
var ordinary = []string{"Content-Type", "Content-Length", "Date", "Connection", "Transfer-Encoding"}

// holdHeaders: every header of an answer stands in the document, and every one
// that the document requires is there.
func holdHeaders(t testing.TB, doc *v3.Document, req *http.Request, resp *http.Response) {
	t.Helper()
	op := operation(doc, req.Method, req.URL.EscapedPath())
	if op == nil {
		t.Errorf("%s %s is not in the document", req.Method, req.URL)
		return
	}
	said := op.Responses.FindResponseByCode(resp.StatusCode)
	if said == nil {
		if resp.StatusCode < 400 {
			t.Errorf("%s %s: status %d is not in the document", req.Method, req.URL, resp.StatusCode)
			return
		}
		said = op.Responses.Default
	}
	for name := range resp.Header {
		found := slices.Contains(ordinary, name)
		for h := range said.Headers.KeysFromOldest() {
			found = found || http.CanonicalHeaderKey(h) == name
		}
		if !found {
			t.Errorf("%s %s: header %s is not in the document", req.Method, req.URL, name)
		}
	}
	for name, h := range said.Headers.FromOldest() {
		if h.Required && resp.Header.Get(name) == "" {
			t.Errorf("%s %s: %d lacks header %s", req.Method, req.URL, resp.StatusCode, name)
		}
	}
}

// operation is the document's operation for a path.
func operation(doc *v3.Document, method, path string) *v3.Operation {
	segs := strings.Split(path, "/")
	var best *v3.Operation
	for pattern, item := range doc.Paths.PathItems.FromOldest() {
		want := strings.Split(pattern, "/")
		same := len(want) == len(segs)
		for i := range want {
			same = same && (want[i] == segs[i] || strings.HasPrefix(want[i], "{"))
		}
		if !same {
			continue
		}
		op := item.GetOperations().GetOrZero(strings.ToLower(method))
		if best == nil || !strings.Contains(pattern, "{") {
			best = op
		}
	}
	return best
}

func texts(errs []*verrors.ValidationError) string {
	var b strings.Builder
	for _, e := range errs {
		b.WriteString("\n  " + e.Message + ": " + e.Reason)
		for _, s := range e.SchemaValidationErrors {
			b.WriteString("\n    " + s.Reason + " at " + s.FieldPath)
		}
	}
	return b.String()
}
