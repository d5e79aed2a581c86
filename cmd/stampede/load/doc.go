// Package load makes a crowd come at the times that a schedule says, and counts what
// happens to it. It knows nothing of HTTP nor of tickets.
//
// # Open and closed
//
// In the open model arrivals are planned before anything is sent: a Schedule gives a
// rate for every moment, a Plan the instant of every arrival. Each arrival becomes a
// virtual user of its own, however slow the server is, as people do not wait for each
// other before they come. Where as many users as Config.Users are under way already,
// an arrival is dropped and counted; it is never put off.
//
// Plans are kept to a millisecond: arrivals are due at whole milliseconds after the
// begin, and on Linux a kernel timer wakes the engine for each of those to within a tenth
// of one.
//
// In the closed model Config.Users users run in loops, each coming again as soon as
// it is done: the rate is what the server lets it be.
//
// # Latency
//
// A latency counts from the planned instant and not from the moment of sending
// (what wrk2 calls coordinated omission is the difference: a server that stops for a
// second would be charged for one request instead of all that would have come). Both
// are kept: Latency from the plan, Service from the sending. A request that is sent
// more than the meter's allowance after its plan is late: many late ones while the
// server is idle mean that the generator is too slow, and its numbers are in doubt.
//
// # Numbers
//
// A Meter has one Op for each kind of request, with HDR histograms (three digits, up
// to ten minutes), and Values, which are counters or gauges. Every second it is cut: a
// Slice has what came since the last cut. Slices of several processes are added up
// by a Series, second by second; histograms merge without loss. A Plan may be split
// among processes: each takes every nth arrival, so that the whole is the same plan
// whatever their number.
//
// # Repeatable
//
// A plan depends on its schedule and seed alone, and so should what a user does:
// Arrival.N numbers the arrivals of the whole run.
package load
