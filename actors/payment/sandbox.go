package payment

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultSlowDelay is how long pm_sandbox_slow takes: longer than a client is kept
// waiting for a booking, which is 10 s.
const DefaultSlowDelay = 12 * time.Second

// maxFailed bounds the keys that are known to have failed once. Beyond it all are
// forgotten, and fail once more.
const maxFailed = 100_000

// SandboxConfig is what a sandbox needs to know.
type SandboxConfig struct {
	// Ledger is the file of the ledger; it is made where there is none. One sandbox
	// at a time may have it. Required.
	Ledger string
	// SlowDelay is how long pm_sandbox_slow takes; 0 means DefaultSlowDelay.
	SlowDelay time.Duration
	// Sync has the file synced before a call answers, so that the ledger survives
	// a power cut too. Without it, it survives any end of the process.
	Sync bool
}

// Sandbox is a Gateway without a provider: tokens say what becomes of a payment.
// See the package comment. Safe for concurrent use.
type Sandbox struct {
	slowDelay time.Duration
	started   time.Time
	ledger    *ledger
	closed    chan struct{} // closed by Close
	close     func() error

	// mu is taken before the ledger's.
	mu struct {
		sync.Mutex
		payments map[digest]uint32   // by the digest of the authorisation's key: numbers in all
		all      [][]payment         // in pieces of piecePayments
		uses     map[digest]use      // by the digest of a capture's or refund's key; see ownKey
		strange  int                 // keys like CaptureKey's that were used for anything but their booking
		failed   map[digest]struct{} // authorisations that failed once and were not seen again
		terms    map[terms]uint32    // few: one an event and reason; numbers in kinds
		usual    uint32              // those of the payment before
		long     []string            // names of bookings that are longer than a name has room for
		recent   [1024]recentPayment // by the first bits of their digests
	}
	kinds atomic.Pointer[[]terms] // changed with mu held: what was there stays
}

var _ Gateway = (*Sandbox)(nil)

// digest stands for an idempotency key, and for the payment that was made with it.
type digest [16]byte

// use is what a key was used for.
type use struct {
	payment digest
	refund  bool // else capture
}

// payment is what is remembered of an authorisation. All but the last two is
// constant. There are as many as bookings, and a collector has to follow each
// pointer: so there is none in it, nor in the map of them.
type payment struct {
	booking  name
	terms    uint32 // number in kinds
	amount   int64
	params   uint64        // digest of the request; 0 matches any
	answerAt time.Duration // since the sandbox was started
	booked   bool          // it was made with AuthKey of its booking
	owned    bool          // it was captured with its own key; see ownKey
	status   status
}

// piecePayments is how many payments are allocated at once.
const piecePayments = 1024

// name is a booking's name: its length, and the text; where that has no room the length is
// longName, and the text a number in long.
type name [24]byte

const longName = 255

// recentPayment is a payment that was made lately. Nearly every capture is of one,
// and finds it here for less than in a map of all.
type recentPayment struct {
	id      digest
	payment *payment // nil: none
}

// terms is what the payments of an event have in common.
type terms struct {
	event, currency string
	reason          string // of a decline
}

// status is where the money of a payment is.
type status uint8

const (
	authorised status = iota
	declined
	captured
	voided
	refunded
)

// NewSandbox opens a sandbox and reads its ledger. A line that was cut off by a
// crash is removed; any other that cannot be read is an error, and nothing is
// changed. The caller closes the sandbox.
func NewSandbox(c SandboxConfig) (*Sandbox, error) {
	switch {
	case c.Ledger == "":
		return nil, errors.New("open sandbox: no ledger given")
	case c.SlowDelay < 0:
		return nil, fmt.Errorf("open sandbox: a delay of %v", c.SlowDelay)
	case c.SlowDelay == 0:
		c.SlowDelay = DefaultSlowDelay
	}
	s := &Sandbox{slowDelay: c.SlowDelay, started: time.Now(), closed: make(chan struct{})}
	s.begin()
	f, err := os.OpenFile(c.Ledger, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open sandbox: %w", err)
	}
	size, err := s.load(f)
	if err == nil && c.Sync {
		err = syncDir(filepath.Dir(c.Ledger))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open sandbox: ledger %s: %w", c.Ledger, err), f.Close())
	}
	s.ledger = startLedger(f, size, c.Sync)
	s.close = sync.OnceValue(func() error {
		close(s.closed)
		return s.ledger.close()
	})
	return s, nil
}

// begin makes the sandbox one without payments.
func (s *Sandbox) begin() {
	s.mu.payments, s.mu.uses, s.mu.failed = map[digest]uint32{}, map[digest]use{}, map[digest]struct{}{}
	s.mu.terms = map[terms]uint32{}
	s.kinds.Store(new([]terms))
}

// syncDir makes the name of a new file durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Name is "sandbox".
func (s *Sandbox) Name() string { return "sandbox" }

// Close ends all calls that are waiting with ErrClosed, writes what is decided,
// and closes the ledger. Calls after it get ErrClosed. Closing again does nothing.
func (s *Sandbox) Close() error { return s.close() }

// answer waits until a call may answer: the ledger is written, and it is time.
func (s *Sandbox) answer(ctx context.Context, b *batch, at time.Duration) error {
	if err := b.wait(ctx); err != nil {
		return err
	}
	left := at - time.Since(s.started)
	if left <= 0 {
		return nil
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return ErrClosed
	}
}

// hang never answers.
func (s *Sandbox) hang(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return ErrClosed
	}
}

// digestOf stands for a key. Two keys with one digest would be a find for
// cryptographers.
func digestOf(key string) (d digest) {
	var buf [maxText]byte
	sum := sha256.Sum256(append(buf[:0], key...))
	copy(d[:], sum[:])
	return d
}

// paymentPrefix begins the ids of payments. The digest of the key follows: the
// same key has the same payment, whatever happens.
const paymentPrefix = "pay_"

var idText = base64.RawURLEncoding.Strict()

// paymentID is the id of the payment that was made with a key.
func paymentID(d digest) string {
	var buf [len(paymentPrefix) + 22]byte
	return string(idText.AppendEncode(append(buf[:0], paymentPrefix...), d[:]))
}

// parsePaymentID is the way back.
func parsePaymentID(id string) (d digest, ok bool) {
	text, ok := strings.CutPrefix(id, paymentPrefix)
	if !ok || len(text) != idText.EncodedLen(len(d)) {
		return d, false
	}
	_, err := idText.Decode(d[:], []byte(text))
	return d, err == nil
}
