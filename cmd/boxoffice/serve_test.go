package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The README's first minute: the three lines that serve --demo prints, run by a
// shell, sell two tickets.
func TestTheFirstMinute(t *testing.T) {
	node := newNode(t, t.TempDir(), "--demo")
	node.start()
	node.waitFor("/events/"+demoEvent, http.StatusOK)
	lines := demoLines(strings.TrimPrefix(node.url, "http://"))
	script := lines[strings.Index(lines, "  curl"):]
	out := shell(t, script)
	if !strings.Contains(out, `"status":"on-sale"`) || !strings.Contains(out, `"status":"confirmed"`) {
		t.Errorf("the script\n%s\nsaid\n%s", script, out)
	}
}

// The commands of the README are those that serve prints, for the default address.
func TestTheReadmeSaysTheSame(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	for line := range strings.Lines(demoLines("127.0.0.1:8080")) {
		if line = strings.TrimSpace(line); strings.Contains(line, "curl") && !strings.Contains(readme, line) {
			t.Errorf("the README has no line %s", line)
		}
	}
}

func TestSecondNodeOnTheSameData(t *testing.T) {
	dir := t.TempDir()
	node := newNode(t, dir)
	node.start()
	second := newNode(t, dir)
	code, out := runProgram(second.args...)
	if code != exitFailed || !strings.Contains(out, "data directory") {
		t.Errorf("exit code %d: %s", code, out)
	}
	node.waitFor("/readyz", http.StatusOK)
}

// SIGTERM under load: every request has an answer or a closed connection, and
// what was acknowledged is there after the next start.
func TestOrderlyStop(t *testing.T) {
	dir := t.TempDir()
	node := newNode(t, dir)
	node.start()
	shop := openShop(t, node.url, 3)
	for range 2 {
		for shop.granted.Load() == 0 {
			node.waitFor("/readyz", http.StatusOK)
		}
		if code := node.terminate(); code != exitDone {
			t.Errorf("exit code %d\n%s", code, node.out)
		}
		node.start()
	}
	shop.stop()
	shop.check(filepath.Join(dir, "sandbox-ledger.ndjson"))
}
