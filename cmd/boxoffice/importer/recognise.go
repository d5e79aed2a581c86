package importer

// form is what kind of text a JSON value is.
type form uint8

const (
	unknown   form = iota
	native         // an event as the admin paths take it
	discovery      // an event of the Discovery API
	page           // a page of such events
	plan           // a pretix seating plan
)

// recognise tells the form of a value by the names of its members. Of a page it
// also returns the array of events, as a slice of raw.
//
// A page has "_embedded" with "events" in it, or "events" itself. A plan has
// lists of "zones" and "categories". An event of the Discovery API has "dates",
// "_embedded", "sales" or a "type" of "event"; a native one "inventory", "title"
// or "startsAt". What could be both is native: the server is strict with it.
func recognise(raw []byte) (f form, events int) {
	var isNative, isDiscovery, zones, categories bool
	eachMember(raw, func(name, value []byte, at int) {
		switch string(name) {
		case "events":
			if value[0] == '[' {
				events = at
			}
		case "_embedded":
			isDiscovery = true
			eachMember(value, func(name, value []byte, inner int) {
				if string(name) == "events" && value[0] == '[' {
					events = at + inner
				}
			})
		case "dates", "sales":
			isDiscovery = true
		case "type":
			isDiscovery = isDiscovery || string(value) == `"event"`
		case "inventory", "title", "startsAt":
			isNative = true
		case "zones":
			zones = value[0] == '['
		case "categories":
			categories = value[0] == '['
		}
	})
	switch {
	case isNative:
		return native, 0
	case events > 0:
		return page, events
	case zones && categories:
		return plan, 0
	case isDiscovery:
		return discovery, 0
	}
	return unknown, 0
}
