package search

import (
	"slices"
	"strings"

	"boxoffice/storage/search/internal/columns"
)

// nameBonus is what a name adds to a score: of a title or a performer's, of a venue the
// placeShare of it. They are as much as two rare words, or one, or what a common word
// has: who types a name wants who bears it, before those who sing his songs.
var nameBonus = [likenesses]float64{
	sideBegun: 5, sideAlike: 12, partAlike: 12, partSame: 15, side: 20,
	wholeBegun: 25, wholeMixed: 30, wholeAlike: 36, wholeThe: 36, wholeSame: 40,
}

// cityBonus is what a city adds that is the text, or a part of it: a name that only has
// the city's in it has less, unless it is rare.
var cityBonus = [likenesses]float64{
	partAlike: 12, partSame: 20, wholeBegun: 12, wholeMixed: 20, wholeAlike: 16, wholeThe: 20, wholeSame: 20,
}

const (
	placeShare = 0.75
	genreBonus = 20 // the genre is the text, or a part of it
	wholeBonus = 40 // the most that a name adds
)

// phrasing is what names are compared with: titles, performers, venues, cities, genres.
// What it adds belongs to every score, so it must be cheap for a word that half of all
// names have: whole names are told by a hash, and a performer's name or a place is
// looked at once a query.
type phrasing struct {
	wanted  []wanted
	the     bool     // a leading "the" is left out of wanted
	phrase  string   // of wanted, with one blank between; "": a word has several spellings
	letters []string // of the text without blanks, with and without "the": the first as typed
	hashes  []uint32 // of letters
	whole   []uint32 // billings that are letters, each list of its own; in order of letters
	ends    []int    // of those lists
	genres  []uint32
	most    float64 // that a name adds which is not whole by its letters

	now    *columns.Snapshot
	billed *[]likeness // of the scratch: by billing; empty before the first is looked at
	placed []float32   // by place: the bonus and 1; 0: not looked at yet

	alike *columns.LettersSet // see alikeLetters
	liked liked               // events of performers whose names are something to a single word
	bears liked               // and of those in whole

	known   bool    // highest is known
	highest float64 // the most that a place adds
}

// reset makes it the phrasing of a plan, with the memory of a scratch.
func (h *phrasing) reset(p *plan, now *columns.Snapshot, s *scratch) {
	*h = phrasing{now: now}
	h.wanted, h.the = wantedOf(p)
	h.phrase = phraseOf(h.wanted)
	h.letters = []string{p.joined}
	switch {
	case h.the:
		h.letters = append(h.letters, strings.TrimPrefix(p.joined, article))
	default:
		h.letters = append(h.letters, article+p.joined)
	}
	for _, l := range h.letters {
		h.hashes = append(h.hashes, columns.Letters(l))
		h.whole = append(h.whole, now.BilledAs(l)...)
		h.ends = append(h.ends, len(h.whole))
	}
	for first := range p.typed {
		run := ""
		for i := first; i < len(p.typed); i++ {
			run = strings.TrimPrefix(run+" "+p.typed[i].Text, " ")
			if g := now.Genres().Find(run); g != 0 {
				h.genres = append(h.genres, g)
			}
		}
	}
	h.most, h.alike = h.mostOf(p.fuzzy), alikeLetters(p, h.wanted)
	h.liked.room, h.bears.room = &s.liked, &s.bears
	h.billed, h.placed = &s.billed, zeros(s.placed, now.Places().Len())
	s.placed = h.placed
	s.billed = s.billed[:0]
}

// mostOf is the most that a name adds whose letters are not those of the text: it may be
// all of the text by another spelling, by likeness, or in another order.
func (h *phrasing) mostOf(fuzzy bool) float64 {
	switch {
	case h.phrase == "":
		return nameBonus[wholeSame]
	case fuzzy:
		return nameBonus[wholeAlike]
	}
	return nameBonus[wholeMixed]
}

// zeros is a slice of n zeros, in the memory of one where that is enough.
func zeros[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	clear(s[:n])
	return s[:n]
}

// around is what an event gets for its place and its genre.
func (h *phrasing) around(o uint32) float64 {
	sum := float64(h.atPlace(h.now.Place(o)))
	if len(h.genres) > 0 && slices.Contains(h.genres, h.now.Genre(o)) {
		sum += genreBonus
	}
	return sum
}

// names is the best likeness of an event's title and performers, where neither is all of
// the text by its letters: see wholeName.
func (h *phrasing) names(o uint32, marks uint8) likeness {
	if len(h.wanted) == 1 && marks&allNamed != 0 {
		return unlike // a single word that a name has: it is the whole of it, or nothing more
	}
	best := unlike
	if len(*h.billed) == 0 {
		*h.billed = zeros(*h.billed, h.now.Billings())
	}
	if b := h.now.Single(o); b != 0 {
		best = max(best, h.likenessOf(b))
	} else if len(h.wanted) > 1 || h.liked.mayPlay(h, o, h.likedNames) {
		for _, b := range h.now.Billing(o) {
			best = max(best, h.likenessOf(b))
		}
	}
	if best < wholeAlike {
		best = max(best, h.title(o, marks))
	}
	return best
}

// likenessOf is the likeness of the name of an entry of a billing.
func (h *phrasing) likenessOf(billed uint32) likeness {
	seen := &(*h.billed)[billed]
	switch {
	case *seen != 0:
	case h.cannotBe(h.now.InitialsOf(billed)):
		*seen = unlike
	default:
		*seen = h.compare(h.now.NameOf(billed))
	}
	return *seen
}

// title is the likeness of a title. There are as many as hits, so what a longer one can
// be is told without looking at its words.
func (h *phrasing) title(o uint32, marks uint8) likeness {
	if len(h.wanted) == 1 && !h.now.HasShortTitle(o) {
		return unlike // see compare
	}
	if letters := h.now.TitleLetters(o); h.alike != nil && marks&alike != 0 {
		switch {
		case !h.alike.MayBe(letters):
			return unlike
		case !columns.HasSeveral(letters):
			return wholeAlike
		}
	}
	title := h.now.Title(o)
	long := strings.Count(title, " ") > len(h.wanted) // more words, and "the"
	switch {
	case !long || marks&(alike|begun) != 0 || columns.HasSeveral(h.now.TitleLetters(o)):
	case marks&allNamed == 0:
		return unlike
	case h.phrase != "" && hasPhrase(title, h.phrase):
		return side
	case h.phrase != "":
		return unlike
	}
	return h.compare(title)
}

// alikeLetters are the letters of what a single word looks like: a title of a single word
// that has the word by likeness only has one of them, or is nothing to it, for no name in
// it begins with the word. Nil where that is not so: of many that begin so, some are not
// looked for.
func alikeLetters(p *plan, wanted []wanted) *columns.LettersSet {
	if len(wanted) != 1 || len(wanted[0].alike) == 0 {
		return nil
	}
	for i := range p.groups {
		if len(p.groups[i].begin) >= maxPrefixed {
			return nil
		}
	}
	set := new(columns.LettersSet)
	for w := range wanted[0].alike {
		set.Add(w)
		set.Add(article + w)
	}
	return set
}

// phraseOf joins words that have one spelling each.
func phraseOf(wanted []wanted) string {
	var words []string
	for i := range wanted {
		if len(wanted[i].exact) > 1 {
			return ""
		}
		words = append(words, wanted[i].exact[0])
	}
	return strings.Join(words, " ")
}

// hasPhrase tells whether a spelling has whole words side by side.
func hasPhrase(s, phrase string) bool {
	for from := 0; ; {
		at := strings.Index(s[from:], phrase)
		if at < 0 {
			return false
		}
		start, end := from+at, from+at+len(phrase)
		if (start == 0 || s[start-1] == ' ') && (end == len(s) || s[end] == ' ') {
			return true
		}
		from = start + 1
	}
}

// wholeName tells whether the title or a performer's name has the letters of the text.
func (h *phrasing) wholeName(o uint32) likeness {
	title := h.now.TitleLetters(o)
	from := 0
	for i, end := range h.ends {
		l := [...]likeness{wholeSame, wholeThe}[i]
		if columns.MayBe(title, h.hashes[i]) && isWhole(h.now.Title(o), h.letters[i]) {
			return l
		}
		if from < end && h.plays(o, h.whole[from:end]) {
			return l
		}
		from = end
	}
	return unlike
}

// plays tells whether one of some billed is on an event's billing.
func (h *phrasing) plays(o uint32, billed []uint32) bool {
	if b := h.now.Single(o); b != 0 {
		return slices.Contains(billed, b)
	}
	if !h.bears.mayPlay(h, o, h.wholeNames) {
		return false
	}
	for _, b := range h.now.Billing(o) {
		if slices.Contains(billed, b) {
			return true
		}
	}
	return false
}

// wholeNames are the names that are all of the text.
func (h *phrasing) wholeNames() []uint32 { return h.whole }

// atPlace is what a place adds.
func (h *phrasing) atPlace(place uint32) float32 {
	if h.placed[place] == 0 {
		h.placed[place] = 1
		places := h.now.Places()
		named, city := places.Initials(place)
		if !h.cannotBe(named) {
			h.placed[place] += float32(placeShare * nameBonus[h.compare(places.Place(place).Named)])
		}
		if !h.cannotBe(city) {
			h.placed[place] += float32(cityBonus[h.compare(places.Place(place).CityNamed)])
		}
	}
	return h.placed[place] - 1
}

// mostAtPlaces is the most that a place adds: of all places, where that is less work than
// the documents, and else what any place could.
func (h *phrasing) mostAtPlaces(documents int) float64 {
	if !h.known && documents < len(h.placed) {
		return placeShare*wholeBonus + slices.Max(cityBonus[:])
	}
	for place := 0; !h.known && place < len(h.placed); place++ {
		h.highest = max(h.highest, float64(h.atPlace(uint32(place))))
	}
	h.known = true
	return h.highest
}

// isWhole tells whether a spelling of a name is the letters.
func isWhole(spellings, letters string) bool {
	for spelling := range strings.SplitSeq(spellings, columns.SpellingEnd) {
		if sameLetters(spelling, letters) {
			return true
		}
	}
	return false
}

// sameLetters tells whether a text without its blanks is joined.
func sameLetters(s, joined string) bool {
	if len(s) < len(joined) {
		return false
	}
	at := 0
	for i := range len(s) {
		if s[i] == ' ' {
			continue
		}
		if at == len(joined) || s[i] != joined[at] {
			return false
		}
		at++
	}
	return at == len(joined)
}
