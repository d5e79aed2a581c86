package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

const healthText = `
Asks GET /healthz of a node and exits with 0 where the answer is 200 within
3 seconds, else with 1. Without --server it asks the node that BOXOFFICE_HTTP
describes, by default http://127.0.0.1:8080: right for a container's health check.`

// healthTimeout bounds the whole question.
const healthTimeout = 3 * time.Second

// healthConfig is what healthcheck can be told.
type healthConfig struct {
	server string
}

// options is the table of options, bound to c.
func (c *healthConfig) options() []option {
	return []option{
		{name: "server", arg: "URL", help: "the node to ask", value: (*textValue)(&c.server)},
	}
}

// healthcheck is the command of that name.
func healthcheck(args []string, env environment) int {
	var c healthConfig
	rest, err := load(c.options(), args, env)
	if err == nil && len(rest) > 0 {
		err = usagef("unexpected argument %q", rest[0])
	}
	if err == nil {
		err = checkServer(serverOf(c.server, env))
	}
	if err == nil {
		err = askHealth(serverOf(c.server, env))
	}
	if err != nil {
		return env.fail("healthcheck", err)
	}
	fmt.Fprintln(env.stdout, "alive")
	return exitDone
}

// askHealth is nil where the node says that it is alive.
func askHealth(server string) error {
	ctx, cancel := context.WithTimeout(context.Background(), healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", server, err)
	}
	res, err := (&http.Client{Timeout: healthTimeout}).Do(req)
	if err != nil {
		return fmt.Errorf("ask the node: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s/healthz answers %s", server, res.Status)
	}
	return nil
}

// serverOf is the URL of the node to talk to: what was given, the first where that is a
// list, else the node of BOXOFFICE_HTTP, else the default. A node that listens
// everywhere is asked on loopback.
func serverOf(given string, env environment) string {
	if given, _, _ = strings.Cut(given, ","); given != "" {
		return strings.TrimRight(given, "/")
	}
	address := env.variables()[envPrefix+"HTTP"]
	if address == "" {
		address = DefaultConfig().HTTP
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "http://" + address
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// checkServer refuses what is no URL of a node.
func checkServer(server string) error {
	if !strings.HasPrefix(server, "http://") && !strings.HasPrefix(server, "https://") {
		return usagef("--server %q: a URL begins with http:// or https://", server)
	}
	return nil
}
