package storage

// SystemEvent is the one event of the system shard: the cluster's records about
// itself. No other event's id begins with its first byte.
const SystemEvent = "~cluster"

// ShardOf says which of shards shards (numbered from 1) an event lives in; the
// SystemEvent lives in the system shard, shards+1. The answer is part of the data
// format: it must never change. It is FNV-1a of the id, folded so that its high bits
// count too.
func ShardOf(event string, shards uint64) uint64 {
	if event == SystemEvent {
		return shards + 1
	}
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(event) {
		h ^= uint64(event[i])
		h *= prime
	}
	h ^= h >> 32
	return h%shards + 1
}
