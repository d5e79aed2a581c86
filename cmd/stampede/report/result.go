package report

import (
	"time"

	"boxoffice/cmd/stampede/truth"
)

// SchemaName is the value of Result.Schema: what the document is, and its version.
const SchemaName = "boxoffice.stampede.result/1"

// Result is what a run came to. Who makes it fills in everything but Schema,
// Passed, Why and the outcome of the thresholds, which Judge does.
type Result struct {
	Schema   string    `json:"schema"`
	Scenario string    `json:"scenario"`
	Command  string    `json:"command"` // as it was called, to run it again
	Started  time.Time `json:"started"` // of second 0
	Seconds  float64   `json:"seconds"` // of the measured part
	Setup    Setup     `json:"setup"`

	Passed bool     `json:"passed"`
	Why    []string `json:"why"` // reasons why not; empty where it passed

	Operations []Operation    `json:"operations"` // in the order in which they are shown
	Interval   float64        `json:"interval"`   // seconds that one of Timeline is long
	Timeline   []Moment       `json:"timeline"`
	Faults     []Fault        `json:"faults"`
	Sale       *Sale          `json:"sale,omitempty"` // where tickets were sold
	Thresholds []Threshold    `json:"thresholds"`
	Truth      *truth.Verdict `json:"truth,omitempty"` // where it was checked
	Notes      []string       `json:"notes"`           // what a reader should know: "the generator was late by 3 %"
}

// Setup is how the run was made.
type Setup struct {
	Servers     []string `json:"servers"`
	Model       string   `json:"model"`    // open or closed
	Schedule    string   `json:"schedule"` // in words: "ramp 0 to 2000/s in 30 s"
	Seed        uint64   `json:"seed"`
	Processes   int      `json:"processes"`
	Connections int      `json:"connections"`
	CPUs        int      `json:"cpus"`
	Host        string   `json:"host"`             // system and architecture: "linux/amd64"
	CPUPer      float64  `json:"cpuMicroseconds"`  // the generator's own CPU time, a request; 0: not known
	Version     string   `json:"version"`          // of stampede
	Server      string   `json:"server,omitempty"` // what GET /version said
}

// Latency is a distribution in milliseconds from the planned moment.
type Latency struct {
	Count int64   `json:"count"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P95   float64 `json:"p95"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p999"`
	Max   float64 `json:"max"`
}

// Operation is one kind of request over the whole run, or a span of several, which has
// no status: how long people waited in line, for example.
type Operation struct {
	Name     string           `json:"name"`
	Planned  int64            `json:"planned"` // by the schedule; in a closed loop as many as started
	Started  int64            `json:"started"`
	Late     int64            `json:"late"`     // started later than planned by more than the engine allows
	Dropped  int64            `json:"dropped"`  // planned and never started
	Answered int64            `json:"answered"` // with any status
	Errors   int64            `json:"errors"`   // no answer: refused, cut off, timed out
	Retries  int64            `json:"retries"`
	Bytes    int64            `json:"bytes"`    // of answers
	Statuses map[string]int64 `json:"statuses"` // "200" → answers
	Reasons  map[string]int64 `json:"reasons"`  // "tickets-unavailable" or "timeout" → how often
	Rate     float64          `json:"rate"`     // answers a second
	Latency  Latency          `json:"latency"`
}

// Moment is one interval of the run. Counts are of the interval, not a second.
type Moment struct {
	At         float64            `json:"at"`      // its beginning, in seconds since the start
	Planned    int64              `json:"planned"` // requests of the schedule
	Dropped    int64              `json:"dropped"`
	Late       int64              `json:"late"`
	Operations map[string]Instant `json:"operations"` // by Operation.Name; none where nothing was answered
	Statuses   map[string]int64   `json:"statuses"`   // of all operations; "error" is no answer
	// What the sale was like at the interval's end; -1: not looked at.
	Sold    int64 `json:"sold"`
	Held    int64 `json:"held"`
	Waiting int64 `json:"waiting"` // people in the waiting room
	Active  int64 `json:"active"`  // virtual users or requests under way
}

// Instant is what one operation did in one interval.
type Instant struct {
	Answered int64   `json:"answered"`
	Errors   int64   `json:"errors"`
	P50      float64 `json:"p50"`
	P90      float64 `json:"p90"`
	P99      float64 `json:"p99"`
	Max      float64 `json:"max"`
}

// Fault is something that was done to the server while the run went on.
type Fault struct {
	At      float64 `json:"at"`      // seconds since the start at which its command began
	Seconds float64 `json:"seconds"` // that the command took
	Command string  `json:"command"`
	Error   string  `json:"error,omitempty"` // of the command itself
}

// Sale is how a sale went.
type Sale struct {
	Seats     int64   `json:"seats"`
	Sold      int64   `json:"sold"`
	Buyers    int64   `json:"buyers"`    // virtual users that came
	Happy     int64   `json:"happy"`     // got tickets
	Left      int64   `json:"left"`      // gave up or were too late
	Declined  int64   `json:"declined"`  // payments
	Abandoned int64   `json:"abandoned"` // holds that were left
	Conflicts int64   `json:"conflicts"` // refusals because another was faster
	SoldOutAt float64 `json:"soldOutAt"` // seconds since the start; 0: it was not sold out
}

// Threshold is a wish and whether it came true.
type Threshold struct {
	Text   string  `json:"text"`  // as it was given
	Value  float64 `json:"value"` // what was measured, in the limit's unit
	Limit  float64 `json:"limit"` // milliseconds, a share of 1, or a plain number
	Unit   string  `json:"unit"`  // ms, share, or ""
	Passed bool    `json:"passed"`
	Error  string  `json:"error,omitempty"` // nothing was measured that it speaks of; it has then not passed
}

// Exit codes of a run, as k6 has them where it has them.
const (
	ExitPass      = 0
	ExitUntrue    = 98 // a violation of truth
	ExitThreshold = 99 // a missed threshold
)
