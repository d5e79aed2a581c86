package storage

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The files of a data directory.
const (
	identityFile = "node"  // who the data belongs to: identity
	lockFile     = "lock"  // held while a process has the directory
	raftDir      = "raft"  // the consensus library's: Raft logs
	stateDir     = "state" // the state store
)

// identityFormat is the version of the whole directory's format. A directory of a
// higher version is refused; a lower one is to be brought up when there is one.
const identityFormat = 1

// identity is what a data directory knows about itself. It is a short text file:
//
//	boxoffice-node 1
//	node n1
//	incarnation 8ad1c5a2f09e77b1
//	raft 127.0.0.1:7101
//	shards 16
//	replica 1 1 1=127.0.0.1:7101
//	…
//	ready true
//	sum 3610a686
//
// incarnation is drawn when the directory is made: a node that lost its disk comes
// back with another one, and must not take the replica ids it had. A replica line
// is a shard, this node's replica of it, and the members the shard began with. Until
// ready is true nothing was ever acknowledged, and Open starts afresh. sum is the
// CRC-32C of the lines above it.
type identity struct {
	node        string
	incarnation uint64
	raftAddress string
	shards      uint64
	replicas    []replica // by shard, from shard 1 on
	ready       bool
}

// replica is this node's part in a shard.
type replica struct {
	shard, id uint64
	members   map[uint64]string // the first ones: address by replica id
}

// newIdentity is that of a node that makes a cluster of its own.
func newIdentity(cfg *Config) *identity {
	id := &identity{node: cfg.Node, incarnation: randomID(), raftAddress: cfg.raftAddress(), shards: cfg.Shards}
	for shard := uint64(1); shard <= cfg.Shards; shard++ {
		id.replicas = append(id.replicas, replica{shard, 1, map[uint64]string{1: cfg.raftAddress()}})
	}
	return id
}

// randomID is a number that nobody else has drawn. It is not 0.
func randomID() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, as its documentation says
	return binary.BigEndian.Uint64(b[:]) | 1
}

// check says where a configuration contradicts the directory.
func (id *identity) check(cfg *Config) error {
	var errs []error
	for _, c := range []struct {
		what      string
		is, wants any
	}{
		{"node name", id.node, cfg.Node},
		{"raft address", id.raftAddress, cfg.raftAddress()},
		{"number of shards", id.shards, cfg.Shards},
	} {
		if c.is != c.wants {
			errs = append(errs, fmt.Errorf("its %s is %v and cannot become %v", c.what, c.is, c.wants))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("the data in %s is of another configuration: %w", cfg.Dir, err)
	}
	return nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (id *identity) encode() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "boxoffice-node %d\nnode %s\nincarnation %016x\nraft %s\nshards %d\n",
		identityFormat, id.node, id.incarnation, id.raftAddress, id.shards)
	for _, r := range id.replicas {
		fmt.Fprintf(&b, "replica %d %d", r.shard, r.id)
		for member := range uint64(len(r.members)) {
			fmt.Fprintf(&b, " %d=%s", member+1, r.members[member+1])
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "ready %t\n", id.ready)
	fmt.Fprintf(&b, "sum %08x\n", crc32.Checksum(b.Bytes(), castagnoli))
	return b.Bytes()
}

// decodeIdentity reads what encode writes, byte for byte.
func decodeIdentity(b []byte) (*identity, error) {
	var format int
	if _, err := fmt.Sscanf(string(b), "boxoffice-node %d\n", &format); err != nil {
		return nil, errors.New("it is not an identity file")
	}
	if format != identityFormat {
		return nil, fmt.Errorf("the data has format %d and this program reads format %d: "+
			"it was written by a newer version, which must be used", format, identityFormat)
	}
	id := &identity{}
	lines := strings.Split(string(b), "\n")
	for _, line := range lines[1:] {
		if err := id.decodeLine(line); err != nil {
			return nil, fmt.Errorf("its line %.80q: %w", line, err)
		}
	}
	if !bytes.Equal(id.encode(), b) {
		return nil, errors.New("it is damaged")
	}
	return id, nil
}

func (id *identity) decodeLine(line string) (err error) {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "node":
		id.node = rest
	case "raft":
		id.raftAddress = rest
	case "incarnation":
		_, err = fmt.Sscanf(rest, "%x", &id.incarnation)
	case "shards":
		_, err = fmt.Sscanf(rest, "%d", &id.shards)
	case "ready":
		_, err = fmt.Sscanf(rest, "%t", &id.ready)
	case "replica":
		err = id.decodeReplica(strings.Fields(rest))
	}
	return err // sum, and lines nobody knows, are found by comparing the whole
}

func (id *identity) decodeReplica(fields []string) error {
	if len(fields) < 3 {
		return errors.New("a shard, a replica and members are wanted")
	}
	r := replica{members: map[uint64]string{}}
	if _, err := fmt.Sscan(fields[0]+" "+fields[1], &r.shard, &r.id); err != nil {
		return err
	}
	for _, f := range fields[2:] {
		var member uint64
		key, address, _ := strings.Cut(f, "=")
		if _, err := fmt.Sscan(key, &member); err != nil {
			return err
		}
		r.members[member] = address
	}
	id.replicas = append(id.replicas, r)
	return nil
}

// loadIdentity reads a directory's identity; nil if the directory is empty.
func loadIdentity(dir string) (*identity, error) {
	b, err := os.ReadFile(filepath.Join(dir, identityFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, wantEmpty(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("read the node's identity: %w", err)
	}
	id, err := decodeIdentity(b)
	if err != nil {
		return nil, fmt.Errorf("read the node's identity in %s: %w", filepath.Join(dir, identityFile), err)
	}
	return id, nil
}

// wantEmpty is nil for a directory that has nothing but what may be in a fresh one.
func wantEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read the data directory: %w", err)
	}
	for _, e := range entries {
		if n := e.Name(); n != lockFile && n != "lost+found" && n != identityFile+".new" {
			return fmt.Errorf("the directory %s has %q but no node identity: it is no data directory, "+
				"or the identity was deleted; nothing was touched", dir, n)
		}
	}
	return nil
}

// save writes the identity so that a crash leaves the old one or the new one.
func (id *identity) save(dir string) error {
	if err := writeFile(filepath.Join(dir, identityFile), id.encode()); err != nil {
		return fmt.Errorf("write the node's identity: %w", err)
	}
	return nil
}

// writeFile replaces a file in one step, and durably.
func writeFile(name string, content []byte) error {
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(name+".new", name)
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return err
}
