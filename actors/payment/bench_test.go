package payment

import (
	"context"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
)

func benchRequest(n int64) Request {
	booking := "AAECAwQFBgcICQo" + strconv.FormatInt(1_000_000+n, 10)
	return Request{Key: AuthKey(booking), Amount: 25_000, Currency: "USD", Method: "card", Token: "pm_card_visa",
		Event: "ev-1", Booking: booking}
}

func BenchmarkAuthorise(b *testing.B) {
	for name, sync := range map[string]bool{"written": false, "synced": true} {
		b.Run(name, func(b *testing.B) {
			s, err := NewSandbox(SandboxConfig{Ledger: filepath.Join(b.TempDir(), "ledger"), Sync: sync})
			if err != nil {
				b.Fatal(err)
			}
			var n atomic.Int64
			b.SetParallelism(128)
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					o, err := s.Authorise(context.Background(), benchRequest(n.Add(1)))
					if err != nil || o.Declined {
						b.Errorf("%+v, %v", o, err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "authorised/s")
			b.StopTimer()
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func BenchmarkAuthoriseAlone(b *testing.B) {
	s, err := NewSandbox(SandboxConfig{Ledger: filepath.Join(b.TempDir(), "ledger")})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.ReportAllocs()
	n := int64(0)
	for b.Loop() {
		n++
		if _, err := s.Authorise(context.Background(), benchRequest(n)); err != nil {
			b.Fatal(err)
		}
	}
}
