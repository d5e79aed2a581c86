package httpapi

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The table gives and refuses what a bucket of tokens does that is filled drop by drop.
func TestBucketsAgainstATwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate, burst := rapid.Float64Range(0.1, 10_000), rapid.IntRange(1, 50)
		r := Rate{PerSecond: rate.Draw(t, "rate"), Burst: burst.Draw(t, "burst")}
		b, gap := newBuckets(1), float64(r.gap())
		now, tokens := int64(0), float64(r.Burst)
		for range rapid.IntRange(1, 200).Draw(t, "requests") {
			pause := rapid.Int64Range(0, int64(3*gap)).Draw(t, "pause")
			now += pause
			tokens = math.Min(float64(r.Burst), tokens+float64(pause)/gap)
			wait := b.take(7, r, now)
			const slack = 1e-6 // the twin's arithmetic is of floats
			switch {
			case wait == 0 && tokens < 1-slack || wait > 0 && tokens > 1+slack:
				t.Fatalf("%v tokens: wait %v", tokens, wait)
			case wait == 0:
				tokens--
			default:
				if b.take(7, r, now+int64(wait)-1) == 0 {
					t.Fatalf("there is a token before %v are over", wait)
				}
				now, tokens = now+int64(wait), 0
				if b.take(7, r, now) != 0 {
					t.Fatalf("there is no token after %v", wait)
				}
			}
		}
	})
}

// However requests come, in no stretch of time are there more than the burst and what
// came back meanwhile.
func TestBucketsOverAnyStretch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Rate{PerSecond: rapid.Float64Range(1, 1000).Draw(t, "rate"), Burst: rapid.IntRange(1, 20).Draw(t, "burst")}
		b, now := newBuckets(4), int64(0)
		var given []int64
		for range 300 {
			now += rapid.Int64Range(0, 2*r.gap()).Draw(t, "pause")
			if b.take(1, r, now) == 0 {
				given = append(given, now)
			}
		}
		for i := range given {
			for j := i; j < len(given); j++ {
				if most := int64(r.Burst) + (given[j]-given[i])/r.gap(); int64(j-i+1) > most {
					t.Fatalf("%d within %v, want %d at most", j-i+1, time.Duration(given[j]-given[i]), most)
				}
			}
		}
	})
}

// A table has one size. Full buckets make room for others and lose nothing; who is deep
// in debt is not forgotten for those who owe less.
func TestBucketsAreBounded(t *testing.T) {
	b, r := newBuckets(1), Rate{PerSecond: 1, Burst: 10}
	const debtor = 1
	for b.take(debtor, r, 0) == 0 {
	}
	for key := range uint64(10_000) {
		b.take(100+key, r, 0)
	}
	if b.take(debtor, r, 0) == 0 {
		t.Error("others' requests have paid a debt")
	}
	if b.forgiven.Load() == 0 {
		t.Error("10,001 debts in 8 slots, and none was forgiven")
	}
	forgiven := b.forgiven.Load()
	for key := range uint64(8) {
		b.take(100_000+key, r, int64(time.Minute)) // all are full again by now
	}
	if got := b.forgiven.Load(); got != forgiven {
		t.Errorf("%d full buckets are called forgiven", got-forgiven)
	}
	big := newBuckets(bucketSets)
	for range 2 * bucketSets * bucketSlots {
		big.take(rand.Uint64(), r, 0)
	}
	if len(big.sets)*bucketSlots != 65_536 {
		t.Errorf("%d slots", len(big.sets)*bucketSlots)
	}
}

// A kind of one name says nothing about another kind of it.
func TestBucketKinds(t *testing.T) {
	b, r := newBuckets(bucketSets), Rate{PerSecond: 1, Burst: 1}
	for kind := range uint8(6) {
		if wait := b.take(b.key(kind, []byte("ann")), r, 0); wait > 0 {
			t.Errorf("kind %d: wait %v", kind, wait)
		}
	}
	if b.take(b.key(0, []byte("ann")), r, 0) == 0 {
		t.Error("the same kind of the same name has a bucket of its own")
	}
}

// TestBucketsCostNothing: a check allocates nothing.
func TestBucketsCostNothing(t *testing.T) {
	g := newGatehouse(&Config{UserRate: Rate{1000, 1000}, NetworkRate: Rate{1000, 1000}}, testNow)
	user, peer := []byte("somebody@example.com"), testPeer
	if n := testing.AllocsPerRun(100, func() {
		g.ofNetwork(ordinaryToll, peer, testNow)
		g.ofUser(ordinaryToll, user, testNow)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkToll is the check of a request that has a user and a network, among 50,000
// users; many asks from all processors at once.
func BenchmarkToll(b *testing.B) {
	g := newGatehouse(&Config{UserRate: Rate{1e6, 1e6}, NetworkRate: Rate{1e6, 1e6}}, time.Now())
	users := make([][]byte, 50_000)
	for i := range users {
		users[i] = []byte("user-" + string(appendRequestID(nil)))
	}
	check := func(i int) {
		now := time.Now()
		g.ofNetwork(ordinaryToll, testPeer, now)
		g.ofUser(ordinaryToll, users[i%len(users)], now)
	}
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			check(i)
		}
	})
	b.Run("many", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for i := rand.Int() % len(users); pb.Next(); i++ {
				check(i)
			}
		})
	})
}
