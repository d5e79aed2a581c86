package importer

import (
	"bytes"
	"testing"
)

// BenchmarkDiscovery is the price of an event on the way from a page to a line;
// it must be at most 50 µs, so that the server is the bound.
func BenchmarkDiscovery(b *testing.B) {
	im := newImporter(b, Options{})
	page := pageOf(b, 200)
	b.SetBytes(int64(len(page)) / 200)
	b.ReportAllocs()
	for n := 0; n < b.N; n += 200 {
		events := 0
		if err := im.Read("page", bytes.NewReader(page), func(item Item) error {
			if item.Refused != nil {
				b.Fatal(item.Refused)
			}
			events++
			return nil
		}); err != nil || events != 200 {
			b.Fatal(events, err)
		}
	}
}
