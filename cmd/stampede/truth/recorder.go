package truth

import "errors"

// Recorder keeps observations in a file. It is safe for concurrent use.
type Recorder struct{}

// NewRecorder makes a recorder with a new file in dir ("": the folder for temporary
// files). It uses at most 2 MiB of memory.
func NewRecorder(dir string) (*Recorder, error) { return nil, errors.ErrUnsupported }

// Now is the recorder's clock: nanoseconds since 1970, monotonic within a process.
func (r *Recorder) Now() int64 { return 0 }

// Add records an observation and copies what it keeps of it. It blocks only for a
// write of 64 KiB to the file, now and then. What fails is told by Close.
func (r *Recorder) Add(o *Observation) {}

// File is the name of the recorder's file, for Check; also one of another process.
func (r *Recorder) File() string { return "" }

// Close writes what is left. The file stays until Remove. No Add may run or come
// later. The error is the first of all writes: without it the recording is whole.
func (r *Recorder) Close() error { return nil }

// Remove deletes the file. A missing file is no error.
func (r *Recorder) Remove() error { return nil }
