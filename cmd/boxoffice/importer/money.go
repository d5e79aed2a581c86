package importer

import (
	"math"
	"math/big"
	"strings"

	"boxoffice/actors/sale/catalog"
)

// money says how amounts of a currency are written, and how many of its units
// make about one dollar: drawn prices should look like prices.
type money struct {
	exponent int   // ISO 4217: minor units are 10^-exponent
	scale    int64 // major units for a dollar, roughly, at least 1
}

// currencies of ISO 4217 with what importing needs to know of them.
var currencies = map[string]money{
	"AED": {2, 4}, "ARS": {2, 1000}, "AUD": {2, 1}, "BGN": {2, 2}, "BHD": {3, 1}, "BRL": {2, 5}, "CAD": {2, 1},
	"CHF": {2, 1}, "CLP": {0, 900}, "CNY": {2, 7}, "COP": {2, 4000}, "CZK": {2, 22}, "DKK": {2, 7}, "EGP": {2, 50},
	"EUR": {2, 1}, "GBP": {2, 1}, "HKD": {2, 8}, "HUF": {2, 350}, "IDR": {2, 16000}, "ILS": {2, 4}, "INR": {2, 80},
	"ISK": {0, 130}, "JOD": {3, 1}, "JPY": {0, 150}, "KRW": {0, 1400}, "KWD": {3, 1}, "MXN": {2, 18}, "MYR": {2, 4},
	"NOK": {2, 10}, "NZD": {2, 2}, "OMR": {3, 1}, "PEN": {2, 4}, "PHP": {2, 57}, "PLN": {2, 4}, "QAR": {2, 4},
	"RON": {2, 5}, "RSD": {2, 110}, "SAR": {2, 4}, "SEK": {2, 10}, "SGD": {2, 1}, "THB": {2, 33}, "TND": {3, 3},
	"TRY": {2, 40}, "TWD": {2, 32}, "UAH": {2, 41}, "USD": {2, 1}, "VND": {0, 25000}, "ZAR": {2, 18},
}

func knownCurrency(code string) bool { _, ok := currencies[code]; return ok }

// unit is how many minor units make one major unit.
func (m money) unit() int64 { return int64(math.Pow10(m.exponent)) }

// minor converts an amount of major units, rounded to the nearest minor unit. It
// is false for what is negative, no number or above the catalog's bound.
func (m money) minor(amount float64) (int64, bool) {
	v := math.Round(amount * float64(m.unit()))
	if !(v >= 0 && v <= catalog.MaxPrice) {
		return 0, false
	}
	return int64(v), true
}

// parseAmount reads an amount that a person wrote, such as "95" or "95.50",
// exactly: more digits than the currency has are refused.
func (m money) parseAmount(s string) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789.") != "" || len(s) > 20 {
		return 0, false
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0, false
	}
	r.Mul(r, new(big.Rat).SetInt64(m.unit()))
	if !r.IsInt() || !r.Num().IsInt64() || r.Num().Int64() > catalog.MaxPrice {
		return 0, false
	}
	return r.Num().Int64(), true
}

// draw is a believable price range: from 20 to 80 dollars' worth in steps of 5,
// the highest 1.5 to 3 times the lowest.
func (m money) draw(d *dice) (lowest, highest int64) {
	step := 5 * m.scale * m.unit()
	n := 4 + d.roll(13)
	most := n * (15 + d.roll(16)) / 10
	return int64(n) * step, int64(most) * step
}

// spread is the prices of n sections from the highest to the lowest, evenly, in
// whole major units where that leaves them inside the range.
func (m money) spread(lowest, highest int64, n int) []int64 {
	prices := make([]int64, n)
	for i := range prices {
		p := highest
		if i > 0 {
			p -= (highest - lowest) * int64(i) / int64(n-1)
		}
		if whole := p / m.unit() * m.unit(); i > 0 && i < n-1 && whole >= lowest {
			p = whole
		}
		prices[i] = p
	}
	return prices
}
