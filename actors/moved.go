package actors

import (
	"fmt"

	"boxoffice/actors/sale"
)

// errBegun is the errMoved of a Book that waits for its payment: the booking is in
// the log, or on its way there. Sent again as it is, with call.begun, it is told
// how the booking ends, or is made where the log never got it.
var errBegun = fmt.Errorf("%w while a booking was being paid for", errMoved)

// answer decides a call. A Book that has begun elsewhere is known by the id of its
// booking, which its sender drew for this one command.
func (e *event) answer(c *call) sale.Answer {
	if book, ok := c.cmd.(*sale.Book); ok && c.begun {
		if outcome := e.state.Outcome(book.ID); !refusedAs(outcome, sale.BookingNotFound) {
			return outcome
		}
	}
	return e.step(c.cmd)
}

// refusedAs reports whether an answer is a refusal of a code.
func refusedAs(a sale.Answer, code sale.Code) bool { return a.Refusal != nil && a.Refusal.Code == code }
