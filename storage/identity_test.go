package storage

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func identityConfig(t *testing.T) Config {
	cfg := DefaultConfig(filepath.Join(t.TempDir(), "data"))
	cfg.Shards = 2
	return cfg
}

// wantRefusal opens a directory that must be refused with words that help.
func wantRefusal(t *testing.T, cfg Config, words ...string) {
	t.Helper()
	l, err := Open(cfg)
	if err == nil {
		_ = l.Close()
		t.Errorf("it was opened; it must be refused with %q", words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the refusal is %q, it says nothing of %q", err, w)
		}
	}
}

func openAndClose(t *testing.T, cfg Config) {
	t.Helper()
	l, err := Open(cfg)
	if err == nil {
		err = l.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestADirectoryKeepsItsConfiguration(t *testing.T) {
	cfg := identityConfig(t)
	openAndClose(t, cfg)
	other := cfg
	other.Shards = 3
	wantRefusal(t, other, "number of shards", "2", "3")
	other = cfg
	other.Node = "n2"
	wantRefusal(t, other, "node name", "n1", "n2")
	other = cfg
	other.RaftAddress = "127.0.0.1:7999"
	wantRefusal(t, other, "raft address", "alone", "127.0.0.1:7999")
	openAndClose(t, cfg)
}

func TestADirectoryIsOpenOnce(t *testing.T) {
	cfg := identityConfig(t)
	l, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	wantRefusal(t, cfg, "in use")
}

func TestForeignAndDamagedDirectoriesAreRefused(t *testing.T) {
	cfg := identityConfig(t)
	openAndClose(t, cfg)
	name := filepath.Join(cfg.Dir, identityFile)
	good, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	write := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(bytes.Replace(good, []byte("boxoffice-node 3"), []byte("boxoffice-node 4"), 1))
	wantRefusal(t, cfg, "format 4", "newer version")
	write(bytes.Replace(good, []byte("shards 2"), []byte("shards 3"), 1))
	wantRefusal(t, cfg, "damaged")
	write(good[:len(good)/2])
	wantRefusal(t, cfg, "identity")
	write(nil)
	wantRefusal(t, cfg, "identity")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, cfg, "no node identity")
	write(good)
	for _, part := range []string{raftDir, stateDir} {
		path := filepath.Join(cfg.Dir, part)
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, cfg, "not whole", part)
		if err := os.Rename(path+".away", path); err != nil {
			t.Fatal(err)
		}
	}
	openAndClose(t, cfg)
}

// A start that was killed before it was ready leaves parts that nobody has seen.
func TestAnUnfinishedStartIsStartedAfresh(t *testing.T) {
	cfg := identityConfig(t)
	openAndClose(t, cfg)
	id, err := loadIdentity(cfg.Dir)
	if err != nil || !id.ready {
		t.Fatalf("%+v, %v", id, err)
	}
	id.ready = false
	if err := id.save(cfg.Dir); err != nil {
		t.Fatal(err)
	}
	flagFile := filepath.Join(cfg.Dir, raftDir, flagFile)
	if err := os.WriteFile(flagFile, []byte("half of"), 0o600); err != nil {
		t.Fatal(err)
	}
	openAndClose(t, cfg)
	again, err := loadIdentity(cfg.Dir)
	if err != nil || !again.ready || again.incarnation != id.incarnation {
		t.Errorf("the identity is %+v, %v; it was %+v", again, err, id)
	}
	if err := os.WriteFile(flagFile, []byte("damaged later"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, cfg, "damaged")
}

func TestConfigurationsAreChecked(t *testing.T) {
	for _, change := range []func(*Config){
		func(c *Config) { c.Dir = "" },
		func(c *Config) { c.Node = "" },
		func(c *Config) { c.RaftAddress = "nowhere" },
		func(c *Config) { c.ListenAddress = ":1" },
		func(c *Config) { c.Shards = 0 },
		func(c *Config) { c.Shards = maxShards + 1 },
		func(c *Config) { c.ProposalTimeout = 0 },
		func(c *Config) { c.TickInterval = 0 },
		func(c *Config) { c.SpaceInterval = 0 },
		func(c *Config) { c.SnapshotEntries = 0 },
		func(c *Config) { c.CompactionOverhead = c.SnapshotEntries },
		func(c *Config) { c.CacheBytes = 0 },
		func(c *Config) { c.Logger = nil },
		func(c *Config) { *c = Config{Dir: c.Dir} },
	} {
		cfg := identityConfig(t)
		change(&cfg)
		wantRefusal(t, cfg, "configuration")
		if _, err := os.Stat(cfg.Dir); cfg.Dir != "" && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("something was made for a wrong configuration: %v", err)
		}
	}
}

func TestHostNamesComeAndGo(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"first", "second", "second", fixedHost, "first"} {
		if err := os.MkdirAll(filepath.Join(dir, fixedHost), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := linkHost(dir, name); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "data"), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(dir, fixedHost, "data")); err != nil || string(b) != name {
			t.Errorf("under %s the data is %q: %v", name, b, err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) > 2 {
			t.Errorf("old names are left: %v, %v", entries, err)
		}
	}
}
