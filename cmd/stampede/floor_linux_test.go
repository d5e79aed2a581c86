package main

import (
	"fmt"
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"boxoffice/cmd/stampede/kernel"
)

// BenchmarkFloor is what a request costs the least client that there can be, beside
// BenchmarkGenerator: one thread that sleeps until a request is due, writes it and blocks for
// the answer. It wakes up twice a request; the generator's wake-ups are shared by
// those who come and are answered at the same time.
func BenchmarkFloor(b *testing.B) {
	base, err := startBaseline("constant", "-size", "700")
	if err != nil {
		b.Fatal(err)
	}
	defer base.stop(&err)
	for _, rate := range []int{100, 500, 2000, 5000} {
		b.Run(fmt.Sprintf("rate %d", rate), func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(lone(b, base.address, rate, 2*rate), "µs-CPU/request")
			}
		})
	}
}

// lone sends n requests at a rate from a thread of its own and gives the CPU time of each,
// in microseconds.
func lone(b *testing.B, address string, rate, n int) float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	f, err := c.(*net.TCPConn).File() // its Fd blocks
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	defer c.Close()
	fd, answer := f.Fd(), make([]byte, 4096)
	request := []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	begin, before := time.Now(), cpuTime()
	for i := range n {
		due := begin.Add(time.Duration(i) * time.Second / time.Duration(rate))
		if wait := syscall.NsecToTimespec(max(0, time.Until(due).Nanoseconds())); wait.Nsec > 0 {
			syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&wait)), 0, 0)
		}
		if _, err := kernel.Write(fd, request); err != 0 {
			b.Fatal(err)
		}
		if _, err := kernel.Read(fd, answer); err != 0 { // it blocks: nothing else runs here
			b.Fatal(err)
		}
	}
	return float64((cpuTime() - before).Nanoseconds()) / 1000 / float64(n)
}
