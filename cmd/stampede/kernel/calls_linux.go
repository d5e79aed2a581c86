//go:build !race

package kernel

import (
	"syscall"
	"unsafe"
)

// readOnce reads once.
func readOnce(fd uintptr, b []byte) (int, syscall.Errno) { return raw(syscall.SYS_READ, fd, b) }

// writeOnce writes once.
func writeOnce(fd uintptr, b []byte) (int, syscall.Errno) { return raw(syscall.SYS_WRITE, fd, b) }

// raw reads or writes.
func raw(what, fd uintptr, b []byte) (int, syscall.Errno) {
	n, _, err := syscall.RawSyscall(what, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	if err != 0 {
		return 0, err
	}
	return int(n), 0
}
