// Command tidy is the project's own lint: the architecture and the house style as
// rules that are run.
//
//	go test ./cmd/tidy        every rule, on the tree it stands in
//	go run ./cmd/tidy         the same, without the go command's wrapping
//	go run ./cmd/tidy table   what was measured, package by package
//
// A rule is a function from the tree to violations; rules is the list of them. A
// violation says where, which rule, why the rule is there, and what to do
// instead. Every rule has a test with a planted violation that it catches.
//
// tidy reads syntax only: it parses every Go file (all build tags) and resolves
// names by the file's own imports. It needs no build, so it also works on a tree
// that does not compile at the moment.
//
// How it counts:
//
//   - A line counts as comment when any part of it is one. The share is of the
//     lines that are not blank, a package at a time, tests left out.
//   - A function's size is from its "func" to its closing brace. Percentiles are
//     over the functions (files) of the whole tree without tests; the greatest
//     allowed size holds for tests too, where the rows of tables are not counted.
//   - An exported name is a top-level one; methods and fields are not counted. A
//     const group of one type counts as one name beside its type. A sealed
//     interface (one with an unexported method) counts as one name together with
//     the types that carry that method: they are one list, learned as one.
//   - Generated files ("Code generated … DO NOT EDIT.") have no size and no share.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run does what the arguments say and gives the exit code: 0 tidy, 1 not tidy,
// 2 wrong usage.
func run(args []string, out, errs io.Writer) int {
	root, err := findRoot(".")
	if err != nil {
		fmt.Fprintln(errs, "tidy:", err)
		return 1
	}
	t, err := loadTree(os.DirFS(root))
	if err != nil {
		fmt.Fprintln(errs, "tidy:", err)
		return 1
	}
	switch {
	case len(args) == 0:
		found := check(t)
		for _, v := range found {
			fmt.Fprintln(out, v)
		}
		if len(found) > 0 {
			fmt.Fprintf(errs, "tidy: %d violations\n", len(found))
			return 1
		}
		return 0
	case len(args) == 1 && args[0] == "table":
		printTable(out, t)
		return 0
	default:
		fmt.Fprintln(errs, "usage: tidy [table]")
		return 2
	}
}
