package columns

import (
	"encoding/binary"
	"time"
)

// piece is the static columns of 256 rows, but for what is hot of them.
type piece struct {
	onSale     [pieceSize]int64
	version    [pieceSize]uint64
	head       [pieceSize]uint64 // of id
	id, title  [pieceSize]string
	performers [pieceSize][]uint32 // in order of billing; never changed, only replaced
}

// hotPiece is what is hot of 256 rows. It is apart from their piece, so that all of it is
// in as little memory as can be.
type hotPiece [pieceSize]hot

// hot is what most queries read of a row: side by side, for events that are found by
// place or by word are scattered, and each column apart would be a cache miss. It takes
// 32 bytes: two fill a cache line.
type hot struct {
	start        int64
	popularity   float32
	place, genre uint32
	letters      uint32 // of the title
	single       uint32 // who appears, where that is one; 0: none, or several
	month        uint16
	flags        uint8
}

// Flags of a row.
const (
	alive = 1 << iota // the first: Living counts it
	cancelled
	shortTitle
)

// fill sets what follows from the title and from who appears.
func (h *hot) fill(title string, billing []uint32, isCancelled bool) {
	h.month, h.letters, h.flags = monthOf(h.start), Letters(title), alive
	if isCancelled {
		h.flags |= cancelled
	}
	if isShort(title) {
		h.flags |= shortTitle
	}
	if len(billing) == 1 {
		h.single = billing[0]
	}
}

// idHead is the first eight bytes of an id, as a number in their order.
func idHead(id string) uint64 {
	var head [8]byte
	copy(head[:], id)
	return binary.BigEndian.Uint64(head[:])
}

// monthOf counts the months since the year 0, in UTC: 0 to 65535, which is the year 5461.
func monthOf(ms int64) uint16 {
	t := time.UnixMilli(ms).UTC()
	return uint16(max(0, min(t.Year()*12+int(t.Month())-1, 1<<16-1)))
}

// MonthName is a month of Snapshot.Month as "2027-06".
func MonthName(month uint16) string {
	return time.Date(int(month)/12, time.Month(month%12)+1, 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
}
