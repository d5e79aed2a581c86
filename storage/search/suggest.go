package search

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"boxoffice/storage/search/internal/columns"
	"boxoffice/storage/search/internal/suggest"
	"boxoffice/storage/search/internal/text"
)

// Suggest gives the names of events, performers, venues and cities that begin like what
// was typed, words in any order: those that have events to come first, then those whose
// events are over; of each the popular and near ones first. It gives a *BadQuery where
// the query makes no sense, and ErrClosed. It takes some microseconds, and as much again
// for the title of each event that changed since names were collected.
func (x *Index) Suggest(_ context.Context, q SuggestQuery) ([]Suggestion, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	m, err := x.body.moment()
	if err != nil {
		return nil, err
	}
	defer m.release()
	index := x.body.names.now.Load()
	if index == nil {
		return nil, nil // being collected for the first time
	}
	found := index.Find(text.Plain(q.Text), (*suggest.Point)(q.Near), q.Size)
	out := make([]Suggestion, 0, len(found))
	var stored []byte // memory for all titles
	for i := range found {
		f := &found[i]
		s := Suggestion{
			Kind: Kind(f.Kind), ID: f.Key, Name: f.Name, Place: f.Place, Events: f.Events, Distance: f.Distance,
		}
		switch s.Kind {
		case KindCity:
			s.ID = ""
		case KindEvent:
			var ok bool
			s.Name, ok = m.titleOf(f, x.body.table, &stored)
			if !ok || s.Events == 0 && isNamed(out, s.Name) {
				continue // removed since; or over, and one to come has the title since
			}
		}
		if strings.HasPrefix(s.ID, "\x00") {
			s.ID = "" // known by its name alone
		}
		out = append(out, s)
	}
	return out, nil
}

// isNamed tells whether an event with a title is among suggestions.
func isNamed(list []Suggestion, title string) bool {
	return slices.ContainsFunc(list, func(s Suggestion) bool { return s.Kind == KindEvent && s.Name == title })
}

// titleOf gives the title of an event, as it is written: the entry's, where the event is as
// it was then, or else the one that is stored, which is read in the memory of stored.
func (m *moment) titleOf(e *suggest.Match, table *columns.Table, stored *[]byte) (string, bool) {
	o, now := e.Ordinal, m.columns
	if e.Name != "" && int(o) < now.Len() && now.Alive(o) && now.Version(o) == e.Version && now.ID(o) == e.Key {
		return e.Name, true
	}
	segment, doc, ok, err := m.view.Locate(e.Key, table.Ordinal(e.Key))
	if err != nil || !ok {
		return "", false
	}
	title, err := m.title(segment, doc, stored)
	return string(title), err == nil
}

// title reads the title of a document, in the memory of stored.
func (m *moment) title(segment int, doc uint32, stored *[]byte) ([]byte, error) {
	var err error
	if *stored, err = m.view.Segments()[segment].Source(doc, (*stored)[:0]); err != nil {
		return nil, err
	}
	var e storedEvent
	if err := e.read(*stored); err != nil {
		return nil, err
	}
	return e.title, nil
}

// entitle gives entries of events their names, their titles as they are written, and the
// versions that have these. It reads the titles in the order in which they are stored: a
// microsecond each. An entry whose title cannot be read stays without; the error is that of
// the first.
func (m *moment) entitle(entries []suggest.Entry) (first error) {
	type place struct {
		segment, entry int
		doc            uint32
	}
	var places []place
	for i := range entries {
		e := &entries[i]
		if Kind(e.Kind) != KindEvent {
			continue
		}
		segment, doc, ok, err := m.view.Locate(e.Key, e.Ordinal)
		first = cmp.Or(first, err)
		if ok && err == nil {
			places = append(places, place{segment, i, doc})
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.segment, b.segment), cmp.Compare(a.doc, b.doc))
	})
	var all []byte // one string of all: they end together
	ends := make([]int, len(places))
	var stored []byte
	for i, p := range places {
		title, err := m.title(p.segment, p.doc, &stored)
		first = cmp.Or(first, err)
		if err == nil {
			all = append(all, title...)
		}
		ends[i] = len(all)
	}
	titles, begin := string(all), 0
	for i, p := range places {
		e := &entries[p.entry]
		e.Name, e.Version = titles[begin:ends[i]], m.columns.Version(e.Ordinal)
		begin = ends[i]
	}
	return first
}
