package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"boxoffice/actors/control"
)

// clientConfig is what every command that asks the nodes of a cluster can be told.
type clientConfig struct {
	servers []string
	token   string
	timeout time.Duration
}

// The time that one node is given. A question that is answered late is asked of
// the next node; a change takes as long as it takes, and a node waits 30 s for it.
const (
	askTimeout    = 5 * time.Second
	changeTimeout = 30 * time.Second
)

// options is the table of options, bound to c. A zero c is filled with the
// defaults first.
func (c *clientConfig) options(timeout time.Duration) []option {
	if c.timeout == 0 {
		c.timeout = timeout
	}
	return []option{
		{name: "server", arg: "URL,…", help: "nodes to ask, in turn (default: that of BOXOFFICE_HTTP)",
			value: (*listValue)(&c.servers), many: true},
		{name: "token", arg: "TOKEN", help: "the admin token (default BOXOFFICE_ADMIN_TOKEN)",
			value: (*textValue)(&c.token), secret: true},
		{name: "timeout", arg: "DURATION", help: "time that one node is given", value: (*durationValue)(&c.timeout)},
	}
}

// outputOption is the option --output of commands that show something.
func outputOption(word *string) option {
	if *word == "" {
		*word = "table"
	}
	return option{name: "output", short: "o", arg: "FORM", help: "table or json",
		value: choiceValue{word, []string{"table", "json"}}}
}

// client makes the client of a configuration that was loaded.
func (c *clientConfig) client(env environment) (*client, error) {
	out := &client{token: c.token, timeout: c.timeout, http: &http.Client{}}
	if out.token == "" {
		out.token = env.variables()[envPrefix+"ADMIN_TOKEN"]
	}
	if c.timeout < time.Millisecond {
		return nil, usagef("--timeout %s: at least 1ms is needed", c.timeout)
	}
	if len(c.servers) == 0 {
		c.servers = []string{""}
	}
	for _, s := range c.servers {
		s = serverOf(s, env)
		if err := checkServer(s); err != nil {
			return nil, err
		}
		out.servers = append(out.servers, s)
	}
	return out, nil
}

// The way of a command: load reads its options and arguments (clusterstatus.go),
// client.ask finds a node that answers, and the command prints what it said. What a
// node refuses is a *problem with the code of the contract; what no node has
// answered is the errors of all of them. Nothing is kept between two commands.

// client asks the nodes of a cluster, one after the other until one answers. The
// one that answered is asked first the next time. Not for concurrent use.
type client struct {
	servers []string
	token   string
	timeout time.Duration // for one node
	http    *http.Client
}

// maxAnswer bounds an answer, in bytes: a page of history is the largest, 8 MiB
// and a record.
const maxAnswer = 64 << 20

// answer is an answer of 2xx: who gave it, and all of its body.
type answer struct {
	server string
	header http.Header
	body   []byte
}

// problem is an error that a node has answered: the members of RFC 9457 that people
// want to read. Reason says more than Detail where it is there.
type problem struct {
	Code, Title, Detail, Reason, RequestID string
	Status                                 int
}

func (p *problem) Error() string {
	text := p.Detail
	if p.Reason != "" {
		text = p.Reason
	}
	if text == "" {
		text = p.Title
	}
	return fmt.Sprintf("%s: %s", p.Code, text)
}

// hasCode reports whether an error is a node's answer with that code.
func hasCode(err error, code string) bool {
	var p *problem
	return errors.As(err, &p) && p.Code == code
}

// ask sends a request to one node after the other: to the next where a node cannot
// be reached, takes too long, or answers 429 or 5xx. Everything that it is used for
// has its effect once, however often it is asked. It fails with the last *problem
// where there was one, else with what kept each node from answering.
func (c *client) ask(ctx context.Context, method, path string, body any) (answer, error) {
	var errs []error
	var told *problem
	for i, server := range c.servers {
		a, err := c.askOne(ctx, server, method, path, body)
		if err == nil {
			c.servers = slices.Insert(slices.Delete(slices.Clone(c.servers), i, i+1), 0, server)
			return a, nil
		}
		var p *problem
		if errors.As(err, &p) {
			told = p
			if p.Status < 500 && p.Status != http.StatusTooManyRequests {
				return a, p
			}
		}
		errs = append(errs, fmt.Errorf("%s: %w", server, err))
		if ctx.Err() != nil {
			break
		}
	}
	if told != nil {
		return answer{}, told
	}
	return answer{}, noAnswer(errs)
}

// noAnswer says, on one line, what kept each node from answering.
func noAnswer(errs []error) error {
	var texts []string
	for _, err := range errs {
		texts = append(texts, err.Error())
	}
	return errors.New("no node answers: " + strings.Join(texts, "; "))
}

// askOne sends a request to one node, with what is left of the client's time for a
// node as the node's own deadline. It blocks for the timeout and an eighth at most. An
// answer that is no 2xx is a *problem.
func (c *client) askOne(ctx context.Context, server, method, path string, body any) (answer, error) {
	// The node gives up first, and says what it knows.
	ctx, cancel := context.WithTimeout(ctx, c.timeout+c.timeout/8)
	defer cancel()
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return answer{}, fmt.Errorf("write the request: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, server+path, bytes.NewReader(text))
	if err != nil {
		return answer{}, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	wait := min(c.timeout, 30*time.Second) // the most that a node takes
	req.Header.Set("X-Deadline-Ms", strconv.FormatInt(max(1, wait.Milliseconds()), 10))
	resp, err := c.http.Do(req)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // the URL is known
		}
		return answer{}, err
	}
	defer resp.Body.Close() // read to its end, or given up
	got, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return answer{}, fmt.Errorf("read the answer: %w", err)
	}
	if resp.StatusCode >= 300 {
		return answer{}, problemFrom(resp, got)
	}
	return answer{server, resp.Header, got}, nil
}

// problemFrom reads an error; one that is not ours, of a proxy perhaps, has the
// status as its code.
func problemFrom(resp *http.Response, body []byte) error {
	p := &problem{Status: resp.StatusCode}
	if err := json.Unmarshal(body, p); err != nil || p.Code == "" {
		p.Code, p.Detail = strconv.Itoa(resp.StatusCode), resp.Status
	}
	p.Status = resp.StatusCode
	return p
}

// status asks for the cluster, and learns its other nodes. raw is what was answered,
// members included that this program does not know.
func (c *client) status(ctx context.Context) (s control.Status, raw []byte, err error) {
	a, err := c.ask(ctx, http.MethodGet, "/admin/cluster", nil)
	if err != nil {
		return s, nil, err
	}
	if err := json.Unmarshal(a.body, &s); err != nil {
		return s, nil, fmt.Errorf("read the answer of %s: %w", a.server, err)
	}
	c.learn(a.server, s)
	return s, a.body, nil
}

// learn adds the other nodes to those that are asked: the one that was asked may be
// the next to stop. It does not where the way to the nodes was encrypted: what they
// say of themselves does not tell the encrypted way, and the token would be read.
func (c *client) learn(server string, s control.Status) {
	if !strings.HasPrefix(server, "http://") {
		return
	}
	for _, n := range s.Nodes {
		other := "http://" + n.HTTP
		if n.HTTP != "" && n.State != "removed" && !slices.Contains(c.servers, other) {
			c.servers = append(c.servers, other)
		}
	}
}

// printJSON prints a node's JSON for people and programs.
func printJSON(w io.Writer, raw []byte) error {
	var out bytes.Buffer
	if err := json.Indent(&out, bytes.TrimSpace(raw), "", "  "); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	out.WriteByte('\n')
	_, err := out.WriteTo(w)
	return err
}
