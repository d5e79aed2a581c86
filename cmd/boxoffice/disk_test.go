package main

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// smallDisk mounts a file system of its own, so that it can be filled.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// fill leaves little of a file system's space.
func fill(t *testing.T, dir string, leave uint64) (filler string) {
	t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		t.Fatal(err)
	}
	filler = filepath.Join(dir, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Fallocate(int(f.Fd()), 0, 0, int64(s.Bavail*uint64(s.Bsize)-leave)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return filler
}

// On a full disk writes are refused at once and say that nothing was done, reads go
// on, and the sale goes on by itself when there is space; nothing that was
// acknowledged is lost.
func TestFullDisk(t *testing.T) {
	dir := smallDisk(t, "400m")
	node := newNode(t, filepath.Join(dir, "data"), "--min-free-disk", "100MiB")
	node.start()
	shop := newShop(t, node.url)
	shop.newEvents()
	random := rand.New(rand.NewPCG(1, 1))
	shop.book(random, crashEventID(0), []string{"S-R0-1"}, "")

	filler := fill(t, dir, 50<<20)
	node.waitFor("/readyz", http.StatusServiceUnavailable)
	body := []byte(`{"ticketIds":["S-R1-1"],"paymentInfo":{"method":"card","token":"pm_card_visa"}}`)
	began := time.Now()
	r, err := shop.send(http.MethodPost, "/bookings/"+crashEventID(0), "full-1", body)
	if err != nil || r.status != http.StatusServiceUnavailable || time.Since(began) > 2*time.Second {
		t.Fatalf("booking on a full disk: %d %s %v after %v", r.status, r.body, err, time.Since(began))
	}
	var problem struct {
		Code     string `json:"code"`
		Executed any    `json:"executed"`
	}
	err = json.Unmarshal(r.body, &problem)
	if err != nil || problem.Code != "unavailable" || problem.Executed != false {
		t.Errorf("the answer was %s", r.body)
	}
	for _, path := range []string{"/healthz", "/events/" + crashEventID(0), "/events/" + crashEventID(0) + "/tickets"} {
		if r, err := shop.send(http.MethodGet, path, "", nil); err != nil || r.status != http.StatusOK {
			t.Errorf("GET %s on a full disk: %d %v", path, r.status, err)
		}
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	node.waitFor("/readyz", http.StatusOK)
	if r := shop.insist(http.MethodPost, "/bookings/"+crashEventID(0), "full-1", body); r.status != http.StatusCreated {
		t.Errorf("the same booking with space again: %d %s", r.status, r.body)
	} else {
		shop.note(shop.bookings, crashEventID(0), r)
	}
	shop.check(filepath.Join(dir, "data", "sandbox-ledger.ndjson"))
}

// A sync that fails ends the process at once: what the disk has is unknown then,
// and asking it again may lie. After a restart everything acknowledged is there.
func TestFailedSync(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace, which makes a sync fail, is not here")
	}
	dir := t.TempDir()
	node := newNode(t, dir)
	node.start()
	shop := openShop(t, node.url, 2)
	tracer := exec.Command(strace, "-f", "-qq", "-o", os.DevNull, "-e", "trace=fsync,fdatasync",
		"-e", "inject=fsync,fdatasync:error=EIO:when=20+", "-p", strconv.Itoa(node.cmd.Process.Pid))
	if err := tracer.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-node.done:
		if node.cmd.ProcessState.Success() {
			t.Errorf("the node ended as if nothing had happened:\n%s", node.out)
		}
	case <-time.After(60 * time.Second):
		t.Errorf("a node whose syncs fail did not end:\n%s", node.out)
		node.kill()
	}
	_ = tracer.Wait() // it ends with what it traces
	node.cmd = nil
	node.start()
	shop.stop()
	shop.check(filepath.Join(dir, "sandbox-ledger.ndjson"))
}
