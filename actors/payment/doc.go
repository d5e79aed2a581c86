// Package payment is the port to payment providers, and the providers.
//
// # The port
//
// Gateway is all that the payer knows of a provider: authorise, capture, refund.
// Each call has an idempotency key, derived from the booking (AuthKey, CaptureKey,
// RefundKey), so that a payer that crashed may simply ask again. Three kinds of
// ends:
//
//   - an Outcome, or nil: definite, and the same for every later call;
//   - an error that IsDefinite says is: the call can never succeed, nothing was
//     done, asking again gives the same;
//   - any other error, the context's end among them: nobody knows what happened.
//     The caller asks again with the same key until it is told.
//
// # The sandbox
//
// Sandbox is a provider inside the process, for demonstrations and tests. No money
// moves. The token of a request says what becomes of it; they are named as in
// Stripe's test mode:
//
//	pm_card_visa, pm_card_mastercard, pm_card_amex,        approved; the same with _debit
//	pm_card_discover, pm_card_diners, pm_card_jcb,         and _prepaid behind it
//	pm_card_unionpay
//	pm_card_chargeDeclined                                 card_declined
//	pm_card_chargeDeclinedInsufficientFunds                insufficient_funds
//	pm_card_chargeDeclinedExpiredCard                      expired_card
//	pm_card_chargeDeclinedFraudulent, …FraudulentDecline   fraudulent
//	pm_card_chargeDeclinedLostCard                         lost_card
//	pm_card_chargeDeclinedStolenCard                       stolen_card
//	pm_card_chargeDeclinedIncorrectCvc                     incorrect_cvc
//	pm_card_chargeDeclinedProcessingError                  processing_error
//	pm_card_chargeDeclinedVelocityLimitExceeded            card_velocity_exceeded
//	pm_card_visa_chargeDeclined…                           as without visa_
//	any other                                              invalid_payment_method
//
// and some of our own that misbehave, all on Authorise:
//
//	pm_sandbox_slow                approved; the answer comes SlowDelay (12 s) after
//	                               the first call with the key, which is longer than
//	                               a client is kept waiting
//	pm_sandbox_delay_<ms>          approved; the answer comes that many milliseconds
//	                               after the first call, 0 to 60000
//	pm_sandbox_timeoutAfterEffect  approved; the first call never answers, later ones do
//	pm_sandbox_errorOnce           the first call of each key fails, nothing done; then approved
//	pm_sandbox_errorThenDeclined   the same; then declined with card_declined
//
// Delays and first calls are counted since the process started: after a restart
// a payment that is in the ledger answers at once.
//
// # The ledger
//
// Each effect is one line of JSON in an append-only file, written before the call
// answers; the file is read again at the start, so that keys keep their outcomes
// across restarts. ReadLedger and Audit read it too, so that a test can join it
// with the bookings.
//
// One goroutine writes: what many calls have decided while one write was under
// way goes out with the next. Without SandboxConfig.Sync a line has been handed to
// the operating system when its call answers: it survives any end of the process,
// not a power cut. With it the file is synced once a batch and survives both. A
// process that ends in the middle of a write leaves half a line without an end;
// the next start cuts it off: its call had no answer. A write that fails is tried
// again at the same place until it succeeds; meanwhile calls wait for their
// contexts, and fail at once when more than 1 MiB is waiting. They succeed again
// when there is space again.
//
// What the sandbox remembers stays in memory, some 150 bytes a booking that was
// paid and captured, and some 490 bytes of ledger: 1,000,000 bookings are 150 MB,
// and seconds of reading at the start. A real provider is the answer
// to that, not a cleverer sandbox.
package payment
