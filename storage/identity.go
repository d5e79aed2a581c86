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
	"slices"
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
// higher version is refused; one of a lower is brought up, see upgrade. Format 3 is 2
// with a feed in each shard, see feedindex.go.
const identityFormat = 3

// identity is what a data directory knows about itself. It is a short text file:
//
//	boxoffice-node 3
//	node n1
//	cluster 5b1e09d2c4470f13
//	incarnation 8ad1c5a2f09e77b1
//	raft 127.0.0.1:7101
//	shards 16
//	replica 1 1 founder 1=127.0.0.1:7101
//	replica 2 4 joined
//	…
//	removed false
//	ready true
//	sum 3610a686
//
// incarnation is drawn when the directory is made: a node that lost its disk comes
// back with another one, and must not take the replica ids it had. A replica line
// is a shard, this node's replica of it, what it is (see condition), and for a
// founder the members the shard began with. removed is set when the cluster has
// removed the node: the directory is of no use any more. Until ready is true nothing
// was ever acknowledged, and Open starts afresh. sum is the CRC-32C of the lines
// above it.
//
// In format 1 there is no cluster, no removed and no condition, and every node is
// the founder of all shards but the system shard.
type identity struct {
	format      int
	node        string
	cluster     uint64
	incarnation uint64
	raftAddress string
	shards      uint64
	replicas    []replica
	removed     bool
	ready       bool
}

// newIdentity is that of a node that makes a cluster of its own, or joins one.
func newIdentity(cfg *Config) *identity {
	id := &identity{
		format: identityFormat, node: cfg.Node, cluster: cfg.Cluster, incarnation: randomID(),
		raftAddress: cfg.raftAddress(), shards: cfg.Shards,
	}
	if cfg.Join {
		return id
	}
	if id.cluster == 0 {
		id.cluster = randomID()
	}
	for shard := uint64(1); shard <= cfg.Shards+1; shard++ {
		id.found(shard)
	}
	return id
}

// found adds a replica that begins a shard alone.
func (id *identity) found(shard uint64) {
	id.replicas = append(id.replicas, replica{shard, 1, founding, map[uint64]string{1: id.raftAddress}})
}

// upgrade makes an identity of the present format. Format 1 had no system shard and no
// cluster id. Its raft log is of no deployment, and stays so: see deployment.
func (id *identity) upgrade() {
	before := id.format
	id.format = identityFormat
	if before > 1 {
		return
	}
	id.cluster = id.incarnation &^ 1
	id.found(id.shards + 1)
}

// unbegun takes back that replicas have begun, where nothing was ever ready.
func (id *identity) unbegun() {
	for i := range id.replicas {
		id.replicas[i].condition = founding
	}
}

// deployment is the id under which the consensus library drops the messages of
// strangers; 0 is none. Ids that are drawn are odd; the even ones are of clusters
// that began with format 1, whose Raft logs are of no deployment for ever.
func (id *identity) deployment() uint64 {
	if id.cluster%2 == 0 {
		return 0
	}
	return id.cluster
}

// randomID is an odd number that nobody else has drawn.
func randomID() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, as its documentation says
	return binary.BigEndian.Uint64(b[:]) | 1
}

// check says where a configuration contradicts the directory.
func (id *identity) check(cfg *Config) error {
	if id.removed {
		return fmt.Errorf("this node was removed from its cluster: the data in %s is of no use any more. "+
			"To come back it must join as a new node, with an empty directory", cfg.Dir)
	}
	wantsCluster := cfg.Cluster
	if wantsCluster == 0 {
		wantsCluster = id.cluster
	}
	var errs []error
	for _, c := range []struct {
		what      string
		is, wants any
	}{
		{"node name", id.node, cfg.Node},
		{"raft address", id.raftAddress, cfg.raftAddress()},
		{"number of shards", id.shards, cfg.Shards},
		{"cluster id", fmt.Sprintf("%016x", id.cluster), fmt.Sprintf("%016x", wantsCluster)},
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
	fmt.Fprintf(&b, "boxoffice-node %d\nnode %s\n", id.format, id.node)
	if id.format > 1 {
		fmt.Fprintf(&b, "cluster %016x\n", id.cluster)
	}
	fmt.Fprintf(&b, "incarnation %016x\nraft %s\nshards %d\n", id.incarnation, id.raftAddress, id.shards)
	for _, r := range id.replicas {
		r.encode(&b, id.format)
	}
	if id.format > 1 {
		fmt.Fprintf(&b, "removed %t\n", id.removed)
	}
	fmt.Fprintf(&b, "ready %t\n", id.ready)
	fmt.Fprintf(&b, "sum %08x\n", crc32.Checksum(b.Bytes(), castagnoli))
	return b.Bytes()
}

// decodeIdentity reads what encode writes, byte for byte.
func decodeIdentity(b []byte) (*identity, error) {
	id := &identity{}
	if _, err := fmt.Sscanf(string(b), "boxoffice-node %d\n", &id.format); err != nil {
		return nil, errors.New("it is not an identity file")
	}
	if id.format < 1 || id.format > identityFormat {
		return nil, fmt.Errorf("the data has format %d and this program reads formats up to %d: "+
			"it was written by a newer version, which must be used", id.format, identityFormat)
	}
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
	case "cluster":
		_, err = fmt.Sscanf(rest, "%x", &id.cluster)
	case "incarnation":
		_, err = fmt.Sscanf(rest, "%x", &id.incarnation)
	case "shards":
		_, err = fmt.Sscanf(rest, "%d", &id.shards)
	case "removed":
		_, err = fmt.Sscanf(rest, "%t", &id.removed)
	case "ready":
		_, err = fmt.Sscanf(rest, "%t", &id.ready)
	case "replica":
		var r replica
		r, err = decodeReplica(strings.Fields(rest), id.format)
		id.replicas = append(id.replicas, r)
	}
	return err // sum, and lines nobody knows, are found by comparing the whole
}

// clone is a copy that can be changed.
func (id *identity) clone() *identity {
	c := *id
	c.replicas = slices.Clone(id.replicas)
	return &c
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
