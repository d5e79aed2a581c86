package payment

import (
	"encoding/binary"
	"strings"
	"time"
)

// What a key was used for stands in one of three places: an authorisation's in
// payments; a capture's of its own booking in the payment itself; any other in uses.
// The second is nearly every capture, and needs neither a digest nor an entry of the
// key: each of them costs as much as all the rest of a capture.

// ownKeyLocked reports whether a key is the one that CaptureKey makes for the booking of a
// payment that was made with the booking's AuthKey. There is one such payment a key.
func (s *Sandbox) ownKeyLocked(p *payment, key string) bool {
	booking, ok := strings.CutPrefix(key, capturePrefix)
	return ok && p.booked && booking == s.bookingLocked(p)
}

// addLocked takes in a new payment for a booking, which was made with a key.
func (s *Sandbox) addLocked(id digest, key, booking string, n payment) *payment {
	own, ok := strings.CutPrefix(key, authPrefix)
	n.booked = ok && own == booking
	number := len(s.mu.payments)
	if number%piecePayments == 0 {
		s.mu.all = append(s.mu.all, make([]payment, 0, piecePayments))
	}
	piece := &s.mu.all[number/piecePayments]
	*piece = append(*piece, n)
	p := &(*piece)[number%piecePayments]
	s.mu.payments[id] = uint32(number)
	*s.recentLocked(id) = recentPayment{id, p}
	s.countLocked(key)
	return p
}

// knownLocked is the payment with an id, or nil.
func (s *Sandbox) knownLocked(id digest) *payment {
	number, ok := s.mu.payments[id]
	if !ok {
		return nil
	}
	return &s.mu.all[number/piecePayments][number%piecePayments]
}

// recentLocked is where a payment stands if it is a recent one.
func (s *Sandbox) recentLocked(id digest) *recentPayment {
	return &s.mu.recent[int(binary.LittleEndian.Uint16(id[:]))%len(s.mu.recent)]
}

// paymentLocked is knownLocked, quicker where it is a recent one.
func (s *Sandbox) paymentLocked(id digest) *payment {
	if r := s.recentLocked(id); r.id == id {
		return r.payment
	}
	return s.knownLocked(id)
}

// noteLocked notes what a capture's or refund's key was used for.
func (s *Sandbox) noteLocked(key string, p *payment, what use) {
	if !what.refund && s.ownKeyLocked(p, key) { // p is nil only where a refund came first
		p.owned = true
		return
	}
	s.mu.uses[digestOf(key)] = what
	s.countLocked(key)
}

// countLocked counts a key that looks like a booking's own one and was used for
// something else.
func (s *Sandbox) countLocked(key string) {
	if strings.HasPrefix(key, capturePrefix) {
		s.mu.strange++
	}
}

// usedLocked reports whether a key, which has a digest, was used for a capture or
// refund.
func (s *Sandbox) usedLocked(key string, k digest) bool {
	if _, used := s.mu.uses[k]; used {
		return true
	}
	booking, ok := strings.CutPrefix(key, capturePrefix)
	if !ok {
		return false
	}
	p := s.knownLocked(digestOf(AuthKey(booking)))
	return p != nil && p.owned && s.ownKeyLocked(p, key)
}

// useKey has a key used for what, once: does is called where the key is new.
func (s *Sandbox) useKey(key string, what use, id string, now time.Time, does effect) (*batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.paymentLocked(what.payment)
	own := p != nil && !what.refund && s.ownKeyLocked(p, key)
	switch {
	case own && p.owned:
		return s.ledger.newest()
	case own && s.mu.strange == 0: // nobody has used it for anything else
	default:
		k := digestOf(key)
		if _, isPayment := s.mu.payments[k]; isPayment {
			return nil, ErrKeyReused
		}
		if before, used := s.mu.uses[k]; used && before == what {
			return s.ledger.newest()
		}
		if s.usedLocked(key, k) {
			return nil, ErrKeyReused
		}
	}
	written, err := does(p, key, id, now)
	if err == nil {
		s.noteLocked(key, p, what)
	}
	return written, err
}
