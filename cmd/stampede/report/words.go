package report

import (
	"fmt"
	"math"
	"strconv"
)

// millis is a latency as people read it: three digits and a unit.
func millis(ms float64) string {
	switch {
	case ms == 0:
		return "0"
	case ms < 1:
		return digits(ms*1000) + "µs"
	case ms < 1000:
		return digits(ms) + "ms"
	}
	return digits(ms/1000) + "s"
}

// percent is a share in per cent, with two places where they are not 0: 99.98 % is not
// 100 %.
func percent(share float64) string {
	return strconv.FormatFloat(math.Round(share*10000)/100, 'f', -1, 64) + "%"
}

// digits is a number with three digits that count, and no exponent.
func digits(x float64) string {
	places := 2
	if x != 0 {
		places = max(0, 2-int(math.Floor(math.Log10(math.Abs(x)))))
	}
	return strconv.FormatFloat(x, 'f', min(places, 2), 64)
}

// number is a count or a rate: with blanks between thousands, and a place behind the
// point only where it is small.
func number(x float64) string {
	if math.Abs(x) < 100 && x != math.Trunc(x) {
		return digits(x)
	}
	s := strconv.FormatInt(int64(math.Round(x)), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// count is a number of things: "1 violation", "2 violations".
func count(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%s %ss", number(float64(n)), thing)
}
