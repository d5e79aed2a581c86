package main

import (
	"testing"

	"boxoffice/httpapi"
)

func TestRateValue(t *testing.T) {
	for _, c := range []struct {
		text, shown string
		want        httpapi.Rate
	}{
		{"20:100", "20:100", httpapi.Rate{PerSecond: 20, Burst: 100}},
		{"20", "20:100", httpapi.Rate{PerSecond: 20, Burst: 100}},
		{"0.1", "0.1:1", httpapi.Rate{PerSecond: 0.1, Burst: 1}},
		{"2.5:1", "2.5:1", httpapi.Rate{PerSecond: 2.5, Burst: 1}},
		{"1000000", "1000000:1000000", httpapi.Rate{PerSecond: 1e6, Burst: 1e6}},
		{"0", "0", httpapi.Rate{}},
	} {
		var v rateValue
		if err := v.Set(c.text); err != nil || httpapi.Rate(v) != c.want || v.String() != c.shown {
			t.Errorf("%s: %v, %v, shown as %s", c.text, v, err, v.String())
		}
		var again rateValue
		if err := again.Set(v.String()); err != nil || again != v {
			t.Errorf("%s is read back as %v: %v", v.String(), again, err)
		}
	}
	for _, bad := range []string{"", "x", "-1", "1:0", "1:x", "0:5", "1:", ":1", "NaN", "Inf", "1e7", "1:1e3", "1:2:3",
		"1:1000001", "20/s"} {
		if err := new(rateValue).Set(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
