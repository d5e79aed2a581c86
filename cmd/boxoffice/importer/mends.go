package importer

import (
	"iter"
	"math/bits"
)

// Mend is a kind of oddity that was put right in an event, or something that the
// source says and the native form cannot.
type Mend uint8

// mendKind is a row of the table of mends: a short word to count by, and what
// was done.
type mendKind struct{ key, text string }

// The mends, in the order of the report.
const (
	mendTitle Mend = iota
	mendTitleCut
	mendTitlePerformer
	mendText
	mendTextCut
	mendNames
	mendSale1900
	mendSale9999
	mendSaleMissing
	mendSaleLate
	mendSaleBad
	mendSaleEnd
	mendNotSold
	mendStatusMissing
	mendTime
	mendDateTBD
	mendInstantBad
	mendZoneVenue
	mendZoneRegion
	mendZoneUTC
	mendZoneBad
	mendZoneDisagrees
	mendDays
	mendMoved
	mendVenueMissing
	mendVenuePlace
	mendVenueUnnamed
	mendLocationMissing
	mendLocationZero
	mendLocationBad
	mendGenre
	mendPerformerDropped
	mendPerformerUnnamed
	mendPriceDrawn
	mendPriceZero
	mendPriceFees
	mendPriceSwapped
	mendCurrency
	mendSeatID
	mendCategoryPrice
	mendCategoryUnknown
	mendLeapDay
	mendCount
)

var mendKinds = [mendCount]mendKind{
	mendTitle:            {"title-folded", "title: blanks and control characters folded to single spaces"},
	mendTitleCut:         {"title-cut", "title: cut to the catalog's bound"},
	mendTitlePerformer:   {"title-missing", "title: missing, the first performer's name taken"},
	mendText:             {"text-folded", "description: line ends and control characters folded"},
	mendTextCut:          {"text-cut", "description: cut to the catalog's bound"},
	mendNames:            {"names-folded", "venue, city or performer: blanks and control characters folded, or cut"},
	mendSale1900:         {"sale-1900", "sale start before 2000: on sale at once"},
	mendSale9999:         {"sale-9999", "sale start from 9000 on: no sale start"},
	mendSaleMissing:      {"sale-missing", "no sale start: on sale at once"},
	mendSaleLate:         {"sale-after-show", "sale start not before the show: on sale at once"},
	mendSaleBad:          {"sale-unreadable", "sale start that is no time: on sale at once"},
	mendSaleEnd:          {"sale-end", "sale end before its start or after the show: a sale ends with the show"},
	mendNotSold:          {"not-sold", "off sale, postponed or without a date: not sold until imported otherwise"},
	mendStatusMissing:    {"status-missing", "no status: taken as on sale"},
	mendTime:             {"time-missing", "no time of day: 20:00 taken"},
	mendDateTBD:          {"date-open", "date to be announced: the given one is kept, and it is not sold"},
	mendInstantBad:       {"instant-unreadable", "dateTime that is no time: local date and time taken"},
	mendZoneVenue:        {"zone-venue", "no time zone: the venue's taken"},
	mendZoneRegion:       {"zone-region", "no time zone: that of the country or state taken"},
	mendZoneUTC:          {"zone-utc", "no time zone and no known country: UTC taken"},
	mendZoneBad:          {"zone-unknown", "time zone that does not exist: ignored"},
	mendZoneDisagrees:    {"zone-disagrees", "zone does not lead from local to UTC time: the UTC time is kept"},
	mendDays:             {"end-dropped", "end date or several days: only the start is kept"},
	mendMoved:            {"moved-years", "over or nearly: moved forward by whole years"},
	mendVenueMissing:     {"venue-missing", "no venue with a usable id: none"},
	mendVenuePlace:       {"venue-place", "a place without id: no venue, but its zone and currency"},
	mendVenueUnnamed:     {"venue-unnamed", "venue without a name: its id only"},
	mendLocationMissing:  {"location-missing", "venue without a location"},
	mendLocationZero:     {"location-zero", "venue at 0,0: no location"},
	mendLocationBad:      {"location-bad", "half a location, or one that is not on Earth: none"},
	mendGenre:            {"genre-missing", "no genre, or an undefined one"},
	mendPerformerDropped: {"performer-dropped", "performer without a usable id, there twice, or too many: dropped"},
	mendPerformerUnnamed: {"performer-unnamed", "performer without a name: its id only"},
	mendPriceDrawn:       {"price-drawn", "no price: drawn from the id"},
	mendPriceZero:        {"price-zero", "price from 0 to 0, which means not known: drawn from the id"},
	mendPriceFees:        {"price-fees", "several price ranges: the one without fees"},
	mendPriceSwapped:     {"price-swapped", "lowest price above the highest: swapped"},
	mendCurrency:         {"currency-drawn", "currency missing or unknown: the price drawn anew in the country's"},
	mendSeatID:           {"seat-id", "seat without a usable seat_guid: id made of zone, row, number"},
	mendCategoryPrice:    {"category-price", "category without a price: drawn from plan and category"},
	mendCategoryUnknown:  {"category-unknown", "seat of a category that the plan does not list"},
	mendLeapDay:          {"moved-leap-day", "29 February moved to a year without: 1 March"},
}

// String is the short word to count by.
func (m Mend) String() string { return mendKinds[m].key }

// Text says what was done.
func (m Mend) Text() string { return mendKinds[m].text }

// Mends is a set of mends.
type Mends uint64

// add puts a mend into the set where the condition holds.
func (s *Mends) add(m Mend, when bool) {
	if when {
		*s |= 1 << m
	}
}

// Has reports whether a mend is in the set.
func (s Mends) Has(m Mend) bool { return s&(1<<m) != 0 }

// All is the mends in the set, in the order of the report.
func (s Mends) All() iter.Seq[Mend] {
	return func(yield func(Mend) bool) {
		for ; s != 0; s &= s - 1 {
			if !yield(Mend(bits.TrailingZeros64(uint64(s)))) {
				return
			}
		}
	}
}
