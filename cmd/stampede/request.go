package main

import "strconv"

// kind is what a request is for: latencies and statuses are counted by kind.
type kind int

// The kinds of requests.
const (
	viewKind kind = iota
	ticketsKind
	holdKind
	releaseKind
	bookKind
	kinds // how many there are
)

// String is the kind as reports and ledgers name it.
func (k kind) String() string {
	return [...]string{"view", "tickets", "hold", "release", "book"}[k]
}

// request is one request of the contract.
type request struct {
	kind   kind
	method string
	path   string
	user   string
	key    string // Idempotency-Key; "": none
	body   []byte
	admin  bool // carries the admin token
}

// append appends the request's bytes. The header names are the shortest set that a
// strict server takes.
func (r *request) append(dst []byte, to *target) []byte {
	dst = append(dst, r.method...)
	dst = append(dst, ' ')
	dst = append(dst, r.path...)
	dst = append(dst, " HTTP/1.1\r\nHost: "...)
	dst = append(dst, to.address...)
	dst = header(dst, "X-User-Id", r.user)
	dst = header(dst, "Idempotency-Key", r.key)
	if r.admin && to.token != "" {
		dst = header(dst, "Authorization", "Bearer "+to.token)
	}
	if r.body != nil {
		dst = append(dst, "\r\nContent-Type: application/json\r\nContent-Length: "...)
		dst = strconv.AppendInt(dst, int64(len(r.body)), 10)
	}
	dst = append(dst, "\r\n\r\n"...)
	return append(dst, r.body...)
}

// header appends one header line where there is a value.
func header(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(dst, "\r\n"...)
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	return append(dst, value...)
}

// bookingBody is the body of a booking of tickets without a hold, or of a hold
// where holdID is not empty.
func bookingBody(dst []byte, holdID string, tickets ...string) []byte {
	dst = append(dst, '{')
	if holdID != "" {
		dst = append(dst, `"holdId":"`...)
		dst = append(dst, holdID...)
		dst = append(dst, `",`...)
	}
	dst = ticketList(dst, tickets)
	return append(dst, `,"paymentInfo":{"method":"card","token":"pm_card_visa"}}`...)
}

// holdBody is the body of a hold of tickets.
func holdBody(dst []byte, tickets ...string) []byte {
	return append(ticketList(append(dst, '{'), tickets), '}')
}

// ticketList appends the member ticketIds. Ids of the crowd's own events need no
// escaping.
func ticketList(dst []byte, tickets []string) []byte {
	dst = append(dst, `"ticketIds":[`...)
	for i, id := range tickets {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		dst = append(dst, id...)
		dst = append(dst, '"')
	}
	return append(dst, ']')
}
