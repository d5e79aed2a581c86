package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Exit codes and messages are a contract with scripts.
func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args     string
		code     int
		out, err string // what must be in them; "" means nothing is printed
	}{
		{"", exitUsage, "", "usage: boxoffice COMMAND"},
		{"help", exitDone, "usage: boxoffice COMMAND", ""},
		{"--help", exitDone, "usage: boxoffice COMMAND", ""},
		{"help serve", exitDone, "--min-free-disk SIZE", ""},
		{"serve --help", exitDone, "usage: boxoffice serve [OPTIONS]", ""},
		{"import -h", exitDone, "usage: boxoffice import [OPTIONS] FILE", ""},
		{"help verify", exitDone, "usage: boxoffice verify", ""},
		{"help version", exitDone, "usage: boxoffice version", ""},
		{"help nonsense", exitUsage, "", `no help for "nonsense"`},
		{"help serve import", exitUsage, "", "no help for"},
		{"sell", exitUsage, "", `unknown command "sell"`},
		{"version", exitDone, "boxoffice ", ""},
		{"--version", exitDone, "boxoffice ", ""},
		{"version 2", exitUsage, "", `unexpected argument "2"`},
		{"serve", exitUsage, "", "--data is required"},
		{"serve --data d --htpp x", exitUsage, "", "unknown flag --htpp"},
		{"serve --data d extra", exitUsage, "", `unexpected argument "extra"`},
		{"serve --config /nonexistent/c.yaml", exitFailed, "", "open the configuration"},
		{"verify --bogus", exitUsage, "", "unknown flag --bogus"},
		{"healthcheck x", exitUsage, "", `unexpected argument "x"`},
		{"healthcheck --server x", exitUsage, "", "a URL begins with"},
		{"import", exitUsage, "", "no FILE given"},
		{"import --seats many -", exitUsage, "", `--seats: "many"`},
		{"import --seats 0 -", exitUsage, "", "0 seats"},
		{"import --on-sale later -", exitUsage, "", "--on-sale"},
		{"import --price VIP -", exitUsage, "", "CATEGORY=AMOUNT"},
		{"import --price VIP=x -", exitUsage, "", `price of "VIP"`},
		{"import --starts-at soon -", exitUsage, "", "--starts-at"},
		{"import --currency eur -", exitUsage, "", "currency"},
		{"import --server host:1 -", exitUsage, "", "a URL begins with"},
		{"import --dry-run /nonexistent/f.json", exitFailed, "0 events read", "/nonexistent/f.json"},
	} {
		w := newWorld()
		code := run(strings.Fields(c.args), w.environment)
		if code != c.code || !printed(w.out.String(), c.out) || !printed(w.err.String(), c.err) {
			t.Errorf("boxoffice %s: exit %d, want %d\nstdout (want %q):\n%s\nstderr (want %q):\n%s",
				c.args, code, c.code, c.out, w.out.String(), c.err, w.err.String())
		}
	}
}

func printed(got, want string) bool {
	if want == "" {
		return got == ""
	}
	return strings.Contains(got, want)
}

// Every option is in the help text of its command, with its default.
func TestHelpIsWhole(t *testing.T) {
	for _, c := range commands() {
		text := c.help()
		for _, o := range c.options {
			if !strings.Contains(text, "--"+o.name) || o.help == "" {
				t.Errorf("help %s: no --%s", c.name, o.name)
			}
		}
		for _, line := range strings.Split(text, "\n") {
			if len(line) > 110 {
				t.Errorf("help %s: %d columns: %s", c.name, len(line), line)
			}
		}
	}
	if text := commands()[0].help(); !strings.Contains(text, "(default 127.0.0.1:8080)") ||
		strings.Contains(text, "(default )") {
		t.Errorf("defaults:\n%s", text)
	}
}

func TestHealthcheck(t *testing.T) {
	status := http.StatusOK
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			http.NotFound(w, r)
			return
		}
		w.WriteHeader(status)
	}))
	defer s.Close()
	address := strings.TrimPrefix(s.URL, "http://")
	for _, c := range []struct {
		status int
		args   []string
		env    string
		code   int
	}{
		{200, []string{"--server", s.URL}, "", exitDone},
		{200, []string{"--server", s.URL + "/"}, "", exitDone},
		{200, nil, "BOXOFFICE_HTTP=" + address, exitDone},
		{200, nil, "BOXOFFICE_HTTP=" + strings.Replace(address, "127.0.0.1", "0.0.0.0", 1), exitDone},
		{200, nil, "BOXOFFICE_SERVER=" + s.URL, exitDone},
		{200, nil, "BOXOFFICE_SERVER=" + s.URL + ",http://127.0.0.1:1", exitDone},
		{503, []string{"--server", s.URL}, "", exitFailed},
		{200, []string{"--server", "http://127.0.0.1:1"}, "", exitFailed},
	} {
		status = c.status
		w := newWorld(c.env)
		if code := run(append([]string{"healthcheck"}, c.args...), w.environment); code != c.code {
			t.Errorf("%v %s: exit %d, want %d: %s", c.args, c.env, code, c.code, w.err.String())
		}
	}
}
