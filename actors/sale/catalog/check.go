package catalog

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Problem is one thing that is wrong with an event.
type Problem struct {
	At     string // a JSON pointer into the event, as "/inventory/sections/0/price"
	Detail string // one sentence without its full stop, for the organiser
}

// Check is everything that is wrong with an event, in no promised order; none where
// the event may be sold. Of more than MaxProblems problems it says the first ones.
// What passes has these properties:
//
//   - Every text is valid UTF-8 and within its bound. Names hold no control
//     characters; a description may hold tabs and line ends.
//   - Ids of the event, its venue and its performers are [A-Za-z0-9_-]{1,64}.
//   - Times are in the years 1970 to 9999.
//   - The inventory has 1 to MaxTickets tickets, and each has an id of its own in
//     the whole event: 1 to 64 characters, no "/", no control characters. Spaces
//     and letters of any script are allowed ("FLOOR A-17", "Parkett Süd-3-12"):
//     sections are called so. Ids are compared byte by byte, without folding.
func (e *Event) Check() []Problem {
	var c checker
	c.about(e)
	c.venue(&e.Venue)
	c.performers(e.Performers)
	c.rules(e)
	c.inventory(&e.Inventory)
	return c.found
}

// checker collects problems.
type checker struct {
	found []Problem
}

// add notes a problem; path are the steps of its pointer, names and indexes.
func (c *checker) add(detail string, path ...any) {
	if c.full() {
		return
	}
	var at strings.Builder
	for _, step := range path {
		at.WriteByte('/')
		fmt.Fprint(&at, step)
	}
	c.found = append(c.found, Problem{At: at.String(), Detail: detail})
}

// full reports whether no more problems are wanted. Loops over the inventory stop.
func (c *checker) full() bool { return len(c.found) >= MaxProblems }

// about checks what an event says of itself.
func (c *checker) about(e *Event) {
	c.id(e.ID, "id")
	if strings.TrimSpace(e.Title) == "" {
		c.add("a title is required", "title")
	}
	c.text(e.Title, MaxText, "title")
	c.text(e.Genre, MaxText, "genre")
	switch {
	case len(e.Description) > MaxDescriptionBytes:
		c.add(fmt.Sprintf("at most %d bytes", MaxDescriptionBytes), "description")
	case !utf8.ValidString(e.Description):
		c.add("not valid UTF-8", "description")
	case strings.ContainsFunc(e.Description, notInProse):
		c.add("a control character other than tab and line end", "description")
	}
	if e.StartsAt == 0 {
		c.add("a start is required", "startsAt")
	}
	c.time(e.StartsAt, "startsAt")
	c.time(e.OnSaleAt, "onSaleAt")
	if e.Timezone != "" && !isTimezone(e.Timezone) {
		c.add("not an IANA time zone, as Europe/Paris", "timezone")
	}
}

// venue checks where an event is. The zero Venue is "not known" and passes; half a
// venue needs its id, since everything that is found by venue is found by that.
func (c *checker) venue(v *Venue) {
	if *v == (Venue{}) {
		return
	}
	c.id(v.ID, "venue", "id")
	c.text(v.Name, MaxText, "venue", "name")
	c.text(v.City, MaxText, "venue", "city")
	c.text(v.Region, MaxText, "venue", "region")
	c.text(v.Country, MaxText, "venue", "country")
	if v.Location == nil {
		return
	}
	// Written so that NaN fails.
	if lat := v.Location.Lat; !(lat >= -90 && lat <= 90) {
		c.add("a latitude is -90 to 90", "venue", "location", "lat")
	}
	if lon := v.Location.Lon; !(lon >= -180 && lon <= 180) {
		c.add("a longitude is -180 to 180", "venue", "location", "lon")
	}
}

// performers stops at a list that is too long: its problems would say the same 20
// times.
func (c *checker) performers(performers []Performer) {
	if len(performers) > MaxPerformers {
		c.add(fmt.Sprintf("at most %d performers", MaxPerformers), "performers")
		return
	}
	for i, p := range performers {
		c.id(p.ID, "performers", i, "id")
		c.text(p.Name, MaxText, "performers", i, "name")
	}
}

// rules checks how the event is sold.
func (c *checker) rules(e *Event) {
	if e.HoldSeconds != 0 {
		c.between(int64(e.HoldSeconds), MinHoldSeconds, MaxHoldSeconds, "holdSeconds")
	}
	c.between(int64(e.MaxTicketsPerUser), 0, MaxTicketsPerUser, "maxTicketsPerUser")
	c.between(int64(e.WaitingRoom.MaxActive), 0, MaxActiveShoppers, "waitingRoom", "maxActive")
	c.between(int64(e.WaitingRoom.SessionSeconds), 0, MaxSessionSeconds, "waitingRoom", "sessionSeconds")
	c.between(int64(e.WaitingRoom.GraceSeconds), 0, MaxGraceSeconds, "waitingRoom", "graceSeconds")
	c.between(int64(e.WaitingRoom.RatePerMinute), 0, MaxRatePerMinute, "waitingRoom", "ratePerMinute")
	switch e.WaitingRoom.Order {
	case "", "fifo", "shuffle":
	default:
		c.add("fifo or shuffle", "waitingRoom", "order")
	}
}

// id checks an id of ours: [A-Za-z0-9_-]{1,64}.
func (c *checker) id(id string, path ...any) {
	switch {
	case id == "":
		c.add("an id is required", path...)
	case len(id) > MaxID || strings.ContainsFunc(id, notInID):
		c.add(fmt.Sprintf("an id is 1 to %d letters, digits, _ and -", MaxID), path...)
	}
}

// notInID reports whether a character may not be in an id of ours.
func notInID(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '-':
		return false
	}
	return true
}

// notInProse reports whether a character may not be in a description: some of them
// end a terminal's or a log's line where nobody expects it.
func notInProse(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }

// text checks a name of at most so many characters. It may be empty.
func (c *checker) text(s string, most int, path ...any) {
	if detail := badText(s, most); detail != "" {
		c.add(detail, path...)
	}
}

// badText says what is wrong with a name; "": nothing. Most names are plain ASCII
// and short, and a house may have 200,000 of them, so those are let through first.
func badText(s string, most int) string {
	switch {
	case len(s) <= most && isPlain(s):
		return ""
	case len(s) > most && utf8.RuneCountInString(s) > most:
		return fmt.Sprintf("at most %d characters", most)
	case !utf8.ValidString(s):
		return "not valid UTF-8"
	case strings.ContainsFunc(s, unicode.IsControl):
		return "a control character"
	}
	return ""
}

// isPlain reports whether a text is of printable ASCII characters only.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// badLabel says what is wrong with a name that is a part of ticket ids, or is one:
// 1 to so many characters, no control characters, no "/".
func badLabel(s string, most int) string {
	switch {
	case s == "":
		return "it is required"
	case strings.IndexByte(s, '/') >= 0:
		return `a "/" cannot be in a ticket id`
	}
	return badText(s, most)
}

// time checks a moment. The sentinels of other systems for "always" (1900) and
// "never" (9999) are theirs to translate; zero is ours for "none".
func (c *checker) time(t Time, path ...any) {
	if t < 0 || t >= endOfTime {
		c.add("a time is in the years 1970 to 9999", path...)
	}
}

// between checks a number against its lowest and highest value.
func (c *checker) between(n, low, high int64, path ...any) {
	if n < low || n > high {
		c.add(strconv.FormatInt(low, 10)+" to "+strconv.FormatInt(high, 10), path...)
	}
}

// isTimezone reports whether a text looks like a name of the time zone database:
// words of letters, digits, "_", "+" and "-" that start with a letter, with "/"
// between them. Whether the zone exists only the database can say, and reading it
// is I/O.
func isTimezone(s string) bool {
	if len(s) > maxTimezone {
		return false
	}
	for word := range strings.SplitSeq(s, "/") {
		if word == "" || !isLetter(word[0]) || strings.ContainsFunc(word, notInZone) {
			return false
		}
	}
	return true
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

// notInZone reports whether a character may not be in a time zone's name.
func notInZone(r rune) bool { return notInID(r) && r != '+' }
