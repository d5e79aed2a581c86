package payment

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

const (
	// maxWaiting bounds the bytes that wait for the writer.
	maxWaiting = 1 << 20
	// retryAfter is how long the writer waits after a write that failed.
	retryAfter = 100 * time.Millisecond
)

// ErrClosed is what calls are told that end with the sandbox. It is not definite.
var ErrClosed = errors.New("payment: the sandbox is closed")

var errWaiting = errors.New("payment: the ledger cannot be written: too much is waiting")

// ReadLedger reads a sandbox's ledger, which may be in use: what is at its end
// without a newline was never answered for and is left out. It needs memory for
// all entries.
func ReadLedger(path string) ([]Entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	defer f.Close() // it was only read
	var entries []Entry
	_, err = scanLedger(f, func(e Entry) error {
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read ledger %s: %w", path, err)
	}
	return entries, nil
}

// scanLedger calls f with each entry and returns how many bytes they take.
func scanLedger(r io.Reader, f func(Entry) error) (size int64, err error) {
	in := bufio.NewReaderSize(r, maxEntry)
	for n := 1; ; n++ {
		line, err := in.ReadSlice('\n')
		if err == io.EOF {
			return size, nil // what is in line has no end
		}
		if err != nil {
			return size, fmt.Errorf("line %d: %w", n, err)
		}
		e, err := parseEntry(line[:len(line)-1])
		if err == nil {
			err = f(e)
		}
		if err != nil {
			return size, fmt.Errorf("line %d: %w", n, err)
		}
		size += int64(len(line))
	}
}

// ledgerFile is what the writer needs of a file.
type ledgerFile interface {
	io.WriterAt
	io.Closer
	Sync() error
}

// ledger appends entries to a file, many at a time. The goroutine in run is the
// only one that touches the file.
type ledger struct {
	file ledgerFile
	sync bool

	// The writer's own: how many bytes are written, and why it has given up.
	size   int64
	failed error

	wake    chan struct{} // there is something to write; holds one
	closing chan struct{} // closed by close
	ended   chan struct{} // closed when the writer has ended

	mu struct {
		sync.Mutex
		waiting *batch // fills; never nil
		writing *batch // is being written; nil: none
		spare   []byte // buffer of the batch before
		stamp   stamp
		closed  bool
	}
}

// batch is what goes out with one write.
type batch struct {
	lines []byte
	done  chan struct{} // closed when it is written, or never will be
	err   error         // why it is not; set before done is closed
}

func newBatch(buf []byte) *batch { return &batch{lines: buf[:0], done: make(chan struct{})} }

// wait waits for the batch to be written. A nil batch is.
func (b *batch) wait(ctx context.Context) error {
	if b == nil {
		return nil
	}
	select {
	case <-b.done:
		return b.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// startLedger starts the writer of a file that has size bytes.
func startLedger(f ledgerFile, size int64, sync bool) *ledger {
	l := &ledger{
		file: f, size: size, sync: sync,
		wake: make(chan struct{}, 1), closing: make(chan struct{}), ended: make(chan struct{}),
	}
	l.mu.waiting = newBatch(nil)
	go l.run()
	return l
}

// append adds an entry to the batch that fills, for which the caller is to wait.
// After an error the entry is not in the ledger and will not be. Does not block.
func (l *ledger) append(e *Entry) (*batch, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.mu.waiting
	switch {
	case l.mu.closed:
		return nil, ErrClosed
	case len(b.lines) > maxWaiting:
		return nil, errWaiting
	}
	first := len(b.lines) == 0
	b.lines = appendEntryAt(b.lines, e, l.mu.stamp.of(e.At))
	if first { // else it was woken for this batch before
		select {
		case l.wake <- struct{}{}:
		default: // it is awake
		}
	}
	return b, nil
}

// stamp is a time as it stands in entries: written once a millisecond, not once an
// entry.
type stamp struct {
	milli int64
	text  []byte
}

func (s *stamp) of(at time.Time) []byte {
	if ms := at.UnixMilli(); ms != s.milli || s.text == nil {
		s.milli, s.text = ms, at.UTC().AppendFormat(s.text[:0], entryTime)
	}
	return s.text
}

// newest is the batch after which all entries so far are written; nil: they are.
func (l *ledger) newest() (*batch, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.mu.closed:
		return nil, ErrClosed
	case len(l.mu.waiting.lines) > 0:
		return l.mu.waiting, nil
	}
	return l.mu.writing, nil
}

// close writes what is waiting, ends the writer, and closes the file. It blocks
// until that is done. To be called once.
func (l *ledger) close() error {
	l.mu.Lock()
	l.mu.closed = true
	l.mu.Unlock()
	close(l.closing)
	<-l.ended
	return errors.Join(l.failed, l.file.Close())
}

// run is the writer.
func (l *ledger) run() {
	defer close(l.ended)
	for {
		select {
		case <-l.wake:
			l.flush()
		case <-l.closing:
			l.last()
			return
		}
	}
}

// flush writes what is waiting, while the next batch fills.
func (l *ledger) flush() {
	l.mu.Lock()
	b := l.mu.waiting
	if len(b.lines) == 0 { // it went out with the batch before
		l.mu.Unlock()
		return
	}
	l.mu.waiting = newBatch(l.mu.spare)
	l.mu.spare = nil
	l.mu.writing = b
	l.mu.Unlock()

	b.err = l.write(b.lines)

	l.mu.Lock()
	l.mu.writing = nil
	if cap(b.lines) <= maxWaiting {
		l.mu.spare = b.lines
	}
	l.mu.Unlock()
	close(b.done)
}

// last writes what is waiting after close: nothing is added any more.
func (l *ledger) last() {
	b := l.mu.waiting
	if len(b.lines) > 0 {
		b.err = l.write(b.lines)
	}
	close(b.done)
}

// write appends lines to the file. It tries until it succeeds or the ledger is
// closed, always at the same place: half a write is written over. When it has
// given up nothing is written any more, for later lines follow from earlier ones.
func (l *ledger) write(lines []byte) error {
	for l.failed == nil {
		err := l.writeOnce(lines)
		if err == nil {
			l.size += int64(len(lines))
			return nil
		}
		select {
		case <-l.closing:
			l.failed = fmt.Errorf("%w; write ledger: %w", ErrClosed, err)
		case <-time.After(retryAfter):
		}
	}
	return l.failed
}

func (l *ledger) writeOnce(lines []byte) error {
	if _, err := l.file.WriteAt(lines, l.size); err != nil {
		return err
	}
	if l.sync {
		return l.file.Sync()
	}
	return nil
}
