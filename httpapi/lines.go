package httpapi

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"time"

	"github.com/valyala/fasthttp"
)

// lineReader reads the lines of an upload, unpacked where it is gzip, each of
// them bounded.
type lineReader struct {
	r      *bufio.Reader
	err    error // of opening the gzip stream
	max    int
	number int // of the line that next gave last, from 1
	long   []byte
}

// The bounds of unpacking: real catalogs shrink to a tenth or a twentieth.
const (
	bombFree  = 64 << 20 // unpacked bytes that are always allowed
	bombRatio = 200      // unpacked to packed, beyond them
)

var errBomb = errors.New("gzip unpacks to far more than it is")

func newLineReader(ctx *fasthttp.RequestCtx, max int) *lineReader {
	body := &uploadBody{ctx: ctx, r: ctx.RequestBodyStream()}
	l := &lineReader{max: max}
	var src io.Reader = body
	if len(ctx.Request.Header.ContentEncoding()) > 0 {
		z, err := gzip.NewReader(body)
		if err != nil {
			l.err = err
			return l
		}
		src = &unpacker{packed: body, z: z}
	}
	l.r = bufio.NewReaderSize(src, 64<<10)
	return l
}

// next is the next line without its end and without blanks around it, valid until
// the next call. errTooLarge means that a line was skipped; reading goes on after
// it. With any other error there may be a last line.
func (l *lineReader) next() ([]byte, error) {
	if l.err != nil {
		return nil, l.err
	}
	l.long = l.long[:0]
	tooLong := false
	for {
		part, err := l.r.ReadSlice('\n')
		if err == nil && len(l.long) == 0 && !tooLong {
			l.number++
			return bytes.TrimSpace(part), nil
		}
		if tooLong = tooLong || len(l.long)+len(part) > l.max; !tooLong {
			l.long = append(l.long, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case tooLong && (err == nil || err == io.EOF):
			// At the end of input the next call gives io.EOF again.
			l.number++
			return nil, errTooLarge
		case len(l.long) > 0:
			l.number++
		}
		return bytes.TrimSpace(l.long), err
	}
}

// atEnd reports whether an error of next is the upload's proper end.
func (l *lineReader) atEnd(err error) bool { return l.err == nil && err == io.EOF }

// uploadBody reads a request's body and moves the read deadline along: an upload
// may take as long as it keeps coming.
type uploadBody struct {
	ctx   *fasthttp.RequestCtx
	r     io.Reader
	moved time.Time
	n     int64
}

func (u *uploadBody) Read(p []byte) (int, error) {
	if u.r == nil {
		return 0, io.EOF
	}
	if now := time.Now(); now.Sub(u.moved) > time.Second {
		u.moved = now
		if err := u.ctx.SetReadDeadline(now.Add(catalogLineTimeout)); err != nil {
			return 0, err
		}
	}
	n, err := u.r.Read(p)
	u.n += int64(n)
	return n, err
}

// unpacker bounds what a gzip stream may grow to.
type unpacker struct {
	packed *uploadBody
	z      *gzip.Reader
	n      int64
}

func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	u.n += int64(n)
	if u.n > bombFree && u.n/bombRatio > u.packed.n {
		return n, errBomb
	}
	return n, err
}
