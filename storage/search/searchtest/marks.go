package searchtest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"boxoffice/storage/search"
)

// depth is how many hits are looked at.
const depth = 10

// Mark is how well a query was answered, each number 0 to 1.
type Mark struct {
	Query *Judged
	// NDCG compares the first ten hits with the best ten that there are: each counts
	// 2^grade-1, less the further down it stands.
	NDCG float64
	// Rank is one divided by the place of the first hit that is as good as any event is;
	// 0 where the first ten have none.
	Rank  float64
	Found []string // the first hits, with their grades, to be read
}

// Marks are those of many queries.
type Marks []Mark

// Judge asks each query and marks the answers; find gives the ids of hits, in order,
// and is called with each. A query that no event is an answer to has no mark.
func Judge(queries []Judged, events []search.Event, find func(search.Query) []string) Marks {
	byID := make(map[string]*search.Event, len(events))
	for i := range events {
		byID[events[i].ID] = &events[i]
	}
	var marks Marks
	for i := range queries {
		j := &queries[i]
		var ideal []int
		for k := range events {
			if g := j.grade(&events[k]); g > 0 {
				ideal = append(ideal, g)
			}
		}
		if len(ideal) == 0 {
			continue
		}
		slices.Sort(ideal)
		slices.Reverse(ideal)
		m := Mark{Query: j}
		var grades []int
		for place, id := range find(j.Query(depth)) {
			e := byID[id]
			g := j.grade(e)
			grades = append(grades, g)
			if g == ideal[0] && m.Rank == 0 {
				m.Rank = 1 / float64(place+1)
			}
			shown := fmt.Sprintf("%d %s (%s, %s, %s)", g, e.Title, e.Venue.Name, e.Venue.City, e.Genre)
			m.Found = append(m.Found, shown)
		}
		m.NDCG = gain(grades) / gain(ideal)
		marks = append(marks, m)
	}
	return marks
}

// gain is the discounted gain of the first grades.
func gain(grades []int) float64 {
	sum := 0.0
	for i, g := range grades[:min(len(grades), depth)] {
		sum += (math.Exp2(float64(g)) - 1) / math.Log2(float64(i+2))
	}
	return sum
}

// Means are the means over all queries.
func (m Marks) Means() (ndcg, rank float64) {
	for i := range m {
		ndcg += m[i].NDCG / float64(len(m))
		rank += m[i].Rank / float64(len(m))
	}
	return ndcg, rank
}

// Report is a line for each class and one for all: queries, nDCG@10, MRR. With worse
// than above 0, the hits of each query follow whose nDCG is below it.
func (m Marks) Report(worse float64) string {
	var b strings.Builder
	var classes []string
	of := map[string]Marks{}
	for _, mark := range m {
		c := mark.Query.Class
		if of[c] == nil {
			classes = append(classes, c)
		}
		of[c] = append(of[c], mark)
	}
	line := func(name string, m Marks) {
		ndcg, rank := m.Means()
		fmt.Fprintf(&b, "%3d queries  nDCG %.3f  MRR %.3f  %s\n", len(m), ndcg, rank, name)
	}
	for _, c := range classes {
		line(c, of[c])
	}
	line("all", m)
	for _, mark := range m {
		if mark.NDCG < worse {
			fmt.Fprintf(&b, "%.3f %.3f %s\n", mark.NDCG, mark.Rank, mark.Query)
			for _, f := range mark.Found {
				fmt.Fprintf(&b, "        %s\n", f)
			}
		}
	}
	return b.String()
}
