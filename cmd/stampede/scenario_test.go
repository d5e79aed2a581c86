package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"boxoffice/cmd/stampede/shop"

	"boxoffice/cmd/stampede/wire"
)

// small is a run that is over in a moment.
func small(scenario, server string) config {
	c := defaultConfig(scenario)
	c.server, c.conns, c.duration, c.warmup, c.count = server, 4, 0, 0, 100
	c.events, c.seats = 2, 60
	if scenario == "rush" {
		c.events, c.seats, c.count = 1, 20, 2000
	}
	return c
}

// TestScenarios runs each scenario on a node that tells the truth.
func TestScenarios(t *testing.T) {
	for _, want := range []struct {
		scenario string
		kind     kind
		answers  int64
		bookings int
	}{
		{"view", viewKind, 100, 0},
		{"tickets", ticketsKind, 100, 0},
		{"hold", releaseKind, 100, 0},
		{"book", bookKind, 100, 100},
		{"mix", viewKind, 95, 5},
		{"rush", bookKind, 2000, 20},
	} {
		t.Run(want.scenario, func(t *testing.T) {
			rep, err := scenarioRun(want.scenario, small(want.scenario, newFake(t, lies{})))
			if err != nil {
				t.Fatal(err)
			}
			got := rep.kind(want.kind)
			if got.Answers != want.answers || got.Errors != 0 ||
				got.P50 <= 0 || got.Max < got.P99 || got.P99 < got.P50 {
				t.Errorf("got %+v, want %d answers", got, want.answers)
			}
			if rep.Checks == nil {
				return
			}
			if rep.wrong() || rep.Checks.Bookings != want.bookings {
				t.Errorf("got %+v, want %d bookings and no problem", rep.Checks, want.bookings)
			}
		})
	}
}

// TestLies wants each lie to be found, and told in these words.
func TestLies(t *testing.T) {
	for _, l := range []struct {
		name, scenario string
		lies           lies
		say            string
	}{
		{"a double sale", "rush", lies{sellTwice: "S1-R1-7"}, "S1-R1-7"},
		{"a double sale, by ticket", "rush", lies{sellTwice: "S1-R1-7"}, "is in two bookings"},
		{"a lost booking", "book", lies{loseBooking: true}, "was granted, now its status is 404"},
		{"a wrong count", "book", lies{wrongCount: true}, "do not add up"},
		{"a ghost", "book", lies{ghost: true}, "every answer that granted it is missing"},
		{"a refusal that names another ticket", "rush", lies{wrongNames: true}, "refusal of S1-R1-"},
		{"a key that is forgotten", "book", lies{forgetKeys: true}, "was answered with 201, now with 409"},
		{"a hold that is gone too early", "hold", lies{dropHold: true}, "was granted, now its status is 404"},
		{"another total", "book", lies{changed: true}, "total {\"amount\":1} is now {\"amount\":2}"},
	} {
		t.Run(l.name, func(t *testing.T) {
			rep, err := scenarioRun(l.scenario, small(l.scenario, newFake(t, l.lies)))
			if err != nil {
				t.Fatal(err)
			}
			if !rep.wrong() || !strings.Contains(strings.Join(rep.Checks.Problems, "\n"), l.say) {
				t.Errorf("got %+v, want a problem with %q", rep.Checks, l.say)
			}
		})
	}
}

// TestRetries wants lost answers and refusals for the moment to be asked again with
// the same key, so that nothing happens twice.
func TestRetries(t *testing.T) {
	rep, err := scenarioRun("book", small("book", newFake(t, lies{silent: 3, busy: 5})))
	if err != nil {
		t.Fatal(err)
	}
	got := rep.kind(bookKind)
	if rep.wrong() || got.Statuses["201"] != 100 || got.Statuses["503"] != 5 || got.Errors != 3 || got.Retries != 8 {
		t.Errorf("got %+v and %+v, want 100 bookings after 5 times 503 and 3 errors", got, rep.Checks)
	}
}

// TestLostReleases wants a release without an answer to be taken for done when the
// hold is gone at the next try, in the run and in its ledger.
func TestLostReleases(t *testing.T) {
	for _, retries := range []int{0, 8} {
		url := newFake(t, lies{mute: 3})
		c := small("hold", url)
		c.retries, c.ledger = retries, filepath.Join(t.TempDir(), "ledger")
		rep, err := scenarioRun("hold", c)
		if err != nil || rep.wrong() {
			t.Errorf("%d retries: %+v, %v", retries, rep.Checks, err)
		}
		to, err := newTarget(url, "")
		if err != nil {
			t.Fatal(err)
		}
		if done, err := verify(to, c.ledger, time.Second); err != nil || done.Wrong > 0 {
			t.Errorf("verify after %d retries: %+v, %v", retries, done, err)
		}
	}
}

// TestNoRetries wants an unknown outcome to be settled before anything is counted.
func TestNoRetries(t *testing.T) {
	c := small("book", newFake(t, lies{silent: 3}))
	c.retries = 0
	rep, err := scenarioRun("book", c)
	if err != nil {
		t.Fatal(err)
	}
	if rep.wrong() || rep.Checks.Unknown != 3 || rep.Checks.Bookings != 100 {
		t.Errorf("got %+v, want 3 outcomes settled, 100 bookings", rep.Checks)
	}
}

// TestOpenLoop wants the crowd to come at its rate, and a latency to count from the
// intended start: two connections that need 10 ms an answer give 200 answers a
// second, so of 100 that come within 100 ms the last waits for about 400 ms.
func TestOpenLoop(t *testing.T) {
	slow := slowServer(t, 10*time.Millisecond)
	r := &run{
		config: config{conns: 2, rate: 1000, count: 100, timeout: time.Second},
		target: wire.Target{Address: slow}, began: time.Now(), houses: []*shop.House{{ID: "e", Seats: 1}},
	}
	rep, _, err := r.measure("view", r.view())
	if err != nil {
		t.Fatal(err)
	}
	if got := rep.kind(viewKind); got.Answers != 100 || got.Max < 300 || got.P50 < 100 {
		t.Errorf("got %+v, want the last to have waited for 300 ms or more", got)
	}
}

// TestRanOut wants a run to say that it had nothing left to sell.
func TestRanOut(t *testing.T) {
	c := small("book", newFake(t, lies{}))
	c.count = 500
	rep, err := scenarioRun("book", c)
	if err != nil || !rep.RanOut || rep.kind(bookKind).Answers != 120 || rep.wrong() {
		t.Errorf("got %+v, %v, want 120 bookings", rep, err)
	}
}

// TestLedger writes a ledger and verifies it on the same node.
func TestLedger(t *testing.T) {
	for _, scenario := range []string{"book", "mix", "rush"} {
		t.Run(scenario, func(t *testing.T) {
			url := newFake(t, lies{})
			c := small(scenario, url)
			c.ledger = filepath.Join(t.TempDir(), "ledger")
			rep, err := scenarioRun(scenario, c)
			if err != nil || rep.wrong() {
				t.Fatalf("%+v, %v", rep, err)
			}
			var out, errs bytes.Buffer
			args := []string{"verify", "-ledger", c.ledger, "-server", url, "-o", "json"}
			if code := dispatch(args, &out, &errs); code != exitDone {
				t.Fatalf("exit %d: %s %s", code, out.String(), errs.String())
			}
			var got summary
			if err := json.Unmarshal(out.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if got.Checks.Bookings != rep.Checks.Bookings || got.Checks.Replays != rep.Checks.Bookings {
				t.Errorf("verify read %+v, the run %+v", got.Checks, rep.Checks)
			}
			if _, err := scenarioRun(scenario, c); err == nil {
				t.Error("a second run wrote over the ledger")
			}
		})
	}
}

// TestVerifyFinds wants verify to find what a node lost, and to settle a call that
// has no answer.
func TestVerifyFinds(t *testing.T) {
	for _, l := range []struct {
		name string
		lies lies
		code int
	}{
		{"nothing is lost", lies{}, exitDone},
		{"a booking is lost", lies{loseBooking: true}, exitFailed},
		{"keys are forgotten", lies{forgetKeys: true}, exitFailed},
	} {
		t.Run(l.name, func(t *testing.T) {
			url := newFake(t, l.lies)
			c := small("book", url)
			c.ledger, c.check, c.count = filepath.Join(t.TempDir(), "ledger"), false, 10
			if _, err := scenarioRun("book", c); err != nil {
				t.Fatal(err)
			}
			cutAnswer(t, c.ledger)
			var out, errs bytes.Buffer
			code := dispatch([]string{"verify", "-ledger", c.ledger, "-server", url}, &out, &errs)
			if code != l.code || !strings.Contains(out.String(), "1 outcomes were unknown") {
				t.Errorf("exit %d, want %d: %s %s", code, l.code, out.String(), errs.String())
			}
		})
	}
}

// cutAnswer takes the last answer out of a ledger and leaves half a line at its
// end, as a crowd does that is killed.
func cutAnswer(t *testing.T, name string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(b, []byte(`{"line":"answer"`))
	end := at + bytes.IndexByte(b[at:], '\n') + 1
	b = append(append(append([]byte{}, b[:at]...), b[end:]...), `{"line":"cal`...)
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestUsage wants the exit codes that scripts rely on.
func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{}, {"nothing"}, {"view", "-c", "0"}, {"view", "-o", "xml"}, {"view", "extra"}, {"book", "-duration", "0"},
		{"view", "-server", "https://localhost"}, {"verify"}, {"baseline"}, {"baseline", "append"},
		{"compare", "-rounds", "0"},
	} {
		var out, errs bytes.Buffer
		if code := dispatch(args, &out, &errs); code != exitUsage || errs.Len() == 0 {
			t.Errorf("%q: exit %d, %s", args, code, errs.String())
		}
	}
}

// TestTable wants the table to say what the JSON says.
func TestTable(t *testing.T) {
	rep, err := scenarioRun("rush", small("rush", newFake(t, lies{})))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := rep.write(&out, "table"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"sold 20 of 20 seats", "refused 1980 with names", "0 problems", "p99.9",
		fmt.Sprintf("%.0f answers/s", rep.Rush.Rate)} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
}
