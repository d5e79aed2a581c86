package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// TestTree runs every rule on the tree that this file stands in. Not under the race
// detector, which takes twenty seconds for it: make check runs the program itself.
func TestTree(t *testing.T) {
	if raceEnabled {
		t.Skip("make check does the same")
	}
	tr := realTree(t)
	for _, v := range check(tr) {
		t.Error(v)
	}
	if testing.Verbose() {
		var out bytes.Buffer
		printTable(&out, tr)
		t.Log("\n" + out.String())
	}
}

// realTree loads the tree that this file stands in.
func realTree(t *testing.T) *tree {
	t.Helper()
	root, err := findRoot(".")
	if err != nil {
		t.Fatal(err)
	}
	tr, err := loadTree(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// tidyTree is a small tree without a violation. Tests plant theirs in a copy.
func tidyTree() fstest.MapFS {
	return fstest.MapFS{
		"go.mod":     {Data: []byte("module boxoffice\n\ngo 1.26.0\n")},
		".gitignore": {Data: []byte("/bin/\n*.prof\n")},
		"actors/sale/sale.go": {Data: []byte("// Package sale is the core.\npackage sale\n\n" +
			"import \"time\"\n\n// At is a time.\nvar At = time.Unix(0, 0)\n")},
		"storage/log.go": {Data: []byte("// Package storage is the log.\npackage storage\n")},
		"cmd/boxoffice/main.go": {Data: []byte("// Command boxoffice serves.\npackage main\n\n" +
			"// main serves.\nfunc main() {}\n")},
	}
}

// find runs all rules on the tidy tree with the planted files.
func find(t *testing.T, plant fstest.MapFS) []violation {
	t.Helper()
	files := tidyTree()
	maps.Copy(files, plant)
	tr, err := loadTree(fs.FS(files))
	if err != nil {
		t.Fatal(err)
	}
	return check(tr)
}

// one is a tree of a single planted file.
func one(path, body string) fstest.MapFS { return fstest.MapFS{path: {Data: []byte(body)}} }

// TestTidyTree makes sure that what the other tests find is what they planted.
func TestTidyTree(t *testing.T) {
	for _, v := range find(t, nil) {
		t.Error(v)
	}
}

// pureSale and storageFile begin a file whose comments are many enough.
const (
	pureSale    = "package sale\n\n// a\n// b\n// c\n// d\n"
	storageFile = "package storage\n\n// a\n// b\n// c\n"
)

// planted is one violation for each way to break each rule.
var planted = []struct {
	rule, path, body string
	line             int
	say              string
}{
	{"imports", "cluster/x.go", "// Package cluster x.\npackage cluster\nimport _ \"boxoffice/storage\"\n", 3,
		"cluster must not import storage"},
	{"imports", "storage/x.go", storageFile + "import _ \"boxoffice/actors/sale\"\n", 6, "storage must not import"},
	{"imports", "storage/x_test.go", "package storage\nimport _ \"boxoffice/actors/sale\"\n", 2, "storage must not"},
	{"imports", "actors/sale/x.go", pureSale + "import _ \"boxoffice/storage\"\n", 7, "actors/sale must not"},
	{"imports", "cmd/tidy/x.go", "// Command x.\npackage main\nimport _ \"boxoffice/actors/sale\"\n", 3,
		"nothing of ours"},
	{"imports", "newcomer/x.go", "// Package newcomer x.\npackage newcomer\n", 0, "no row in the import table"},
	{"third-party", "actors/x.go", "// Package actors x.\npackage actors\nimport _ \"" + pebble + "\"\n", 3,
		"actors must not import github.com/cockroachdb/pebble/v2"},
	{"third-party", "httpapi/x.go",
		"// Package httpapi x.\npackage httpapi\nimport _ \"" + protoactor + "/actor\"\n", 3,
		"httpapi must not import"},
	{"third-party", "actors/sale/x.go", pureSale + "import _ \"" + protobuf + "/proto\"\n", 7, "the standard library"},
	{"third-party", "storage/x.go", storageFile + "import _ \"" + fasthttp + "\"\n", 6, "storage must not import"},

	{"purity", "actors/sale/x.go", pureSale + "import _ \"os\"\n", 7, "os in a pure package"},
	{"purity", "actors/sale/x.go", pureSale + "import _ \"net/url\"\n", 7, "net/url in a pure package"},
	{"purity", "actors/sale/x.go", pureSale + "import _ \"sync/atomic\"\n", 7, "sync/atomic"},
	{"purity", "actors/sale/x.go", pureSale + "import _ \"math/rand/v2\"\n", 7, "math/rand/v2"},
	{"purity", "actors/sale/x.go", pureSale + "import t \"time\"\nvar x = t.Now()\n", 8, "time.Now"},
	{"purity", "actors/sale/x.go", pureSale + "import \"time\"\nvar x = time.NewTimer\n", 8, "time.NewTimer"},
	{"purity", "actors/sale/x.go", pureSale + "func f() { go f() }\n", 7, "a goroutine"},

	{"file-size", "storage/x.go", storageFile + strings.Repeat("// c\n", 596), 0, "601 lines, at most 600"},
	{"file-size", "storage/x_test.go", "package storage\n" + strings.Repeat("// c\n", 600), 0, "601 lines"},
	{"function-size", "storage/x.go", storageFile + longFunc(71), 6, "f has 71 lines, at most 70"},
	{"function-size", "storage/x_test.go", "package storage\n" + longFunc(71), 2, "f has 71 lines"},
	{"line-length", "storage/x.go", storageFile + "//" + strings.Repeat("é", 119) + "\n", 6, "121 columns"},
	{"line-length", "storage/x.go", storageFile + "func f() {\n\t//" + strings.Repeat("x", 115) + "\n}\n", 7,
		"121 columns"},
	{"comments", "storage/x.go", "package storage\n" + strings.Repeat("var _ = 1\n", 7), 0, "1 of 10 lines"},
	{"comments", "actors/sale/x.go", "package sale\nvar _ = 1 // a\n" + strings.Repeat("var _ = 1\n", 7), 0,
		"3 of 14 lines are comments (21.4 %)"},
	{"exported", "storage/x.go", storageFile + exportedVars(41), 0, "41 exported names"},
	{"documented", "storage/x.go", storageFile + "\nfunc Open() {}\n", 7, "Open has no comment"},
	{"documented", "storage/x.go", storageFile + "\ntype Log int\n", 7, "type Log has no comment"},
	{"documented", "storage/x.go", storageFile + "\nvar Max = 1\n", 7, "Max has no comment"},
	{"documented", "storage/x.go", storageFile + "\n// Log x.\ntype Log int\n\nfunc (l *Log) Append() {}\n", 10,
		"Append"},
	{"documented", "storage/x.go", storageFile + "\n// Log x.\ntype Log interface {\n\tRead()\n}\n", 9, "Log.Read"},
	{"package-comment", "cluster/x.go", "package cluster\n// x\n", 0, "no package comment"},
	{"package-comment", "cluster/x.go", "// This is it.\npackage cluster\n", 1, "begins with \"Package cluster\""},
	{"package-comment", "storage/x.go", "// Package storage again.\npackage storage\n", 1, "a second package comment"},

	{"bans", "storage/x.go", storageFile + "import _ \"encoding/json\"\n", 6, "Use the strict decoder"},
	{"bans", "storage/x.go", storageFile + "import _ \"log\"\n", 6, "log is banned"},
	{"bans", "storage/x.go", storageFile + "import _ \"unsafe\"\n", 6, "unsafe is banned"},
	{"bans", "storage/x.go", storageFile + "import \"fmt\"\nvar _ = fmt.Println\n", 7, "fmt.Println is banned"},
	{"bans", "storage/x.go", storageFile + "import \"os\"\nvar _ = os.Exit\n", 7, "os.Exit is banned"},
	{"bans", "storage/x.go", storageFile + "import h \"net/http\"\nvar _ = h.Get\n", 7, "http.Get is banned"},
	{"bans", "storage/x.go", storageFile + "var _ = \"failed " + "to open\"\n", 6, "verb phrase"},
	{"bans", "actors/x.go", protoactorFile + "var _ = ctx.RequestFuture(1, 2, 3)\n", 6, "pooled reply channel"},
	{"bans", "actors/x.go", protoactorFile + "var _ = c.Request(1, 2, 3)\n", 6, "the command runs twice"},
	{"bans", "actors/x.go", protoactorFile + "var _ = actor.BoundedDropping(9)\n", 6, "the admission count"},
	{"sleep", "storage/x_test.go", "package storage\nimport z \"time\"\nfunc f() { z.Sleep(1) }\n", 3,
		"Wait for a channel"},
	{"unfinished", "storage/x.go", storageFile + "// TO" + "DO: sync\n", 6, "nobody comes back"},
	{"unfinished", "README.md", "one\nFIX" + "ME\n", 2, "nobody comes back"},
	{"top-level", "utils/x.txt", "x\n", 0, "not a name of the root"},
	{"top-level", "NOTES.md", "x\n", 0, "not a name of the root"},
	{"words", "README.md", "see /wo" + "rk/main\n", 1, "a path of one machine"},
	{"words", "Makefile", "\ncp x \"/ro" + "ot/.cache\"\n", 2, "a path of one machine"},
	{"words", "README.md", "proxy.go" + "lang.org\n", 1, "a registry's host name"},
	{"words", "storage/x.go", storageFile + "// as iss" + "ue 12 says\n", 6, "from outside the tree"},
	{"pins", "go.mod", "module boxoffice\nrequire github.com/cockroachdb/pebble v1.1.5\n", 2,
		"must stay at v0.0.0-2022"},
	{"pins", "go.mod", "module boxoffice\nrequire (\n\tgithub.com/getsentry/sentry-go v0.28.0 // indirect\n)\n", 3,
		"v0.27.0"},
}

// protoactorFile begins a file that imports proto.actor.
const protoactorFile = "// Package actors x.\n//\n// y\npackage actors\nimport \"" + protoactor + "/actor\"\n"

// longFunc is a function of n lines.
func longFunc(n int) string {
	return "func f() {\n" + strings.Repeat("\t// x\n", n-2) + "}\n"
}

// exportedVars declares n exported names, in one group.
func exportedVars(n int) string {
	var b strings.Builder
	b.WriteString("\n// Values.\nvar (\n")
	for i := range n {
		fmt.Fprintf(&b, "\tV%d = 1 // x\n", i)
	}
	return b.String() + ")\n"
}

// TestRulesCatch plants each violation and wants it, and it alone, reported.
func TestRulesCatch(t *testing.T) {
	caught := map[string]bool{"depth": true} // TestDepth
	for _, p := range planted {
		t.Run(p.rule+"/"+p.say, func(t *testing.T) {
			found := 0
			for _, v := range find(t, one(p.path, p.body)) {
				if v.rule != p.rule || v.path == "." { // TestPercentiles
					continue
				}
				found++
				if v.line != p.line || !strings.Contains(v.String(), p.say) {
					t.Errorf("got %v, want line %d and %q", v, p.line, p.say)
				}
			}
			if found != 1 {
				t.Errorf("found %d violations of %s, want 1", found, p.rule)
			}
		})
		caught[p.rule] = true
	}
	for _, r := range rules {
		if !caught[r.name] {
			t.Errorf("no planted violation for rule %s", r.name)
		}
	}
}

// allowed is what looks like a violation and is none.
var allowed = []struct{ name, path, body string }{
	{"a test of a pure package may use the clock", "actors/sale/x_test.go",
		"package sale\nimport (\n\t\"os\"\n\t\"time\"\n)\nvar _, _ = os.Args, time.Now()\n"},
	{"a fake for tests", "storage/x_test.go", "package storage\nimport _ \"boxoffice/storage/storagetest\"\n"},
	{"a test with a table of 100 rows", "storage/x_test.go", "package storage\nfunc f() {\n\t_ = []int{\n" +
		strings.Repeat("\t\t1,\n", 100) + "\t}\n}\n"},
	{"a pure package in another's test", "actors/sale/catalog/x_test.go",
		"package catalog_test\nimport _ \"boxoffice/actors/sale/inventory\"\n"},
	{"rapid in tests", "actors/sale/x_test.go", "package sale\nimport _ \"pgregory.net/rapid\"\n"},
	{"a flat dispatch of 90 lines", "storage/x.go", storageFile + strings.Repeat("// x\n", 20) + "func f(n int) {\n" +
		"\tswitch n {\n" + strings.Repeat("\tcase 1:\n\t\tn++\n\t\treturn\n", 30) + "\t}\n}\n"},
	{"a generated file", "storage/x.go", "// Code generated by hand. DO NOT EDIT.\n\npackage storage\n" +
		strings.Repeat("var X = 1\n", 700)},
	{"a const group of one type", "storage/x.go", storageFile + "\n// Kind x.\ntype Kind int\n\n// Kinds.\nconst (\n" +
		"\tA0 Kind = iota\n" + strings.Repeat("\tA\n", 50) + ")\n" + strings.Repeat("// x\n", 9)},
	{"a sealed interface", "storage/x.go", sealed(50)},
	{"ctx.Request of proto.actor", "actors/x.go", protoactorFile + "var _ = ctx.Request(1, 2)\n"},
	{"output of a command", "cmd/boxoffice/x.go", "package main\n// x\nimport \"fmt\"\nvar _ = fmt.Println\n"},
	{"a folder that git ignores", "bin/x/y.go", "this is not Go"},
	{"testdata", "storage/testdata/x.go", "this is not Go"},
	{"the sums of a module within", "storage/go.sum", "x v1.0.0 h1:TO" + "DO/wo" + "rk/a\n"},
	{"a path in a URL", "README.md", "GET /home, http://localhost/wo" + "rk/1 and a/tm" + "p/x\n"},
}

// sealed is an interface with n types behind it.
func sealed(n int) string {
	var b strings.Builder
	b.WriteString(storageFile + "\n// Fact x.\ntype Fact interface{ fact() }\n")
	for i := range n {
		fmt.Fprintf(&b, "\n// F%d x.\ntype F%d struct{}\n\nfunc (*F%d) fact() {}\n", i, i, i)
	}
	return b.String()
}

// TestRulesLeave wants no violation where there is none.
func TestRulesLeave(t *testing.T) {
	for _, a := range allowed {
		t.Run(a.name, func(t *testing.T) {
			for _, v := range find(t, one(a.path, a.body)) {
				if v.path != "." { // TestPercentiles
					t.Error(v)
				}
			}
		})
	}
}

// TestDepth plants a chain of eight packages.
func TestDepth(t *testing.T) {
	plant := fstest.MapFS{}
	for i := range 8 {
		plant[fmt.Sprintf("cmd/boxoffice/p%d/x.go", i)] = &fstest.MapFile{Data: fmt.Appendf(nil,
			"// Package p%d x.\npackage p%d\nimport _ \"boxoffice/cmd/boxoffice/p%d\"\n", i, i, i+1)}
	}
	found := 0
	for _, v := range find(t, plant) {
		if v.rule == "depth" {
			found++
		}
	}
	if found != 2 { // p0 is 8 steps from the end, p1 is 7
		t.Errorf("found %d chains that are too deep, want 2", found)
	}
}

// TestPercentiles plants a tree whose files and functions are each within their
// greatest size, and whose percentiles are not.
func TestPercentiles(t *testing.T) {
	plant := fstest.MapFS{}
	for i := range 20 {
		body := storageFile + longFunc(60) + strings.Repeat("// c\n", 500)
		plant[fmt.Sprintf("storage/x%d.go", i)] = &fstest.MapFile{Data: []byte(body)}
	}
	var said []string
	for _, v := range find(t, plant) {
		if v.path == "." {
			said = append(said, v.say)
		}
	}
	if len(said) != 3 {
		t.Errorf("got %q, want the median file, a tenth of the files, a tenth of the functions", said)
	}
}

// TestTable wants a row for each package and the bounds under it.
func TestTable(t *testing.T) {
	var out bytes.Buffer
	printTable(&out, realTree(t))
	for _, want := range []string{"cmd/tidy", "★", "lines a function: p50"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
}

// TestRun wants the exit codes that scripts rely on.
func TestRun(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run([]string{"table"}, &out, &errs); code != 0 || out.Len() == 0 {
		t.Errorf("tidy table: exit %d, %d bytes, %s", code, out.Len(), errs.String())
	}
	if code := run([]string{"-x"}, &out, &errs); code != 2 || !strings.Contains(errs.String(), "usage") {
		t.Errorf("tidy -x: exit %d, %s", code, errs.String())
	}
}
