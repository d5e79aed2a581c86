package storage

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lni/dragonboat/v4/raftpb"
)

// The consensus library ties its data to the machine's host name: it keeps it in a
// folder of that name, and writes the name to a flag file that it checks at the next
// start. A container gets a new name with every start. So the folder of the host's
// name is a link to one of a fixed name, and the name in the flag file is emptied,
// which the library takes for "not known".
const (
	fixedHost = "host"
	flagFile  = "dragonboat.ds"
	flagSum   = 8 // bytes before the flag file's content: the second half of its MD5
)

// prepareHost makes dir usable under the present host name.
func prepareHost(dir string) error {
	name, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("ask for the host name: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, fixedHost), 0o700); err != nil {
		return fmt.Errorf("make the raft directory: %w", err)
	}
	if err := linkHost(dir, name); err != nil {
		return fmt.Errorf("link the host name: %w", err)
	}
	if err := forgetHost(filepath.Join(dir, flagFile), name); err != nil {
		return fmt.Errorf("forget the host name of before: %w", err)
	}
	return syncDir(dir)
}

// linkHost makes name lead to the fixed folder, and removes links of names before.
func linkHost(dir, name string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	linked := name == fixedHost
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink == 0 {
			continue
		}
		if e.Name() == name {
			linked = true
		} else if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	if linked {
		return nil
	}
	return os.Symlink(fixedHost, filepath.Join(dir, name))
}

// forgetHost empties the host name in the flag file if it is another one.
func forgetHost(file, name string) error {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(b) < flagSum || !bytes.Equal(b[:flagSum], sumFlag(b[flagSum:])) {
		return fmt.Errorf("%s is damaged", file)
	}
	var status raftpb.RaftDataStatus
	if err := status.Unmarshal(b[flagSum:]); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	if status.Hostname == "" || status.Hostname == name {
		return nil
	}
	status.Hostname = ""
	content, err := status.Marshal()
	if err != nil {
		return fmt.Errorf("encode %s: %w", file, err)
	}
	return writeFile(file, append(sumFlag(content), content...))
}

func sumFlag(b []byte) []byte {
	sum := md5.Sum(b)
	return sum[flagSum:]
}
