package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// chaosNet is a network of namespaces that a test made: one a node, and the hub,
// in which the test itself runs. A node has two links: eth0 to the other nodes
// (10.99.0.N), which faults cut, and eth1 to the clients (10.98.0.N), which stays
// up, so that a node that lost its peers can still be asked.
//
// A direction is cut with a neighbour entry that leads nowhere: the packets are
// sent and never arrive, as on a broken line. No filter of the kernel is needed.
type chaosNet struct {
	t     *testing.T
	name  string // prefix of the namespaces
	nodes int
}

// Where the hub is on both networks.
const hubHost = 254

func clusterIP(n int) string { return fmt.Sprintf("10.99.0.%d", n) }
func clientIP(n int) string  { return fmt.Sprintf("10.98.0.%d", n) }

// inHub is set where the test process runs in the hub's namespace.
const inHub = "BOXOFFICE_TEST_IN_HUB"

// place is where a test runs.
type place int

const (
	noHub     place = iota // no namespace can be made: on the machine's own loopback
	insideHub              // in a namespace of its own
	ranInHub               // outside, after the run inside has ended
)

// enterHub runs the test again in a namespace of its own, and tells where it is: in
// there, or outside after the run inside has ended, with its verdict. Where
// namespaces cannot be made it does nothing.
func enterHub(t *testing.T) place {
	t.Helper()
	if os.Getenv(inHub) != "" {
		return insideHub
	}
	if *chaosLoopback || os.Geteuid() != 0 {
		return noHub
	}
	hub := fmt.Sprintf("bo%d", os.Getpid())
	if out, err := exec.Command("ip", "netns", "add", hub).CombinedOutput(); err != nil {
		t.Logf("a network namespace cannot be made: %v %s", err, out)
		return noHub
	}
	defer func() { _ = exec.Command("ip", "netns", "del", hub).Run() }() // it goes with the machine otherwise
	args := append([]string{"netns", "exec", hub, os.Args[0]}, os.Args[1:]...)
	args = append(args, "-test.run=^"+t.Name()+"$", "-test.v=true", "-test.coverprofile=")
	cmd := exec.Command("ip", args...)
	cmd.Env = append(os.Environ(), inHub+"="+hub)
	inside := &printout{}
	cmd.Stdout, cmd.Stderr = inside, inside
	if testing.Verbose() { // a long run shows how it goes on
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	}
	if err := cmd.Run(); err != nil {
		t.Errorf("in the namespace: %v\n%s", err, inside)
	}
	return ranInHub
}

// newChaosNet makes the namespaces and links of so many nodes.
func newChaosNet(t *testing.T, nodes int) *chaosNet {
	t.Helper()
	n := &chaosNet{t: t, name: os.Getenv(inHub), nodes: nodes}
	t.Cleanup(n.close)
	n.ip("link set lo up")
	for bridge, address := range map[string]string{"br-peers": clusterIP(hubHost), "br-clients": clientIP(hubHost)} {
		n.ip("link add " + bridge + " type bridge")
		n.ip("addr add " + address + "/24 dev " + bridge)
		n.ip("link set " + bridge + " up")
	}
	for i := 1; i <= nodes; i++ {
		ns := n.space(i)
		n.ip("netns add " + ns)
		n.ip("-n " + ns + " link set lo up")
		for dev, link := range map[string][2]string{
			"eth0": {"br-peers", clusterIP(i)}, "eth1": {"br-clients", clientIP(i)}} {
			outer := fmt.Sprintf("v%s-%d", dev, i)
			n.ip("link add " + outer + " type veth peer name " + dev + " netns " + ns)
			n.ip("link set " + outer + " master " + link[0] + " up")
			n.ip("-n " + ns + " addr add " + link[1] + "/24 dev " + dev)
			n.ip("-n " + ns + " link set " + dev + " up")
		}
	}
	return n
}

func (n *chaosNet) space(i int) string { return fmt.Sprintf("%s-%d", n.name, i) }

func (n *chaosNet) close() {
	for i := 1; i <= n.nodes; i++ {
		_ = exec.Command("ip", "netns", "del", n.space(i)).Run() // links go with their namespace
	}
}

// ip runs the ip command; the hub is where it runs by itself.
func (n *chaosNet) ip(args string) {
	n.t.Helper()
	n.command("ip", args)
}

// tc runs the tc command; the hub is where it runs by itself.
func (n *chaosNet) tc(args string) {
	n.t.Helper()
	n.command("tc", args)
}

func (n *chaosNet) command(name, args string) {
	n.t.Helper()
	if out, err := exec.Command(name, strings.Fields(args)...).CombinedOutput(); err != nil {
		n.t.Fatalf("%s %s: %v %s", name, args, err, out)
	}
}

// cut loses what goes from one node to another, from now on.
func (n *chaosNet) cut(from, to int) {
	n.ip("-n " + n.space(from) + " neigh replace " + clusterIP(to) + " lladdr 02:00:00:00:00:fe nud permanent dev eth0")
}

// heal ends every cut between a node and the others.
func (n *chaosNet) heal(node int) {
	for other := 1; other <= n.nodes; other++ {
		// Each is an error where nothing was cut.
		_ = exec.Command("ip", "-n", n.space(node), "neigh", "del", clusterIP(other), "dev", "eth0").Run()
		_ = exec.Command("ip", "-n", n.space(other), "neigh", "del", clusterIP(node), "dev", "eth0").Run()
	}
}

// slowRate is what a slow line carries: a megabit a second, and a queue of a third of
// a second before it loses what is too much.
const slowRate = " root tbf rate 1mbit burst 16kb latency 300ms"

// slow has a node's line to the others carry little, both ways.
func (n *chaosNet) slow(node int) {
	n.tc("-n " + n.space(node) + " qdisc replace dev eth0" + slowRate)
	n.tc("qdisc replace dev veth0-" + fmt.Sprint(node) + slowRate)
}

// fast ends slow.
func (n *chaosNet) fast(node int) {
	n.tc("-n " + n.space(node) + " qdisc del dev eth0 root")
	n.tc("qdisc del dev veth0-" + fmt.Sprint(node) + " root")
}

// isolate cuts a node off from all others: what it sends, what it would get, or both.
func (n *chaosNet) isolate(node int, sends, gets bool) {
	for other := 1; other <= n.nodes; other++ {
		if other == node {
			continue
		}
		if sends {
			n.cut(node, other)
		}
		if gets {
			n.cut(other, node)
		}
	}
}
