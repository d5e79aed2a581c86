package truth

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"sync"
	"time"
)

// The recorder's buffers: an Add finds one that is free most of the time, and a
// write of one costs some tens of microseconds, shared by hundreds of observations.
const (
	recorderParts = 16
	partSize      = 64 << 10
)

// Recorder keeps observations in a file. It is safe for concurrent use.
type Recorder struct {
	file  *os.File
	base  time.Time // carries the monotonic clock
	epoch int64     // base in nanoseconds since 1970
	parts [recorderParts]part

	mu  sync.Mutex // guards err
	err error      // the first of all writes
}

// part is one of the recorder's buffers. It holds whole observations only, so that
// what a process that was killed has written can be read.
type part struct {
	mu  sync.Mutex
	buf []byte
	_   [32]byte // parts do not share a cache line
}

// NewRecorder makes a recorder with a new file in dir ("": the folder for temporary
// files). It uses about 1 MiB of memory.
func NewRecorder(dir string) (*Recorder, error) {
	f, err := os.CreateTemp(dir, "stampede-*.tape")
	if err != nil {
		return nil, err
	}
	return newRecorder(f), nil
}

// CreateRecorder makes a recorder with a file of that name, which must not be there.
func CreateRecorder(name string) (*Recorder, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	return newRecorder(f), nil
}

// newRecorder takes over an empty file.
func newRecorder(f *os.File) *Recorder {
	r := &Recorder{file: f, base: time.Now()}
	r.epoch = r.base.UnixNano()
	for i := range r.parts {
		r.parts[i].buf = make([]byte, 0, partSize)
	}
	return r
}

// Now is the recorder's clock: nanoseconds since 1970, monotonic within a process.
func (r *Recorder) Now() int64 { return r.epoch + int64(time.Since(r.base)) }

// Add records an observation and copies what it keeps of it. It blocks only for a
// write of 64 KiB to the file, now and then. What fails is told by Close.
func (r *Recorder) Add(o *Observation) {
	p := &r.parts[rand.Uint32()%recorderParts]
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.buf)+o.size() > partSize {
		r.write(p)
	}
	p.buf = o.append(p.buf)
}

// write writes a part and empties it. Observations of several parts do not mix: a
// write to a file is one. The part is locked.
func (r *Recorder) write(p *part) {
	if len(p.buf) == 0 {
		return
	}
	_, err := r.file.Write(p.buf)
	if p.buf = p.buf[:0]; cap(p.buf) > partSize {
		p.buf = make([]byte, 0, partSize) // one that was longer than a part
	}
	if err != nil {
		r.mu.Lock()
		if r.err == nil {
			r.err = err
		}
		r.mu.Unlock()
	}
}

// File is the name of the recorder's file, for Check; also one of another process.
func (r *Recorder) File() string { return r.file.Name() }

// Sync writes what was added until now and makes it durable: what it returned for
// survives the process and the machine.
func (r *Recorder) Sync() error {
	r.flush()
	if err := r.file.Sync(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// flush writes all parts.
func (r *Recorder) flush() {
	for i := range r.parts {
		p := &r.parts[i]
		p.mu.Lock()
		r.write(p)
		p.mu.Unlock()
	}
}

// Close writes what is left. The file stays until Remove. No Add may run or come
// later. The error is the first of all writes: without it the recording is whole.
func (r *Recorder) Close() error {
	r.flush()
	return errors.Join(r.err, r.file.Close())
}

// Remove deletes the file. A missing file is no error.
func (r *Recorder) Remove() error {
	if err := os.Remove(r.file.Name()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
