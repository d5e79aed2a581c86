package httpapi

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// crowdEnv has a test binary be the clients of BenchmarkSockets: "ADDRESS N transport".
const crowdEnv = "BOXOFFICE_TEST_CROWD"

// TestCrowd is the clients of BenchmarkSockets, in a process of their own: what they cost
// is not the server's. It opens the sockets, says so, and reads until its input ends.
func TestCrowd(t *testing.T) {
	order := os.Getenv(crowdEnv)
	if order == "" {
		t.Skip("only as another process of BenchmarkSockets")
	}
	var addr, via string
	var n int
	if _, err := fmt.Sscan(order, &addr, &n, &via); err != nil {
		t.Fatal(err)
	}
	head := "GET " + seatsPath + " HTTP/1.1\r\nHost: x\r\n"
	if via == overEvents.String() {
		head += "Accept: text/event-stream\r\n"
	} else {
		for i, all := 0, upgrade(); i < len(all); i += 2 {
			head += all[i] + ": " + all[i+1] + "\r\n"
		}
	}
	for range n {
		nc, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		if _, err := io.WriteString(nc, head+"\r\n"); err != nil {
			t.Fatal(err)
		}
		br := bufio.NewReaderSize(nc, 512)
		for line := ""; line != "\r\n"; {
			if line, err = br.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		go func() { _, _ = io.Copy(io.Discard, br) }() // until the server, or the test, closes it
	}
	fmt.Println("open")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// BenchmarkSockets is what a socket costs that is open and still: heap and stacks that the
// process has for 5,000 of them, over 5,000; and how long one message for all of them
// takes, until the kernel has the last one. More than 20 KiB a socket fails.
func BenchmarkSockets(b *testing.B) {
	const n = 5000
	for _, via := range []transport{overWebSocket, overEvents} {
		b.Run(via.String(), func(b *testing.B) {
			w, hub := newLive(b, func(c *Config) { c.MaxConnsPerIP = 0 })
			before := memoryInUse()
			crowd := exec.Command(os.Args[0], "-test.run=^TestCrowd$")
			crowd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %s", crowdEnv, w.addr, n, via))
			stop, err := crowd.StdinPipe()
			if err != nil {
				b.Fatal(err)
			}
			said, err := crowd.StdoutPipe()
			if err != nil {
				b.Fatal(err)
			}
			if err := crowd.Start(); err != nil {
				b.Fatal(err)
			}
			if line, err := bufio.NewReader(said).ReadString('\n'); err != nil || strings.TrimSpace(line) != "open" {
				b.Fatal(line, err)
			}
			await(b, "all are here", func() bool { return hub.count() == n })
			each := float64(memoryInUse()-before) / n
			sent := &w.srv.sockets.sent
			var version uint64
			for b.Loop() {
				version++
				hub.tell(tickets(version+1, 200))
				await(b, "all have it", func() bool { return sent.Load() == version*n })
			}
			b.ReportMetric(each, "bytes/socket")
			b.ReportMetric(float64(memoryInUse()-before)/n, "after-bytes/socket")
			if each > 20<<10 {
				b.Errorf("%.0f bytes a socket", each)
			}
			_ = stop.Close()
			_ = crowd.Wait() // it was told to end
			await(b, "all have gone", func() bool { return w.srv.sockets.count() == 0 })
		})
	}
}

// memoryInUse is the heap and the stacks that the process has, in bytes, once the garbage
// is gone.
func memoryInUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
