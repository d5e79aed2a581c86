// Package report is what a run comes to: one document, Result, and the ways to show
// it. The document is JSON, described by schema.json (Schema gives it), and holds all
// that is shown elsewhere:
//
//	r.Judge()                      // evaluates the thresholds, says PASS or FAIL and why
//	report.WriteJSON(file, r)
//	report.WriteText(os.Stdout, r) // a summary for the terminal, after k6's
//	report.WriteHTML(file, r)      // one page, without anything from outside
//	report.CompareText(os.Stdout, a, b)
//	report.CompareHTML(file, a, b)
//	os.Exit(r.ExitCode())          // 0 pass, 98 truth, 99 threshold
//
// # Thresholds
//
// A threshold is "what operator limit", as k6 has them:
//
//	book p99 < 500ms         a latency: p50, p90, p95, p99, p99.9, max, mean
//	book rate >= 1000        answers a second
//	* failed < 1%            share of started requests without an answer or with 5xx
//	* dropped < 0.1%         share of planned requests that were never started
//	* late < 1%              share of started ones that started late
//	sold == 100%             share of the tickets that were sold at the end
//
// "*" is all requests; a latency of it is the worst of theirs. Operators are <, <=, >, >=,
// ==. Limits are durations for latencies, shares in per cent, else plain numbers. What k6
// writes is taken too: p(99)<200, med and avg are of all requests where none are named,
// and in milliseconds where there is no unit.
//
// # Latency
//
// All latencies count from the moment for which a request was planned, not from that
// at which it was sent: who came while the server slept is not left out. Units are
// milliseconds throughout the document, times are seconds since the run's start.
package report
