package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// directory is a data directory that this process holds.
type directory struct {
	path string
	lock *os.File

	mu sync.Mutex
	id *identity // what is on the disk; never changed, only replaced
}

// openDirectory takes a data directory, or makes it, and checks that the
// configuration is the one it was made with.
func openDirectory(cfg *Config) (*directory, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	lock, err := lockDirectory(cfg.Dir)
	if err != nil {
		return nil, err
	}
	d := &directory{path: cfg.Dir, lock: lock}
	if d.id, err = loadIdentity(cfg.Dir); err == nil {
		err = d.settle(cfg)
	}
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// lockDirectory makes sure that no other process has the directory. The lock goes
// with the process, however it ends.
func lockDirectory(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		err = fmt.Errorf("the data directory %s is in use by another process: %w", dir, err)
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// settle checks the identity, or makes one for an empty directory. A directory that
// was never ready is started afresh: nothing in it was acknowledged.
func (d *directory) settle(cfg *Config) error {
	if d.id == nil {
		d.id = newIdentity(cfg)
		if err := d.id.save(d.path); err != nil {
			return err
		}
	}
	if err := d.id.check(cfg); err != nil {
		return err
	}
	for _, part := range []string{raftDir, stateDir} {
		path := filepath.Join(d.path, part)
		if !d.id.ready {
			if err := os.RemoveAll(path); err != nil {
				return fmt.Errorf("clear an unfinished start: %w", err)
			}
			continue
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return d.notWhole(part)
		} else if err != nil {
			return fmt.Errorf("look at the data directory: %w", err)
		}
	}
	if !d.id.ready {
		d.id.unbegun()
	}
	if d.id.format == identityFormat {
		return nil
	}
	return d.change((*identity).upgrade)
}

// notWhole is the refusal of a directory that has lost something.
func (d *directory) notWhole(part string) error {
	return fmt.Errorf("the data in %s is not whole: %q is missing. A node that lost data must come back "+
		"as a new node with an empty directory", d.path, part)
}

// now is the identity that is on the disk. It must not be changed.
func (d *directory) now() *identity {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.id
}

// change changes the identity, on the disk first. It blocks for two syncs.
func (d *directory) change(f func(*identity)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := d.id.clone()
	f(next)
	if err := next.save(d.path); err != nil {
		return err
	}
	d.id = next
	return nil
}

// setReady notes that everything in the directory has been made, and which replicas
// have been started.
func (d *directory) setReady() error {
	done := d.now().ready
	for _, r := range d.now().replicas {
		done = done && r.begun() == r.condition
	}
	if done {
		return nil
	}
	return d.change(func(id *identity) {
		id.ready = true
		for i := range id.replicas {
			id.replicas[i].condition = id.replicas[i].begun()
		}
	})
}

func (d *directory) close() error { return d.lock.Close() }

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
