package columns

import "time"

// piece is the static columns of 256 rows.
type piece struct {
	hot        [pieceSize]hot
	onSale     [pieceSize]int64
	version    [pieceSize]uint64
	letters    [pieceSize]uint32 // of the title
	id, title  [pieceSize]string
	performers [pieceSize][]uint32 // in order of billing; never changed, only replaced
}

// hot is what most queries read of a row: side by side, for events that are found by
// place or by word are scattered, and each column apart would be a cache miss.
type hot struct {
	start        int64
	popularity   float32
	place, genre uint32
	month        uint16
	flags        uint8
}

// Flags of a row.
const (
	alive = 1 << iota
	cancelled
)

// monthOf counts the months since the year 0, in UTC: 0 to 65535, which is the year 5461.
func monthOf(ms int64) uint16 {
	t := time.UnixMilli(ms).UTC()
	return uint16(max(0, min(t.Year()*12+int(t.Month())-1, 1<<16-1)))
}

// MonthName is a month of Snapshot.Month as "2027-06".
func MonthName(month uint16) string {
	return time.Date(int(month)/12, time.Month(month%12)+1, 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
}
