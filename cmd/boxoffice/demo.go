package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
	"boxoffice/cmd/boxoffice/demo"
)

// demoEvent is the event of the three lines that serve --demo prints.
const demoEvent = "demo-1"

// loadDemo defines the demo events, unless they are there.
func loadDemo(c *actors.Client, env environment) error {
	_, err := c.View(context.Background(), demoEvent, 0)
	var refusal *sale.Refusal
	if !errors.As(err, &refusal) {
		return err // nil: it is there
	}
	var (
		wait   sync.WaitGroup
		once   sync.Once
		failed error
	)
	events := make(chan *catalog.Event)
	for range 32 {
		wait.Go(func() {
			for e := range events {
				a, err := c.Do(e.ID, &sale.DefineEvent{Event: e}, time.Now().Add(10*time.Second))
				if err == nil && a.Refusal != nil {
					err = a.Refusal
				}
				if err != nil {
					once.Do(func() { failed = fmt.Errorf("load the demo event %s: %w", e.ID, err) })
				}
			}
		})
	}
	for _, e := range demo.Events(env.now()) {
		events <- e
	}
	close(events)
	wait.Wait()
	return failed
}

// demoLines is how a stranger sells his first ticket.
func demoLines(address string) string {
	url := "http://" + address
	return `
Boxoffice is open: ` + url + `

Look at an event, hold its two best seats in section 101, pay and book them:

  curl -s ` + url + `/events/` + demoEvent + `
  HOLD=$(curl -s -H 'Content-Type: application/json' -d '{"quantity":2,"section":"101"}' ` + url + `/events/` +
		demoEvent + `/holds | tee /dev/stderr | sed 's/{"id":"\([^"]*\).*/\1/')
  curl -s -H 'Content-Type: application/json' -d '{"holdId":"'$HOLD'",` +
		`"paymentInfo":{"method":"card","token":"pm_card_visa"}}' ` + url + `/bookings/` + demoEvent + `

`
}
