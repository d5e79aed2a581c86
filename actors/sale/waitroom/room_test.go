package waitroom

import (
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// filled is a room with n waiting places, tokens as random ones are.
func filled(n int) (*Room, []ID) {
	r := New(Settings{MaxActive: 500, Session: 600_000, Grace: 120_000})
	r.Open([32]byte{7})
	dice := rand.NewChaCha8([32]byte{1})
	tokens := make([]ID, n)
	for i := range tokens {
		_, _ = dice.Read(tokens[i][:])
		var who Who
		_, _ = dice.Read(who[:])
		r.Take(1000, tokens[i], who)
	}
	return r, tokens
}

// TestForgetting: blocks of gone places leave, and all others stay where they are.
func TestForgetting(t *testing.T) {
	for _, shuffle := range []bool{false, true} {
		r, tokens := filled(3 * blockLen)
		if shuffle {
			r.Draw()
		}
		for _, id := range tokens[:2*blockLen] {
			r.Go(2000, id, Left)
		}
		after, _ := r.Find(tokens[2*blockLen+5])
		ahead := r.Ahead(after)
		r.Take(2000+KeepGone-1, ID{1}, Who{1})
		if _, ok := r.Find(tokens[0]); !ok {
			t.Fatal("a place is forgotten before its time")
		}
		r.Take(2000+KeepGone, ID{2}, Who{2})
		_, ok := r.Find(tokens[0])
		if keeps := shuffle; ok != keeps { // the draw's ranks lie among those that wait
			t.Fatalf("shuffle %v: the oldest place is there: %v", shuffle, ok)
		}
		if got := r.Ahead(after); got != ahead {
			t.Fatalf("shuffle %v: %d are ahead, not %d", shuffle, got, ahead)
		}
		for _, id := range tokens[2*blockLen:] {
			r.Go(3000+KeepGone, id, Lapsed)
		}
		r.Take(4000+2*KeepGone, ID{3}, Who{3})
		if got, want := r.places.len(), 3; got != want {
			t.Fatalf("shuffle %v: %d places are left, not %d", shuffle, got, want)
		}
		if p, ok := r.Find(ID{2}); !ok || r.Ahead(p) != 1 {
			t.Fatalf("shuffle %v: the place behind the forgotten ones is %+v", shuffle, p)
		}
		if back := Restore(r.Snapshot(), 0); back.Waiting() != 3 {
			t.Fatalf("restored, %d wait", back.Waiting())
		}
	}
}

// TestAbsent: who is not seen for the grace is absent, whoever is stays.
func TestAbsent(t *testing.T) {
	r, tokens := filled(100)
	r.Seen(60_000, tokens[3])
	if got := r.Absent(120_999, 1000, nil); len(got) != 0 {
		t.Fatalf("%d are absent within the grace", len(got))
	}
	got := r.Absent(121_000, 1000, nil)
	if len(got) != 99 || slices.Contains(got, tokens[3]) || got[0] != tokens[0] {
		t.Fatalf("%d are absent, not the 99 that nobody saw", len(got))
	}
	if got := r.Absent(121_000, 10, nil); !slices.Equal(got, append(tokens[:3:3], tokens[4:11]...)) {
		t.Fatal("the limit does not take the first of the line")
	}
	r.SeenAll(121_000)
	if got := r.Absent(240_999, 1000, nil); len(got) != 0 {
		t.Fatalf("%d are absent though a new owner has just begun", len(got))
	}
	r.Seen(121_999, tokens[0])
	if got := r.Absent(241_998, 1000, nil); len(got) != 99 || slices.Contains(got, tokens[0]) {
		t.Fatal("a place lapses a part of a second early")
	}
}

// TestRate: no more are let in than the rate allows, and it saves up one second's.
func TestRate(t *testing.T) {
	r, _ := filled(1000)
	r.Set(Settings{MaxActive: 500, Session: 1, Rate: 120})
	at, let := int64(1_000_000), 0
	for ; at < 1_060_000; at += 250 {
		if n := r.Admissible(at, true); n > 0 {
			r.Admit(at, n)
			let += n
			next := r.NextCredit(at)
			if next <= at || r.Admissible(next-1, true) != 0 || r.Admissible(next, true) == 0 {
				t.Fatalf("the next admission is said to be %d ms on", next-at)
			}
		}
	}
	if let < 120 || let > 122 {
		t.Fatalf("%d were let in within a minute at 120 a minute", let)
	}
}

// TestMix: the draw is what its description says, each order of three is as likely, and
// each number is in it once.
func TestMix(t *testing.T) {
	seen := map[[3]uint32]int{}
	for i := range 6000 {
		var seed [32]byte
		binary.BigEndian.PutUint32(seed[:], uint32(i))
		seen[[3]uint32(Mix(seed, 10, 3))]++
	}
	if len(seen) != 6 {
		t.Fatalf("there are %d orders of three", len(seen))
	}
	for order, n := range seen {
		if n < 850 || n > 1150 {
			t.Errorf("%v comes %d times of 6,000", order, n)
		}
	}
	order := Mix([32]byte{9}, 5, 10_000)
	slices.Sort(order)
	for i, n := range order {
		if n != uint32(i+5) {
			t.Fatalf("number %d is not in the draw once", i+5)
		}
	}
}

// TestCommitment is the check that anybody can make: the published seed has the
// published hash, and gives the order in which people are let in.
func TestCommitment(t *testing.T) {
	r, tokens := filled(50)
	r.Set(Settings{MaxActive: 50, Session: 1, Shuffle: true})
	before := r.Commitment()
	if seed, drawn := r.Drawn(); drawn || seed != [32]byte{} || r.Admissible(1, true) != 0 {
		t.Fatal("the seed is out, or somebody may come in, before the draw")
	}
	r.Draw()
	seed, _ := r.Drawn()
	check := New(Settings{})
	check.Open(seed)
	if check.Commitment() != before {
		t.Fatal("the seed is not the committed one")
	}
	for ahead, number := range Mix(seed, 0, 50) {
		if p, _ := r.Find(tokens[number]); r.Ahead(p) != ahead {
			t.Fatalf("number %d has %d ahead, not %d", number, r.Ahead(p), ahead)
		}
	}
}

// TestCannotFollow: what a log cannot say, a room does not swallow.
func TestCannotFollow(t *testing.T) {
	for name, f := range map[string]func(r *Room, tokens []ID){
		"a token twice":        func(r *Room, tokens []ID) { r.Take(1, tokens[0], Who{}) },
		"an owner twice":       func(r *Room, _ []ID) { r.Take(1, ID{1}, Who{5}); r.Take(1, ID{2}, Who{5}) },
		"more than wait":       func(r *Room, _ []ID) { r.Admit(1, 11) },
		"a second open":        func(r *Room, _ []ID) { r.Open([32]byte{}) },
		"a second draw":        func(r *Room, _ []ID) { r.Draw(); r.Draw() },
		"gone twice":           func(r *Room, tokens []ID) { r.Go(1, tokens[0], Left); r.Go(1, tokens[0], Left) },
		"a hold of who waits":  func(r *Room, tokens []ID) { r.Begin(tokens[0]) },
		"done without a begin": func(r *Room, tokens []ID) { r.Admit(1, 1); r.Done(tokens[0]) },
		"gone while he pays": func(r *Room, tokens []ID) {
			r.Admit(1, 1)
			r.Begin(tokens[0])
			r.Go(1, tokens[0], Left)
		},
		"nobody with the token": func(r *Room, _ []ID) { r.Go(1, ID{9}, Left) },
	} {
		t.Run(name, func(t *testing.T) {
			r, tokens := filled(10)
			defer func() {
				if recover() == nil {
					t.Error("it is taken")
				}
			}()
			f(r, tokens)
		})
	}
}

// TestMemory holds a million places to their 120 bytes each.
func TestMemory(t *testing.T) {
	const n = 1_000_000
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	r, tokens := filled(n)
	each := float64(heap()-before-n*16) / n // the tokens are the test's
	if each > 120 {
		t.Errorf("a place takes %.1f bytes", each)
	}
	t.Logf("a place takes %.1f bytes", each)
	runtime.KeepAlive(r)
	runtime.KeepAlive(tokens)
}

func BenchmarkTake(b *testing.B) {
	r := New(Settings{MaxActive: 1})
	r.Open([32]byte{})
	dice := rand.NewChaCha8([32]byte{1})
	var id, who ID
	b.ReportAllocs()
	for b.Loop() {
		if r.Len() == MaxPlaces {
			r = New(Settings{MaxActive: 1})
			r.Open([32]byte{})
		}
		_, _ = dice.Read(id[:])
		_, _ = dice.Read(who[:])
		r.Take(1, id, who)
	}
}

// BenchmarkPosition is what GET …/queue/{token} asks, in a line of a million.
func BenchmarkPosition(b *testing.B) {
	r, tokens := filled(1_000_000)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		p, _ := r.Find(tokens[i*7919%len(tokens)])
		if r.Ahead(p) < 0 {
			b.Fatal()
		}
		i++
	}
}

func BenchmarkAbsent(b *testing.B) {
	r, _ := filled(1_000_000)
	for b.Loop() {
		if got := r.Absent(2000, 10, nil); len(got) != 0 {
			b.Fatal()
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	for b.Loop() {
		Mix([32]byte{3}, 0, 1_000_000)
	}
}
