package storage

import (
	"encoding/binary"
	"errors"
)

// The keys of the state store. One store holds all shards of a node. Numbers are
// big endian, so that keys sort as numbers do; an event id is ended by a zero
// byte, which no id contains, so that no id is the beginning of another key.
//
//	'a' shard4                           applied: index8 generation4; its format says whether there is a feed
//	'd' shard4 generation4 kind [id 0 …] a shard's data, by kind:
//	    's'                              owner: epoch8 incarnation8 replica8 clock8
//	    'e' id 0                         event: version8 first8 at8 size8 chunks4 slot1 busy1
//	    'v' id 0                         summary: its bytes
//	    'i' id 0                         details: its bytes
//	    'b' id 0                         the event is busy: nothing
//	    'r' id 0 base8                   records of versions base+1 to base+n: n, then each, see batch.go
//	    'c' id 0 slot1 chunk4            a piece of a checkpoint
//	    'u' id 0                         a checkpoint that is being saved: upload8 version8 size8 next4 chunks4
//	    'f' index8 id 0                  the feed: the details were last written at index, 0 is before the origin
//	    'p' id 0                         where the event is in the feed: index8
//	    'o'                              the feed's origin, unless it is 0: index8
//
// Every value begins with a format byte, valueFormat; that of 'a' is feedFormat where
// the generation has a feed. A reader refuses others.
//
// A generation is a whole copy of a shard. There is one, except while a replica is
// rebuilt from a snapshot: the new generation is written beside the old one, and
// one atomic batch points 'a' to it and deletes the old one.
//
// A checkpoint has two slots, 0 and 1. One is live, as the event says; a new
// checkpoint is written to the other one, and its last piece switches them.
const (
	keyApplied = 'a'
	keyData    = 'd'

	kindOwner   = 's'
	kindEvent   = 'e'
	kindSummary = 'v'
	kindDetails = 'i'
	kindBusy    = 'b'
	kindRecords = 'r'
	kindChunk   = 'c'
	kindUpload  = 'u'
	kindFeed    = 'f'
	kindPlace   = 'p'
	kindOrigin  = 'o'

	// prefixLen is the length of 'd' shard4 generation4.
	prefixLen = 9
	// maxKeyLen bounds every key, for readers of a snapshot.
	maxKeyLen = prefixLen + 1 + MaxEventBytes + 1 + 8

	valueFormat = 1
	feedFormat  = 2
)

var errValue = errors.New("a stored value is damaged or of a newer format")

// appliedKey is the key of a shard's applied index.
func appliedKey(shard uint64) []byte {
	return binary.BigEndian.AppendUint32([]byte{keyApplied}, uint32(shard))
}

// dataPrefix is what all keys of a generation of a shard begin with.
func dataPrefix(shard uint64, generation uint32) []byte {
	b := make([]byte, 0, maxKeyLen)
	b = append(b, keyData)
	b = binary.BigEndian.AppendUint32(b, uint32(shard))
	return binary.BigEndian.AppendUint32(b, generation)
}

// after is the smallest key that is greater than all that begin with prefix, which
// is not all 0xff.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

// keyspace makes the keys of a generation of a shard. It is a value: as long as
// nobody appends to prefix, which is full, many may use it.
type keyspace struct{ prefix []byte }

func newKeyspace(shard uint64, generation uint32) keyspace {
	p := dataPrefix(shard, generation)
	return keyspace{p[:len(p):len(p)]}
}

// owner is the key of the shard's owner.
func (k keyspace) owner() []byte { return append(k.prefix, kindOwner) }

// kind is what all keys of a kind begin with.
func (k keyspace) kind(kind byte) []byte { return append(k.prefix, kind) }

// event is a key of an event that has no suffix, or the prefix of those that have.
func (k keyspace) event(kind byte, event []byte) []byte {
	return k.appendEvent(make([]byte, 0, maxKeyLen), kind, event)
}

// appendEvent appends what event makes, eventLen bytes, to b.
func (k keyspace) appendEvent(b []byte, kind byte, event []byte) []byte {
	b = append(b, k.prefix...)
	b = append(b, kind)
	b = append(b, event...)
	return append(b, 0)
}

// eventLen is the length of a key of an event without its suffix.
func (k keyspace) eventLen(event []byte) int { return len(k.prefix) + 1 + len(event) + 1 }

// records is the key of the batch that follows version base.
func (k keyspace) records(event []byte, base uint64) []byte {
	return binary.BigEndian.AppendUint64(k.event(kindRecords, event), base)
}

// chunk is the key of a piece of a checkpoint.
func (k keyspace) chunk(event []byte, slot byte, n uint32) []byte {
	return binary.BigEndian.AppendUint32(append(k.event(kindChunk, event), slot), n)
}

// feed is the key of an event's entry in the feed.
func (k keyspace) feed(index uint64, event []byte) []byte {
	b := append(make([]byte, 0, maxKeyLen), k.prefix...)
	b = binary.BigEndian.AppendUint64(append(b, kindFeed), index)
	return append(append(b, event...), 0)
}

// entryOf is what a key of the feed says.
func (k keyspace) entryOf(key []byte) (index uint64, event []byte, err error) {
	key = key[len(k.prefix)+1:]
	if len(key) < 10 || key[len(key)-1] != 0 {
		return 0, nil, errValue
	}
	return binary.BigEndian.Uint64(key), key[8 : len(key)-1], nil
}

// eventOf is the id in a key that has no suffix.
func (k keyspace) eventOf(key []byte) string {
	return string(key[len(k.prefix)+1 : len(key)-1])
}

// applied is the value of 'a'.
type applied struct {
	index      uint64 // of the last Raft entry in the store
	generation uint32
	feed       bool // the generation has a feed, which is as of index too
}

func (a applied) encode() []byte {
	format := byte(valueFormat)
	if a.feed {
		format = feedFormat
	}
	b := binary.BigEndian.AppendUint64([]byte{format}, a.index)
	return binary.BigEndian.AppendUint32(b, a.generation)
}

func decodeApplied(v []byte) (a applied, err error) {
	if len(v) != 13 || v[0] != valueFormat && v[0] != feedFormat {
		return a, errValue
	}
	r := reader{b: v[1:]}
	return applied{r.u64(), r.u32(), v[0] == feedFormat}, nil
}

// decodeIndex reads a value that is a Raft index: of 'p' and 'o'.
func decodeIndex(v []byte) (uint64, error) {
	r, err := openValue(v, 8)
	if err != nil {
		return 0, err
	}
	return r.u64(), nil
}

func encodeIndex(index uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{valueFormat}, index)
}

// owner is the value of 's': who may write to the shard.
type owner struct {
	epoch   uint64 // 0: never claimed
	claimer claimer
	clock   int64
}

// claimer is a node since it was opened.
type claimer struct{ incarnation, replica uint64 }

func (o owner) encode() []byte {
	b := binary.BigEndian.AppendUint64([]byte{valueFormat}, o.epoch)
	b = binary.BigEndian.AppendUint64(b, o.claimer.incarnation)
	b = binary.BigEndian.AppendUint64(b, o.claimer.replica)
	return binary.BigEndian.AppendUint64(b, uint64(o.clock))
}

func decodeOwner(v []byte) (o owner, err error) {
	r, err := openValue(v, 32)
	if err == nil {
		o = owner{r.u64(), claimer{r.u64(), r.u64()}, int64(r.u64())}
	}
	return o, err
}

// eventMeta is the value of 'e'.
type eventMeta struct {
	version uint64 // of the last record; 0: there is no such event
	first   uint64 // version of the first record that is kept
	at      uint64 // version of the checkpoint; 0: none
	size    uint64 // of the checkpoint
	chunks  uint32 // of the checkpoint
	slot    byte   // of the checkpoint
	busy    bool
}

const eventMetaLen = 1 + 4*8 + 4 + 2

// put encodes m into b, which has eventMetaLen bytes.
func (m eventMeta) put(b []byte) {
	b[0] = valueFormat
	binary.BigEndian.PutUint64(b[1:], m.version)
	binary.BigEndian.PutUint64(b[9:], m.first)
	binary.BigEndian.PutUint64(b[17:], m.at)
	binary.BigEndian.PutUint64(b[25:], m.size)
	binary.BigEndian.PutUint32(b[33:], m.chunks)
	b[37], b[38] = m.slot, bit(m.busy)
}

func decodeEventMeta(v []byte) (m eventMeta, err error) {
	r, err := openValue(v, eventMetaLen-1)
	if err != nil {
		return m, err
	}
	m = eventMeta{version: r.u64(), first: r.u64(), at: r.u64(), size: r.u64(), chunks: r.u32()}
	slot, busy := r.u8(), r.u8()
	if slot > 1 || busy > 1 || m.version == 0 || m.at > m.version || m.first == 0 || m.first > m.at+1 {
		return eventMeta{}, errValue
	}
	m.slot, m.busy = slot, busy == 1
	return m, nil
}

// upload is the value of 'u'.
type upload struct {
	id      uint64 // tells two attempts apart
	version uint64
	size    uint64 // of the pieces so far
	next    uint32 // the piece that must come next
	chunks  uint32
}

func (u upload) encode() []byte {
	b := binary.BigEndian.AppendUint64([]byte{valueFormat}, u.id)
	b = binary.BigEndian.AppendUint64(b, u.version)
	b = binary.BigEndian.AppendUint64(b, u.size)
	b = binary.BigEndian.AppendUint32(b, u.next)
	return binary.BigEndian.AppendUint32(b, u.chunks)
}

func decodeUpload(v []byte) (u upload, err error) {
	r, err := openValue(v, 32)
	if err == nil {
		u = upload{r.u64(), r.u64(), r.u64(), r.u32(), r.u32()}
	}
	return u, err
}

func bit(set bool) byte {
	if set {
		return 1
	}
	return 0
}
