package search

import (
	"context"
	"slices"
	"strings"

	"boxoffice/storage/search/internal/suggest"
	"boxoffice/storage/search/internal/text"
)

// Suggest gives the names of events, performers, venues and cities that begin like what
// was typed, words in any order: those that have events to come first, then those whose
// events are over; of each the popular and near ones first. It gives a *BadQuery where
// the query makes no sense, and ErrClosed. It takes some microseconds, and as much again
// for each title of an event.
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
			s.Name, ok = m.title(s.ID, x.body.table.Ordinal(s.ID), &stored)
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

// title reads the title of an event, as it is written, in the memory of stored.
func (m *moment) title(id string, ordinal uint32, stored *[]byte) (string, bool) {
	segment, doc, ok, err := m.view.Locate(id, ordinal)
	if err != nil || !ok {
		return "", false
	}
	if *stored, err = m.view.Segments()[segment].Source(doc, (*stored)[:0]); err != nil {
		return "", false
	}
	var e storedEvent
	if err := e.read(*stored); err != nil {
		return "", false
	}
	return string(e.title), true
}
