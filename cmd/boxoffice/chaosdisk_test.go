package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// canMount reports whether a file system can be mounted here.
var canMount = sync.OnceValue(func() bool {
	dir, err := os.MkdirTemp("", "mount")
	if err != nil {
		return false
	}
	defer func() { _ = os.Remove(dir) }() // it is empty
	if syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m") != nil {
		return false
	}
	return syscall.Unmount(dir, syscall.MNT_DETACH) == nil
})

// The disk of a node that is to be full: what the node wants to have free, and what
// it is left with.
const (
	fullKeeps = 64 << 20
	fullLeft  = 32 << 20
	fullSpace = 512 << 20 // of the disk, beside what the node has already
)

// fullDisk fills the disk of a node. Events that others lead are sold all the time,
// and all are when there is space again.
func (c *chaos) fullDisk() {
	i := c.victim()
	n := c.nodes[i]
	c.hurt[i] = true
	n.kill()
	keep := slices.Clone(n.args)
	n.args = append(n.args, "--min-free-disk", fmt.Sprint(fullKeeps>>20, "MiB"))
	c.toSmallDisk(i + 1)
	n.start()
	c.whole(3)
	c.until("a shard that "+c.name(i+1)+" leads", 30*time.Second, func() error {
		if c.leads(i) == 0 {
			return fmt.Errorf("none yet")
		}
		return nil
	})
	before := c.leads(i)
	filler := fill(c.t, c.path(c.name(i+1)), fullLeft)
	c.pause(time.Second, 2*time.Second)
	c.sellsElsewhere(i)
	c.pause(time.Second, 4*time.Second)
	c.t.Logf("%s led %d shards before its disk was full, %d after", c.name(i+1), before, c.leads(i))
	if err := os.Remove(filler); err != nil {
		c.t.Fatal(err)
	}
	c.whole(3)
	for e := range crashEvents {
		c.holdOnce(n, crashEventID(int(c.shop.events.Load())-1-e))
	}
	n.kill()
	c.fromSmallDisk(i + 1)
	n.args = keep
	n.start()
}

// leads is the number of shards that a node says it leads.
func (c *chaos) leads(i int) int {
	c.t.Helper()
	var s struct {
		Nodes []struct {
			Name    string
			Leaders int
		}
	}
	if err := c.get(c.nodes[i], "/admin/cluster", &s); err != nil {
		return 0
	}
	for _, n := range s.Nodes {
		if n.Name == c.name(i+1) {
			return n.Leaders
		}
	}
	return 0
}

// sellsElsewhere wants every event that another node leads to be sold soon.
func (c *chaos) sellsElsewhere(full int) {
	c.t.Helper()
	asked := (full + 1) % len(c.nodes)
	sold := 0
	for e := range int(c.shop.events.Load()) {
		event := crashEventID(e)
		if at := c.leaderOf(event, asked); at < 0 || at == full {
			continue
		}
		sold++
		if took := c.holdOnce(c.nodes[asked], event); took > 3*time.Second {
			c.t.Errorf("%s, which another node than the full one leads, was sold after %v", event, took)
		}
	}
	c.t.Logf("while the disk of %s was full, %d of %d events were asked for elsewhere and sold",
		c.name(full+1), sold, c.shop.events.Load())
}

// toSmallDisk moves the data of a node that is down to a file system of its own.
func (f *fleet) toSmallDisk(i int) {
	f.t.Helper()
	dir, kept := f.path(f.name(i)), f.path(f.name(i)+".kept")
	f.rename(dir, kept)
	if err := os.Mkdir(dir, 0o750); err != nil {
		f.t.Fatal(err)
	}
	size := fmt.Sprintf("size=%d", fullSpace+used(kept))
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, size); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }) // an error: it is done already
	f.copy(kept, dir)
	if err := os.RemoveAll(kept); err != nil {
		f.t.Fatal(err)
	}
}

// fromSmallDisk moves it back.
func (f *fleet) fromSmallDisk(i int) {
	f.t.Helper()
	dir, kept := f.path(f.name(i)), f.path(f.name(i)+".kept")
	if err := os.Mkdir(kept, 0o750); err != nil {
		f.t.Fatal(err)
	}
	f.copy(dir, kept)
	if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Remove(dir); err != nil {
		f.t.Fatal(err)
	}
	f.rename(kept, dir)
}

func (f *fleet) rename(from, to string) {
	f.t.Helper()
	if err := os.Rename(from, to); err != nil {
		f.t.Fatal(err)
	}
}

// copy copies what is in a directory to another one.
func (f *fleet) copy(from, to string) {
	f.t.Helper()
	if out, err := exec.Command("cp", "-a", from+"/.", to).CombinedOutput(); err != nil {
		f.t.Fatalf("copy %s: %v %s", from, err, out)
	}
}

// used is the size of all files in a directory.
func used(dir string) (size int64) {
	_ = filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			size += info.Size()
		}
		return nil // what cannot be read is not counted
	})
	return size
}
