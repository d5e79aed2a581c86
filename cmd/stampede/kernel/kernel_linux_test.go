package kernel

import (
	"bytes"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestPipe wants bytes to go through a pipe, EAGAIN where none are there or none have
// room, and the end.
func TestPipe(t *testing.T) {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_NONBLOCK|syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	in, out := uintptr(ends[0]), uintptr(ends[1])
	defer syscall.Close(ends[0])
	got := make([]byte, 1<<20)
	if n, err := Read(in, got); n != 0 || err != syscall.EAGAIN {
		t.Fatalf("an empty pipe: %d, %v", n, err)
	}
	if n, err := Write(out, []byte("hello")); n != 5 || err != 0 {
		t.Fatalf("write: %d, %v", n, err)
	}
	if n, err := Read(in, got); err != 0 || !bytes.Equal(got[:n], []byte("hello")) {
		t.Fatalf("read: %q, %v", got[:n], err)
	}
	if n, err := Write(out, make([]byte, 1<<20)); n == 0 || n == 1<<20 || err != 0 {
		t.Fatalf("more than a pipe has room for: %d, %v", n, err)
	}
	if n, err := Write(out, []byte("x")); n != 0 || err != syscall.EAGAIN {
		t.Fatalf("a full pipe: %d, %v", n, err)
	}
	syscall.Close(ends[1])
	for {
		n, err := Read(in, got)
		if err != 0 {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// TestTimer wants a timer to ring after its time, and a timer that is set again to ring
// then alone.
func TestTimer(t *testing.T) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "timer")
	defer f.Close()
	begin := time.Now()
	for _, d := range []time.Duration{time.Hour, 20 * time.Millisecond} {
		if err := SetTimer(uintptr(fd), d); err != 0 {
			t.Fatal(err)
		}
	}
	if _, err := f.Read(make([]byte, 8)); err != nil || time.Since(begin) < 20*time.Millisecond {
		t.Fatalf("it rang after %v, %v", time.Since(begin), err)
	}
}
