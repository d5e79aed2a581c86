package searchtest

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"boxoffice/storage/search"
	"boxoffice/storage/search/internal/text"
)

// bestGrade is the grade of what was meant.
const bestGrade = 3

// Judged is a query, and what a person thinks of each event as its answer.
type Judged struct {
	Class  string        // what is difficult about it: the last comment above it
	Text   string        // what was typed
	Near   *search.Point // nil: no matter where
	Radius float64       // metres from Near

	rules []rule
}

// rule gives events a grade for which all conditions hold.
type rule struct {
	grade      int
	conditions []condition
}

// condition is words that a field has, or is.
type condition struct {
	field, words string
	whole        bool
}

// ReadJudged reads judged queries. A line is
//
//	text [@ lat,lon miles] => grade condition… [| grade condition…]…
//
// where a condition is field:words, or =field:words. It holds where the field, in plain
// letters, has the words side by side, or with "=" has nothing else. Fields are performer
// (any one of them), title, venue, city, region, genre, place (venue, city and region)
// and any (all of these, and the description). Lines with "#" are comments; the last
// one above a query is its class.
func ReadJudged(r io.Reader) ([]Judged, error) {
	var all []Judged
	class := ""
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if comment, ok := strings.CutPrefix(line, "#"); ok {
			class = strings.TrimRight(strings.TrimSpace(comment), ".")
			continue
		}
		if line == "" {
			continue
		}
		j, err := parseJudged(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		j.Class = class
		all = append(all, j)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read judged queries: %w", err)
	}
	return all, nil
}

// parseJudged reads a line.
func parseJudged(line string) (Judged, error) {
	asked, judged, ok := strings.Cut(line, " => ")
	if !ok {
		return Judged{}, fmt.Errorf("%q has no answers", line)
	}
	j := Judged{Text: asked}
	if words, at, ok := strings.Cut(asked, " @ "); ok {
		var p search.Point
		var miles float64
		if _, err := fmt.Sscanf(at, "%g,%g %g", &p.Lat, &p.Lon, &miles); err != nil {
			return j, fmt.Errorf("where %q is: %w", at, err)
		}
		j.Text, j.Near, j.Radius = words, &p, miles*mile
	}
	for part := range strings.SplitSeq(judged, " | ") {
		r, err := parseRule(strings.TrimSpace(part))
		if err != nil {
			return j, err
		}
		j.rules = append(j.rules, r)
	}
	return j, nil
}

// judgedFields are the fields of conditions.
var judgedFields = []string{"performer", "title", "venue", "city", "region", "genre", "place", "any"}

// parseRule reads a grade and its conditions. A word with a colon begins a condition
// where a field stands before it.
func parseRule(s string) (rule, error) {
	grade, rest, _ := strings.Cut(s, " ")
	n, err := strconv.Atoi(grade)
	if err != nil || n < 1 || n > bestGrade {
		return rule{}, fmt.Errorf("%q is no grade of 1 to %d", grade, bestGrade)
	}
	r := rule{grade: n}
	for word := range strings.FieldsSeq(rest) {
		field, value, _ := strings.Cut(word, ":")
		name, whole := strings.CutPrefix(field, "=")
		if slices.Contains(judgedFields, name) && value != "" {
			r.conditions = append(r.conditions, condition{name, value, whole})
			continue
		}
		if len(r.conditions) == 0 {
			return r, fmt.Errorf("%q begins no condition", word)
		}
		r.conditions[len(r.conditions)-1].words += " " + word
	}
	for i := range r.conditions {
		r.conditions[i].words = letterWords(r.conditions[i].words)
	}
	return r, nil
}

// Query asks what was typed.
func (j *Judged) Query(size int) search.Query {
	return search.Query{Text: j.Text, Near: j.Near, Radius: j.Radius, Size: size}
}

// String is the query as one would say it.
func (j *Judged) String() string {
	if j.Near == nil {
		return j.Text
	}
	return fmt.Sprintf("%s @ %g,%g", j.Text, j.Near.Lat, j.Near.Lon)
}

// grade is the highest grade whose conditions hold, 0 where none do. What is beyond the
// radius is no answer at all.
func (j *Judged) grade(e *search.Event) int {
	if q := j.Query(1); q.Radius > 0 {
		if d := distance(&q, e); d < 0 || d > q.Radius {
			return 0
		}
	}
	best := 0
	for _, r := range j.rules {
		if r.grade > best && !slices.ContainsFunc(r.conditions, func(c condition) bool { return !c.holds(e) }) {
			best = r.grade
		}
	}
	return best
}

// holds tells whether a condition holds for an event.
func (c *condition) holds(e *search.Event) bool {
	return slices.ContainsFunc(valuesOf(e, c.field), func(v string) bool {
		plain := letterWords(v)
		if c.whole {
			return plain == c.words
		}
		return strings.Contains(" "+plain+" ", " "+c.words+" ")
	})
}

// valuesOf are the values of a field.
func valuesOf(e *search.Event, field string) []string {
	v := &e.Venue
	switch field {
	case "title":
		return []string{e.Title}
	case "venue":
		return []string{v.Name}
	case "city":
		return []string{v.City}
	case "region":
		return []string{v.Region}
	case "genre":
		return []string{e.Genre}
	case "place":
		return []string{v.Name, v.City, v.Region}
	}
	var all []string
	for _, p := range e.Performers {
		all = append(all, p.Name)
	}
	if field == "any" {
		all = append(all, e.Title, v.Name, v.City, v.Region, e.Genre, e.Description)
	}
	return all
}

// letterWords is a text in plain letters: folded, with a blank for each run of what is
// neither letter nor digit; where it has neither, it is itself.
func letterWords(s string) string {
	folded := text.Fold(s)
	words := strings.FieldsFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	if len(words) == 0 {
		return strings.TrimSpace(folded)
	}
	return strings.Join(words, " ")
}
