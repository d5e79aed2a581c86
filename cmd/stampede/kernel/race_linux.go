//go:build race

package kernel

import "syscall"

// readOnce and writeOnce are the runtime's own calls where the race detector runs: it takes
// what is read to come after what was written, which tests with a server beside them need.

// readOnce reads once.
func readOnce(fd uintptr, b []byte) (int, syscall.Errno) { return number(syscall.Read(int(fd), b)) }

// writeOnce writes once.
func writeOnce(fd uintptr, b []byte) (int, syscall.Errno) { return number(syscall.Write(int(fd), b)) }

// number is an error as the kernel gave it.
func number(n int, err error) (int, syscall.Errno) {
	if err != nil {
		return 0, err.(syscall.Errno)
	}
	return n, 0
}
