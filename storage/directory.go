package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// directory is a data directory that this process holds.
type directory struct {
	path string
	lock *os.File
	id   *identity
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
			return fmt.Errorf("the data in %s is not whole: %q is missing. A node that lost data must come back "+
				"as a new node with an empty directory", d.path, part)
		} else if err != nil {
			return fmt.Errorf("look at the data directory: %w", err)
		}
	}
	return nil
}

// setReady notes that everything in the directory has been made.
func (d *directory) setReady() error {
	if d.id.ready {
		return nil
	}
	d.id.ready = true
	return d.id.save(d.path)
}

func (d *directory) close() error { return d.lock.Close() }
