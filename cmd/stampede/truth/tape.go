package truth

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// spot is where an observation stands: what a proof shows is read again from there,
// so that answers need not be kept in memory.
type spot struct {
	file int
	at   int64
}

// tapes are the files of a check. Equal texts are kept once.
type tapes struct {
	names []string
	files []*os.File
	texts map[string]string
	cut   int // files whose end is cut: their process was killed
}

// openTapes opens the files.
func openTapes(names []string) (*tapes, error) {
	t := &tapes{names: names, texts: map[string]string{}}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.close()
			return nil, err
		}
		t.files = append(t.files, f)
	}
	return t, nil
}

func (t *tapes) close() {
	for _, f := range t.files {
		f.Close() // it was only read
	}
}

// text gives the one string of these bytes.
func (t *tapes) text(b []byte) string {
	if s, ok := t.texts[string(b)]; ok {
		return s
	}
	s := string(b)
	t.texts[s] = s
	return s
}

// each calls f with every observation. Its bytes are valid until f returns.
func (t *tapes) each(f func(o *Observation, where spot) error) error {
	for i := range t.files {
		if err := t.eachOf(i, f); err != nil {
			return fmt.Errorf("read recording %s: %w", t.names[i], err)
		}
	}
	return nil
}

// eachOf is each for one file. What is cut at its end is left out.
func (t *tapes) eachOf(file int, f func(o *Observation, where spot) error) error {
	in := bufio.NewReaderSize(io.NewSectionReader(t.files[file], 0, 1<<62), 1<<20)
	var o Observation
	var buf []byte
	for at := int64(0); ; {
		var err error
		buf, err = readOne(in, buf)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			t.cut++
			return nil
		}
		if err == nil {
			err = o.decode(buf, t.text)
		}
		if err == nil {
			err = f(&o, spot{file, at})
		}
		if err != nil {
			return fmt.Errorf("at byte %d: %w", at, err)
		}
		at += int64(4 + len(buf))
	}
}

// readOne reads one observation into buf, which grows where it must. io.EOF: there
// is none left; io.ErrUnexpectedEOF: it is cut.
func readOne(in io.Reader, buf []byte) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return buf, err
	}
	n := binary.LittleEndian.Uint32(head[:])
	if n > maxObservation {
		return buf, errTape
	}
	if uint32(cap(buf)) < n {
		buf = make([]byte, n)
	}
	_, err := io.ReadFull(in, buf[:n])
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return buf[:n], err
}

// again reads the observation at a spot once more.
func (t *tapes) again(where spot) (*Observation, error) {
	f := t.files[where.file]
	buf, err := readOne(io.NewSectionReader(f, where.at, maxObservation), nil)
	if err != nil {
		return nil, err
	}
	var o Observation
	return &o, o.decode(buf, t.text)
}
