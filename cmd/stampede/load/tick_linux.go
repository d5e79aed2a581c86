package load

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// alarm wakes one goroutine at a moment. It is a timer of the kernel that the runtime's
// poller waits for: the runtime's own timers are up to a millisecond late, because
// the poller counts its patience in whole milliseconds.
type alarm struct {
	fd   int
	file *os.File // keeps fd and makes it known to the poller
}

// newAlarm makes an alarm.
func newAlarm() (*alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a timer: %w", err)
	}
	return &alarm{fd, os.NewFile(uintptr(fd), "timer")}, nil
}

// wait blocks for d, which is more than 0.
func (a *alarm) wait(d time.Duration) error {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(d.Nanoseconds())}
	if err := unix.TimerfdSettime(a.fd, 0, &spec, nil); err != nil {
		return fmt.Errorf("set a timer: %w", err)
	}
	var rang [8]byte
	_, err := a.file.Read(rang[:])
	return err
}

// close ends the alarm.
func (a *alarm) close() { a.file.Close() }
