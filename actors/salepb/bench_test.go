package salepb

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	"boxoffice/actors/sale"
	"boxoffice/actors/salepb/internal/pb"
)

// hotRecords are those of a booking: each is appended once.
var hotRecords = []sale.Record{exampleRecords[2], exampleRecords[5], exampleRecords[6], exampleRecords[8]}

func BenchmarkAppendRecord(b *testing.B) {
	for _, r := range hotRecords {
		b.Run(fmt.Sprintf("%T", r)[6:], func(b *testing.B) {
			buf := make([]byte, 0, 1024)
			b.ReportAllocs()
			for b.Loop() {
				buf = AppendRecord(buf[:0], r)
			}
			b.ReportMetric(float64(len(buf)), "bytes")
		})
	}
}

func BenchmarkDecodeRecord(b *testing.B) {
	for _, r := range hotRecords {
		b.Run(fmt.Sprintf("%T", r)[6:], func(b *testing.B) {
			buf := AppendRecord(nil, r)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := DecodeRecord(buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTwinHoldPlaced is what the generated code would take for a hold: a
// copy into its messages, then the library.
func BenchmarkTwinHoldPlaced(b *testing.B) {
	r := hotRecords[0].(*sale.HoldPlaced)
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		h := &r.Hold
		m := &pb.Record{At: int64(r.At), KeyId: r.Key.ID[:], KeyBody: r.Key.Body[:], Kind: &pb.Record_HoldPlaced{
			HoldPlaced: &pb.HoldPlaced{Hold: &pb.Hold{Id: h.ID[:], User: h.User, TicketIds: h.TicketIDs, Total: h.Total,
				PlacedAt: int64(h.PlacedAt), ExpiresAt: int64(h.ExpiresAt), MaxExpiresAt: int64(h.MaxExpiresAt),
				Paying: h.Paying[:]}},
		}}
		var err error
		if buf, err = (proto.MarshalOptions{Deterministic: true}).MarshalAppend(buf[:0], m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendSummary(b *testing.B) {
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendSummary(buf[:0], exampleSummary)
	}
}

// largeCheckpoint is a house of 100,000 seats with 20,000 bookings of two.
func largeCheckpoint() sale.Checkpoint {
	c := sale.Checkpoint{Version: 60_000, Now: noon, Event: exampleEvent, ChangedAt: make([]uint64, 100_000)}
	for i := range 20_000 {
		k := exampleBooking
		k.ID[0], k.ID[1] = byte(i>>8), byte(i)
		k.User = fmt.Sprint("user-", i)
		k.TicketIDs = []string{fmt.Sprint("101-A-", 2*i), fmt.Sprint("101-A-", 2*i+1)}
		k.Hold, k.Reason, k.EndedAt = sale.ID{}, "", 0
		c.ChangedAt[2*i], c.ChangedAt[2*i+1] = uint64(3*i), uint64(3*i)
		c.Bookings = append(c.Bookings, &k)
		ref := sale.BookingRef(k.ID)
		c.Answers = append(c.Answers, sale.StoredAnswer{At: noon, Key: exampleKey,
			Version: uint64(3 * i), What: &ref})
	}
	return c
}

func BenchmarkEncodeCheckpoint(b *testing.B) {
	c := largeCheckpoint()
	b.ReportAllocs()
	var n int
	for b.Loop() {
		n = len(EncodeCheckpoint(c))
	}
	b.ReportMetric(float64(n), "bytes")
}

func BenchmarkDecodeCheckpoint(b *testing.B) {
	data := EncodeCheckpoint(largeCheckpoint())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeCheckpoint(data); err != nil {
			b.Fatal(err)
		}
	}
}
