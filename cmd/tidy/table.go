package main

import (
	"fmt"
	"go/ast"
	"io"
	"text/tabwriter"
)

// measure is what the table says about one package.
type measure struct {
	files, lines, fileMax  int
	funcs, funcP90, funcMx int
	comments               float64 // per cent
	exported               int
	depth                  int
	testLines              int
}

// measured gives the numbers of one package.
func measured(t *tree, p *pkg) measure {
	var m measure
	var sizes []int
	for _, s := range p.written() {
		if s.test {
			m.testLines += len(s.lines)
			continue
		}
		m.files++
		m.lines += len(s.lines)
		m.fileMax = max(m.fileMax, len(s.lines))
		eachFunc(s, func(f *ast.FuncDecl) {
			n := t.span(f.Pos(), f.End())
			sizes = append(sizes, n)
			m.funcMx = max(m.funcMx, n)
		})
	}
	m.funcs = len(sizes)
	m.funcP90 = percentile(sizes, 90)
	m.comments = share(commentLines(t, p))
	m.exported = exportedCount(p)
	m.depth = len(longestChain(t, p.dir)) - 1
	return m
}

// printTable writes what was measured, a row a package and one for the tree.
func printTable(out io.Writer, t *tree) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "package\tpure\tfiles\tlines\tlongest\tfuncs\tp90\tlongest\t"+
		"comments\texported\tdepth\ttest lines\t")
	for _, p := range t.packages {
		m := measured(t, p)
		pure := ""
		if table[p.dir].pure {
			pure = "★"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%.1f %%\t%d\t%d\t%d\t\n",
			p.dir, pure, m.files, m.lines, m.fileMax, m.funcs, m.funcP90, m.funcMx,
			m.comments, m.exported, m.depth, m.testLines)
	}
	w.Flush()
	printTotals(out, t)
}

// printTotals writes the percentiles of the whole tree beside their bounds.
func printTotals(out io.Writer, t *tree) {
	var files, funcs []int
	tests := 0
	for _, s := range t.sources() {
		if s.test {
			tests += len(s.lines)
			continue
		}
		files = append(files, len(s.lines))
		eachFunc(s, func(f *ast.FuncDecl) { funcs = append(funcs, t.span(f.Pos(), f.End())) })
	}
	lines := 0
	for _, n := range files {
		lines += n
	}
	fmt.Fprintf(out, "\nlines: %d, and %d of tests\n", lines, tests)
	fmt.Fprintf(out, "lines a file: p50 %d (≤ %d), p90 %d (≤ %d), longest %d (≤ %d)\n",
		percentile(files, 50), fileP50, percentile(files, 90), fileP90, percentile(files, 100), fileMax)
	fmt.Fprintf(out, "lines a function: p50 %d, p90 %d (≤ %d), longest %d (≤ %d but for flat switches)\n",
		percentile(funcs, 50), percentile(funcs, 90), funcP90, percentile(funcs, 100), funcMax)
}
