package truth

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
)

// BenchmarkCheck is the judging of 40,000 requests on 20,000 tickets, half of which
// are refused; B/request is what stays in memory while it goes on, at most.
func BenchmarkCheck(b *testing.B) {
	w := newWorld(nil)
	for i := range 10_000 {
		tickets := []string{fmt.Sprintf("B-%d", 2*i), fmt.Sprintf("B-%d", 2*i+1)}
		w.status[tickets[0]], w.status[tickets[1]] = "available", "available"
		h := w.place("ann", tickets...)
		w.place("bob", tickets[1])
		w.book("ann", hold(h))
		w.book("cat", "", tickets[0])
	}
	rec, err := NewRecorder(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	for _, o := range w.obs {
		rec.Add(o)
	}
	if err := rec.Close(); err != nil {
		b.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(w.serve))
	defer s.Close()
	for b.Loop() {
		v, err := Check(b.Context(), Config{Server: s.URL, ReadBack: 1}, rec.File())
		if err != nil || !v.Holds {
			b.Fatal(err, v)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(w.obs)), "ns/request")
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapSys)/float64(len(w.obs)), "B/request")
}
