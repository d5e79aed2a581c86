//go:build !linux

package load

import "time"

// alarm wakes one goroutine at a moment, with the runtime's own timers: up to a
// millisecond late.
type alarm struct{}

// newAlarm makes an alarm.
func newAlarm() (*alarm, error) { return &alarm{}, nil }

// wait blocks for d.
func (a *alarm) wait(d time.Duration) error {
	time.Sleep(d)
	return nil
}

// close ends the alarm.
func (a *alarm) close() {}
