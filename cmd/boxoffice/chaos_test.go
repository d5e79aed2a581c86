package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"
)

// These tests run a cluster of real processes under load and do to it what happens
// to clusters. After each fault it must be whole again by itself; at the end no
// acknowledged command is missing, none was done twice, the provider's ledger agrees,
// and every replica of every event has the same state.
//
//	go test ./cmd/boxoffice -run TestChaos -chaos.time=10m -chaos.seed=7 -v

var (
	chaosTime   = flag.Duration("chaos.time", 25*time.Second, "how long faults are made")
	chaosSeed   = flag.Uint64("chaos.seed", 0, "seed of the run; 0: from the clock")
	chaosFaults = flag.String("chaos.fault", "", "make only this fault")
)

// chaos is a run: a fleet, and the dice that choose what happens to it.
type chaos struct {
	*fleet
	dice  *rand.Rand
	gaps  []time.Duration // from a leader's death to the next booking
	count map[string]int
}

// fault is something that happens to a cluster. When it returns the cause is gone.
type fault struct {
	name string
	wire bool // it needs lines that can be cut
	do   func(c *chaos)
}

// faults is the table of what a run chooses from.
var faults = []fault{
	{"kill one", false, (*chaos).killOne},
	{"kill the leader", false, (*chaos).killLeader},
	{"kill all", false, (*chaos).killAll},
	{"stop the leader", false, (*chaos).stopLeader},
	{"slow node", false, (*chaos).slowNode},
	{"lose a disk", false, (*chaos).loseDisk},
	{"restart one by one", false, (*chaos).rollingRestart},
	{"add, drain, remove", false, (*chaos).addAndRemove},
	{"isolate the leader", true, func(c *chaos) { c.isolateLeader(true, true) }},
	{"a leader that hears nothing", true, func(c *chaos) { c.isolateLeader(false, true) }},
	{"a leader that is not heard", true, func(c *chaos) { c.isolateLeader(true, false) }},
}

func TestChaos(t *testing.T) {
	if !enterHub(t) {
		return
	}
	seed := *chaosSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d: again with -chaos.seed=%d -chaos.time=%s", seed, seed, *chaosTime)
	c := &chaos{fleet: newFleet(t, newChaosNet(t, fleetNodes)), dice: rand.New(rand.NewPCG(seed, 0)),
		count: map[string]int{}}
	for i := 1; i <= 3; i++ {
		c.add(i)
	}
	c.whole(3)
	c.shop = newShop(t, c.urls()...)
	c.shop.newEvents()
	c.shop.letIn(seed)
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

// round makes one fault and waits until the cluster has mended itself.
func (c *chaos) round() {
	c.t.Helper()
	c.shop.newEvents()
	f := faults[c.dice.IntN(len(faults))]
	if *chaosFaults != "" {
		f = faults[slices.IndexFunc(faults, func(f fault) bool { return f.name == *chaosFaults })]
	}
	began := time.Now()
	f.do(c)
	c.whole(3)
	c.count[f.name]++
	c.t.Logf("%s: whole again after %v, %d answers of 2xx so far", f.name,
		time.Since(began).Round(10*time.Millisecond), c.shop.granted.Load())
}

// verdict says what the run was.
func (c *chaos) verdict(took time.Duration) {
	verdict := "PASS"
	if c.t.Failed() {
		verdict = "FAIL"
	}
	slices.Sort(c.gaps)
	c.t.Logf("%s: %v of faults %v: %d answers of 2xx kept, %d requests sent again, %d replays compared",
		verdict, took.Round(time.Second), c.count, c.shop.granted.Load(), c.shop.resent.Load(), c.shop.replayed.Load())
	if n := len(c.gaps); n > 0 {
		c.t.Logf("from a leader's death to the next booking: median %v, p99 %v, of %d",
			c.gaps[n/2].Round(time.Millisecond), c.gaps[(n*99+99)/100-1].Round(time.Millisecond), n)
	}
}

// pause lets the sale go on for a while.
func (c *chaos) pause(least, most time.Duration) {
	<-time.After(least + time.Duration(c.dice.Int64N(int64(most-least))))
}

// hot is an event that is being sold.
func (c *chaos) hot() string { return crashEventID(int(c.shop.events.Load()) - 1) }

// leader is the index of the node that leads the hot event.
func (c *chaos) leader() int {
	c.t.Helper()
	i := -1
	c.until("a leader of "+c.hot(), 30*time.Second, func() error {
		if i = c.leaderOf(c.hot()); i < 0 || c.nodes[i].cmd == nil {
			return fmt.Errorf("none is known")
		}
		return nil
	})
	return i
}

func (c *chaos) killOne() {
	n := c.nodes[c.dice.IntN(len(c.nodes))]
	n.kill()
	c.pause(0, 3*time.Second)
	n.start()
}

// killLeader measures how long nobody can book: the probe asks the others, for an
// event of its own on a shard that the dead node led.
func (c *chaos) killLeader() {
	i := c.leader()
	n := c.nodes[i]
	other := c.nodes[(i+1)%len(c.nodes)]
	n.kill()
	began := time.Now()
	probe := newShop(c.t, other.url)
	probe.keys.Store(uint64(1e9 + began.UnixNano()%1e9))
	r := probe.insist(http.MethodPost, "/events/"+c.hot()+"/holds", fmt.Sprintf("probe-%d", began.UnixNano()),
		[]byte(`{"quantity":1}`))
	c.gaps = append(c.gaps, time.Since(began))
	if r.status == http.StatusCreated {
		c.shop.note(c.shop.holds, c.hot(), r)
	} else {
		c.shop.refusedUnless(r, "probe", http.StatusConflict)
	}
	c.pause(0, 2*time.Second)
	n.start()
}

func (c *chaos) killAll() {
	for _, n := range c.nodes {
		n.kill()
	}
	for _, i := range c.dice.Perm(len(c.nodes)) {
		c.nodes[i].launch()
	}
	for _, n := range c.nodes {
		n.waitFor("/readyz", http.StatusOK)
	}
}

// stopLeader freezes a leader for longer than an election takes. When it wakes up it
// believes for a moment that it still leads.
func (c *chaos) stopLeader() {
	n := c.nodes[c.leader()]
	c.signal(n, syscall.SIGSTOP)
	c.pause(3*time.Second, 6*time.Second)
	c.signal(n, syscall.SIGCONT)
}

func (c *chaos) signal(n *nodeProcess, s syscall.Signal) {
	if err := n.cmd.Process.Signal(s); err != nil {
		c.t.Fatal(err)
	}
}

// slowNode gives a node a third of its time, in pieces that are shorter than an
// election.
func (c *chaos) slowNode() {
	n := c.nodes[c.dice.IntN(len(c.nodes))]
	for range 20 {
		c.signal(n, syscall.SIGSTOP)
		<-time.After(100 * time.Millisecond)
		c.signal(n, syscall.SIGCONT)
		<-time.After(50 * time.Millisecond)
	}
}

// loseDisk has a node come back with nothing, under its old name and address.
func (c *chaos) loseDisk() {
	i := c.dice.IntN(len(c.nodes))
	n := c.nodes[i]
	n.kill()
	c.lose(i + 1)
	if i == 0 && !slices.Contains(n.args, "--join") { // the first node made the cluster; now it joins it
		n.args = append(n.args, "--join", c.clusterAddress(2)+","+c.clusterAddress(3))
	}
	n.start()
}

// rollingRestart stops every node politely, one after the other.
func (c *chaos) rollingRestart() {
	for i, n := range c.nodes {
		if code := n.terminate(); code != exitDone {
			c.t.Errorf("SIGTERM to n%d: exit code %d\n%s", i+1, code, n.out)
		}
		n.start()
		c.whole(3)
	}
}

func (c *chaos) isolateLeader(sends, gets bool) {
	i := c.leader()
	c.net.isolate(i+1, sends, gets)
	c.pause(3*time.Second, 8*time.Second)
	c.net.heal()
}

// addAndRemove grows the cluster to four, drains a node, gives it back its part, and
// removes the fourth.
func (c *chaos) addAndRemove() {
	c.lose(4)
	fourth := c.add(4)
	c.whole(4)
	drained := c.name(1 + c.dice.IntN(3))
	server := c.nodes[0].url
	c.must("cluster", "drain", drained, "--server", server, "--token", crashAdmin)
	c.must("cluster", "undrain", drained, "--server", server, "--token", crashAdmin)
	c.whole(4)
	c.must("cluster", "remove", c.name(4), "--server", server, "--token", crashAdmin)
	select {
	case <-fourth.done:
	case <-time.After(60 * time.Second):
		c.t.Fatalf("n4 was removed and does not end:\n%s", c.logs())
	}
	fourth.cmd = nil
	c.nodes = c.nodes[:3]
}
