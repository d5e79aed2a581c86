package salepb

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"

	"boxoffice/actors/sale"
)

// checkStable says whether what was decoded from some bytes has one form: the
// twin writes it as we do, and it is read again as the same.
func checkStable[T any](t *testing.T, v T, encode func(T) []byte, decode func([]byte) (T, error),
	twin func(T) proto.Message) {
	b := encode(v)
	again, err := decode(b)
	if err != nil {
		t.Fatalf("%x was written, then: %v", b, err)
	}
	if b2 := encode(again); !bytes.Equal(b, b2) {
		t.Fatalf("written as %x, then as %x", b, b2)
	}
	want, err := twinBytes(twin(v))
	if err != nil {
		return // a string that is not UTF-8: the twin has no form for it
	}
	if !bytes.Equal(b, want) {
		t.Fatalf("written as\n%x, the twin writes\n%x", b, want)
	}
}

func FuzzDecodeRecord(f *testing.F) {
	for _, r := range exampleRecords {
		f.Add(AppendRecord(nil, r))
	}
	encode := func(r sale.Record) []byte { return AppendRecord(nil, r) }
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := DecodeRecord(b); err == nil {
			checkStable(t, r, encode, DecodeRecord, func(r sale.Record) proto.Message { return twinRecord(r) })
		}
	})
}

func FuzzDecodeCheckpoint(f *testing.F) {
	f.Add(EncodeCheckpoint(exampleCheckpoint))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := DecodeCheckpoint(b); err == nil {
			checkStable(t, c, EncodeCheckpoint, DecodeCheckpoint,
				func(c sale.Checkpoint) proto.Message { return twinCheckpoint(c) })
		}
	})
}

func FuzzDecodeView(f *testing.F) {
	f.Add(AppendSummary(nil, exampleSummary))
	f.Add(EncodeDetails(exampleDetails))
	encode := func(s sale.Summary) []byte { return AppendSummary(nil, s) }
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := DecodeSummary(b); err == nil {
			checkStable(t, s, encode, DecodeSummary, func(s sale.Summary) proto.Message { return twinSummary(s) })
		}
		if d, err := DecodeDetails(b); err == nil {
			if d.Event != nil {
				d.Event = withoutSections(d.Event)
			}
			checkStable(t, d, EncodeDetails, DecodeDetails, func(d Details) proto.Message { return twinDetails(d) })
		}
	})
}
