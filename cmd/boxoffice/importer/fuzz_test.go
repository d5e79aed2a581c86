package importer

import (
	"bytes"
	"strings"
	"testing"
	"testing/iotest"
)

// FuzzRead: whatever a file holds, every Item is either refused with a reason or
// a line that the catalog takes, and it is the same twice, also when the file
// comes in single bytes.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		plainEvent, nativeEvent, samplePlan, `{"_embedded":{"events":[` + plainEvent + `]}}`, "[" + nativeEvent + "]",
		nativeEvent + "\n" + nativeEvent + "\n", "{\"id\": \"x\n", "[1,]\n{}", "\xef\xbb\xbf{}", `{"events":[{},{}`,
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, text string, onSaleNow bool) {
		o := Options{OnSaleNow: onSaleNow, Seats: 20}
		first := read(t, o, text)
		for _, r := range first {
			if r.Refused != nil {
				if r.Refused.Reason == "" || r.Refused.Detail == "" || r.JSON != nil {
					t.Errorf("refused without a reason, or sent: %+v", r.Item)
				}
				continue
			}
			if problems := r.event.Check(); len(problems) > 0 {
				t.Errorf("the catalog will not take it: %v", problems)
			}
			if r.ID != r.event.ID || r.Line < 1 {
				t.Errorf("id %q of %q in line %d", r.ID, r.event.ID, r.Line)
			}
		}
		n := 0
		err := newImporter(t, o).Read("test", iotest.OneByteReader(strings.NewReader(text)), func(item Item) error {
			if n >= len(first) || !bytes.Equal(item.JSON, first[n].JSON) || item.Line != first[n].Line {
				t.Fatalf("item %d differs when the file comes in bytes", n)
			}
			n++
			return nil
		})
		if err != nil || n != len(first) {
			t.Errorf("%d items, then %d: %v", len(first), n, err)
		}
	})
}

// FuzzDiscovery changes members of one event.
func FuzzDiscovery(f *testing.F) {
	f.Add("Show", "2026-09-01", "20:00:00", "2026-09-02T01:00:00Z", "America/Chicago", "1.5", "USD", "41.85")
	f.Add("", "0000-00-00", "25:00", "", "../etc", "1e308", "JPY", "Inf")
	f.Fuzz(func(t *testing.T, name, date, clock, instant, zone, price, currency, lat string) {
		event := jsonObject("name", name, "id", "x", "type", "event", "dates", rawJSON(jsonObject("start",
			rawJSON(jsonObject("localDate", date, "localTime", clock, "dateTime", instant)), "timezone", zone)),
			"priceRanges", rawJSON("["+jsonObject("min", price, "max", "10", "currency", currency)+"]"),
			"_embedded", rawJSON(jsonObject("venues", rawJSON("["+jsonObject("id", "v", "name", name,
				"location", rawJSON(jsonObject("latitude", lat, "longitude", lat)))+"]"))))
		r := one(t, Options{}, event)
		if r.Refused == nil {
			if problems := r.event.Check(); len(problems) > 0 {
				t.Errorf("the catalog will not take it: %v: %s", problems, r.JSON)
			}
		} else if r.Refused.Reason == Invalid || r.Refused.Reason == Malformed {
			t.Errorf("%s: %s: %s", r.Refused.Reason, r.Refused.Detail, event)
		}
	})
}
