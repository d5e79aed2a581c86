package storage

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// condition is what a replica on this disk is. It decides how the replica is started
// after a restart, and what must be there already. It changes before the step that
// it allows, so that a crash at any moment leaves a directory that can be opened:
//
//	founding → founder → settled      it began the shard, alone
//	joining → joined                  the shard had others
//	any → dropping → forgotten        its data is deleted
//
// In the conditions that end in -ing the replica may have data or not. In the others
// it has voted and promised: its data must be there, or it must never start again.
type condition string

const (
	founding condition = "founding"
	founder  condition = "founder" // with a lone replica's short times
	settled  condition = "settled" // a founder with the times of one among several
	joining  condition = "joining"
	joined   condition = "joined"
	dropping condition = "dropping"
)

// replica is this node's part in a shard.
type replica struct {
	shard, id uint64
	condition condition
	members   map[uint64]string // a founder's: the first ones, address by replica id
}

// joins says that the replica was added to a shard that existed.
func (r *replica) joins() bool { return r.condition == joining || r.condition == joined }

// hasty says that the replica has a lone replica's times.
func (r *replica) hasty() bool {
	return (r.condition == founding || r.condition == founder) && len(r.members) == 1
}

// begun is the condition after the first start.
func (r *replica) begun() condition {
	switch r.condition {
	case founding:
		return founder
	case joining:
		return joined
	}
	return r.condition
}

func (r *replica) encode(b *bytes.Buffer, format int) {
	fmt.Fprintf(b, "replica %d %d", r.shard, r.id)
	if format > 1 {
		fmt.Fprintf(b, " %s", r.condition)
	}
	for member := range uint64(len(r.members)) {
		fmt.Fprintf(b, " %d=%s", member+1, r.members[member+1])
	}
	b.WriteByte('\n')
}

func decodeReplica(fields []string, format int) (replica, error) {
	r := replica{condition: founder}
	if len(fields) < 3 {
		return r, errors.New("too short")
	}
	if _, err := fmt.Sscan(fields[0]+" "+fields[1], &r.shard, &r.id); err != nil {
		return r, err
	}
	fields = fields[2:]
	if format > 1 {
		r.condition, fields = condition(fields[0]), fields[1:]
	}
	if !slices.Contains([]condition{founding, founder, settled, joining, joined, dropping}, r.condition) {
		return r, errors.New("the condition is not known")
	}
	for _, f := range fields {
		var member uint64
		key, address, _ := strings.Cut(f, "=")
		if _, err := fmt.Sscan(key, &member); err != nil {
			return r, err
		}
		if r.members == nil {
			r.members = map[uint64]string{}
		}
		r.members[member] = address
	}
	return r, nil
}

// replica finds this node's replica of a shard.
func (id *identity) replica(shard uint64) (replica, bool) {
	i := slices.IndexFunc(id.replicas, func(r replica) bool { return r.shard == shard })
	if i < 0 {
		return replica{}, false
	}
	return id.replicas[i], true
}

// put adds a replica, or replaces that of its shard.
func (id *identity) put(r replica) {
	id.forget(r.shard)
	id.replicas = append(id.replicas, r)
	slices.SortFunc(id.replicas, func(a, b replica) int { return int(a.shard) - int(b.shard) })
}

// forget removes the replica of a shard.
func (id *identity) forget(shard uint64) {
	id.replicas = slices.DeleteFunc(id.replicas, func(r replica) bool { return r.shard == shard })
}
