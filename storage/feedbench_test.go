package storage

import (
	"encoding/binary"
	"fmt"
	"testing"

	sm "github.com/lni/dragonboat/v4/statemachine"
)

// BenchmarkApply is what a replica does with an append, of 64 in an update: an
// operation is one append. The Raft log is not in it.
func BenchmarkApply(b *testing.B) {
	const update = 64
	r := newDiskRig(b)
	r.do(encodeClaim(1, alice))
	entries := make([]sm.Entry, update)
	for i := range entries {
		batch := Batch{Event: fmt.Sprintf("event-%024d", i), Epoch: 1, Records: [][]byte{make([]byte, 150)},
			Summary: make([]byte, 40)}
		entries[i].Cmd = appendBatch(nil, &batch)
	}
	b.ReportAllocs()
	base := uint64(0)
	for n := 0; b.Loop(); n++ {
		if n%update != 0 {
			continue
		}
		for i := range entries {
			r.index++
			entries[i].Index = r.index
			binary.BigEndian.PutUint64(entries[i].Cmd[10:], base) // format1 op1 epoch8 base8
		}
		if _, err := r.Update(entries); err != nil || entries[0].Result.Value != resultDone {
			b.Fatal(entries[0].Result, err)
		}
		base++
	}
}
