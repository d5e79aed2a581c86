package live

import "sync"

// Kind is what a message says.
type Kind uint8

// The kinds, with the type member of their messages. The first three are about seats,
// the next four about a place.
const (
	Snapshot Kind = iota + 1 // "snapshot-version": what follows is on top of this version
	Tickets                  // "tickets": seats that changed
	Resync                   // "resync": too much changed; the seats are to be read anew
	Position                 // "position": a place that waits
	Admitted                 // "admitted": the place was let in
	Ended                    // "ended": its owner left it, has booked, or it is no more
	Expired                  // "expired": its time was over, or nobody was seen at it
	Goodbye                  // "goodbye": to be continued on another node
)

// String is the type member of the kind's messages.
func (k Kind) String() string {
	names := [...]string{"", "snapshot-version", "tickets", "resync", "position", "admitted", "ended", "expired",
		"goodbye"}
	if int(k) < len(names) {
		return names[k]
	}
	return ""
}

// Frame is one message, encoded once for all who get it. It is immutable: nobody
// changes JSON.
type Frame struct {
	Kind    Kind
	Version uint64 // of the event: what a client resumes from; 0: a goodbye
	JSON    []byte

	since uint64 // of Tickets: the version that it follows
	forms [forms]struct {
		once  sync.Once
		bytes []byte
	}
}

// Form is a way to put a frame on the wire.
type Form uint8

// The forms.
const (
	WebSocket Form = iota
	EventStream

	forms = iota
)

// Encoded is the frame in a form, made by the first who asks for it and shared by all:
// make must give every caller the same bytes. It blocks while another one makes it.
func (f *Frame) Encoded(form Form, make func(f *Frame) []byte) []byte {
	e := &f.forms[form]
	e.once.Do(func() { e.bytes = make(f) })
	return e.bytes
}
