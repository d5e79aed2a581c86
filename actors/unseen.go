package actors

import (
	"context"
	"fmt"

	"boxoffice/actors/payment"
)

// A provider may have no memory of a payment that it authorised: nodes that each
// have a sandbox of their own are as many providers. The booking is paid for all
// the same, and must not wait for ever.

// captureAnew takes the money of a payment that the provider does not know: it is
// authorised again, with the same key, and then captured.
func (p *payer) captureAnew(ctx context.Context, r payment.Request) error {
	p.node.cfg.Logger.Warn("the payment provider does not know a payment; it is authorised again",
		"event", r.Event)
	o, err := p.node.cfg.Gateway.Authorise(ctx, r)
	switch {
	case err != nil:
		return fmt.Errorf("authorise again: %w", err)
	case o.Declined:
		return fmt.Errorf("authorise again: %w: declined, %s", payment.ErrState, o.Reason)
	}
	return p.node.cfg.Gateway.Capture(ctx, payment.CaptureKey(r.Booking), o.PaymentID)
}

// refundUnseen gives back a payment that the provider does not know: there is
// nothing to give, and it sees to it that nothing will be taken.
func (p *payer) refundUnseen(ctx context.Context, event, booking string) error {
	p.node.cfg.Logger.Warn("the payment provider does not know a payment that is to be refunded",
		"event", event)
	return p.node.cfg.Gateway.Refund(ctx, payment.RefundKey(booking), "")
}
