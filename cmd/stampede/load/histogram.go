package load

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// longest is the greatest latency that is told from greater ones: ten minutes, for
// waiting rooms are measured too.
const longest = 10 * time.Minute

// digits is how exact a histogram is: three, so a value is right within 0.1 %.
const digits = 3

// Histogram is a distribution of times, exact to a microsecond or three digits. The
// zero value is empty. It belongs to one goroutine; as text it is HDR's own encoding
// (version 2, compressed, base64).
type Histogram struct {
	counts *hdrhistogram.Histogram
	max    time.Duration
	sum    time.Duration
}

// Record adds a time. A negative one counts as 0, one beyond ten minutes as that.
func (h *Histogram) Record(d time.Duration) {
	if h.counts == nil {
		h.counts = hdrhistogram.New(1, longest.Microseconds(), digits)
	}
	d = min(max(d, 0), longest)
	h.max, h.sum = max(h.max, d), h.sum+d
	if err := h.counts.RecordValue(max(1, d.Microseconds())); err != nil {
		panic(err) // the value is within the histogram's bounds
	}
}

// Merge adds what another has. Nothing is lost: all have the same buckets.
func (h *Histogram) Merge(from *Histogram) {
	if from.counts == nil {
		return
	}
	if h.counts == nil {
		h.counts = hdrhistogram.New(1, longest.Microseconds(), digits)
	}
	h.counts.Merge(from.counts)
	h.max, h.sum = max(h.max, from.max), h.sum+from.sum
}

// Count is how many times were recorded.
func (h *Histogram) Count() int64 {
	if h.counts == nil {
		return 0
	}
	return h.counts.TotalCount()
}

// At is the time below which so many per cent are, at most Max; 0 where there are none.
func (h *Histogram) At(percent float64) time.Duration {
	if h.counts == nil {
		return 0
	}
	return min(time.Duration(h.counts.ValueAtPercentile(percent))*time.Microsecond, h.max)
}

// Max is the longest time.
func (h *Histogram) Max() time.Duration { return h.max }

// Mean is the mean time.
func (h *Histogram) Mean() time.Duration {
	if n := h.Count(); n > 0 {
		return h.sum / time.Duration(n)
	}
	return 0
}

// wireHistogram is a histogram as processes hand it to each other.
type wireHistogram struct {
	Counts string        `json:"counts,omitempty"` // HDR's encoding
	Max    time.Duration `json:"max"`
	Sum    time.Duration `json:"sum"`
}

// pack gives the form for another process.
func (h *Histogram) pack() (wireHistogram, error) {
	if h.Count() == 0 {
		return wireHistogram{}, nil
	}
	text, err := h.counts.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	return wireHistogram{string(text), h.max, h.sum}, err
}

// unpack reads what pack made.
func (h *Histogram) unpack(w wireHistogram) error {
	*h = Histogram{max: w.Max, sum: w.Sum}
	if w.Counts == "" {
		return nil
	}
	var err error
	h.counts, err = hdrhistogram.Decode([]byte(w.Counts))
	return err
}
