package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"boxoffice/cmd/stampede/report"
)

// namesResults tells the two forms of compare apart: results of runs have names that
// end in .json.
func namesResults(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool { return strings.HasSuffix(a, ".json") })
}

// compareResults is the command compare for two results that run has written.
func compareResults(args []string, out, errs io.Writer) (err error) {
	fs := flag.NewFlagSet("stampede compare", flag.ContinueOnError)
	fs.SetOutput(errs)
	page := fs.String("html", "", "`file` for a page with both in each plot")
	if err := parseFlags(fs, args); err != nil {
		return err
	}
	if fs.NArg() != 2 {
		return fmt.Errorf("%w: compare [-html FILE] A.json B.json", errUsage)
	}
	a, err := readResult(fs.Arg(0))
	if err != nil {
		return err
	}
	b, err := readResult(fs.Arg(1))
	if err != nil {
		return err
	}
	if err := report.CompareText(out, a, b, isTerminal(out)); err != nil || *page == "" {
		return err
	}
	f, err := os.Create(*page)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return report.CompareHTML(f, a, b)
}

// readResult reads a result from a file.
func readResult(name string) (*report.Result, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // it is only read
	r, err := report.Read(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return r, nil
}
