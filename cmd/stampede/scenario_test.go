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
		bookings int64
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
			if rep.Truth == nil {
				return
			}
			if booked := rep.kind(bookKind).Statuses["201"]; rep.wrong() || booked != want.bookings {
				t.Errorf("got %d bookings and %+v, want %d and no violation", booked, rep.Truth, want.bookings)
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
		{"a double sale", "rush", lies{sellTwice: "S1-R1-7"}, "about tickets S1-R1-7 have no order"},
		{"a double sale, by ticket", "rush", lies{sellTwice: "S1-R1-7"}, "ticket S1-R1-7 went to booking"},
		{"a lost booking", "book", lies{loseBooking: true}, "was granted, and now its status is 404"},
		{"a wrong count", "book", lies{wrongCount: true}, "do not add up"},
		{"a ghost", "book", lies{ghost: true}, "is in the history, and no answer names it"},
		{"a refusal that names another ticket", "rush", lies{wrongNames: true}, "which was not asked for"},
		{"a key that is forgotten", "book", lies{forgetKeys: true}, "it was answered with 201, and now with 409"},
		{"a hold that is gone too early", "hold", lies{dropHold: true}, "was granted, and now its status is 404"},
		{"another total", "book", lies{changed: true}, "total 1 is now 2"},
	} {
		t.Run(l.name, func(t *testing.T) {
			rep, err := scenarioRun(l.scenario, small(l.scenario, newFake(t, l.lies)))
			if err != nil {
				t.Fatal(err)
			}
			if !rep.wrong() || !strings.Contains(fmt.Sprint(rep.Truth.Violations), l.say) {
				t.Errorf("got %+v, want a violation with %q", rep.Truth, l.say)
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
		t.Errorf("got %+v and %+v, want 100 bookings after 5 times 503 and 3 errors", got, rep.Truth)
	}
}

// TestLostReleases wants a release without an answer to be taken for done when the
// hold is gone at the next try, in the run and in its recording.
func TestLostReleases(t *testing.T) {
	for _, retries := range []int{0, 8} {
		url := newFake(t, lies{mute: 3})
		c := small("hold", url)
		c.retries, c.record = retries, filepath.Join(t.TempDir(), "tape")
		rep, err := scenarioRun("hold", c)
		if err != nil || rep.wrong() {
			t.Errorf("%d retries: %+v, %v", retries, rep.Truth, err)
		}
		var out, errs bytes.Buffer
		if code := dispatch([]string{"verify", "-record", c.record, "-server", url}, &out, &errs); code != exitDone {
			t.Errorf("verify after %d retries: %s %s", retries, out.String(), errs.String())
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
	if rep.wrong() || rep.Truth.Settled != 3 || rep.Truth.Unknown != 0 || rep.kind(bookKind).Statuses["201"] != 97 {
		t.Errorf("got %+v, want 97 bookings, and 3 outcomes settled", rep.Truth)
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
	rep, err := r.measure("view", r.view())
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

// TestRecord keeps a recording and verifies it on the same node.
func TestRecord(t *testing.T) {
	for _, scenario := range []string{"book", "mix", "rush"} {
		t.Run(scenario, func(t *testing.T) {
			url := newFake(t, lies{})
			c := small(scenario, url)
			c.record = filepath.Join(t.TempDir(), "tape")
			rep, err := scenarioRun(scenario, c)
			if err != nil || rep.wrong() {
				t.Fatalf("%+v, %v", rep, err)
			}
			var out, errs bytes.Buffer
			args := []string{"verify", "-record", c.record, "-server", url, "-o", "json"}
			if code := dispatch(args, &out, &errs); code != exitDone {
				t.Fatalf("exit %d: %s %s", code, out.String(), errs.String())
			}
			var got summary
			if err := json.Unmarshal(out.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if got.Truth.Observations != rep.Truth.Observations || got.Truth.Records != rep.Truth.Records {
				t.Errorf("verify read %+v, the run %+v", got.Truth, rep.Truth)
			}
			if _, err := scenarioRun(scenario, c); err == nil {
				t.Error("a second run wrote over the recording")
			}
		})
	}
}

// TestVerifyFinds wants verify to find what a node lost, and what the recording does not
// explain.
func TestVerifyFinds(t *testing.T) {
	for _, l := range []struct {
		name string
		lies lies
		code int
	}{
		{"nothing is lost", lies{}, exitFailed}, // but a booking that no answer names any more
		{"a booking is lost", lies{loseBooking: true}, exitFailed},
		{"keys are forgotten", lies{forgetKeys: true}, exitFailed},
	} {
		t.Run(l.name, func(t *testing.T) {
			url := newFake(t, l.lies)
			c := small("book", url)
			c.record, c.check, c.count = filepath.Join(t.TempDir(), "tape"), false, 10
			if _, err := scenarioRun("book", c); err != nil {
				t.Fatal(err)
			}
			cutEnd(t, c.record)
			var out, errs bytes.Buffer
			code := dispatch([]string{"verify", "-record", c.record, "-server", url}, &out, &errs)
			if code != l.code || !strings.Contains(out.String(), "1 recordings end in the middle") {
				t.Errorf("exit %d, want %d: %s %s", code, l.code, out.String(), errs.String())
			}
		})
	}
}

// cutEnd takes the last bytes off a recording, as a crowd leaves it that is killed.
func cutEnd(t *testing.T, name string) {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, info.Size()-5); err != nil {
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
	for _, want := range []string{"sold 20 of 20 seats", "refused 1980,", "✓  no ticket has two owners", "p99.9",
		fmt.Sprintf("%.0f answers/s", rep.Rush.Rate)} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
}
