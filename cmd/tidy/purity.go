package main

import (
	"go/ast"
	"strings"
)

// impure is the part of the standard library that a pure package must not see,
// with all below each name.
var impure = []string{
	"net", "os", "io/fs", "io/ioutil", "context", "sync", "math/rand", "crypto/rand", "unsafe", "syscall",
	"runtime", "log", "plugin", "testing", "embed", "expvar", "database/sql", "path/filepath",
}

// clockCalls are the functions of package time that read or wait for a clock. Its
// types and arithmetic are values like others and may be used.
var clockCalls = map[string]bool{
	"Now": true, "Since": true, "Until": true, "Sleep": true, "After": true, "AfterFunc": true,
	"Tick": true, "NewTimer": true, "NewTicker": true,
}

// whyPure ends every message of this rule.
const whyPure = "A pure package gives the same answer from the same values, on any node and in any replay; " +
	"that is what lets one history be checked bit for bit"

// checkPurity holds the pure packages to values in, values out. Tests are free.
func checkPurity(t *tree, report reporter) {
	for _, p := range t.packages {
		if !table[p.dir].pure {
			continue
		}
		for _, s := range p.files {
			if !s.test {
				checkPureFile(t, s, report)
			}
		}
	}
}

// checkPureFile looks at one file's imports, clock calls and goroutines.
func checkPureFile(t *tree, s *source, report reporter) {
	eachImport(t, s, func(importPath string, line int) {
		if isStandard(importPath) && within(importPath, impure) && !strings.HasPrefix(importPath, t.module+"/") {
			report(s.path, line, "%s in a pure package. %s. Take what you need as an argument: "+
				"the time, the random id, the bytes", importPath, whyPure)
		}
	})
	ast.Inspect(s.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			report(s.path, t.line(n.Pos()), "a goroutine in a pure package. %s. Start it in the actor", whyPure)
		case *ast.SelectorExpr:
			if pkgOf(s, n) == "time" && clockCalls[n.Sel.Name] {
				report(s.path, t.line(n.Pos()), "time.%s in a pure package. %s. Take the time as an argument: "+
					"it is the log's", n.Sel.Name, whyPure)
			}
			if pkgOf(s, n) == "fmt" && printsOut(n.Sel.Name) {
				report(s.path, t.line(n.Pos()), "fmt.%s in a pure package. %s. Return what is to be said",
					n.Sel.Name, whyPure)
			}
		}
		return true
	})
}

// pkgOf gives the import path that a selector's left side names, or "".
func pkgOf(s *source, sel *ast.SelectorExpr) string {
	if id, ok := sel.X.(*ast.Ident); ok {
		return s.imports[id.Name]
	}
	return ""
}

// printsOut tells the functions of fmt that write to standard output.
func printsOut(name string) bool { return strings.HasPrefix(name, "Print") }
