package main

import (
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"
)

// fault is something that happens to a cluster: do, which has removed the cause when
// it returns, or begin, whose end removes it after a while between least and most.
type fault struct {
	name        string
	brief       bool // it is over soon
	wire        bool // it needs lines that can be cut
	disk        bool // it needs a file system of its own
	tc          bool // it needs the tc command, which some put where only root looks
	do          func(c *chaos)
	begin       func(c *chaos) (end func())
	least, most time.Duration
}

// faults is the table of what a run chooses from.
var faults = []fault{
	{name: "kill the leader", brief: true, do: (*chaos).killLeader},
	{name: "kill all", brief: true, do: (*chaos).killAll},
	{name: "lose a disk", brief: true, do: (*chaos).loseDisk},
	{name: "full disk", disk: true, do: (*chaos).fullDisk},
	{name: "restart one by one", do: (*chaos).rollingRestart},
	{name: "add, drain, remove", do: (*chaos).addAndRemove},
	{name: "kill one while another joins", do: (*chaos).killInGrowth},

	{name: "kill one", brief: true, begin: (*chaos).killOne, most: 3 * time.Second},
	{name: "stop the leader", brief: true, begin: (*chaos).stopLeader, least: 2 * time.Second, most: 6 * time.Second},
	{name: "slow node", brief: true, begin: (*chaos).slowNode, least: 2 * time.Second, most: 5 * time.Second},
	{name: "slow line", brief: true, wire: true, tc: true, least: 2 * time.Second, most: 8 * time.Second,
		begin: (*chaos).slowLine},
	{name: "isolate the leader", brief: true, wire: true, least: 2 * time.Second, most: 8 * time.Second,
		begin: func(c *chaos) func() { return c.isolateLeader(true, true) }},
	{name: "a leader that hears nothing", wire: true, least: 3 * time.Second, most: 8 * time.Second,
		begin: func(c *chaos) func() { return c.isolateLeader(false, true) }},
	{name: "a leader that is not heard", wire: true, least: 3 * time.Second, most: 8 * time.Second,
		begin: func(c *chaos) func() { return c.isolateLeader(true, false) }},
}

// opening is what a brief run begins with.
var opening = []string{"kill the leader", "isolate the leader"}

// can reports whether a run can make the fault.
func (f fault) can(c *chaos) bool {
	return (!f.wire || c.net != nil) && (!f.disk || canMount()) && (!f.tc || canShape())
}

// canShape reports whether there is a tc command.
func canShape() bool {
	_, err := exec.LookPath("tc")
	return err == nil
}

// make makes a fault from its beginning to its end.
func (f fault) make(c *chaos) {
	if f.do != nil {
		f.do(c)
		return
	}
	end := f.begin(c)
	c.pause(f.least, f.most)
	end()
}

func (c *chaos) killOne() (end func()) {
	i := c.victim()
	c.hurt[i] = true
	c.nodes[i].kill()
	return c.nodes[i].launch
}

// killLeader measures how long nobody can book: the probe asks another node, for an
// event on a shard that the dead node led.
func (c *chaos) killLeader() {
	i := c.leader()
	c.nodes[i].kill()
	c.gaps = append(c.gaps, c.holdOnce(c.nodes[(i+1)%len(c.nodes)], c.hot()))
	c.pause(0, 2*time.Second)
	c.nodes[i].start()
}

func (c *chaos) killAll() {
	for _, n := range c.nodes {
		n.kill()
	}
	for _, i := range c.dice.Perm(len(c.nodes)) {
		c.nodes[i].launch()
	}
}

// stopLeader freezes a leader for longer than an election takes. When it wakes up it
// believes for a moment that it still leads.
func (c *chaos) stopLeader() (end func()) {
	i := c.leader()
	c.hurt[i] = true
	c.signal(c.nodes[i], syscall.SIGSTOP)
	return func() { c.signal(c.nodes[i], syscall.SIGCONT) }
}

func (c *chaos) signal(n *nodeProcess, s syscall.Signal) {
	if err := n.cmd.Process.Signal(s); err != nil {
		c.t.Fatal(err)
	}
}

// slowNode gives a node a third of its time, in pieces that are shorter than an
// election.
func (c *chaos) slowNode() (end func()) {
	i := c.victim()
	c.hurt[i] = true
	process := c.nodes[i].cmd.Process
	over := make(chan struct{})
	var slowing sync.WaitGroup
	slowing.Go(func() {
		for goes := true; goes; {
			_ = process.Signal(syscall.SIGSTOP) // one that has ended shows at the end of the run
			<-time.After(100 * time.Millisecond)
			_ = process.Signal(syscall.SIGCONT)
			select {
			case <-over:
				goes = false
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
	return func() {
		close(over)
		slowing.Wait()
	}
}

// slowLine gives a node a line of a megabit a second to the other nodes.
func (c *chaos) slowLine() (end func()) {
	i := c.victim()
	c.hurt[i] = true
	c.net.slow(i + 1)
	return func() { c.net.fast(i + 1) }
}

func (c *chaos) isolateLeader(sends, gets bool) (end func()) {
	i := c.leader()
	c.hurt[i] = true
	c.net.isolate(i+1, sends, gets)
	return func() { c.net.heal(i + 1) }
}

// loseDisk has a node come back with nothing, under its old name and address.
func (c *chaos) loseDisk() {
	i := c.victim()
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

// addAndRemove grows the cluster to four, drains a node, gives it back its part, and
// removes the fourth.
func (c *chaos) addAndRemove() {
	c.lose(4)
	c.add(4)
	c.whole(4)
	drained := c.name(1 + c.dice.IntN(3))
	c.operate("drain", drained)
	c.operate("undrain", drained)
	c.whole(4)
	c.removeLast()
}

// killInGrowth kills a node while the cluster grows to four: sometimes the new one.
func (c *chaos) killInGrowth() {
	c.lose(4)
	fourth := c.prepare(4)
	fourth.launch()
	c.pause(0, 3*time.Second)
	n := c.nodes[c.dice.IntN(4)]
	n.kill()
	c.pause(0, 3*time.Second)
	n.launch()
	c.whole(4)
	c.removeLast()
}
