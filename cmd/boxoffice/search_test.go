package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"boxoffice/actors/control"
)

// found is a page of events, as far as the tests look.
type found struct {
	Total  int
	Next   string
	Events []foundEvent
}

type foundEvent struct {
	ID, Title    string
	Availability struct{ Total, Available, Held, Booked int }
}

// getJSON asks a node; an answer that is no 200 is false.
func getJSON(n *nodeProcess, path string, v any) bool {
	status, text := n.ask(path)
	return status == http.StatusOK && json.Unmarshal([]byte(text), v) == nil
}

// eventually waits for a condition, and says what it was like instead.
func eventually(t *testing.T, what string, ok func() (bool, string)) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); ; <-tick.C {
		good, text := ok()
		if good {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("never: %s\n%s", what, text)
		}
	}
}

// sameAsLog says whether what a node finds is every event of ids, each as the log's own
// view of it is; or what is different.
func sameAsLog(n *nodeProcess, ids []string) (bool, string) {
	all, after := map[string]foundEvent{}, ""
	for {
		var p found
		if !getJSON(n, "/events?size=200&sort=date"+after, &p) {
			_, text := n.ask("/events?size=200&sort=date" + after)
			return false, text
		}
		for _, e := range p.Events {
			all[e.ID] = e
		}
		if after = "&after=" + p.Next; p.Next == "" {
			break
		}
	}
	for _, id := range ids {
		var e foundEvent
		if !getJSON(n, "/events/"+id, &e) || e != all[id] {
			return false, fmt.Sprintf("%s: found %+v, the log has %s %+v", n.url, all[id], id, e)
		}
	}
	if len(all) != len(ids) {
		return false, fmt.Sprintf("%s: %d events, not %d", n.url, len(all), len(ids))
	}
	return true, ""
}

// putTitled makes an event, or gives it another title, and says whether that was
// acknowledged.
func putTitled(n *nodeProcess, id, title string) bool {
	body := fmt.Sprintf(`{"title":%q,"startsAt":"2030-01-01T00:00:00.000Z","inventory":{"currency":"USD",`+
		`"sections":[{"name":"S","price":100,"rows":[{"name":"A","seats":50}]}]}}`, title)
	req, err := http.NewRequest(http.MethodPut, n.url+"/admin/events/"+id, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode/100 == 2
}

// newSearchTrio starts four nodes, of which the third has the role, and not every shard.
func newSearchTrio(t *testing.T) (c *trio, one *nodeProcess) {
	t.Helper()
	c = &trio{t: t}
	for i := range 4 {
		extra := []string{"--node", fmt.Sprintf("n%d", i+1), "--min-free-disk", "100MiB", "--roles",
			[]string{"none", "none", "search", "none"}[i]}
		if i > 0 {
			extra = append(extra, "--join", clusterOf(c.nodes[0]))
		}
		c.nodes = append(c.nodes, newNode(t, t.TempDir(), extra...))
		c.nodes[i].start()
	}
	c.until("a cluster of which a node has not every shard", func(s control.Status) bool {
		return s.Health == control.OK && len(s.Nodes) == 4 && s.Nodes[3].Replicas > 5 && s.Nodes[2].Replicas < 17 &&
			s.Nodes[2].Search != nil && len(s.Nodes[0].Roles) == 0
	})
	return c, c.nodes[2]
}

// organise makes events, and gives them other titles, until stop is called.
func (c *trio) organise() (made *atomic.Int64, stop func()) {
	made = new(atomic.Int64)
	closed, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-closed:
				return
			default:
			}
			if putTitled(c.nodes[i%2], fmt.Sprint("titled-", i%titled), fmt.Sprint("Show ", i)) {
				made.Add(1)
			}
		}
	}()
	return made, func() { close(closed); <-done }
}

// titled is how many events organise makes at most.
const titled = 500

// everyEvent lists the events that there are, also those that nobody was told of.
func (c *trio) everyEvent() (ids []string) {
	for i := range trioEvents + titled {
		id := crashEventID(i)
		if i >= trioEvents {
			id = fmt.Sprint("titled-", i-trioEvents)
		}
		if status, _ := c.nodes[0].ask("/events/" + id); status == http.StatusOK {
			ids = append(ids, id)
		}
	}
	return ids
}

// findable waits until every node finds what the log has.
func (c *trio) findable() {
	c.t.Helper()
	var ids []string
	for _, n := range c.nodes {
		eventually(c.t, "the same events as in the log", func() (bool, string) {
			ids = c.everyEvent() // a replica may have had less a moment ago
			return sameAsLog(n, ids)
		})
	}
	c.t.Logf("every node finds %d events", len(ids))
}

// One node of four has the role. All of them find events, soon after they are made and
// sold; the one goes on where it was when it is killed under load, also with shards of
// which it has no replica; without it nobody finds anything, and everybody sells.
func TestSearchNode(t *testing.T) {
	c, one := newSearchTrio(t)
	for e := range trioEvents {
		defineCrashEvent(t, c.nodes[0].url, e)
	}
	c.findable()
	visitors, leave := c.visit(0, 1, 3)
	made, stop := c.organise()
	for range 3 {
		before := made.Load()
		eventually(t, "events are made", func() (bool, string) { return made.Load() > before+50, one.out.String() })
		one.kill()
		one.start()
	}
	stop()
	leave()
	c.findable()
	for _, v := range visitors {
		if v.sold == 0 {
			t.Errorf("%s sold nothing: %q", v.name, v.errs)
		}
	}
	if code, out, errs := cli(c.nodes[0].url, "search status"); code != exitDone || !strings.Contains(out, "n3") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	if code := one.terminate(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, one.out)
	}
	if status, text := c.nodes[0].ask("/events"); status != http.StatusServiceUnavailable {
		t.Errorf("without the node: %d %s", status, text)
	}
	if !putTitled(c.nodes[1], "last", "Last") {
		t.Error("without the node nothing is sold")
	}
}

// search rebuild makes the indexes of all nodes anew, and nobody who searches notices.
func TestSearchRebuild(t *testing.T) {
	c := newTrio(t, t.TempDir(), t.TempDir(), t.TempDir())
	_, stop := c.organise()
	eventually(t, "every node finds events", func() (bool, string) {
		var p found
		return getJSON(c.nodes[2], "/events", &p) && p.Total > trioEvents, c.nodes[2].out.String()
	})
	code, out, errs := cli(c.nodes[0].url, "search rebuild")
	if code != exitDone {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	eventually(t, "new indexes serve", func() (bool, string) {
		var p found
		for _, n := range c.nodes {
			if !getJSON(n, "/events?size=1", &p) || p.Total <= trioEvents {
				_, text := n.ask("/events?size=1")
				t.Fatalf("meanwhile a node found %s", text)
			}
		}
		_, out, _ := cli(c.nodes[0].url, "search status -o json")
		return strings.Count(out, `"rebuilds": 1`) == 3 && !strings.Contains(out, `"progress"`), out
	})
	stop()
	c.findable()
}
