package httpapi

import (
	"slices"
	"strconv"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"

	"github.com/go-json-experiment/json/jsontext"
)

// appendString appends a JSON string. What is not UTF-8 becomes U+FFFD: strings
// that came in were checked, and an answer must be valid whatever is stored.
func appendString[T ~string | ~[]byte](b []byte, s T) []byte {
	for i := range len(s) {
		if !plainByte[s[i]] {
			out, _ := jsontext.AppendQuote(b, s) // its error says that it repaired the string
			return out
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func appendOptional(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":`...)
	return appendString(b, value)
}

func appendIDs(b []byte, ids []string) []byte {
	b = append(b, '[')
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, id)
	}
	return append(b, ']')
}

func appendID(b []byte, id sale.ID) []byte {
	b = append(b, '"')
	b, _ = id.AppendText(b) // its error is always nil
	return append(b, '"')
}

// appendTime appends a time in catalog.Layout. Every answer has two or three, and
// the standard library reads its layout anew for each.
func appendTime(b []byte, t catalog.Time) []byte {
	at := t.Std()
	year, month, day := at.Date()
	if year < 0 || year > 9999 {
		b, _ = t.AppendText(append(b, '"')) // its error is always nil
		return append(b, '"')
	}
	hour, minute, second := at.Clock()
	ms := at.Nanosecond() / 1_000_000
	b = append(b, '"', digit(year/1000), digit(year/100), digit(year/10), digit(year),
		'-', digit(int(month)/10), digit(int(month)), '-', digit(day/10), digit(day),
		'T', digit(hour/10), digit(hour), ':', digit(minute/10), digit(minute), ':', digit(second/10), digit(second))
	return append(b, '.', digit(ms/100), digit(ms/10), digit(ms), 'Z', '"')
}

// appendCount appends a number that is not negative. It writes its digits in place,
// which takes a third of strconv's time: a page of events has a hundred of them.
func appendCount[T ~int | ~int32 | ~int64](b []byte, n T) []byte {
	v, end := max(n, 0), len(b)+1
	for m := v; m >= 10; m /= 10 {
		end++
	}
	b = slices.Grow(b, end-len(b))[:end]
	for {
		end--
		b[end] = digit(int(v))
		if v /= 10; v == 0 {
			return b
		}
	}
}

// digit is the last decimal digit of a number.
func digit(n int) byte { return '0' + byte(n%10) }

// appendMoney appends an amount of minor units.
func appendMoney(b []byte, amount int64, currency string) []byte {
	b = strconv.AppendInt(append(b, `{"amount":`...), amount, 10)
	b = appendString(append(b, `,"currency":`...), currency)
	return append(b, '}')
}
