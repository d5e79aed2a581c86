package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// projectFile reads a file of the root.
func projectFile(t *testing.T, name string) string {
	t.Helper()
	root, err := findRoot(".")
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// instruction is one line of a Dockerfile, continued lines joined.
type instruction struct{ word, rest string }

// stages parses a Dockerfile into its stages: each begins with its FROM.
func stages(text string) [][]instruction {
	var all [][]instruction
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		if word == "FROM" || len(all) == 0 {
			all = append(all, nil)
		}
		last := len(all) - 1
		all[last] = append(all[last], instruction{word, strings.TrimSpace(rest)})
	}
	return all
}

// imageFaults says what is wrong with a Dockerfile. It is what can be known without
// an engine: the stages, and what the program in the last one is made and run with.
func imageFaults(text string) []string {
	all := stages(text)
	if len(all) < 2 {
		return []string{"fewer than two stages: the compiler would be in the image"}
	}
	var faults []string
	want := func(stage []instruction, word, pattern, why string) {
		re := regexp.MustCompile(pattern)
		if !slices.ContainsFunc(stage, func(i instruction) bool { return i.word == word && re.MatchString(i.rest) }) {
			faults = append(faults, word+" "+pattern+": "+why)
		}
	}
	build, image := all[0], all[len(all)-1]
	want(build, "FROM", `^golang:1\.26\S* AS build$`, "the Go release of go.mod")
	want(build, "RUN", `CGO_ENABLED=0 go build .*-trimpath.*\./cmd/boxoffice`, "a static program, without paths")
	want(image, "FROM", `^scratch$`, "nothing but the program")
	want(image, "COPY", `^--from=build \S*/boxoffice /boxoffice$`, "the program")
	want(image, "COPY", `^--from=build --chown=65532:65532 \S+ /data$`, "a data folder that the user may write")
	want(image, "USER", `^[1-9][0-9]*:[1-9][0-9]*$`, "not root, and by number: scratch has no list of users")
	want(image, "VOLUME", `^/data$`, "the log outlives the container")
	want(image, "EXPOSE", `\b8080\b.*\b7400/udp.*\b7401\b.*\b7402\b`, "HTTP, gossip, actors, Raft")
	want(image, "HEALTHCHECK", `CMD \["/boxoffice", "healthcheck"\]$`, "without a shell")
	want(image, "ENTRYPOINT", `^\["/boxoffice"\]$`, "without a shell, so that SIGTERM reaches the program")
	want(image, "ENV", `BOXOFFICE_DATA=/data\b.*BOXOFFICE_HTTP=0\.0\.0\.0:8080`, "the volume and the open port")
	for _, i := range image {
		if i.word == "RUN" || i.word == "ADD" {
			faults = append(faults, i.word+" in the last stage: it has no shell, and nothing to fetch")
		}
	}
	return faults
}

// TestDockerfile holds the Dockerfile to what it must be.
func TestDockerfile(t *testing.T) {
	text := projectFile(t, "Dockerfile")
	for _, f := range imageFaults(text) {
		t.Error(f)
	}
	for _, planted := range [][2]string{
		{"USER 65532:65532", "USER root"},
		{"CGO_ENABLED=0", ""},
		{"FROM scratch", "FROM debian"},
		{`CMD ["/boxoffice", "healthcheck"]`, "CMD wget localhost"},
		{"VOLUME /data\n", ""},
		{"VOLUME /data\n", "VOLUME /data\nRUN true\n"},
	} {
		broken := strings.Replace(text, planted[0], planted[1], 1)
		if broken == text || len(imageFaults(broken)) == 0 {
			t.Errorf("%q in place of %q is not seen", planted[1], planted[0])
		}
	}
}

// TestMakefile wants every target to be phony and to have its line in the help, and
// every task that the documents name to be there.
func TestMakefile(t *testing.T) {
	text := projectFile(t, "Makefile")
	phony := strings.Fields(regexp.MustCompile(`(?m)^\.PHONY:(.*)$`).FindStringSubmatch(text)[1])
	var targets []string
	for _, m := range regexp.MustCompile(`(?m)^([a-z]+):(.*)$`).FindAllStringSubmatch(text, -1) {
		targets = append(targets, m[1])
		if !strings.Contains(m[2], "## ") {
			t.Errorf("make %s has no line in the help", m[1])
		}
	}
	if !slices.Equal(slices.Sorted(slices.Values(phony)), slices.Sorted(slices.Values(targets))) {
		t.Errorf("phony are %q, targets are %q", phony, targets)
	}
	for _, want := range []string{"run", "build", "test", "check", "fuzz", "bench", "crash", "image", "fmt"} {
		if !slices.Contains(targets, want) {
			t.Errorf("no make %s", want)
		}
	}
	if !strings.Contains(text, "\n.DEFAULT_GOAL := help\n") {
		t.Error("bare make does not print the help")
	}
	told := regexp.MustCompile("(?m)(?:`|^)make ([a-z]+)")
	for _, doc := range []string{"README.md", "CONTRIBUTING.md"} {
		for _, m := range told.FindAllStringSubmatch(projectFile(t, doc), -1) {
			if !slices.Contains(targets, m[1]) {
				t.Errorf("%s says make %s, which is not there", doc, m[1])
			}
		}
	}
}

// TestCleanRun wants .ci/run to be runnable, and to give the tests nothing of this
// machine: every variable that it passes is on this list.
func TestCleanRun(t *testing.T) {
	root, err := findRoot(".")
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(root, ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode()&0o111 == 0 {
		t.Error(".ci/run is not executable")
	}
	text := projectFile(t, ".ci/run")
	_, call, found := strings.Cut(text, "\nenv -i ")
	if !found {
		t.Fatal(".ci/run does not empty the environment")
	}
	known := []string{"PATH", "HOME", "TMPDIR", "LC_ALL", "GOFLAGS", "GOPROXY"}
	for _, m := range regexp.MustCompile(`\b([A-Z_]+)=`).FindAllStringSubmatch(call, -1) {
		if !slices.Contains(known, m[1]) {
			t.Errorf(".ci/run passes %s on", m[1])
		}
	}
}

// TestLicense wants the whole text of the licence that the README names.
func TestLicense(t *testing.T) {
	text := projectFile(t, "LICENSE")
	for _, want := range []string{"Apache License", "Version 2.0, January 2004", "9. Accepting Warranty", "APPENDIX"} {
		if !strings.Contains(text, want) {
			t.Errorf("LICENSE lacks %q", want)
		}
	}
}
