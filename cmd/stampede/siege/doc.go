// Package siege is how ten times too many come, and those who mean no good, each as a
// scenario with a verdict of its own:
//
//	flood        the peak is found, then Times as many come for Duration, then it is quiet
//	retry-storm  a node is gone for two seconds, and everybody asks again at once, five times
//	greedy       one client with a thousand connections beside honest people
//	slow         half-open requests, idle sockets and slow readers beside honest people
//
// A scenario is phases and checks. A phase is an ordinary run of a script, by Config.Run;
// what the trouble is (flood: the load itself) happens beside it. A Check says what is
// wanted, what was seen, and whether that is enough: a verdict passes when all its checks
// do. Everything that is measured is in the phases' results, second by second.
//
// # What is compared
//
// Useful work is answers that are no refusals for load (429, 503): a ticket that is sold,
// and a ticket that another has. Its latency counts from the sending and not from the
// plan: a generator that shares the machine with a flood is late, and the server is not
// to blame. Latencies of a phase are the median of its seconds' p99: one second in which
// the machine did something else does not decide.
//
// The machine itself is not still, so limits that are shares have a few milliseconds of
// play on top; they are the constants of this package.
package siege
