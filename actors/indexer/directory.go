package indexer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// currentFile names the directory that counts, in Config.Dir.
const currentFile = "current"

// path is the directory of a copy.
func (f *Follower) path(number int) string { return filepath.Join(f.cfg.Dir, strconv.Itoa(number)) }

// open opens the copy that counts, or begins one: the first, or one in the place of
// what cannot be used. Whatever else lies there was not finished, and is removed.
func (f *Follower) open() (*indexCopy, error) {
	if err := os.MkdirAll(f.cfg.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("make the search index's directory: %w", err)
	}
	number, err := f.chosen()
	if err != nil {
		return nil, err
	}
	f.tidy(number)
	if number == 0 {
		return f.renew(1)
	}
	ix, err := f.cfg.Open(f.path(number))
	if err != nil {
		f.cfg.Logger.Error("the search index cannot be opened; it is made anew", "error", err)
		return f.renew(number + 1)
	}
	c, err := f.newCopy(number, ix)
	if err != nil {
		f.cfg.Logger.Warn("the search index cannot be used; it is made anew", "error", err)
		if err := ix.Close(); err != nil {
			return nil, fmt.Errorf("close the search index: %w", err)
		}
		return f.renew(number + 1)
	}
	return c, nil
}

// renew makes an empty copy that counts from now on, and drops the one before.
func (f *Follower) renew(number int) (*indexCopy, error) {
	c, err := f.create(number)
	if err != nil {
		return nil, err
	}
	if err := f.choose(number); err != nil {
		return nil, errors.Join(err, c.close())
	}
	f.tidy(number)
	return c, nil
}

// create makes an empty copy.
func (f *Follower) create(number int) (*indexCopy, error) {
	f.discard(number)
	ix, err := f.cfg.Open(f.path(number))
	if err != nil {
		return nil, fmt.Errorf("make a search index: %w", err)
	}
	c, err := f.newCopy(number, ix)
	if err != nil {
		return nil, errors.Join(err, ix.Close())
	}
	return c, nil
}

// chosen is the number of the copy that counts; 0: there is none.
func (f *Follower) chosen() (int, error) {
	text, err := os.ReadFile(filepath.Join(f.cfg.Dir, currentFile))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read which search index counts: %w", err)
	}
	number, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || number < 1 {
		f.cfg.Logger.Warn("it is not known which search index counts; it is made anew", "file", currentFile)
		return 0, nil
	}
	return number, nil
}

// choose makes a copy the one that counts, on the disk: all or nothing.
func (f *Follower) choose(number int) error {
	name := filepath.Join(f.cfg.Dir, currentFile)
	err := writeSynced(name+".new", strconv.Itoa(number)+"\n")
	if err == nil {
		err = os.Rename(name+".new", name)
	}
	if err == nil {
		err = syncDir(f.cfg.Dir)
	}
	if err != nil {
		return fmt.Errorf("choose the search index that counts: %w", err)
	}
	return nil
}

func writeSynced(name, text string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// tidy removes the copies that do not count.
func (f *Follower) tidy(number int) {
	entries, err := os.ReadDir(f.cfg.Dir)
	if err != nil {
		f.cfg.Logger.Warn("look for search indexes that are not needed", "error", err)
		return
	}
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil && n != number {
			f.discard(n)
		}
	}
}

// discard removes a copy. One that stays is tried again at the next start.
func (f *Follower) discard(number int) {
	if err := os.RemoveAll(f.path(number)); err != nil {
		f.cfg.Logger.Warn("remove a search index that is not needed", "error", err)
	}
}
