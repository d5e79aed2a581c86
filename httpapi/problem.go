package httpapi

import "strconv"

// problemType is the media type of every error (RFC 9457).
const problemType = "application/problem+json"

// problem is a row of the table of errors: all that does not depend on the request.
type problem struct {
	code   string
	status int
	title  string
	// retryable: the same request may succeed later, unchanged.
	retryable bool
	// unknown: the effect of the request is not known; else it had none.
	unknown bool
	// retryAfter is the Retry-After header in seconds; 0: none.
	retryAfter int
	// spread is the most that Retry-After is drawn up to; 0: it is not drawn.
	spread int
	// closes: the connection ends after the answer, for its framing is in doubt
	// or its body was not read.
	closes bool
	// What GET /problems/{code} tells.
	cause, remedy string
	// example is extra members of the example, as JSON members with a leading comma.
	example string
}

// fieldError is a fault of one member, query parameter or header.
type fieldError struct {
	At     string // "/ticketIds/0", "?lat", or a header's name
	Detail string
}

// fault is the part of an error that depends on the request.
type fault struct {
	detail  string
	errors  []fieldError
	members []byte // further members as JSON, each with a leading comma
	status  int    // instead of the table's; 0: the table's
	// retryAfter is instead of the table's; 0: the table's.
	retryAfter int
}

// problemOf is the row of a code. A code outside the table is a programming
// error; it is answered as internal-error, so that the client gets the form.
func problemOf(code string) *problem {
	if p, ok := problemByCode[code]; ok {
		return p
	}
	return problemByCode[codeInternal]
}

var problemByCode = func() map[string]*problem {
	m := make(map[string]*problem, len(problems))
	for i := range problems {
		m[problems[i].code] = &problems[i]
	}
	return m
}()

// appendProblem appends an error's body.
func appendProblem(b []byte, p *problem, requestID []byte, f fault) []byte {
	b = append(b, `{"type":"/problems/`...)
	b = append(b, p.code...)
	b = append(b, `","title":`...)
	b = appendString(b, p.title)
	b = append(b, `,"status":`...)
	status := p.status
	if f.status != 0 {
		status = f.status
	}
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, `,"code":"`...)
	b = append(b, p.code...)
	b = append(b, `","detail":`...)
	if f.detail != "" {
		b = appendString(b, f.detail)
	} else {
		b = appendString(b, p.cause)
	}
	if len(requestID) > 0 {
		b = append(b, `,"requestId":"`...)
		b = append(append(b, requestID...), '"')
	}
	b = append(b, `,"executed":`...)
	if p.unknown {
		b = append(b, `"unknown"`...)
	} else {
		b = append(b, `false`...)
	}
	b = append(b, `,"retryable":`...)
	b = strconv.AppendBool(b, p.retryable)
	b = appendFieldErrors(b, f.errors)
	b = append(b, f.members...)
	return append(b, '}')
}

func appendFieldErrors(b []byte, errs []fieldError) []byte {
	if len(errs) == 0 {
		return b
	}
	b = append(b, `,"errors":[`...)
	for i, e := range errs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"at":`...)
		b = appendString(b, e.At)
		b = append(b, `,"detail":`...)
		b = appendString(b, e.Detail)
		b = append(b, '}')
	}
	return append(b, ']')
}

// fail answers with an error.
func (c *call) fail(code string, f fault) {
	p := problemOf(code)
	status := p.status
	if f.status != 0 {
		status = f.status
	}
	resp := &c.ctx.Response
	resp.ResetBody()
	resp.SetStatusCode(status)
	resp.Header.SetContentType(problemType)
	if f.retryAfter == 0 {
		f.retryAfter = p.again()
	}
	if f.retryAfter > 0 {
		c.setInt(headerRetryAfter, uint64(f.retryAfter))
	}
	if p.closes {
		resp.SetConnectionClose()
		lingerOn(c.ctx.Conn())
	}
	c.buf = appendProblem(c.buf[:0], p, c.requestID(), f)
	resp.SetBody(c.buf)
	c.srv.metrics.refused(p)
}

// invalid answers invalid-request with the faults of one or more fields.
func (c *call) invalid(errs ...fieldError) {
	c.fail(codeInvalid, fault{
		detail: "The request has a member, parameter or header that cannot be accepted.", errors: errs,
	})
}
