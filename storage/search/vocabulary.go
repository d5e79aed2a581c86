package search

import (
	"sync"
	"sync/atomic"

	"boxoffice/storage/search/internal/postings"
	"boxoffice/storage/search/internal/words"
)

// vocabulary is the words of names, and of venues and cities, for prefixes and for words
// that are typed wrong. New words are added as they come; how many events have a word is counted now and
// then, and words that no event has any more go then.
type vocabulary struct {
	now    atomic.Pointer[words.Vocabulary]
	old    atomic.Bool    // events have changed since all were counted
	mu     sync.Mutex     // guards recent, and changes of now
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
	now, fresh := v.now.Load(), map[string]int{}
	for i := range edits {
		for _, list := range [...][]string{edits[i].doc.Name, edits[i].doc.Place} {
			for _, w := range list {
				if now.Frequency(w) == 0 {
					fresh[w]++
				}
			}
		}
	}
	if len(fresh) == 0 {
		return
	}
	for w, n := range fresh {
		if v.recent != nil {
			v.recent[w] += n
		}
	}
	v.add(fresh, b.full)
}

// add adds words. Where there is no room for more, they wait until all are counted.
func (v *vocabulary) add(counts map[string]int, full chan struct{}) {
	next, ok := v.now.Load().Add(counts)
	if !ok {
		signal(full)
	}
	v.now.Store(next)
}

// learnAll makes the vocabulary of what is there now.
func (b *body) learnAll() error {
	v := &b.vocabulary
	v.mu.Lock()
	v.recent = map[string]int{}
	v.old.Store(false)
	v.mu.Unlock()
	counts, err := b.countWords()
	v.mu.Lock()
	defer v.mu.Unlock()
	if err == nil {
		v.now.Store(words.New(counts))
		for w := range counts {
			delete(v.recent, w)
		}
		v.add(v.recent, b.full)
	}
	v.recent = nil
	return err
}

// countWords counts the words of names and of places: an event that has a word in both
// counts twice.
func (b *body) countWords() (map[string]int, error) {
	m, err := b.moment()
	if err != nil {
		return nil, err
	}
	defer m.release()
	counts, err := m.view.Words(postings.Name)
	if err != nil {
		return nil, err
	}
	at, err := m.view.Words(postings.Place)
	for w, n := range at {
		counts[w] += n
	}
	return counts, err
}
