package main

import (
	"go/ast"
	"go/token"
	"path"
	"strconv"
	"strings"
)

// A ban is a name that shipped code must not use, with the reason and what to use
// instead. Tests are free.
type ban struct {
	pkg     string // import path of the name; with all below it where name is ""
	name    string // "" bans the import itself; "Print*" is a beginning
	allowed string // the folder, with all below it, where it may stand; "" nowhere
	why     string
	instead string
}

// bans on names of a package. Sorted by import path.
var bans = []ban{
	{"encoding/json", "", "cmd",
		"it takes the last of two equal members, ignores case and lets unknown members pass", "the strict decoder"},
	{"expvar", "", "", "it adds a handler to a global mux", "the metrics of httpapi"},
	{"fmt", "Print*", "cmd",
		"a library has no standard output", "an error, or a slog.Logger that is passed in"},
	{protoactor + "/persistence", "", "",
		"it swallows the errors of its provider", "the log in storage"},
	{protoactor + "/actor", "Bounded*", "",
		"a full mailbox of this kind spins or drops the oldest without a word",
		"the admission count before the mailbox"},
	{"io/ioutil", "", "", "it is an old name", "os and io"},
	{"log", "", "", "its lines have no level, no fields and one global output", "a slog.Logger that is passed in"},
	{"math/rand", "", "", "its global source has one lock and can be guessed",
		"crypto/rand for ids, math/rand/v2 with a seed for the rest"},
	{"net/http", "DefaultClient", "", "it has no timeout", "a client with every timeout set"},
	{"net/http", "DefaultServeMux", "", "anybody can add to it", "a mux of your own"},
	{"net/http", "Get", "", "it uses the client without a timeout", "a client with every timeout set"},
	{"net/http", "Post", "", "it uses the client without a timeout", "a client with every timeout set"},
	{"os", "Exit", "cmd", "nothing that was deferred runs", "an error; only main ends the process"},
	{"reflect", "DeepEqual", "", "it is slow and takes nil for different from empty", "slices.Equal, maps.Equal or =="},
	{"unsafe", "", "cmd/stampede/kernel", "a slice of a request's buffer outlives the request", "a copy"},
}

// A methodBan is a method that must not be called in files that import pkg.
type methodBan struct {
	pkg     string
	name    string
	minArgs int // calls with fewer arguments are another method of that name
	why     string
	instead string
}

// methodBans on proto.actor: its parts that lose or repeat messages.
var methodBans = []methodBan{
	{protoactor, "Request", 3, "cluster.Request sends again when it hears nothing, and the command runs twice",
		"one envelope with a correlation id and a deadline"},
	{protoactor, "RequestFuture", 0,
		"its timer races with the answer", "a message that carries a pooled reply channel"},
	{protoactor, "SetReceiveTimeout", 0, "its timer races with the mailbox", "one tick a node for what is due"},
	{protoactor, "PidCache", 0, "it serves the address of an actor that has moved", "the table of shard leaders"},
}

// checkBans looks for banned imports, names, methods and words.
func checkBans(t *tree, report reporter) {
	for _, p := range t.packages {
		for _, s := range p.shipped() {
			banImports(t, p.dir, s, report)
			ast.Inspect(s.ast, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					banName(t, p.dir, s, n, report)
				case *ast.CallExpr:
					banMethod(t, s, n, report)
				case *ast.BasicLit:
					banWords(t, s, n, report)
				}
				return true
			})
		}
	}
}

// banImports reports packages that must not be imported at all.
func banImports(t *tree, dir string, s *source, report reporter) {
	eachImport(t, s, func(importPath string, line int) {
		for _, b := range bans {
			if b.name == "" && importPath == b.pkg && !allowedIn(b, dir) {
				report(s.path, line, "%s is banned: %s. Use %s", importPath, b.why, b.instead)
			}
		}
	})
}

// banName reports one name of a package.
func banName(t *tree, dir string, s *source, sel *ast.SelectorExpr, report reporter) {
	from := pkgOf(s, sel)
	for _, b := range bans {
		if b.name == "" || from != b.pkg || allowedIn(b, dir) {
			continue
		}
		if ok, err := path.Match(b.name, sel.Sel.Name); err == nil && ok {
			report(s.path, t.line(sel.Pos()), "%s.%s is banned: %s. Use %s",
				path.Base(from), sel.Sel.Name, b.why, b.instead)
		}
	}
}

// banMethod reports a call of a method, in files that import the module.
func banMethod(t *tree, s *source, call *ast.CallExpr, report reporter) {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	for _, b := range methodBans {
		if sel.Sel.Name == b.name && len(call.Args) >= b.minArgs && importsAny(s, b.pkg) {
			report(s.path, t.line(sel.Sel.Pos()), "%s is banned: %s. Use %s", b.name, b.why, b.instead)
		}
	}
}

// banWords reports error texts that begin with what is known already.
func banWords(t *tree, s *source, lit *ast.BasicLit, report reporter) {
	if lit.Kind != token.STRING {
		return
	}
	if v, err := strconv.Unquote(lit.Value); err == nil && strings.HasPrefix(v, "failed"+" to ") {
		report(s.path, t.line(lit.Pos()), "an error that begins %q: a chain of them says it five times. "+
			"Use a verb phrase: \"open the log: %%w\"", "failed"+" to")
	}
}

// allowedIn says whether the ban leaves the folder alone.
func allowedIn(b ban, dir string) bool {
	return b.allowed != "" && within(dir, []string{b.allowed})
}

// importsAny says whether the file imports the module or a package of it.
func importsAny(s *source, module string) bool {
	for _, importPath := range s.imports {
		if within(importPath, []string{module}) {
			return true
		}
	}
	return false
}

// checkSleep wants tests to wait for what they wait for.
func checkSleep(t *tree, report reporter) {
	for _, s := range t.sources() {
		if !s.test {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && pkgOf(s, sel) == "time" && sel.Sel.Name == "Sleep" {
				report(s.path, t.line(sel.Pos()), "time.Sleep in a test: too short on a busy machine, too long on all "+
					"others. Wait for a channel or a condition, or use testing/synctest")
			}
			return true
		})
	}
}
