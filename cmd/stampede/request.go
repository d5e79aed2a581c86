package main

// kind is what a request is for: latencies and statuses are counted by kind.
type kind int

// The kinds of requests.
const (
	viewKind kind = iota
	ticketsKind
	holdKind
	releaseKind
	bookKind
	joinKind
	kinds // how many there are
)

// String is the kind as reports and ledgers name it.
func (k kind) String() string {
	return [...]string{"view", "tickets", "hold", "release", "book", "join"}[k]
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
