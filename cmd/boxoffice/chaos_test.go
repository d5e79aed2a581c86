package main

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// These tests run a cluster of real processes under load and do to it what happens
// to clusters. After each fault it must be whole again by itself; at the end no
// acknowledged command is missing, none was done twice, the provider's ledger agrees,
// and every replica of every event has the same state.
//
//	go test ./cmd/boxoffice -run TestChaos$ -chaos.time=10m -chaos.seed=7 -v

var (
	chaosTime     = flag.Duration("chaos.time", 9*time.Second, "how long faults are made")
	chaosSeed     = flag.Uint64("chaos.seed", 0, "seed of the run; 0: from the clock")
	chaosFaults   = flag.String("chaos.fault", "", "make only this fault, or these two at a time: A+B")
	chaosLogs     = flag.String("chaos.logs", "", "a directory that gets all that the nodes say, for debugging")
	chaosLoopback = flag.Bool("chaos.loopback", false, "make no network: no fault that needs one")
)

// A run shorter than this is made of short faults.
const chaosLong = time.Minute

// chaos is a run: a fleet, and the dice that choose what happens to it.
type chaos struct {
	*fleet
	dice  *rand.Rand
	seed  uint64
	brief bool         // every fault lasts as short as it may
	hurt  map[int]bool // the nodes that a fault has now, by their index
	rest  []string     // brief: the faults that come before the dice are asked
	gaps  []time.Duration
	count map[string]int
}

// openChaos starts a cluster of three and the sale on it.
func openChaos(t *testing.T, net *chaosNet) *chaos {
	t.Helper()
	seed := *chaosSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	c := &chaos{fleet: newFleet(t, net), dice: rand.New(rand.NewPCG(seed, 0)), seed: seed,
		brief: *chaosTime < chaosLong, hurt: map[int]bool{}, count: map[string]int{}}
	if c.brief {
		c.rest = slices.Clone(opening)
	}
	for i := 1; i <= 3; i++ {
		c.add(i)
	}
	c.whole(3)
	c.shop = newShop(t, c.urls()...)
	c.shop.http.Timeout = 3 * time.Second // a node that is cut off must not keep a buyer
	c.shop.newEvents()
	c.shop.letIn(seed)
	return c
}

func TestChaos(t *testing.T) {
	where := enterHub(t)
	if where == ranInHub {
		return
	}
	var net *chaosNet
	if where == insideHub {
		net = newChaosNet(t, fleetNodes)
	} else {
		t.Log("no network of our own: faults that cut lines are left out")
	}
	c := openChaos(t, net)
	t.Logf("seed %d: again with -chaos.seed=%d -chaos.time=%s", c.seed, c.seed, *chaosTime)
	began := time.Now()
	for round := 0; round == 0 || time.Since(began) < *chaosTime; round++ {
		c.round()
	}
	c.shop.stop()
	c.whole(3)
	c.shop.check(c.path("ledger.ndjson"))
	c.agree()
	c.verifyAll()
	c.verdict(time.Since(began))
}

// round makes faults and waits until the cluster has mended itself.
func (c *chaos) round() {
	c.t.Helper()
	c.shop.newEvents()
	began := time.Now()
	chosen := c.choose()
	if len(chosen) == 1 {
		chosen[0].make(c)
	} else {
		c.together(chosen[0], chosen[1])
	}
	mending := time.Now()
	c.whole(3)
	clear(c.hurt)
	c.count[names(chosen)]++
	c.t.Logf("%v %s: %v, whole again after %v more, %d answers of 2xx so far", began.Format(time.TimeOnly),
		names(chosen), mending.Sub(began).Round(10*time.Millisecond),
		time.Since(mending).Round(10*time.Millisecond), c.shop.granted.Load())
}

// choose draws the next fault; in a long run, now and then two at a time.
func (c *chaos) choose() []fault {
	c.t.Helper()
	var can []fault
	for _, f := range faults {
		if f.can(c) && (!c.brief || f.brief) {
			can = append(can, f)
		}
	}
	var chosen []fault
	wanted := strings.Split(*chaosFaults, "+")
	if *chaosFaults == "" && len(c.rest) > 0 {
		wanted, c.rest = c.rest[:1], c.rest[1:]
	}
	for _, name := range wanted {
		if at := slices.IndexFunc(faults, func(f fault) bool { return f.name == name }); at >= 0 && faults[at].can(c) {
			chosen = append(chosen, faults[at])
		}
	}
	if len(chosen) > 0 {
		return chosen
	}
	if *chaosFaults != "" {
		c.t.Fatalf("there is no fault %q here", *chaosFaults)
	}
	chosen = []fault{can[c.dice.IntN(len(can))]}
	if !c.brief && c.dice.IntN(4) == 0 {
		can = slices.DeleteFunc(can, func(f fault) bool { return f.begin == nil })
		c.dice.Shuffle(len(can), func(i, j int) { can[i], can[j] = can[j], can[i] })
		chosen = can[:2]
	}
	return chosen
}

// together makes two lasting faults of which each begins and ends in the other's time.
func (c *chaos) together(one, other fault) {
	if one.begin == nil || other.begin == nil {
		c.t.Fatalf("%s and %s cannot be there at a time", one.name, other.name)
	}
	endOne := one.begin(c)
	c.pause(0, 2*time.Second)
	endOther := other.begin(c)
	c.pause(one.least, one.most)
	endOne()
	c.pause(0, 2*time.Second)
	endOther()
}

func names(chosen []fault) string {
	name := chosen[0].name
	for _, f := range chosen[1:] {
		name += " + " + f.name
	}
	return name
}

// verdict says what the run was.
func (c *chaos) verdict(took time.Duration) {
	verdict := "PASS"
	if c.t.Failed() {
		verdict = "FAIL"
	}
	for _, name := range slices.Sorted(maps.Keys(c.count)) {
		c.t.Logf("%4d x %s", c.count[name], name)
	}
	if len(c.gaps) > 0 {
		c.t.Logf("from a leader's death to the next booking: %s", spread(c.gaps))
	}
	c.t.Logf("%s: seed %d, %v: %d answers of 2xx kept, %d requests sent again, %d replays compared",
		verdict, c.seed, took.Round(time.Second), c.shop.granted.Load(), c.shop.resent.Load(), c.shop.replayed.Load())
}

// spread sorts durations and says how they lie.
func spread(all []time.Duration) string {
	slices.Sort(all)
	n := len(all)
	if n == 0 {
		return "none"
	}
	at := func(percent int) time.Duration { return all[(n*percent+99)/100-1].Round(100 * time.Microsecond) }
	return fmt.Sprintf("p50 %v, p99 %v, max %v, of %d", at(50), at(99), at(100), n)
}

// pause lets the sale go on for a while.
func (c *chaos) pause(least, most time.Duration) {
	if c.brief {
		most = least + (most-least)/4
	}
	<-time.After(least + time.Duration(c.dice.Int64N(int64(most-least)+1)))
}

// hot is an event that is being sold.
func (c *chaos) hot() string { return crashEventID(int(c.shop.events.Load()) - 1) }

// leader is the index of the node that leads the hot event, once that is one which
// no fault has now; if it never is, because the fault lets it go on, another one's.
func (c *chaos) leader() int {
	c.t.Helper()
	i := -1
	patience := time.Now().Add(5 * time.Second)
	c.until("a leader of "+c.hot(), 30*time.Second, func() error {
		for asked := range c.nodes {
			if c.hurt[asked] {
				continue
			}
			if i = c.leaderOf(c.hot(), asked); i >= 0 && !c.hurt[i] {
				return nil
			}
		}
		if len(c.hurt) > 0 && time.Now().After(patience) {
			i = c.victim()
			return nil
		}
		return fmt.Errorf("none is known: %d", i)
	})
	return i
}

// victim is the index of a node that no fault has now.
func (c *chaos) victim() int {
	for {
		if i := c.dice.IntN(len(c.nodes)); !c.hurt[i] {
			return i
		}
	}
}

// probeKey makes an idempotency key that nobody else has, and that cannot look like the
// number of a card.
func probeKey(now time.Time) string { return "probe-" + strconv.FormatInt(now.UnixNano(), 36) }

// holdOnce measures how long it takes until somebody who asks one node has a hold.
func (c *chaos) holdOnce(n *nodeProcess, event string) time.Duration {
	began := time.Now()
	probe := newShop(c.t, n.url)
	r := probe.insist(http.MethodPost, "/events/"+event+"/holds", probeKey(began),
		[]byte(`{"quantity":1}`))
	took := time.Since(began)
	if r.status == http.StatusCreated {
		c.shop.note(c.shop.holds, event, r)
	} else {
		c.shop.refusedUnless(r, "probe", http.StatusConflict)
	}
	return took
}
