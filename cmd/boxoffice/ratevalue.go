package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"boxoffice/httpapi"
)

// rateValue is so many a second, and so many at once: 20:100. Without the second number
// they are five times the first; 0 is no bound.
type rateValue httpapi.Rate

// burstSeconds is how many seconds' worth come at once where nothing is said of it.
const burstSeconds = 5

// maxRate bounds both numbers.
const maxRate = 1e6

func (v *rateValue) String() string {
	if v.PerSecond == 0 {
		return "0"
	}
	return strconv.FormatFloat(v.PerSecond, 'f', -1, 64) + ":" + strconv.Itoa(v.Burst)
}

func (v *rateValue) Set(s string) error {
	first, second, both := strings.Cut(s, ":")
	bad := fmt.Errorf("%q is no rate such as 20, 20:100 (so many a second, so many at once) or 0", s)
	rate, err := strconv.ParseFloat(first, 64)
	if err != nil || !(rate >= 0 && rate <= maxRate) {
		return bad
	}
	if rate == 0 && !both {
		*v = rateValue{}
		return nil
	}
	burst := int(math.Ceil(min(rate*burstSeconds, maxRate)))
	if both {
		if burst, err = strconv.Atoi(second); err != nil || burst < 1 || burst > maxRate || rate == 0 {
			return bad
		}
	}
	*v = rateValue{PerSecond: rate, Burst: burst}
	return nil
}
