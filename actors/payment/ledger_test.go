package payment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

var exampleEntry = Entry{
	At: time.Date(2026, 6, 1, 12, 0, 0, 5e6, time.UTC), Effect: EffectDeclined, Key: "auth:b-1",
	Payment: paymentID(digestOf("auth:b-1")), Event: "ev-1", Booking: "b-1", Amount: 12_500, Currency: "USD",
	Reason: "card_declined", Params: 0xbeef,
}

const exampleLine = `{"at":"2026-06-01T12:00:00.005Z","effect":"declined","key":"auth:b-1",` +
	`"payment":"pay_6_m0cBZO_e3afdIZtIAo0A","event":"ev-1","booking":"b-1","amount":12500,"currency":"USD",` +
	`"reason":"card_declined","params":"beef"}`

// TestEntryLine holds the form of the ledger: other programs read it.
func TestEntryLine(t *testing.T) {
	if line := string(appendEntry(nil, &exampleEntry)); line != exampleLine+"\n" {
		t.Errorf("written as\n%s, want\n%s", line, exampleLine)
	}
	if e, err := parseEntry([]byte(exampleLine)); err != nil || e != exampleEntry {
		t.Errorf("%+v, %v", e, err)
	}
}

// TestEntryRoundTrip: any entry is a line of JSON, and is read again as it was.
func TestEntryRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("\"\\\x00\n\x1f\x7fé😀a/"))))
		e := exampleEntry
		e.At = time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "at")).UTC()
		e.Effect = rapid.SampledFrom([]Effect{
			EffectAuthorised, EffectDeclined, EffectCaptured, EffectVoided, EffectRefunded}).Draw(t, "effect")
		e.Amount, e.Params = rapid.Int64().Draw(t, "amount"), rapid.Uint64().Draw(t, "params")
		for _, v := range []*string{&e.Key, &e.Payment, &e.Event, &e.Booking, &e.Currency, &e.Reason} {
			*v = text.Draw(t, "text")
		}
		line := appendEntry(nil, &e)
		if bytes.Count(line, []byte("\n")) != 1 {
			t.Fatalf("not one line: %q", line)
		}
		if got, err := parseEntry(line[:len(line)-1]); err != nil || got != e {
			t.Fatalf("%q is read as %+v, %v", line, got, err)
		}
		var members map[string]any
		if err := json.Unmarshal(line, &members); err != nil || members["key"] != e.Key || len(members) != 10 {
			t.Fatalf("%q: %v, %v", line, members, err)
		}
	})
}

func FuzzParseEntry(f *testing.F) {
	f.Add([]byte(exampleLine))
	f.Add([]byte(strings.Replace(exampleLine, "ev-1", `\"\\\u001f`, 1)))
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := parseEntry(line)
		if err != nil {
			return
		}
		again, err := parseEntry(bytes.TrimSuffix(appendEntry(nil, &e), []byte("\n")))
		if err != nil || again != e {
			t.Fatalf("%q: %+v, then %+v, %v", line, e, again, err)
		}
	})
}

func TestParseEntryErrors(t *testing.T) {
	for _, change := range [][2]string{
		{`{"at"`, `{"when"`},
		{`"amount":12500`, `"amount":"12500"`},
		{`"amount":12500`, `"amount":1e3`},
		{`"params":"beef"}`, `"params":"beef"`},
		{`"params":"beef"}`, `"params":"beef"} `},
		{`"params":"beef"`, `"params":"beer"`},
		{`"declined"`, `"forgiven"`},
		{`2026-06-01`, `2026-13-01`},
		{`ev-1`, `ev\n1`},
		{`ev-1`, `ev\u0041`},
		{`ev-1`, "ev\x01"},
		{`ev-1`, "ev\xff"},
		{`,"reason":"card_declined"`, ``},
	} {
		line := strings.Replace(exampleLine, change[0], change[1], 1)
		if line == exampleLine {
			t.Fatalf("%q is not there", change[0])
		}
		if e, err := parseEntry([]byte(line)); !errors.Is(err, errEntry) {
			t.Errorf("%s: %+v, %v", line, e, err)
		}
	}
}

// someLedger is a ledger of a few payments, and its lines.
func someLedger(t *testing.T) (data []byte) {
	path := ledgerPath(t)
	s, err := NewSandbox(SandboxConfig{Ledger: path})
	if err != nil {
		t.Fatal(err)
	}
	p := provider{Gateway: s, approved: "pm_card_visa"}
	id := p.authorised(t, "b-1")
	wantNil(t, "capture", p.Capture(t.Context(), CaptureKey("b-1"), id))
	wantNil(t, "refund", p.Refund(t.Context(), RefundKey("b-1"), id))
	id = p.authorised(t, "b-2")
	wantNil(t, "capture", p.Capture(t.Context(), CaptureKey("b-2"), id))
	wantNil(t, "close", s.Close())
	if data, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return data
}

// TestCrashAtEveryByte: wherever a crash cuts the ledger, the whole lines count,
// the rest is removed, and the same calls lead to the same end.
func TestCrashAtEveryByte(t *testing.T) {
	data := someLedger(t)
	dir := t.TempDir()
	for cut := range len(data) + 1 {
		path := filepath.Join(dir, "ledger")
		if err := os.WriteFile(path, data[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		whole := data[:bytes.LastIndexByte(data[:cut], '\n')+1]
		if entries, err := ReadLedger(path); err != nil || len(entries) != bytes.Count(whole, []byte("\n")) {
			t.Fatalf("cut at %d: %d entries, %v", cut, len(entries), err)
		}
		s, err := NewSandbox(SandboxConfig{Ledger: path})
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if left, err := os.ReadFile(path); err != nil || !bytes.Equal(left, whole) {
			t.Fatalf("cut at %d: %d bytes left of %d, %v", cut, len(left), len(whole), err)
		}
		p := provider{Gateway: s, approved: "pm_card_visa"}
		for _, b := range []string{"b-1", "b-2"} {
			wantNil(t, "capture", p.Capture(t.Context(), CaptureKey(b), p.authorised(t, b)))
		}
		wantNil(t, "refund", p.Refund(t.Context(), RefundKey("b-1"), ""))
		wantNil(t, "close", s.Close())
		if n := len(audited(t, path)); n != 2 {
			t.Fatalf("cut at %d: %d payments", cut, n)
		}
	}
}

// TestDamagedLedger: what is not an end cut off is said, and nothing is changed.
func TestDamagedLedger(t *testing.T) {
	lines := bytes.SplitAfter(someLedger(t), []byte("\n"))
	changed := func(line int, from, to string) []byte {
		return bytes.Replace(lines[line], []byte(from), []byte(to), 1)
	}
	for name, c := range map[string]struct {
		lines [][]byte
		want  string
	}{
		"rubbish":             {[][]byte{lines[0], []byte("rubbish\n"), lines[1]}, "line 2: not a line of a ledger"},
		"an empty line":       {[][]byte{lines[0], []byte("\n")}, "line 2: not a line"},
		"a line twice":        {[][]byte{lines[0], lines[0]}, "line 2: an authorisation stands there twice"},
		"a capture alone":     {[][]byte{lines[1]}, "line 1: the payment is not in a state"},
		"two captures":        {[][]byte{lines[0], lines[1], lines[1]}, "line 3: the payment is not in a state"},
		"a refund too early":  {[][]byte{lines[0], lines[2]}, "line 2: the payment is not in a state"},
		"a line without end":  {[][]byte{bytes.Repeat([]byte("x"), 2*maxEntry), lines[0]}, "line 1: "},
		"another payment's":   {[][]byte{changed(0, "auth:b-1", "auth:b-9")}, "line 1: the payment id does"},
		"no id of a payment":  {[][]byte{changed(0, "pay_", "pya_")}, "line 1: the payment id does"},
		"void of a captured":  {[][]byte{lines[0], lines[1], changed(2, "refunded", "voided")}, "line 3"},
		"capture of a denied": {[][]byte{changed(0, "authorised", "declined"), lines[1]}, "line 2"},
	} {
		path := ledgerPath(t)
		data := bytes.Join(c.lines, nil)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := NewSandbox(SandboxConfig{Ledger: path})
		if err == nil {
			t.Errorf("%s: opened, close: %v", name, s.Close())
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if left, err := os.ReadFile(path); err != nil || !bytes.Equal(left, data) {
			t.Errorf("%s: the ledger was changed, or %v", name, err)
		}
	}
	if _, err := ReadLedger(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// badFile is a file in memory that fails when it is told to: after half a write.
type badFile struct {
	mu   sync.Mutex
	data []byte
	full bool
	held chan struct{} // a write waits for it; nil: none does

	synced int // bytes
	syncs  int
}

var errFull = errors.New("no space left")

func (f *badFile) WriteAt(b []byte, at int64) (int, error) {
	if f.held != nil {
		<-f.held
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(b)
	if f.full {
		n /= 2
	}
	f.data = append(f.data[:min(int(at), len(f.data))], b[:n]...)
	if f.full {
		return n, errFull
	}
	return n, nil
}

func (f *badFile) Sync() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.synced = len(f.data)
	f.syncs++
	return nil
}

func (f *badFile) Close() error { return nil }

func (f *badFile) set(full bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.full = full
}

// onFile is a sandbox on a bad file.
func onFile(f ledgerFile) provider {
	s := &Sandbox{started: time.Now(), closed: make(chan struct{}), ledger: startLedger(f, 0, true)}
	s.begin()
	s.close = sync.OnceValue(func() error { close(s.closed); return s.ledger.close() })
	return provider{Gateway: s, approved: "pm_card_visa"}
}

// TestDiskFull: nothing is answered that is not in the ledger; when there is space
// again, the same keys come to their end, and the ledger is whole.
func TestDiskFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &badFile{}
		p := onFile(f)
		first := p.authorised(t, "b-1")
		f.set(true)
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := p.Authorise(ctx, p.request("b-2"))
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || IsDefinite(err) {
				t.Errorf("answered without a ledger: %v", err)
			}
		}
		f.set(false)
		p.authorised(t, "b-2")
		wantNil(t, "capture", p.Capture(t.Context(), CaptureKey("b-1"), first))
		wantNil(t, "close", p.Gateway.(*Sandbox).Close())
		wantEffects(t, f, EffectAuthorised, EffectAuthorised, EffectCaptured)
	})
}

// TestCloseOnFullDisk: the calls that wait are told, and so is who closes; what
// comes after a line that is missing is not written either.
func TestCloseOnFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &badFile{full: true}
		p := onFile(f)
		results := make(chan error)
		for _, b := range []string{"b-1", "b-2"} {
			go func() {
				_, err := p.Authorise(t.Context(), p.request(b))
				results <- err
			}()
			synctest.Wait() // the first one is being written, the second one waits
		}
		err := p.Gateway.(*Sandbox).Close()
		for range 2 {
			if err := <-results; !errors.Is(err, ErrClosed) || !errors.Is(err, errFull) || IsDefinite(err) {
				t.Error(err)
			}
		}
		if !errors.Is(err, errFull) {
			t.Errorf("close: %v", err)
		}
		wantEffects(t, f)
	})
}

// TestWaitingIsBounded: a disk that hangs does not fill the memory.
func TestWaitingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &badFile{held: make(chan struct{})}
		p := onFile(f)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		refused := 0
		for n := range 10_000 {
			r := p.request(strings.Repeat("b", 200) + time.Duration(n).String())
			done := make(chan error, 1)
			all.Go(func() {
				_, err := p.Authorise(ctx, r)
				done <- err
			})
			synctest.Wait()
			select {
			case err := <-done:
				if !errors.Is(err, errWaiting) || IsDefinite(err) {
					t.Fatal(err)
				}
				refused++
			default:
			}
		}
		if refused == 0 {
			t.Error("there is no bound")
		}
		cancel()
		all.Wait()
		close(f.held)
		wantNil(t, "close", p.Gateway.(*Sandbox).Close())
		if len(f.data) > maxWaiting+2*maxEntry {
			t.Errorf("%d bytes were waiting", len(f.data))
		}
	})
}

// TestGroupCommit: what is decided during one write goes out with the next one.
func TestGroupCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &badFile{held: make(chan struct{})}
		p := onFile(f)
		var all sync.WaitGroup
		for n := range 100 {
			all.Go(func() { p.authorised(t, time.Duration(n).String()) })
		}
		synctest.Wait()
		f.held <- struct{}{}
		f.held <- struct{}{}
		all.Wait()
		wantNil(t, "close", p.Gateway.(*Sandbox).Close())
		if f.syncs != 2 || f.synced != len(f.data) {
			t.Errorf("%d syncs, %d bytes of %d synced", f.syncs, f.synced, len(f.data))
		}
	})
}

// TestReplayWaits: a key that comes again is not answered before the first call's
// effect is in the ledger, wherever it is on its way there.
func TestReplayWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &badFile{held: make(chan struct{})}
		p := onFile(f)
		answered := make(chan string, 4)
		for _, b := range []string{"b-1", "b-2", "b-1", "b-2"} {
			go func() {
				p.authorised(t, b)
				answered <- b
			}()
			synctest.Wait() // b-1 is being written, b-2 waits
		}
		if len(answered) != 0 {
			t.Errorf("%s is answered before it is written", <-answered)
		}
		f.held <- struct{}{}
		synctest.Wait()
		for range len(answered) {
			if b := <-answered; b == "b-2" {
				t.Error("b-2 is answered before it is written")
			}
		}
		f.held <- struct{}{}
		wantNil(t, "close", p.Gateway.(*Sandbox).Close())
	})
}

func wantEffects(t *testing.T, f *badFile, want ...Effect) {
	t.Helper()
	var got []Effect
	size, err := scanLedger(bytes.NewReader(f.data), func(e Entry) error {
		got = append(got, e.Effect)
		return nil
	})
	if err != nil || len(got) != len(want) {
		t.Fatalf("%v, %v, want %v", got, err, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%v, want %v", got, want)
		}
	}
	if want != nil && size != int64(len(f.data)) {
		t.Errorf("%d bytes of %d are whole", size, len(f.data))
	}
}
