package script

import (
	"strings"
	"testing"
	"time"
)

// TestTextReadsBack wants every ready-made scenario, written as a file, to read back
// as itself, and to be one that can run.
func TestTextReadsBack(t *testing.T) {
	for _, name := range Names() {
		s, err := New(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		s.Seed, s.Load.Late, s.Token = 42, 3*time.Millisecond, `"quoted": # no`
		text := s.Text()
		again, err := Read(name+".yaml", []byte(text))
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		if got := again.Text(); got != text {
			t.Errorf("%s reads back as\n%s\nand was\n%s", name, got, text)
		}
		for line := range strings.SplitSeq(text, "\n") {
			if len(line) > 120 {
				t.Errorf("%s: a line of %d columns: %s", name, len(line), line)
			}
		}
	}
}

// TestFile reads a file that says only what differs.
func TestFile(t *testing.T) {
	s, err := Read("f.yaml", []byte(`
scenario: onsale
url: http://a:1
load: {schedule: stages, stages: ["10s 0 500", "1m 500 500"], users: 10_000}
buyer:
  think: 500ms
faults: [20s kill -9 1]
thresholds: []
`))
	if err != nil {
		t.Fatal(err)
	}
	if s.URLs[0] != "http://a:1" || len(s.URLs) != 1 || s.Load.Users != 10_000 ||
		s.Buyer.Think != 500*time.Millisecond || len(s.Thresholds) != 0 || s.Buyer.Patience != 5*time.Minute {
		t.Errorf("got %+v", s)
	}
	schedule, err := s.Schedule()
	if err != nil || schedule.Arrivals() != 32_500 {
		t.Errorf("got %v, %v", schedule, err)
	}
	if f, err := ReadFault(s.Faults[0]); err != nil || f != (Fault{20 * time.Second, "kill -9 1"}) {
		t.Errorf("got %+v, %v", f, err)
	}
}

// TestErrorsNameFieldAndLine wants each mistake to be told with its line and member.
func TestErrorsNameFieldAndLine(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"load:\n  rate: 5\n", "f.yaml:1: scenario: it is missing"},
		{"scenario: flood\n", `f.yaml:1: scenario: there is no scenario "flood"`},
		{"scenario: view\nload:\n  rate: fast\n", `f.yaml:3: load.rate: "fast" is not a number from 0 to 1000000`},
		{"scenario: view\nload:\n  speed: 5\n", "f.yaml:3: load.speed: there is no such member; load has model"},
		{"scenario: view\n\nlod: {}\n", "f.yaml:3: lod: there is no such member; a script has scenario, url"},
		{"scenario: view\nload: 5\n", "f.yaml:2: load: its members are wanted"},
		{"scenario: view\nload: {duration: 5}\n", `f.yaml:2: load.duration: "5" is not a time from 0s to 24h`},
		{"scenario: view\nseed: -1\n", `f.yaml:2: seed: "-1" is not a whole number`},
		{"scenario: view\nseed: [1]\n", "f.yaml:2: seed: one value is wanted"},
		{"scenario: view\nurl: {a: b}\n", "f.yaml:2: url: a list is wanted"},
		{"scenario: view\nseed: 1\nseed: 2\n", "f.yaml:3: seed: it is there twice"},
		{"scenario: view\nload:\n  model: half\n", `f.yaml:3: load.model: "half" is none of open, closed`},
		{"scenario: queue\nevents:\n  active: 0\n", "f.yaml:3: events.active: queue needs a waiting room"},
		{"scenario: view\nload:\n  warmup: 1m\n", "f.yaml:3: load.warmup: it is as long as load.duration"},
		{"scenario: view\nload:\n  schedule: stages\n  stages: [fast]\n", `stage "fast" is not of the form`},
		{"scenario: view\nfaults: [kill]\n", `f.yaml:2: faults: "kill" is not of the form "20s COMMAND"`},
		{"scenario: view\n  load: [\n", "f.yaml: yaml: line"},
		{"- view\n", "f.yaml: it is not a mapping"},
		{"", "f.yaml: it is not a mapping"},
	} {
		if _, err := Read("f.yaml", []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.text, err, c.want)
		}
	}
	_, err := Read("f.yaml", []byte("scenario: view\nload:\n  rate: x\n  peak: y\n"))
	if err == nil || !strings.Contains(err.Error(), "load.rate") ||
		!strings.Contains(err.Error(), "f.yaml:4: load.peak") {
		t.Errorf("got %v, want both mistakes", err)
	}
}

// TestSet sets members as flags do.
func TestSet(t *testing.T) {
	s, err := New("view")
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"load.rate": "12.5", "url": "http://a:1, http://b:2", "seed": "9"} {
		if err := s.Set(name, value); err != nil {
			t.Error(err)
		}
	}
	if err := s.Add("thresholds", "view p50 < 1ms"); err != nil {
		t.Error(err)
	}
	if s.Load.Rate != 12.5 || len(s.URLs) != 2 || s.URLs[1] != "http://b:2" || s.Seed != 9 || len(s.Thresholds) != 3 {
		t.Errorf("got %+v", s)
	}
	for name, value := range map[string]string{"load.rate": "-1", "load.rates": "1", "load": "1", "buyer.zipf": "NaN"} {
		if err := s.Set(name, value); err == nil || !strings.HasPrefix(err.Error(), name+":") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// FuzzRead wants every file to be read or refused with its name.
func FuzzRead(f *testing.F) {
	for _, name := range Names() {
		if s, err := New(name); err == nil {
			f.Add([]byte(s.Text()))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := Read("f.yaml", text); err != nil && !strings.Contains(err.Error(), "f.yaml") {
			t.Errorf("got %v", err)
		}
	})
}
