package importer

import "boxoffice/actors/sale/catalog"

// The bounds that names and texts are cut to, in bytes.
const (
	maxTitle       = 256
	maxName        = 256
	maxDescription = 4096
	maxPerformers  = 64
	maxSection     = 64
	maxRow         = 32
)

// check holds an event to the catalog's rules.
func check(e *catalog.Event) *Refusal {
	if !validID(e.ID) {
		return &Refusal{BadID, "the id " + quote(e.ID) + " is not 1 to 64 of A-Z a-z 0-9 _ -"}
	}
	if e.StartsAt == 0 {
		return &Refusal{NoDate, "startsAt is missing"}
	}
	return nil
}
