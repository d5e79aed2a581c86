package inventory

import (
	"crypto/sha256"
	"encoding/binary"
)

// Fingerprint names a layout by what is in it: equal layouts have the same one on
// every node and in every program, others have another one. A node that was told
// of tickets by another one so knows whether it has the plan that they are in.
func (p *Plan) Fingerprint() [16]byte { return p.fingerprint }

// fingerprintOf is the first half of a SHA-256 of all that makes the layout. Texts
// go in with their lengths, so that no two layouts read the same.
func fingerprintOf(p *Plan) (out [16]byte) {
	// The text is gathered in one piece of memory: the digest is slow to start, and a
	// house of rows has thousands of short texts.
	h := sha256.New()
	b := make([]byte, 0, 4096)
	number := func(v uint64) { b = binary.AppendUvarint(b, v) }
	text := func(s string) {
		if number(uint64(len(s))); len(b)+len(s) > cap(b) {
			h.Write(b)
			b = b[:0]
		}
		b = append(b, s...)
	}
	text(p.currency)
	number(uint64(len(p.sections)))
	for i := range p.sections {
		s := &p.sections[i]
		text(s.name)
		number(uint64(s.price))
		number(uint64(s.kind))
		number(uint64(s.end))
		number(uint64(s.stop))
	}
	// The last line is only the end of the one before; a ticket's place in its line is
	// its number, so that rows and general admission need nothing more.
	for i := range p.lines {
		text(p.lines[i].row)
		number(uint64(p.lines[i].first))
	}
	// Ids and numbers of listed seats, in a form that depends on nothing but them.
	text(p.labels.text)
	h.Write(b)
	copy(out[:], h.Sum(nil))
	return out
}
