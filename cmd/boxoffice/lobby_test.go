package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/control"
	"boxoffice/actors/sale"
)

// clusterOf is the address that a node of newNode has for its cluster.
func clusterOf(n *nodeProcess) string {
	for i, arg := range n.args {
		if arg == "--cluster" {
			return n.args[i+1]
		}
	}
	n.t.Fatal("no --cluster")
	return ""
}

// ask is a GET of a node that may not serve yet: status and body.
func (n *nodeProcess) ask(path string) (int, string) {
	n.t.Helper()
	resp, err := (&http.Client{Timeout: 5 * time.Second}).Get(n.url + path)
	if err != nil {
		n.t.Fatalf("%v\n%s", err, n.out)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// waitsFor polls GET /readyz until it gives a reason.
func (n *nodeProcess) waitsFor(why string) {
	n.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); ; <-tick.C {
		status, text := n.ask("/readyz")
		if status == http.StatusServiceUnavailable && strings.Contains(text, why) {
			return
		}
		if time.Now().After(deadline) {
			n.t.Fatalf("GET /readyz says %d %s\n%s", status, text, n.out)
		}
	}
}

// TestWaitsForTheCluster: a node that looks for its cluster lives and is not ready,
// ends at once when told to, and serves on the same socket once it has joined.
func TestWaitsForTheCluster(t *testing.T) {
	first := newNode(t, t.TempDir(), "--node", "n1")
	second := newNode(t, t.TempDir(), "--node", "n2", "--join", clusterOf(first))
	for range 2 {
		second.launch()
		second.waitFor("/healthz", http.StatusOK)
		second.waitsFor(whyWaiting)
		for path, status := range map[string]int{"/healthz": 200, "/version": 200, "/metrics": 200, "/readyz": 503,
			"/events/ev-1": 503, "/admin/cluster": 503, "/admin/events/ev-1/history": 503} {
			if got, text := second.ask(path); got != status {
				t.Errorf("%s while it waits: %d %s", path, got, text)
			}
		}
		began := time.Now()
		if code := second.terminate(); code != exitDone || time.Since(began) > 4*time.Second {
			t.Errorf("SIGTERM while it waits: exit code %d after %v\n%s", code, time.Since(began), second.out)
		}
	}
	second.launch()
	second.waitFor("/healthz", http.StatusOK)
	first.start()
	second.waitFor("/readyz", http.StatusOK)
	if code := second.terminate(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, second.out)
	}
}

// A node that is not let in says why, in its own log and in that of the other.
func TestSaysWhyItWaits(t *testing.T) {
	first := newNode(t, t.TempDir(), "--node", "n1")
	first.start()
	second := newNode(t, t.TempDir(), "--node", "n2", "--join", clusterOf(first), "--cluster-name", "other")
	second.launch()
	second.says("level=WARN", "another name")
	first.says("level=WARN", "another cluster's name was turned away")
	if code := second.terminate(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, second.out)
	}
}

// says waits for a line of the log with all words.
func (n *nodeProcess) says(words ...string) {
	n.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-tick.C {
		for line := range strings.Lines(n.out.String()) {
			if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
				return
			}
		}
	}
	n.t.Fatalf("it never said %q:\n%s", words, n.out)
}

// parts are a node's, as a lobby passes calls on to them.
type parts struct {
	seller
	control.Operator
}

func (parts) Do(string, sale.Command, time.Time) (sale.Answer, error) {
	return sale.Answer{Version: 7}, nil
}

func (parts) View(context.Context, string, uint64) (actors.View, error) {
	return actors.View{MinPrice: 7}, nil
}

func (parts) Ready() error { return nil }

func (parts) Undrain(context.Context, string) error { return nil }

// Who comes while the node starts waits for it, a second at most; nobody waits for a
// cluster that it does not find, and operators never wait.
func TestTheLobbyHasClientsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLobby()
		do := func() (time.Duration, error) {
			began := time.Now()
			_, err := l.Do("e", nil, began.Add(time.Minute))
			return time.Since(began), err
		}
		if took, err := do(); took != startPatience || !errors.Is(err, actors.ErrUnavailable) {
			t.Errorf("a node that does not come up: %v after %v", err, took)
		}
		if _, err := l.Do("e", nil, time.Now()); !errors.Is(err, actors.ErrUnavailable) {
			t.Errorf("who is late already: %v", err)
		}
		l.says(whyWaiting)
		if took, err := do(); took != 0 || !errors.Is(err, actors.ErrUnavailable) {
			t.Errorf("a node without its cluster: %v after %v", err, took)
		}
		l.says(whyStarting)
		if err := l.Ready(); err == nil || err.Error() != whyStarting {
			t.Errorf("ready: %v", err)
		}
		operator := lobbyOperator{l}
		if err := operator.Undrain(t.Context(), "n1"); !errors.Is(err, control.ErrUnavailable) {
			t.Errorf("an operator: %v", err)
		}
		time.AfterFunc(startPatience/2, func() { l.pass(parts{}, parts{}, nil, nil) })
		if took, err := do(); took != startPatience/2 || err != nil {
			t.Errorf("a node that comes up: %v after %v", err, took)
		}
		v, err := l.View(t.Context(), "e", 0)
		if err != nil || v.MinPrice != 7 || l.Ready() != nil || operator.Undrain(t.Context(), "n1") != nil {
			t.Errorf("a node that is up: %v, %v", v, err)
		}
	})
}
