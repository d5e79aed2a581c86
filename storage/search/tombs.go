package search

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
)

// maxTombs is how many removed events are remembered. A source that brings an older
// version again does so within seconds, or as fast as it is read from its beginning.
const maxTombs = 65_536

// gonePrefix begins the id of the document that remembers a removed event: no event's
// id begins so.
const gonePrefix = "!gone:"

// goneID gives the event that a document remembers, if it is one that does.
func goneID(id []byte) (event string, ok bool) {
	if len(id) == 0 || id[0] != gonePrefix[0] {
		return "", false // without making a string of it
	}
	return strings.CutPrefix(string(id), gonePrefix)
}

// tomb remembers a removed event.
type tomb struct {
	version uint64 // in which it was removed
	at      int64  // when, in milliseconds since 1970
}

// tombs are the removed events, so that an older version that comes late does not
// bring one back. For one goroutine.
type tombs struct{ by map[string]tomb }

func newTombs() tombs { return tombs{map[string]tomb{}} }

// put remembers an event.
func (t *tombs) put(id string, g tomb) { t.by[id] = g }

// hides says whether the version of the event is not newer than its removal.
func (t *tombs) hides(id string, version uint64) bool {
	g, ok := t.by[id]
	return ok && version <= g.version
}

// maxForget is how many events are forgotten in one step.
const maxForget = 500

// surplus gives the events that there is no room to remember, at most maxForget, the
// oldest first; more than need be, for it takes time to find them.
func (t *tombs) surplus() []string {
	if len(t.by) <= maxTombs {
		return nil
	}
	ids := slices.SortedFunc(maps.Keys(t.by), func(a, b string) int {
		return cmp.Or(cmp.Compare(t.by[a].at, t.by[b].at), strings.Compare(a, b))
	})
	return ids[:maxForget]
}

// encodeTomb is what is stored of a tomb.
func encodeTomb(g tomb) []byte {
	return binary.AppendVarint(binary.AppendUvarint(nil, g.version), g.at)
}

// decodeTomb undoes encodeTomb.
func decodeTomb(stored []byte) (tomb, error) {
	r := recordReader{rest: stored}
	g := tomb{version: r.uvarint(), at: r.varint()}
	if r.short {
		return tomb{}, errShortRecord
	}
	return g, nil
}
