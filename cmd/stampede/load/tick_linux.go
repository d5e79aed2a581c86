package load

import (
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"

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

	spec unix.ItimerSpec
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
// when it has rung. It asks the kernel itself: the call never blocks, and the runtime
// makes ready for each system call of its own that it may.
func (a *alarm) ring(fd uintptr) bool {
	if a.set {
		return true
	}
	a.set = true
	_, _, a.fail = syscall.RawSyscall6(unix.SYS_TIMERFD_SETTIME, fd, 0, uintptr(unsafe.Pointer(&a.spec)), 0, 0, 0)
	return a.fail != 0
}

// wait blocks for d, which is more than 0.
func (a *alarm) wait(d time.Duration) error {
	a.spec.Value, a.set, a.fail = unix.NsecToTimespec(d.Nanoseconds()), false, 0
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
