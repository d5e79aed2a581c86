package storage

import (
	"encoding/binary"
	"slices"
)

// The records of a batch are one value: the format byte, their number as a varint,
// then each with its length before it. A command carries the same bytes, so that
// applying it copies them once.

// appendRecords appends the value of records to b.
func appendRecords(b []byte, records [][]byte) []byte {
	b = append(b, valueFormat)
	b = binary.AppendUvarint(b, uint64(len(records)))
	for _, r := range records {
		b = appendBytes(b, r)
	}
	return b
}

// countRecords checks the value of a batch from end to end and returns the number
// of its records, which is at least 1.
func countRecords(v []byte) (uint64, error) {
	r, n, err := openRecords(v)
	if err != nil {
		return 0, err
	}
	for range n {
		r.bytes()
	}
	if r.bad || len(r.b) != 0 {
		return 0, errValue
	}
	return n, nil
}

// readRecords appends copies of the records of v to out: not the first skip ones,
// and at most limit. It returns the number of records in v too.
func readRecords(out [][]byte, v []byte, skip uint64, limit int) ([][]byte, uint64, error) {
	r, n, err := openRecords(v)
	if err != nil {
		return out, 0, err
	}
	for i := range n {
		record := r.bytes()
		if i >= skip && limit > 0 {
			out = append(out, slices.Clone(record))
			limit--
		}
	}
	if r.bad || len(r.b) != 0 {
		return out, 0, errValue
	}
	return out, n, nil
}

// openRecords reads the number of records in v. Every record has at least one byte,
// its length: a number that cannot be right is an error before anything is made of it.
func openRecords(v []byte) (r reader, n uint64, err error) {
	b, err := body(v)
	if err != nil {
		return r, 0, err
	}
	r.b = b
	if n = r.uvarint(); r.bad || n == 0 || n > uint64(len(r.b)) || n > MaxBatchRecords {
		return r, 0, errValue
	}
	return r, n, nil
}
