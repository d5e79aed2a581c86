package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Inspect says who a data directory belongs to, without opening it: false for one
// that is empty, not there, or whose first start was not finished. It blocks for a
// disk read. An error is of what Open would refuse too.
func Inspect(dir string) (Identity, bool, error) {
	if _, err := os.Stat(filepath.Join(dir, identityFile)); errors.Is(err, fs.ErrNotExist) {
		return Identity{}, false, nil
	}
	id, err := loadIdentity(dir)
	if err != nil {
		return Identity{}, false, fmt.Errorf("inspect the data directory: %w", err)
	}
	if id == nil || !id.ready {
		return Identity{}, false, nil
	}
	return Identity{Node: id.node, Cluster: id.cluster, Incarnation: id.incarnation, Shards: id.shards,
		RaftAddress: id.raftAddress}, true, nil
}
