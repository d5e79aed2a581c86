package main

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
)

// topLevel is every name that may stand at the root of the tree.
var topLevel = []string{
	".ci", ".dockerignore", ".gitattributes", ".gitignore", ".golangci.yml",
	"ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "Dockerfile", "LICENSE", "Makefile", "README.md",
	"actors", "cluster", "cmd", "go.mod", "go.sum", "httpapi", "staticcheck.conf", "storage",
}

// checkTopLevel holds the root to its list.
func checkTopLevel(t *tree, report reporter) {
	for _, name := range t.top {
		if !slices.Contains(topLevel, name) {
			report(name, 0, "not a name of the root. A newcomer reads the root as a table of contents: "+
				"put it under the package it belongs to, or add it to cmd/tidy/layout.go with the reason")
		}
	}
}

// A wordBan is a pattern that no file may hold. The patterns are written so that
// they do not find themselves.
type wordBan struct {
	pattern *regexp.Regexp
	why     string
}

// wordBans: the project speaks only of itself, and runs on any machine.
var wordBans = []wordBan{
	{regexp.MustCompile(`(^|[^A-Za-z0-9_.~*}-])/(wor[k]|roo[t]|hom[e]|tm[p])/[A-Za-z0-9_.]`),
		"a path of one machine. Take the folder as an argument, or t.TempDir() in tests"},
	{regexp.MustCompile(`\b(proxy|sum|index)[.]golang[.]`),
		"a registry's host name. The go command knows where modules are"},
	{regexp.MustCompile(`(?i)\bissu[e]\s+#?[0-9]`), "a number from outside the tree. Say the reason itself"},
	{regexp.MustCompile(`(?i)(co-authore[d]|generate[d])-by:`),
		"a line about who wrote it. The commit's author says that"},
	{regexp.MustCompile(`^<{7} |^>{7} `), "a merge that was not finished"},
}

// unfinished finds words of work that is still to do.
var unfinished = regexp.MustCompile(`\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b`)

// checkWords looks through every text of the tree.
func checkWords(t *tree, report reporter) {
	eachLine(t, func(path string, line int, s string) {
		for _, b := range wordBans {
			if found := b.pattern.FindString(s); found != "" {
				report(path, line, "%q is %s", strings.TrimSpace(found), b.why)
			}
		}
	})
}

// checkUnfinished wants what is begun to be ended.
func checkUnfinished(t *tree, report reporter) {
	eachLine(t, func(path string, line int, s string) {
		if found := unfinished.FindString(s); found != "" {
			report(path, line, "%s: nobody comes back to it. Do it now, or leave the code without it and say in the "+
				"package comment what it does not do", found)
		}
	})
}

// eachLine calls f with every line of every text that people wrote. go.sum and
// LICENSE are not ours to word, data files are not words.
func eachLine(t *tree, f func(path string, line int, s string)) {
	for _, x := range t.texts {
		if path.Base(x.path) == "go.sum" || x.path == "LICENSE" || isData(x.path) {
			continue
		}
		line := 0
		for s := range bytes.Lines(x.body) {
			line++
			f(x.path, line, strings.TrimRight(string(s), "\r\n"))
		}
	}
}

// isData tells catalogs and the inputs that fuzzing found.
func isData(path string) bool {
	for _, suffix := range []string{".json", ".ndjson", ".pb.go"} {
		if strings.HasSuffix(path, suffix) {
			return true
		}
	}
	return strings.Contains(path, "/testdata/fuzz/")
}

// A pin is a module that must stay at one version.
type pin struct{ module, version, why string }

// pins of go.mod.
var pins = []pin{
	{"github.com/cockroachdb/pebble", "v0.0.0-20221207173255-0f086d933dac",
		"the Raft log is kept by dragonboat with this version and no other was tried under kill -9"},
	{"github.com/getsentry/sentry-go", "v0.27.0",
		"a later one lacks what the pinned pebble's error package calls, and the build breaks"},
}

// checkPins looks for the pinned versions in go.mod. A module that is not there at
// all is fine: go.mod then needs no pin.
func checkPins(t *tree, report reporter) {
	i := slices.IndexFunc(t.texts, func(x text) bool { return x.path == "go.mod" })
	if i < 0 {
		return
	}
	line := 0
	for s := range bytes.Lines(t.texts[i].body) {
		line++
		words := strings.Fields(string(s))
		for _, p := range pins {
			if at := slices.Index(words, p.module); at >= 0 && (at+1 >= len(words) || words[at+1] != p.version) {
				report("go.mod", line, "%s must stay at %s: %s. go get it at that version", p.module, p.version, p.why)
			}
		}
	}
}
