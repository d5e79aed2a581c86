package load

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"boxoffice/cmd/stampede/kernel"

	"golang.org/x/sys/unix"
)

// alarm wakes one goroutine at a moment. It is a timer of the kernel that the runtime's
// poller waits for: the runtime's own timers are up to a millisecond late, because
// the poller counts its patience in whole milliseconds.
//
// The timer is never read: setting it takes back that it rang, and the poller tells of
// each ringing once.
type alarm struct {
	file *os.File // makes the timer known to the poller
	raw  syscall.RawConn
	wake func(fd uintptr) bool // once, not one a wait

	time time.Duration
	set  bool
	fail syscall.Errno
}

// newAlarm makes an alarm.
func newAlarm() (*alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a timer: %w", err)
	}
	a := &alarm{file: os.NewFile(uintptr(fd), "timer")}
	if a.raw, err = a.file.SyscallConn(); err != nil {
		a.file.Close()
		return nil, fmt.Errorf("make a timer: %w", err)
	}
	a.wake = a.ring
	return a, nil
}

// ring sets the timer when it is first called, and has its caller wait for it; it says so
// when it has rung.
func (a *alarm) ring(fd uintptr) bool {
	if a.set {
		return true
	}
	a.set, a.fail = true, kernel.SetTimer(fd, a.time)
	return a.fail != 0
}

// wait blocks for d, which is more than 0.
func (a *alarm) wait(d time.Duration) error {
	a.time, a.set, a.fail = d, false, 0
	err := a.raw.Read(a.wake)
	if err == nil && a.fail != 0 {
		err = a.fail
	}
	if err != nil {
		return fmt.Errorf("set a timer: %w", err)
	}
	return nil
}

// close ends the alarm.
func (a *alarm) close() { a.file.Close() }
