// Package sale is one event's whole state machine: what is held, booked and paid,
// and what every sender is told. It is pure. It has no clock, no goroutine and
// no I/O: time and ids come in with the commands.
//
// # The simple version
//
// A State is fed Commands and makes Records:
//
//	records, answer := state.Decide(at, command, nil) // changes nothing
//	for _, r := range records { state.Apply(r) }      // cannot refuse
//
// Step does both. Before that it does what time does: it ends the holds whose time is
// over. After it come the records that follow by themselves: a shopper's time that ends,
// and who is let in. They are no part of the decision, so an answer's version is that of
// its own record. The caller
// appends the records to a log and gives the answer out when they are committed;
// an answer without records waits for the records before it, because it speaks
// of them. The records of one Decide are applied next, before any other.
//
// The same records give the same State, whatever code decided them, on any
// machine at any time. So the log is the truth and a State is a cache of it.
// A Checkpoint is that cache written down; Restore goes on from it.
//
// A version is the number of records applied. Every answer says which version it
// reflects; a replayed answer, which version the first one did.
//
// # Time
//
// Time is the log's: a command that comes with an earlier time than the last
// record counts as that record's. A Tick ends what is due; Due says when that
// is. When nobody owned the log for a while, Resume moves all deadlines by the
// gap, so that no hold ends early because a machine died.
//
// # The life of a hold
//
//	PlaceHold ─► live ─┬─ ExtendHold, SwapHold ─► live
//	                   ├─ ReleaseHold ─► gone: HoldNotFound from now on
//	                   ├─ its time ─► expired: HoldExpired for KeyRetention
//	                   └─ Book ─► in payment, without a deadline
//	                                 ├─ Confirmed ─► gone: the tickets are booked
//	                                 └─ Declined ─► live, or expired if its time is over
//
// # The life of a booking
//
//	Book ─► PaymentStarted ─► pending ─┬─ Declined ─► declined (forgotten after KeyRetention)
//	        the tickets are locked     └─ Confirmed ─► confirmed ─ Captured ─► confirmed, money taken
//	                                                      └─ Cancelled ─► cancelled ─ Refunded ─► refunded
//
// The lock of a pending booking does not expire: whether a provider takes the
// money is decided by the provider, and a lock that ends before the answer is
// there sells tickets twice. What the payer owes is Booking.Task, for all bookings
// State.Tasks; he asks at least once and tells at least once, and SettlePayment
// takes each news once. A total of zero is Confirmed in the decision that starts
// it, and Refunded in the one that cancels it.
//
// # The life of a place
//
//	JoinQueue ─► waiting ─┬─ PlacesAdmitted ─► a shopper ─┬─ his booking, and nothing else held
//	                      ├─ LeaveQueue ─► gone           ├─ LeaveQueue, with all that he holds
//	                      └─ nobody seen at it ─► gone    ├─ his time, once he neither holds nor pays
//	                                                      └─ his last hold's end, where the event says so
//
// Where an event has a waiting room, only shoppers take tickets. Who is let in follows
// from the room's state, so a record says only how many: the first so many of the line.
// Every Step ends with letting in, so that a place that became free is taken in the same
// turn, and there are never more shoppers than there may be; where fewer are allowed from
// now on, those who are in stay. A shopper's time bounds new
// holds; a hold that he has is his until its own end, and an undecided payment holds his
// place until it is decided.
//
// Before OnSaleAt people gather. At that time those who gathered by then are mixed where
// the order is a shuffle, and nobody is let in before. There is one draw, whose seed is
// public then: a sale that is put off after it goes on in that order. A cancelled sale
// draws nothing until it is on again. While a sale goes on, its order does not change:
// those who wait were told where they stand. A place's owner is a user or an
// idempotency key, so that whoever joins twice has one place; the token is its proof.
//
// Whoever joins an event without a waiting room is let in, and nothing is kept of it: a
// front end may ask every event in the same way.
//
// The wait is estimated from sessions that ended, and the risk that nothing is left from
// what shoppers bought: package waitroom says how. Neither is state, and neither is kept.
//
// A room that is closed (the event is defined without one) is forgotten with all its
// places: holds and pending bookings that have one go on without, and any token is shown
// as let in. Opened again it is a new one, with a new seed; tokens of the old one are
// unknown. A hold that was made without a place needs none to be booked.
//
// A place that ended is remembered for ten minutes at least, so that its owner is told
// why; whoever left knows, and is told that there is none. A user whose place ended may
// join again, behind all others.
//
// A declined card ends a shopper's time only where his hold's time was over too, and the
// event says that it ends with it; one that paid without a hold may try another card.
//
// An operator may change how many are let in while it runs, stop letting in, or stop the
// sale: SteerQueue. A description that comes later has the last word on the numbers, and
// none on what is paused or stopped. In a stopped sale nobody takes tickets, and who has some may pay.
//
// ShowPlace, SeePlaces and JoinQueue note that an owner is there, in memory only: that is
// the one thing that a Decide changes. The next owner of the state believes everybody to
// be there, and only that a place lapsed is a record.
//
// # News
//
// ShowNews tells what happened after a version: which tickets changed, from the version
// that the stock has of each, so that it is exact however long ago that was; and which
// places were let in or ended, from the last 4,096 that were. These are kept in memory
// only, and News.Missed says where they do not suffice. SeePlaces shows many places at
// once, and notes that their owners are there: together the two keep all sockets of a
// node up to date with a question or two a tenth of a second.
//
// # Idempotency keys
//
// The record of a command carries its key, so the answer is stored by the very
// fact that it tells of. A Final refusal has no fact; Refused is made for it. Other
// refusals are not stored, nor is an answer that needed no record: the same
// command may be decided differently later. While a booking is pending, its key
// gives the pending booking; after that, the Outcome.
//
// # What is refused, and in which order
//
// A command is looked at from the outside in, and the first thing that is wrong is
// the answer:
//
//  1. its key: the stored answer, KeyReused, or TooManyKeys;
//  2. the event: EventNotFound, then NotOnSale, where something would be sold;
//  3. the hold or booking it is about: not found, expired, in payment, pending;
//  4. its own sense: ids in use, tickets named twice, nothing named: WrongTickets;
//  5. the tickets: TicketNotFound with every unknown one;
//  6. the limits: LimitExceeded;
//  7. what others have: TicketsUnavailable with every taken one, or
//     NotEnoughTickets.
//
// A refusal with data names all of it, so that one retry can be enough. The last
// but one comes before the last because it is the sender's own doing: no seat
// that becomes free would help him.
//
// NotAdmitted comes right after NotOnSale, for the same commands: whether the token is
// forged, another event's, used up or over makes no difference to what is said.
//
// NotOnSale concerns PlaceHold, Book and a SwapHold that adds. A hold that is
// there can be shown, extended, made smaller and released whatever the time is,
// and a booking can be cancelled.
//
// # Who is let in
//
// A hold or booking is reached by its id and its user; the id alone will do where
// nobody was known when it was made. Anything else is told that it does not exist,
// not that it is another's. A known user who books an anonymous hold becomes the
// booking's user, and the tickets count for his limit from then on; they stop to
// when the payment is declined and the hold has them back.
//
// # Changing an event
//
// DefineEvent may change everything, except for taking a held or booked ticket
// away or giving it another price or currency. Tickets are known by their ids:
// a seat that moves to another row of the list is the same ticket. Where the
// house changes, every ticket counts as changed at that version. A removed event
// keeps its versions, its keys and the payer's tasks; defined again, it goes on
// with them.
//
// # What is bounded, and what happens at the bound
//
//   - tickets of a command, a hold or a booking: MaxTicketsPerCommand; LimitExceeded.
//   - live holds and confirmed bookings: the tickets of the house.
//   - stored answers: MaxKeys within KeyRetention; TooManyKeys, for keyed commands.
//   - expired holds, declined and refunded bookings: MaxEnded each; the oldest is
//     forgotten. The log still has it.
//   - tickets that a refused DefineEvent or RemoveEvent names: 1,000, and the
//     refusal says that there are more.
//   - what one record forgets: four things of each kind.
//   - places: waitroom.MaxPlaces; QueueFull.
//   - places that lapse in one step: 4,096; the next step goes on.
//
// A tick has no bound of its own: it ends all that is due, at most as many holds
// as there are tickets.
//
// # What it costs
//
// A place costs about 80 bytes, its PlaceTaken 60 in the log. Letting in costs what it
// admits; a Step without a waiting room pays one comparison.
//
// A house of 100,000 seats in rows takes 0.5 MB, with a name for each seat 1.6 MB.
// A two-ticket PlaceHold by ids takes two allocations: the record, which the state
// then points into, and the two seats. Everything that is found by id is found
// in a map; deadlines are a heap; the best tickets are the inventory's business.
// With a hundred thousand bookings it is cache misses that cost: each look into a
// large map is one or two. So a booking is in one map, together with what hangs on
// it (bookingset.go), and one whose payment is under way is found without it.
// One that is paid for is one string (packed.go): of its eight pointers none is left for
// a collector to follow, and it takes 110 bytes and not 500.
// Apply uses what Decide has made just before (foresight), where the record and the
// booking are still the same; a record from a log is worked out anew.
//
// Only Checkpoint, Restore, Check, ShowTickets, and a change of the house look at
// everything.
//
// # Invariants
//
// Apply asserts what it can see; Check looks at everything.
//
//   - tickets: a ticket is in at most one live hold or booking, and
//     available + held + booked = total.
//   - all or nothing: a hold or a booking has all its tickets or none.
//   - deadlines: a hold never ends before its time.
//   - users: a known user never gets beyond the event's limit.
//   - one key, one effect, one answer.
//   - replay: equal records give equal Checkpoints.
//   - bounds: MaxTicketsPerCommand, MaxKeys and MaxEnded hold.
//   - shoppers: what each is busy with is what he holds and pays for.
//
// # Who owns what
//
// One goroutine owns a State. What it hands out (records, holds, bookings,
// refusals, events, plans, snapshots) is immutable and may be read anywhere. A
// command's slices become part of records: the sender does not change them.
//
// # What is found where
//
// Command, Record and Answer are the contract. decide.go and apply.go dispatch;
// hold.go, booking.go, event.go and waiting.go decide; shopper.go says who may take
// tickets, and when a shopper is done; showing.go shows places; news.go
// what happened; apply.go, payment.go and
// event.go apply; tickets.go has the rules that holds and bookings share; holdset.go the
// deadlines; bookingset.go the bookings; answers.go the keys; ended.go what is forgotten, and when.
//
// # How it is tested
//
// The stories of testdata say in plain lines what each command does: a command, its
// records, its answer and the house as letters. `go test -run Stories -rewrite`
// writes what they say now; the difference is for a reviewer to judge. After each
// line the state is compared with a replay of all its records, as a log gives
// them, and with its restored checkpoint.
//
// The twin is a second State that keeps no index, no count and no heap. Random
// commands happen to both, and they have to say the same, to the version; the
// fuzzer does it with choices of its own. A table has each refusal, with what it
// takes to get it, and whether its key keeps it. Records that cannot follow and
// states that are broken on purpose show that Apply and Check notice.
//
// # How to add a command
//
// Declare it in command.go. Decide it in the file of what it is about, with a
// case in decide and, if it changes anything, in keyOf. Where no record says what
// it does, declare one in record.go with a case in Apply; records are read for
// ever, so a record may gain members but never change its meaning. Give the new
// record to the codec of package salepb, the twin in twin_test.go and a story
// in testdata.
//
// # Rejected ideas
//
// Heartbeats could be records, so that two owners of the log agree on who was there. A
// line of a million that is seen twice a minute is thirty thousand records a second that
// nobody will read. What has to be agreed on is who lost his place, and that is one
// record for each, once.
//
// PlacesAdmitted could name the places. It would be a thousand tokens where it is one
// number, it could disagree with the order of the line, and the log would have two
// truths to hold against each other. As a number it cannot let anybody in out of turn.
//
// A shopper's token could be signed, so that any node could check it without asking the
// event. It would be good until its time even when it is used up, left or taken back, and
// the event has to be asked for the tickets anyway.
//
// A shopper's time could end his holds too. Whoever found seats in the last minute would
// lose them while he types his card number; the hold has an end of its own, which he was
// told, and his place is not missing for longer than that.
//
// Stored answers could be dropped by Tick, which knows the time best. A Tick that
// ends no hold makes no record, though; two replicas that tick at different
// times would then disagree on which keys they know. So records forget, by their
// own time.
package sale
