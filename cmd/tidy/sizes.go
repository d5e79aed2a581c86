package main

import (
	"go/ast"
	"slices"
	"strings"
	"unicode/utf8"
)

// The budget. The numbers come from codebases that are a pleasure to read: their
// medians agree, and they differ only in the one file that was allowed to grow.
const (
	fileP50, fileP90, fileMax = 150, 400, 600 // lines
	funcP90, funcMax          = 40, 70        // lines
	lineMax                   = 120           // columns
	tabColumns                = 4
	pureComments              = 25 // per cent of the lines that are not blank
	otherComments             = 12.5
)

// checkFileSizes holds files to the budget.
func checkFileSizes(t *tree, report reporter) {
	var sizes []int
	for _, s := range t.sources() {
		if !s.test {
			sizes = append(sizes, len(s.lines))
		}
		if n := len(s.lines); n > fileMax {
			report(s.path, 0, "%d lines, at most %d. Nobody reads a file this long to its end: "+
				"split it by what its parts are about (hold.go, booking.go)", n, fileMax)
		}
	}
	if p := percentile(sizes, 50); p > fileP50 {
		report(".", 0, "the median file has %d lines, at most %d. Split the larger half", p, fileP50)
	}
	if p := percentile(sizes, 90); p > fileP90 {
		report(".", 0, "one file in ten has more than %d lines, at most %d. Split the longest ones", p, fileP90)
	}
}

// checkFunctionSizes holds functions to the budget.
func checkFunctionSizes(t *tree, report reporter) {
	var sizes []int
	for _, s := range t.sources() {
		eachFunc(s, func(f *ast.FuncDecl) {
			n := t.span(f.Pos(), f.End())
			if !s.test {
				sizes = append(sizes, n)
			} else {
				n -= tableLines(t, f)
			}
			if n > funcMax && !isDispatch(t, f) {
				report(s.path, t.line(f.Pos()), "%s has %d lines, at most %d. A function is read in one look: "+
					"name its steps and call them (a flat dispatch switch is excepted)", f.Name.Name, n, funcMax)
			}
		})
	}
	if p := percentile(sizes, 90); p > funcP90 {
		report(".", 0, "one function in ten has more than %d lines, at most %d. Split the longest ones", p, funcP90)
	}
}

// tableLines counts the lines that a test's tables have: composite literals, without
// their first lines.
func tableLines(t *tree, f *ast.FuncDecl) int {
	lines := 0
	ast.Inspect(f, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if ok {
			lines += t.span(lit.Pos(), lit.End()) - 1
		}
		return !ok
	})
	return lines
}

// isDispatch tells a flat dispatch: one switch whose cases have at most three
// lines each, and at most ten lines around it.
func isDispatch(t *tree, f *ast.FuncDecl) bool {
	for _, stmt := range f.Body.List {
		var body *ast.BlockStmt
		switch s := stmt.(type) {
		case *ast.SwitchStmt:
			body = s.Body
		case *ast.TypeSwitchStmt:
			body = s.Body
		default:
			continue
		}
		if t.span(f.Pos(), f.End())-t.span(stmt.Pos(), stmt.End()) > 10 {
			continue
		}
		return !slices.ContainsFunc(body.List, func(c ast.Stmt) bool {
			cc := c.(*ast.CaseClause)
			return len(cc.Body) > 0 && t.span(cc.Body[0].Pos(), cc.Body[len(cc.Body)-1].End()) > 3
		})
	}
	return false
}

// checkLineLength holds lines to the width of a page. A tab is four columns.
func checkLineLength(t *tree, report reporter) {
	for _, s := range t.sources() {
		for i, line := range s.lines {
			if n := columns(line); n > lineMax {
				report(s.path, i+1, "%d columns, at most %d. Two files side by side must fit a screen: break the line",
					n, lineMax)
			}
		}
	}
}

// columns is the width of a line on a screen.
func columns(line string) int {
	tabs := strings.Count(line, "\t")
	return utf8.RuneCountInString(line) + tabs*(tabColumns-1)
}

// checkComments holds packages to their share of comments.
func checkComments(t *tree, report reporter) {
	for _, p := range t.packages {
		comment, all := commentLines(t, p)
		want := wantComments(p)
		if all > 0 && float64(comment)*100 < want*float64(all) {
			report(p.dir, 0, "%d of %d lines are comments (%.1f %%), at least %.1f %%. Say why, who may call, who "+
				"owns, what blocks and what the bound is: the code says the rest",
				comment, all, share(comment, all), want)
		}
	}
}

// wantComments is the least share of comments for the package, in per cent.
func wantComments(p *pkg) float64 {
	if table[p.dir].pure {
		return pureComments
	}
	return otherComments
}

// commentLines counts the lines that hold a comment, and those that hold anything.
func commentLines(t *tree, p *pkg) (comment, all int) {
	for _, s := range p.shipped() {
		for _, line := range s.lines {
			if strings.TrimSpace(line) != "" {
				all++
			}
		}
		seen := map[int]bool{}
		for _, group := range s.ast.Comments {
			for _, c := range group.List {
				for line := t.line(c.Pos()); line <= t.line(c.End()-1); line++ {
					if !seen[line] && strings.TrimSpace(s.lines[line-1]) != "" {
						seen[line] = true
						comment++
					}
				}
			}
		}
	}
	return comment, all
}

// eachFunc calls f with every function that has a body.
func eachFunc(s *source, f func(*ast.FuncDecl)) {
	for _, d := range s.ast.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
			f(fn)
		}
	}
}

// percentile gives the value that p per cent of the sizes do not exceed.
func percentile(sizes []int, p int) int {
	if len(sizes) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(sizes))
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

// share is part of all in per cent; 0 of nothing.
func share(part, all int) float64 {
	if all == 0 {
		return 0
	}
	return float64(part) * 100 / float64(all)
}
