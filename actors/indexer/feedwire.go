package indexer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"boxoffice/storage"
)

// A request for a page of a feed, and the page, are a version byte and then numbers
// (varints) and texts (a varint of length, and the bytes) in the order below. Pages
// have whole details: as JSON they would be a third larger. A reader lets what follows
// the last member be, so that a later version may add some.
const feedVersion = 1

// The statuses of an answer.
const (
	feedPage        = 0
	feedNoReplica   = 1
	feedUnavailable = 2 // anything unknown counts as this
)

var errFeed = errors.New("not a message about a feed")

// appendRequest writes a request.
func appendRequest(b []byte, q request) []byte {
	b = append(b, feedVersion, byte(q.part))
	b = binary.AppendUvarint(b, q.shard)
	b = appendText(b, q.after.Bytes())
	b = binary.AppendUvarint(b, q.touched)
	b = appendText(b, []byte(q.from))
	b = binary.AppendUvarint(b, q.least)
	b = binary.AppendUvarint(b, uint64(max(0, q.wait.Milliseconds())))
	return binary.AppendUvarint(b, uint64(max(0, q.limit)))
}

// parseRequest reads a request.
func parseRequest(b []byte) (q request, err error) {
	r := feedReader{b: b}
	r.version()
	q.part = part(r.byte())
	q.shard = r.number()
	after := r.text()
	q.touched = r.number()
	q.from = string(r.text())
	q.least = r.number()
	q.wait = time.Duration(min(r.number(), uint64(time.Hour/time.Millisecond))) * time.Millisecond
	q.limit = int(min(r.number(), pageShort))
	if r.err != nil {
		return request{}, r.err
	}
	q.after, err = storage.ParsePosition(after)
	return q, err
}

// appendPage writes a page, or why there is none. wait is how long the request waited
// at most.
func appendPage(b []byte, p page, err error) []byte {
	switch {
	case errors.Is(err, storage.ErrNoReplica):
		return append(b, feedVersion, feedNoReplica)
	case err != nil:
		return appendText(append(b, feedVersion, feedUnavailable), []byte(err.Error()))
	}
	b = append(b, feedVersion, feedPage)
	b = binary.AppendUvarint(b, p.applied)
	b = appendText(b, p.next.Bytes())
	b = binary.AppendUvarint(b, p.touched)
	b = append(b, bit(p.more)|bit(p.trimmed)<<1)
	b = binary.AppendUvarint(b, uint64(len(p.changes)))
	for _, c := range p.changes {
		b = appendText(b, []byte(c.Event))
		b = binary.AppendUvarint(b, c.At)
		b = binary.AppendUvarint(b, c.View.Version)
		b = appendText(b, c.View.Summary)
		b = appendText(b, c.View.Details)
	}
	b = binary.AppendUvarint(b, uint64(len(p.touches)))
	for _, t := range p.touches {
		b = appendText(b, []byte(t.Event))
		b = binary.AppendUvarint(b, t.Version)
		b = appendText(b, t.Summary)
	}
	return b
}

// parsePage reads a page. It shares memory with b.
func parsePage(b []byte) (p page, err error) {
	r := feedReader{b: b}
	r.version()
	switch status := r.byte(); {
	case r.err != nil:
		return page{}, r.err
	case status == feedNoReplica:
		return page{}, storage.ErrNoReplica
	case status != feedPage:
		return page{}, fmt.Errorf("%w: %s", storage.ErrUnavailable, r.text())
	}
	p.applied = r.number()
	next := r.text()
	p.touched = r.number()
	flags := r.byte()
	p.more, p.trimmed = flags&1 != 0, flags&2 != 0
	for n := r.count(); n > 0; n-- {
		c := storage.Change{Event: string(r.text()), At: r.number()}
		c.View = storage.View{Version: r.number(), Summary: r.text(), Details: r.text()}
		p.changes = append(p.changes, c)
	}
	for n := r.count(); n > 0; n-- {
		p.touches = append(p.touches, storage.Touch{Event: string(r.text()), Version: r.number(), Summary: r.text()})
	}
	if r.err != nil {
		return page{}, r.err
	}
	p.next, err = storage.ParsePosition(next)
	return p, err
}

func bit(v bool) byte {
	if v {
		return 1
	}
	return 0
}

func appendText(b, text []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// feedReader reads a message from its front. After an error it reads zeros.
type feedReader struct {
	b   []byte
	err error
}

func (r *feedReader) fail() { r.b, r.err = nil, errFeed }

func (r *feedReader) version() {
	if v := r.byte(); r.err == nil && v != feedVersion {
		r.b, r.err = nil, fmt.Errorf("%w: version %d", errFeed, v)
	}
}

func (r *feedReader) byte() byte {
	if len(r.b) == 0 {
		r.fail()
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *feedReader) number() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *feedReader) text() []byte {
	n := r.number()
	if n > uint64(len(r.b)) {
		r.fail()
		return nil
	}
	text := r.b[:n:n]
	r.b = r.b[n:]
	return text
}

// count reads how many members follow, each of which takes three bytes at least.
func (r *feedReader) count() uint64 {
	n := r.number()
	if n > uint64(len(r.b))/3 {
		r.fail()
		return 0
	}
	return n
}
