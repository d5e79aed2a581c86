package truth

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// readAll gives all observations of a file.
func readAll(t testing.TB, file string) (all []Observation, cut int) {
	t.Helper()
	tapes, err := openTapes([]string{file})
	if err != nil {
		t.Fatal(err)
	}
	defer tapes.close()
	err = tapes.each(func(o *Observation, where spot) error {
		again, err := tapes.again(where)
		if err != nil {
			return err
		}
		if !equal(again, o) {
			return fmt.Errorf("%+v is now %+v", o, again)
		}
		all = append(all, *again)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, tapes.cut
}

func equal(a, b *Observation) bool { return fmt.Sprintf("%+v", a) == fmt.Sprintf("%+v", b) }

// everything is an observation with all members.
func everything() *Observation {
	return &Observation{
		Op: Swap, Event: "ev", User: "u", Key: "k", ID: "h", Tickets: []string{"a",
			"b"}, Removed: []string{"c"}, Count: 3,
		Sent: 5, Received: 1 << 60, Unsent: true, Status: 201, Version: 1 << 50, RequestID: "r", Replayed: true,
		Body: []byte(`{"x":1}`), Request: []byte("{}"),
	}
}

// TestRecorder wants everything back that was added, by many at once.
func TestRecorder(t *testing.T) {
	r, err := NewRecorder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const each, workers = 2000, 8
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			o := everything()
			for i := range each {
				o.Count = w*each + i
				r.Add(o)
			}
		})
	}
	wait.Wait()
	large := everything()
	large.Count, large.Body = each*workers, make([]byte, 1<<20)
	r.Add(large)
	empty := &Observation{Count: each*workers + 1}
	r.Add(empty)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	all, cut := readAll(t, r.File())
	if len(all) != each*workers+2 || cut != 0 {
		t.Fatalf("%d observations, %d cut", len(all), cut)
	}
	slices.SortFunc(all, func(a, b Observation) int { return a.Count - b.Count })
	for i := range all[:each*workers] {
		want := everything()
		want.Count = i
		if !equal(&all[i], want) {
			t.Fatalf("observation %d is %+v", i, all[i])
		}
	}
	if !equal(&all[each*workers], large) || !equal(&all[each*workers+1], empty) {
		t.Error("the large or the empty one is another")
	}
	if err := r.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(r.File()); !os.IsNotExist(err) {
		t.Errorf("the file is there: %v", err)
	}
}

// TestCut wants a recording that ends in the middle to be read up to there, and
// nothing that is no recording to be read at all.
func TestCut(t *testing.T) {
	name := filepath.Join(t.TempDir(), "tape")
	r, err := CreateRecorder(name)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		r.Add(everything())
	}
	if err := r.Sync(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	one := len(whole) / 3
	for n := range whole {
		if err := os.WriteFile(name, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		all, cut := readAll(t, name)
		if len(all) != n/one || (cut == 1) != (n%one != 0) {
			t.Fatalf("%d of %d bytes: %d observations, %d cut", n, len(whole), len(all), cut)
		}
	}
	if _, err := CreateRecorder(name); err == nil {
		t.Error("a file was written over")
	}
}

// TestRecorderFails wants a disk that is full to be told at the end.
func TestRecorderFails(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full")
	}
	r := newRecorder(full)
	r.Add(everything())
	if err := r.Close(); err == nil {
		t.Error("no error")
	}
}

// FuzzDecode wants no bytes to be read otherwise than they were written, or to panic.
func FuzzDecode(f *testing.F) {
	f.Add(everything().append(nil)[4:])
	f.Add((&Observation{}).append(nil)[4:])
	f.Fuzz(func(t *testing.T, b []byte) {
		var o, again Observation
		text := func(b []byte) string { return string(b) }
		if o.decode(b, text) != nil {
			return
		}
		if err := again.decode(o.append(nil)[4:], text); err != nil || !equal(&o, &again) {
			t.Errorf("%+v is now %+v: %v", o, again, err)
		}
	})
}

// BenchmarkAdd is a booking and its answer, by all cores at once.
func BenchmarkAdd(b *testing.B) {
	r, err := NewRecorder(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	body := []byte(`{"id":"AAAAAAAAAAAAAAAAAAAAAA","eventId":"st0-1","status":"confirmed",` +
		`"tickets":[{"id":"S1-R1-1","section":"S1","row":"R1","seat":"1","price":{"amount":5100,"currency":"USD"}}],` +
		`"total":{"amount":5100,"currency":"USD"},"payment":{"id":"pay_AAAAAAAAAAAAAAAA","provider":"sandbox",` +
		`"status":"authorized"},"confirmedAt":"2026-12-01T10:00:00.000Z"}`)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		o := Observation{Op: Book, Event: "stm1xv2abcd-1", User: "buyer-17", Key: "stm1xv2abcd-h-1x",
			Tickets: []string{"S1-R1-1"},
			Status:  201, RequestID: "AAAAAAAAAAAAAAAAAAAAAA", Request: make([]byte, 120)}
		for pb.Next() {
			o.Sent = r.Now()
			o.Received, o.Version, o.Body = o.Sent+1, 7, body
			r.Add(&o)
		}
	})
	b.StopTimer()
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
}
