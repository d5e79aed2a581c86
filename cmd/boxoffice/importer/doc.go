// Package importer turns what others publish about events into the native form,
// sends it to a node and reports what became of each event.
//
// # How to read it
//
// Importer.Read goes through a file: split.go cuts it into JSON values,
// recognise.go tells their form, and native.go, discovery.go (with when.go,
// places.go, price.go, seats.go) and pretix.go convert. An event comes out as an
// Item: its native JSON and the set of what was mended, or why it is refused.
// Uploader sends Items, Report counts them. Conversion is a function of the text
// and of Options alone: the same file gives the same bytes, so that importing
// twice changes nothing.
//
// # What is asked of a source, and what it gets
//
// A source is believed in what it says, mended where it is only untidy, and
// refused where an event could not be sold. What a source leaves out is made up
// from the event's id: the house (drawHouse) and, where there is no usable price
// range, the prices (money.draw). An event begins at its instant (dateTime); else
// at its local date and time in dates.timezone, the venue's zone, the usual zone
// of its state or country, or UTC; without a time of day at 20:00.
//
// These are the oddities of real sources and the answer to each. The names in
// brackets are the words of the report.
//
//	 1 ids that differ only by case      kept verbatim; nothing here folds case
//	 2 ids of no fixed shape             1 to 64 of A-Z a-z 0-9 _ - are taken, others refused [bad-id]
//	 3 sale starts in 1900 or 9999       on sale at once [sale-1900, sale-9999]
//	 4 no sale window                    on sale at once [sale-missing]
//	 5 windows that contradict           a start after the show is dropped [sale-after-show]; sale ends are
//	                                     not taken over: a sale ends with the show [sale-end]
//	 6 no time of day                    20:00, never midnight; a real 00:00:00 is kept [time-missing]
//	 7 UTC and local time disagree       the instant counts; of the zones on offer the one that agrees is
//	                                     taken, else the first [zone-disagrees]
//	 8 no zone, no status                the venue's zone, the state's or country's, UTC [zone-…]; no status
//	                                     is on sale [status-missing]
//	 9 several days, end dates           only the start is kept [end-dropped]
//	10 placeholder and stale dates       years before 2000 and from 9000 on are refused [bad-date]; others
//	                                     are kept, and moved forward only by OnSaleNow [moved-years]
//	11 no venue                          none [venue-missing]; a place without id gives zone and currency
//	                                     [venue-place]
//	12 half a venue                      what there is; the id alone will do [venue-unnamed]
//	13 broken coordinates                strings are read; 0,0, halves and what is not on Earth are no
//	                                     location [location-zero, location-bad, location-missing]
//	14 one venue, different data         every event keeps what it came with; names are only folded
//	                                     [names-folded]; countries and known states become codes
//	15 one show under several ids        several events: the id is the only key
//	16 things that are not shows         imported: parking is sold by the ticket too; what is marked as a
//	                                     test is refused [test-event]
//	17 the name contradicts the status   the status counts. cancelled: cancelled. offsale and postponed: on
//	                                     sale from the start of the show, which is never, unless the sale
//	                                     is still to begin [not-sold]. onsale, rescheduled, none: sold
//	18 prices                            the range without fees, in minor units of its currency
//	                                     [price-fees]; none, or 0 to 0: drawn [price-drawn, price-zero];
//	                                     upside down: swapped [price-swapped]; no known currency: drawn in
//	                                     the country's [currency-drawn]
//	19 names                             trimmed, runs of blanks and control characters become one space
//	                                     [title-folded], too long ones are cut [title-cut]; none at all:
//	                                     the first performer's [title-missing], else refused [no-title]
//	20 mojibake and entities             kept as they are: escaping is for the output
//	21 classifications                   the primary's genre, else any genre, else the segment, by id where
//	                                     the id is known; Undefined, Other, Miscellaneous are none
//	                                     [genre-missing]
//	22 performers                        without id or there twice: dropped [performer-dropped]; without a
//	                                     name: the id alone [performer-unnamed]
//	23 presales                          not taken over: the public sale counts
//	24 links elsewhere                   not taken over
//	25 everything optional               only a usable id, a name and a date are needed
//	26 everything changes                an import replaces what changed; what vanished from a feed stays
//	27 short pages                       a page is whatever it holds; nothing is counted on
//
// Of seating plans: seat_guid is the ticket's id, and one that is there twice
// refuses the plan [bad-plan]; where there is none, zone, row and number make it
// [seat-id]. A section is the part of a zone that has one category. Members
// outside the format are ignored, but "standing", which becomes general
// admission. Rows stay in the plan's order. Seats are neighbours where they follow
// each other in one row, in one category, without a gap of half a seat.
//
// # Bounds
//
// One JSON value: 64 MiB. One request: 2,000 events or 8 MiB. A house that is made
// up: 100,000 tickets. The report keeps 20 refusals and 100 reasons in memory; its
// log has no bound but the disk.
package importer
