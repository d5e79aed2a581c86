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

// ownKey reports whether a key is the one that CaptureKey makes for the booking of a
// payment that was made with the booking's AuthKey. There is one such payment a key.
func (p *payment) ownKey(key string) bool {
	booking, ok := strings.CutPrefix(key, capturePrefix)
	return ok && p.booked && booking == p.booking
}

// addLocked takes in a new payment, which was made with a key.
func (s *Sandbox) addLocked(id digest, key string, p *payment) {
	booking, ok := strings.CutPrefix(key, authPrefix)
	p.booked = ok && booking == p.booking
	s.mu.payments[id] = p
	*s.recentLocked(id) = recentPayment{id, p}
	s.countLocked(key)
}

// recentLocked is where a payment stands if it is a recent one.
func (s *Sandbox) recentLocked(id digest) *recentPayment {
	return &s.mu.recent[int(binary.LittleEndian.Uint16(id[:]))%len(s.mu.recent)]
}

// paymentLocked is the payment with an id, or nil.
func (s *Sandbox) paymentLocked(id digest) *payment {
	if r := s.recentLocked(id); r.id == id {
		return r.payment
	}
	return s.mu.payments[id]
}

// noteLocked notes what a capture's or refund's key was used for.
func (s *Sandbox) noteLocked(key string, p *payment, what use) {
	if !what.refund && p.ownKey(key) { // p is nil only where a refund came first
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
	p := s.mu.payments[digestOf(AuthKey(booking))]
	return p != nil && p.owned && p.ownKey(key)
}

// useKey has a key used for what, once: does is called where the key is new.
func (s *Sandbox) useKey(key string, what use, id string, now time.Time, does effect) (*batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.paymentLocked(what.payment)
	own := p != nil && !what.refund && p.ownKey(key)
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
