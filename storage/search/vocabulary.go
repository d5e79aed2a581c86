package search

import (
	"sync"
	"sync/atomic"

	"boxoffice/storage/search/internal/postings"
	"boxoffice/storage/search/internal/words"
)

// vocabulary is the words of names, and of venues and cities, for prefixes and for words
// that are typed wrong. New words are added as they come; how many events have a word is
// counted now and then, and words that no event has any more go then.
type vocabulary struct {
	all    lexicon     // an event that has a word in a name and in its place counts twice
	places lexicon     // those of venues and cities: only they are looked up there
	old    atomic.Bool // events have changed since all were counted
	mu     sync.Mutex  // guards what is not atomic of the two
}

// lexicon is one of its lists of words.
type lexicon struct {
	now    atomic.Pointer[words.Vocabulary]
	recent map[string]int // words that came while all are counted; nil: they are not
}

// learn adds the words of edits that are new.
func (b *body) learn(edits []edit) {
	v := &b.vocabulary
	if len(edits) > 0 {
		v.old.Store(true)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	all, places := map[string]int{}, map[string]int{}
	for i := range edits {
		v.all.fresh(edits[i].doc.Name, all)
		v.all.fresh(edits[i].doc.Place, all)
		v.places.fresh(edits[i].doc.Place, places)
	}
	v.places.learn(places, b.full)
	v.all.learn(all, b.full)
}

// fresh counts the words that are not in the lexicon.
func (l *lexicon) fresh(list []string, into map[string]int) {
	now := l.now.Load()
	for _, w := range list {
		if now.Frequency(w) == 0 {
			into[w]++
		}
	}
}

// learn adds new words.
func (l *lexicon) learn(fresh map[string]int, full chan struct{}) {
	if len(fresh) == 0 {
		return
	}
	for w, n := range fresh {
		if l.recent != nil {
			l.recent[w] += n
		}
	}
	l.add(fresh, full)
}

// add adds words. Where there is no room for more, they wait until all are counted.
func (l *lexicon) add(counts map[string]int, full chan struct{}) {
	next, ok := l.now.Load().Add(counts)
	if !ok {
		signal(full)
	}
	l.now.Store(next)
}

// renew takes counts of all words, and what came while they were counted.
func (l *lexicon) renew(counts map[string]int, full chan struct{}) {
	l.now.Store(words.New(counts))
	for w := range counts {
		delete(l.recent, w)
	}
	l.add(l.recent, full)
}

// learnAll makes the vocabulary of what is there now.
func (b *body) learnAll() error {
	v := &b.vocabulary
	v.mu.Lock()
	v.all.recent, v.places.recent = map[string]int{}, map[string]int{}
	v.old.Store(false)
	v.mu.Unlock()
	all, places, err := b.countWords()
	v.mu.Lock()
	defer v.mu.Unlock()
	if err == nil {
		v.places.renew(places, b.full)
		v.all.renew(all, b.full)
	}
	v.all.recent, v.places.recent = nil, nil
	return err
}

// countWords counts all words, and those of places.
func (b *body) countWords() (all, places map[string]int, err error) {
	m, err := b.moment()
	if err != nil {
		return nil, nil, err
	}
	defer m.release()
	if all, err = m.view.Words(postings.Name); err != nil {
		return nil, nil, err
	}
	if places, err = m.view.Words(postings.Place); err != nil {
		return nil, nil, err
	}
	for w, n := range places {
		all[w] += n
	}
	return all, places, nil
}
