package text

import "slices"

// finds says whether what was typed finds a name: the index and the query as their
// users put them together.
func finds(name, typed string) bool {
	index := map[string]bool{}
	for _, w := range Words(name) {
		index[w] = true
	}
	q, _ := Parse(typed, 1<<30)
	found := make([]bool, len(q.Words))
	all := true // every word is one that a query need not insist on
	for i, w := range q.Words {
		found[i] = index[w.Text] || slices.ContainsFunc(w.Alternatives, func(a string) bool { return index[a] }) ||
			len(w.Parts) > 0 && !slices.ContainsFunc(w.Parts, func(p string) bool { return !index[p] })
		all = all && w.Stop
	}
	for _, j := range q.Joins {
		for i := j.First; i < j.First+j.Count && index[j.Text]; i++ {
			found[i] = true
		}
	}
	for i, w := range q.Words {
		if !found[i] && (all || !w.Stop) {
			return false
		}
	}
	return len(q.Words) > 0
}
