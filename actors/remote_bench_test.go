package actors

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"boxoffice/actors/payment"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
)

// BenchmarkForward is whole bookings of distinct seats, asked for on the node that
// leads their event and on another one, with no network between them: the
// difference is what the way costs both nodes, without the network.
func BenchmarkForward(b *testing.B) {
	for i, name := range []string{"local", "forwarded"} {
		b.Run(name, func(b *testing.B) {
			sandbox, err := payment.NewSandbox(payment.SandboxConfig{Ledger: b.TempDir() + "/ledger.ndjson"})
			if err != nil {
				b.Fatal(err)
			}
			f := newFleet(b, 2, func(c *Config) { c.Gateway, c.MaxQueued = sandbox, 1<<20 })
			defer func() {
				f.stop()
				if err := sandbox.Close(); err != nil {
					b.Error(err)
				}
			}()
			e := theatre("e", time.Now())
			e.Inventory.Sections[0].Rows = nil
			for r := range 190 {
				e.Inventory.Sections[0].Rows = append(e.Inventory.Sections[0].Rows,
					catalog.Row{Name: fmt.Sprint(r), Seats: 1000})
			}
			f.all[1].must(&sale.DefineEvent{Event: e})
			var next atomic.Uint64
			b.ReportAllocs()
			b.SetParallelism(128)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					n := next.Add(1)
					id := benchID(n)
					cmd := &sale.Book{By: sale.By{Key: sale.Key{ID: id}}, ID: id, Method: "card", Token: "pm_card_visa",
						TicketIDs: []string{fmt.Sprintf("S-%d-%d", n%190_000/1000, n%1000+1)}}
					a, err := f.all[i].do(cmd)
					if err != nil || n < 190_000 && a.Refusal != nil {
						b.Errorf("%v %v", err, a.Refusal)
						return
					}
				}
			})
		})
	}
}
