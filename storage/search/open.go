package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"boxoffice/storage/search/internal/postings"
)

// Names in Config.Dir.
const (
	lockName    = "LOCK"
	currentName = "CURRENT"   // has the name of the directory that serves
	asideName   = "set-aside" // the last damaged index, to be looked at
	bodyPrefix  = "index-"
)

// Open opens the index in cfg.Dir, or makes one, and reads it into memory: a million
// events take three seconds of two processors. An index that is damaged or of another schema is made anew,
// empty: Stats and the log say so, Position is nil. A damaged one is set aside, one
// such at a time. ErrLocked: another process has it.
func Open(cfg Config) (_ *Index, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the index: %w", err)
	}
	x := &Index{cfg: cfg, pages: newCache(cfg.CacheBytes, cfg.MaxStale, cfg.Now)}
	x.open, x.shut = context.WithCancel(context.Background())
	if x.lock, err = lockDir(cfg.Dir); err != nil {
		return nil, err
	}
	if x.body, err = x.openServing(); err != nil {
		return nil, errors.Join(err, x.lock.Close())
	}
	return x, nil
}

// lockDir takes the lock that a process has on its index. The system frees it when the
// process ends, however it ends.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the index: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrLocked, err), f.Close())
	}
	return f, nil
}

// openServing opens the body that serves. What else is there was left by a crash: it
// is removed.
func (x *Index) openServing() (*body, error) {
	name, err := readCurrent(x.cfg.Dir)
	if errors.Is(err, postings.ErrDamaged) {
		x.madeAnew(err)
	} else if err != nil {
		return nil, err
	}
	if err := sweep(x.cfg.Dir, name); err != nil {
		return nil, err
	}
	if name != "" {
		b, err := openBody(&x.cfg, name, x.counts.failed)
		if err == nil {
			return b, nil
		}
		if err := x.setAside(name, err); err != nil {
			return nil, err
		}
	}
	return x.openNew(nextName(name))
}

// setAside takes an index that cannot be used out of the way; why is what opening it
// answered. Other errors than those that say so are given back.
func (x *Index) setAside(name string, why error) error {
	dir := filepath.Join(x.cfg.Dir, name)
	aside := filepath.Join(x.cfg.Dir, asideName)
	switch {
	case errors.Is(why, postings.ErrSchema):
	case errors.Is(why, postings.ErrDamaged):
		if err := os.RemoveAll(aside); err != nil {
			return fmt.Errorf("remove what was set aside before: %w", err)
		}
		if err := os.Rename(dir, aside); err != nil {
			return fmt.Errorf("set the index aside: %w", err)
		}
	default:
		return why
	}
	x.madeAnew(why)
	return nil
}

// madeAnew says that the index is made anew, and why.
func (x *Index) madeAnew(why error) {
	x.rebuilt = why.Error()
	x.cfg.Logger.Warn("search: the index is made anew", "why", why)
}

// openNew makes an empty body and lets it serve.
func (x *Index) openNew(name string) (*body, error) {
	b, err := openBody(&x.cfg, name, x.counts.failed)
	if err != nil {
		return nil, err
	}
	if err := writeCurrent(x.cfg.Dir, name); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, sweep(x.cfg.Dir, name)
}

// readCurrent gives the name of the body that serves; "": none does yet. Where that is
// not to be read, it is postings.ErrDamaged.
func readCurrent(dir string) (string, error) {
	content, err := os.ReadFile(filepath.Join(dir, currentName))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read which index serves: %w", err)
	}
	name := strings.TrimSpace(string(content))
	if bodyNumber(name) == 0 {
		return "", fmt.Errorf("%w: which one serves is %q", postings.ErrDamaged, name)
	}
	return name, nil
}

// writeCurrent makes a body the one that serves, in one step.
func writeCurrent(dir, name string) error {
	temp := filepath.Join(dir, currentName+".new")
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write which index serves: %w", err)
	}
	_, err = f.WriteString(name + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(temp, filepath.Join(dir, currentName))
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return fmt.Errorf("write which index serves: %w", err)
	}
	return nil
}

// syncDir makes a rename last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// sweep removes all bodies but one.
func sweep(dir, keep string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list the index: %w", err)
	}
	for _, e := range entries {
		if e.Name() == keep || bodyNumber(e.Name()) == 0 {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("remove an index that does not serve: %w", err)
		}
	}
	return nil
}

// bodyNumber is the number in a body's name; 0: it is none.
func bodyNumber(name string) uint64 {
	var n uint64
	digits, ok := strings.CutPrefix(name, bodyPrefix)
	if !ok || len(digits) != 6 {
		return 0
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + uint64(c-'0')
	}
	return n
}

// nextName is the name of the body after one; "" is before the first.
func nextName(name string) string {
	return fmt.Sprintf("%s%06d", bodyPrefix, bodyNumber(name)%999_999+1)
}
