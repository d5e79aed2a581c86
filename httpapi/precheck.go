package httpapi

import (
	"bytes"
	"errors"
	"io"
	"net"
	"time"

	"github.com/valyala/fasthttp"
)

// The bounds of a request's head. The header block as a whole is bounded by the
// read buffer, request line included.
const (
	maxHeaderBlock = 8 << 10
	maxHeaderLines = 64
	maxURI         = 2 << 10
)

// catalogPath is the one path whose body is streamed and may be gzip.
const catalogPath = "/admin/catalog"

// catalogLineTimeout bounds the wait for the next bytes of an upload.
const catalogLineTimeout = 30 * time.Second

// rejectMark makes fasthttp refuse a request before it reads the body. Its
// HeaderReceived hook cannot answer, but a request target with a control
// character ends the request there, with a call of ErrorHandler; and since the
// parser refuses such targets, only the hook can have put one in. The byte after
// the mark is the index of the rejection's code.
const rejectMark = 0x01

var rejections = [...]string{codeBadFraming, codeInvalid, codeNotImplemented, codeMethod, codeTooLarge,
	codeURITooLong, codeHeaders, codeExpectation, codeMediaType, codeHTTPVersion}

// noBodyTaken is said of a body that means nothing where it is.
var noBodyTaken = fieldError{At: "", Detail: "this call takes no body"}

// headerReceived is fasthttp's hook after the header: what is wrong with the head
// alone is refused here, before the body and before "100 Continue".
func (s *Server) headerReceived(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	code := s.precheck(h)
	if code == "" {
		if isCatalog(h) {
			return fasthttp.RequestConfig{ReadTimeout: catalogLineTimeout}
		}
		return fasthttp.RequestConfig{}
	}
	for i, r := range rejections {
		if r == code {
			h.SetRequestURIBytes([]byte{rejectMark, byte('A' + i)})
		}
	}
	return fasthttp.RequestConfig{}
}

func isCatalog(h *fasthttp.RequestHeader) bool {
	path, _, _ := bytes.Cut(h.RequestURI(), []byte{'?'})
	return string(path) == catalogPath
}

// precheck is the code that a head is refused with; "" where it is accepted.
func (s *Server) precheck(h *fasthttp.RequestHeader) string {
	if p := string(h.Protocol()); p != "HTTP/1.1" && p != "HTTP/1.0" {
		return codeHTTPVersion
	}
	uri := h.RequestURI()
	if len(uri) > maxURI {
		return codeURITooLong
	}
	if code := checkMethod(h.Method(), uri); code != "" {
		return code
	}
	// Origin form only: an absolute target would replace Host. A fragment
	// never belongs on the wire.
	if uri[0] != '/' || bytes.IndexByte(uri, '#') >= 0 {
		return codeBadFraming
	}
	seen, code := checkLines(h.RawHeaders())
	if code != "" {
		return code
	}
	return s.checkBody(h, seen)
}

// checkMethod lets the methods of the contract through. Two that no path has pass too
// where there is a path: its route says which it has.
func checkMethod(m, uri []byte) string {
	switch string(m) {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE":
		return ""
	case "OPTIONS", "TRACE":
		if uri[0] == '/' {
			return ""
		}
		return codeMethod // OPTIONS * asks about the server
	case "CONNECT":
		return codeMethod
	}
	return codeNotImplemented
}

// seenLines are the header lines that decide how a body is framed.
type seenLines struct {
	length, chunked, encoding, expect bool
}

// checkLines reads the raw header lines: their number, their ends, folding, and
// those that frame the body. The parser has done the rest.
func checkLines(raw []byte) (seen seenLines, code string) {
	for n := 0; len(raw) > 0; n++ {
		end := bytes.IndexByte(raw, '\n')
		// A line ends with CRLF; one that begins with a blank continues the last
		// one (obs-fold), which peers read in different ways.
		if end < 1 || raw[end-1] != '\r' || raw[0] == ' ' || raw[0] == '\t' {
			return seen, codeBadFraming
		}
		line := raw[:end-1]
		raw = raw[end+1:]
		if len(line) == 0 {
			break
		}
		if n >= maxHeaderLines {
			return seen, codeHeaders
		}
		if code := seen.note(line); code != "" {
			return seen, code
		}
	}
	if seen.length && seen.chunked {
		return seen, codeBadFraming // two lengths: the way to smuggle requests
	}
	return seen, ""
}

// note remembers a line that frames the body.
func (s *seenLines) note(line []byte) string {
	switch line[0] | 0x20 {
	case 'c':
		s.length = s.length || isHeader(line, "content-length")
		s.encoding = s.encoding || isHeader(line, "content-encoding")
	case 'e':
		if isHeader(line, "expect") {
			s.expect = true
			if !bytes.EqualFold(headerValue(line), []byte("100-continue")) {
				return codeExpectation
			}
		}
	case 't':
		if isHeader(line, "transfer-encoding") {
			if s.chunked || !bytes.EqualFold(headerValue(line), []byte("chunked")) {
				return codeBadFraming
			}
			s.chunked = true
		}
	}
	return ""
}

func isHeader(line []byte, name string) bool {
	return len(line) > len(name) && line[len(name)] == ':' && bytes.EqualFold(line[:len(name)], []byte(name))
}

func headerValue(line []byte) []byte {
	_, v, _ := bytes.Cut(line, []byte{':'})
	return bytes.Trim(v, " \t")
}

// checkBody refuses bodies by what the head says of them.
func (s *Server) checkBody(h *fasthttp.RequestHeader, seen seenLines) string {
	hasBody := seen.chunked || h.ContentLength() > 0
	switch {
	case hasBody && (h.IsGet() || h.IsHead() || h.IsDelete()):
		return codeInvalid // such a body has no meaning, and proxies disagree on it
	case !hasBody:
		return ""
	}
	if isCatalog(h) {
		if seen.encoding && !bytes.EqualFold(h.ContentEncoding(), []byte("gzip")) {
			return codeMediaType
		}
		return ""
	}
	if seen.encoding {
		return codeMediaType
	}
	if h.ContentLength() > s.cfg.MaxBody {
		return codeTooLarge
	}
	return ""
}

// requestError is fasthttp's hook for what it could not read as a request.
// fasthttp closes the connection afterwards.
func (s *Server) requestError(ctx *fasthttp.RequestCtx, err error) {
	uri := ctx.Request.Header.RequestURI()
	code := ""
	if len(uri) == 2 && uri[0] == rejectMark {
		code = rejections[uri[1]-'A']
	} else {
		code = codeOfReadError(ctx.Conn(), err)
	}
	c := s.acquireCall(ctx)
	defer s.releaseCall(c)
	if code == codeMethod {
		ctx.Response.Header.Set(fasthttp.HeaderAllow, allMethods)
	}
	if code == codeInvalid { // the one thing that a head is refused with this code for
		c.invalid(noBodyTaken)
	} else {
		c.fail(code, fault{})
	}
	c.finish()
	ctx.SetConnectionClose()
	lingerOn(ctx.Conn())
	s.metrics.unrouted(ctx.Response.StatusCode())
}

// codeOfReadError sorts what reading a request can end with.
func codeOfReadError(nc net.Conn, err error) string {
	var small *fasthttp.ErrSmallBuffer
	var timeout net.Error
	switch {
	case errors.As(err, &small):
		// No line feed in a whole buffer: it was the request line.
		if c, ok := nc.(*conn); ok && c.lineRun >= maxHeaderBlock {
			return codeURITooLong
		}
		return codeHeaders
	case errors.As(err, &timeout) && timeout.Timeout():
		return codeTimeout
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return codeTooLarge
	}
	return codeBadFraming
}

var (
	errTooLarge = errors.New("body over its bound")
	errNoRoom   = errors.New("the memory for large bodies is in use")
)

// readBody appends a request's body to dst, at most max bytes of it. Past
// keepBuffer bytes it asks room for the memory of the largest body.
func readBody(ctx *fasthttp.RequestCtx, dst []byte, max int, room func() bool) ([]byte, error) {
	r := ctx.RequestBodyStream()
	if r == nil {
		return dst, nil
	}
	large := false
	for {
		if !large && len(dst) >= keepBuffer {
			if large = room(); !large {
				return dst, errNoRoom
			}
		}
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if len(dst) > max {
			return dst, errTooLarge
		}
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
}

// codeOfBodyError is the code of an error of readBody.
func codeOfBodyError(nc net.Conn, err error) string {
	switch {
	case errors.Is(err, errTooLarge):
		return codeTooLarge
	case errors.Is(err, errNoRoom):
		return codeOverloaded
	}
	return codeOfReadError(nc, err)
}
