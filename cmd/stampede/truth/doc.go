// Package truth says whether a server told the truth while a crowd was at it. It
// knows the HTTP contract only: it judges the answers that were recorded, the event's
// history and seat map as they are read afterwards, and the ledger file of the
// sandbox where there is one. It imports nothing of the server, so that both cannot
// be wrong in the same way.
//
// # Recording
//
// Every try of a request becomes one Observation:
//
//	rec, err := truth.NewRecorder(dir)          // one a process
//	o := truth.Observation{Op: truth.Book, Event: id, Key: key, Tickets: tickets, Sent: rec.Now()}
//	…                                           // send, and read the answer
//	o.Received, o.Status, o.Version, o.Body = rec.Now(), status, version, body
//	rec.Add(&o)                                 // from any goroutine; o may be used again
//	err = rec.Close()
//
// Add copies the observation into a buffer and the buffers go to a file, so memory is
// bounded whatever the run's length. A try that got no answer is recorded with Status
// 0: it may have had its effect or not, and so may one that was answered with
// outcome-unknown or idempotency-in-flight. Tries with one key are joined afterwards:
// the first final answer counts, for the time from the first try to that answer.
//
// Times are nanoseconds of Recorder.Now: the wall clock at the recorder's making plus
// the monotonic time since. Recordings of several processes of one machine go
// together, those of several machines do not.
//
// # Checking
//
//	v, err := truth.Check(ctx, truth.Config{Server: url}, rec.File())
//
// Check reads each event's history and seat map and makes every check that there is
// something to check for. A Verdict says for each what it looked at, and for each
// violation what proves it: the tickets, the records of the history and the answers,
// with their times and request ids.
//
// The checks are in the order of the constants. All but one look at everything that
// was recorded; Linearizable takes samples: the tickets with most traffic, each with
// all tickets that requests tie it to as long as these are few, else by itself. It
// knows nothing of versions and history: it asks whether any order of the requests,
// each at one moment between its sending and its answer, explains the answers.
//
// What is not judged: views and seat maps while the crowd is there (they may be a
// second old), and searches.
package truth
