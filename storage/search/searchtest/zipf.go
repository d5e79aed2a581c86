package searchtest

import (
	"math"
	"math/rand/v2"
	"sort"
)

// zipf picks numbers, 0 the most often, by Zipf's law.
type zipf struct{ below []float64 }

// newZipf is for numbers below n. A larger exponent makes the first ones more frequent,
// a larger shift makes them less different among themselves.
func newZipf(n int, exponent, shift float64) *zipf {
	z := &zipf{make([]float64, n)}
	sum := 0.0
	for i := range z.below {
		sum += math.Pow(float64(i)+shift, -exponent)
		z.below[i] = sum
	}
	return z
}

// pick picks one.
func (z *zipf) pick(r *rand.Rand) int {
	n := len(z.below)
	return min(n-1, sort.SearchFloat64s(z.below, r.Float64()*z.below[n-1]))
}
