package truth

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// askTries is how often a question is asked before silence is taken for an answer.
const askTries = 12

// client asks the server. It is safe for concurrent use.
type client struct {
	base, token string
	http        *http.Client
}

// reply is one answer.
type reply struct {
	status  int
	version uint64
	request string
	date    time.Time // of the server, to the second; zero: not said
	body    []byte
}

// newClient makes a client; timeout is of one request.
func newClient(base, token string, timeout time.Duration) *client {
	t := &http.Transport{MaxIdleConnsPerHost: readers}
	return &client{strings.TrimSuffix(base, "/"), token, &http.Client{Transport: t, Timeout: timeout}}
}

// close lets go of idle connections.
func (c *client) close() { c.http.CloseIdleConnections() }

// get asks for a path until there is a definite answer.
func (c *client) get(ctx context.Context, path, user, accept string) (*reply, error) {
	return c.ask(ctx, http.MethodGet, path, user, "", accept, nil)
}

// ask sends a request until there is a definite answer.
func (c *client) ask(ctx context.Context, method, path, user, key, accept string, body []byte) (*reply, error) {
	for try := 0; ; try++ {
		r, err := c.once(ctx, method, path, user, key, accept, body)
		again := err == nil && (r.status == 503 || r.status == 429 ||
			r.status == 409 && bytes.Contains(r.body, []byte("idempotency-in-flight")))
		if err == nil && !again {
			return r, nil
		}
		if err == nil {
			err = fmt.Errorf("status %d: %.200s", r.status, r.body)
		}
		if try == askTries || ctx.Err() != nil {
			return nil, fmt.Errorf("%s %s: %w", method, path, err)
		}
		if err := pause(ctx, min(10*time.Millisecond<<try, time.Second)); err != nil {
			return nil, err
		}
	}
}

// pause waits, or until the context ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// once sends one request.
func (c *client) once(ctx context.Context, method, path, user, key, accept string, body []byte) (*reply, error) {
	var in io.Reader
	if body != nil {
		in = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, in)
	if err != nil {
		return nil, err
	}
	set := func(name, value string) {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	set("X-User-Id", user)
	set("Idempotency-Key", key)
	set("Accept", accept)
	if body != nil {
		set("Content-Type", "application/json")
	}
	if c.token != "" && strings.HasPrefix(path, "/admin/") {
		set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() // it was read
	r := &reply{status: resp.StatusCode, request: resp.Header.Get("X-Request-Id")}
	r.version, _ = strconv.ParseUint(resp.Header.Get("Event-Version"), 10, 64) // 0: not said
	r.date, _ = http.ParseTime(resp.Header.Get("Date"))                        // zero: not said
	r.body, err = io.ReadAll(resp.Body)
	return r, err
}

// history reads an event's records from a version on, and gives the server's time
// when it had read all.
func (c *client) history(ctx context.Context, event string, from uint64, f func(*record) error) (time.Time, error) {
	for {
		path := "/admin/events/" + event + "/history?limit=1000&from=" + strconv.FormatUint(from, 10)
		r, err := c.get(ctx, path, "", "application/x-ndjson")
		if err != nil {
			return time.Time{}, err
		}
		if r.status != 200 {
			return r.date, fmt.Errorf("GET %s: status %d: %.200s", path, r.status, r.body)
		}
		n := 0
		lines := bufio.NewReader(bytes.NewReader(r.body))
		for {
			line, err := lines.ReadBytes('\n')
			if len(line) == 0 && err == io.EOF {
				break
			}
			rec, err := readRecord(line)
			if err != nil {
				return r.date, fmt.Errorf("GET %s, line %d: %w", path, n+1, err)
			}
			if err := f(rec); err != nil {
				return r.date, err
			}
			from, n = rec.Version+1, n+1
		}
		if n == 0 {
			return r.date, nil
		}
	}
}

// seatMap is an event's seat map.
type seatMap struct {
	version uint64
	status  map[string]string // ticket → available, held or booked
	twice   string            // a ticket that it has twice; "" where there is none
	counts  map[string]int
}

// seatMap reads an event's seat map that is not older than a version.
func (c *client) seatMap(ctx context.Context, event string) (*seatMap, error) {
	path := "/events/" + event + "/tickets"
	r, err := c.get(ctx, path, "", "")
	if err != nil {
		return nil, err
	}
	var doc struct {
		Tickets []struct{ ID, Status string } `json:"tickets"`
	}
	if r.status != 200 {
		return nil, fmt.Errorf("GET %s: status %d: %.200s", path, r.status, r.body)
	}
	if err := json.Unmarshal(r.body, &doc); err != nil {
		return nil, fmt.Errorf("GET %s: %w", path, err)
	}
	m := &seatMap{version: r.version, status: make(map[string]string, len(doc.Tickets)), counts: map[string]int{}}
	for _, t := range doc.Tickets {
		if _, twice := m.status[t.ID]; twice {
			m.twice = t.ID
		}
		m.status[t.ID] = t.Status
		m.counts[t.Status]++
	}
	return m, nil
}

// availability is an event's counts.
type availability struct {
	Total     int `json:"total"`
	Available int `json:"available"`
	Held      int `json:"held"`
	Booked    int `json:"booked"`
}

// availability reads an event's counts.
func (c *client) availability(ctx context.Context, event string) (a availability, err error) {
	path := "/events/" + event
	r, err := c.get(ctx, path, "", "")
	if err != nil {
		return a, err
	}
	if r.status != 200 {
		return a, fmt.Errorf("GET %s: status %d: %.200s", path, r.status, r.body)
	}
	doc := struct {
		Availability *availability `json:"availability"`
	}{&a}
	if err := json.Unmarshal(r.body, &doc); err != nil {
		return a, fmt.Errorf("GET %s: %w", path, err)
	}
	return a, nil
}
