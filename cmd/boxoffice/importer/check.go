package importer

import (
	"strings"

	"boxoffice/actors/sale/catalog"
)

// maxDescription is what descriptions are cut to, in characters; one has up to
// four bytes.
const maxDescription = catalog.MaxDescriptionBytes / 4

// shownProblems bounds the problems that a refusal tells.
const shownProblems = 3

// check holds an event to the catalog's rules, as the server will.
func check(e *catalog.Event) *Refusal {
	problems := e.Check()
	if len(problems) == 0 {
		return nil
	}
	var parts []string
	for _, p := range problems[:min(len(problems), shownProblems)] {
		parts = append(parts, p.At+": "+p.Detail)
	}
	if len(problems) > shownProblems {
		parts = append(parts, "and more")
	}
	return &Refusal{Invalid, strings.Join(parts, "; ")}
}
