package kernel

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Read reads into b, which is not empty, and gives how many bytes came. The error is EAGAIN
// where nothing has come yet; it is 0 at the end of the file, with no bytes.
func Read(fd uintptr, b []byte) (int, syscall.Errno) { return again(readOnce, fd, b) }

// Write writes as much of b, which is not empty, as there is room for, and gives how much
// that was. The error is EAGAIN where there is no room.
func Write(fd uintptr, b []byte) (int, syscall.Errno) { return again(writeOnce, fd, b) }

// again calls until no signal comes between.
func again(call func(fd uintptr, b []byte) (int, syscall.Errno), fd uintptr, b []byte) (n int, err syscall.Errno) {
	for n, err = call(fd, b); err == syscall.EINTR; n, err = call(fd, b) {
	}
	return n, err
}

// SetTimer has a timer of the kernel (timerfd) ring once, after d, which is more than 0.
// What it was set to before is forgotten, and that it rang.
func SetTimer(fd uintptr, d time.Duration) syscall.Errno {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(d.Nanoseconds())}
	_, _, err := syscall.RawSyscall6(unix.SYS_TIMERFD_SETTIME, fd, 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
	return err
}
