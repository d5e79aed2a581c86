package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"boxoffice/httpapi"
)

// world is an environment for tests with what was printed.
type world struct {
	environment
	out, err bytes.Buffer
}

func newWorld(environ ...string) *world {
	w := new(world)
	w.environment = environment{
		stdin: strings.NewReader(""), stdout: &w.out, stderr: &w.err, environ: environ,
		now: func() time.Time { return time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC) },
	}
	return w
}

// write makes a file in a directory of the test.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaultConfig(t *testing.T) {
	got, warnings, err := loadConfig([]string{"--data", "d"}, newWorld().environment)
	want := DefaultConfig()
	want.Data, want.SandboxLedger = "d", filepath.Join("d", "sandbox-ledger.ndjson")
	if err != nil || len(warnings) > 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v %v", got, warnings, err)
	}
}

// A flag wins over the environment, that over the file, that over the default.
func TestPrecedence(t *testing.T) {
	file := write(t, "c.yaml", "data: from-file\nshards: 4\nnode: from-file\n")
	for _, c := range []struct {
		name    string
		args    []string
		environ []string
		want    string
	}{
		{"default", []string{"--data", "d"}, nil, "node-1 16"},
		{"file", []string{"--config", file}, nil, "from-file 4"},
		{"file named by the environment", nil, []string{"BOXOFFICE_CONFIG=" + file}, "from-file 4"},
		{"environment", []string{"--config", file}, []string{"BOXOFFICE_NODE=from-env"}, "from-env 4"},
		{"environment without a value", []string{"--config", file}, []string{"BOXOFFICE_NODE="}, "from-file 4"},
		{"flag", []string{"--config", file, "--node", "from-flag"}, []string{"BOXOFFICE_NODE=from-env"}, "from-flag 4"},
		{"the last flag", []string{"--config=" + file, "-node=a", "--node=b"}, nil, "b 4"},
		{"the other file", []string{"--config", file}, []string{"BOXOFFICE_CONFIG=nowhere"}, "from-file 4"},
	} {
		got, _, err := loadConfig(c.args, newWorld(c.environ...).environment)
		if s := got.Node + " " + (*countValue)(&got.Shards).String(); err != nil || s != c.want {
			t.Errorf("%s: %s, want %s: %v", c.name, s, c.want, err)
		}
	}
}

// Every option can be set in each of the three ways, to the same effect.
func TestEveryOption(t *testing.T) {
	values := map[string]string{
		"data": "/d", "http": "0.0.0.0:81", "node": "n", "cluster": "10.0.0.1:7000",
		"join":   "10.0.0.2:7000,10.0.0.3:7000",
		"shards": "3", "admin-token": "t", "auth-jwt-key": "k", "min-free-disk": "2GiB", "demo": "true",
		"payment": "sandbox", "sandbox-ledger": "/l", "max-active-events": "7", "passivate-after": "9s",
		"retain-records": "11", "max-conns-per-ip": "13",
		"origins": "https://a.example,*", "max-sockets": "17", "max-sockets-per-client": "5",
		"log-level": "debug", "log-format": "json",
		"pprof":        "127.0.0.1:6060",
		"cluster-name": "c", "zone": "z", "ca": "/ca", "cert": "/cert", "key": "/key", "insecure": "true",
		"gossip-key": "00112233445566778899aabbccddeeff", "sandbox-url": "http://10.0.0.9:7500",
		"roles": "none", "rate-per-user": "2:9", "rate-per-network": "0.5:3", "limit-loopback": "true",
	}
	want := Config{
		Data: "/d", HTTP: "0.0.0.0:81", Node: "n", Cluster: "10.0.0.1:7000", Join: []string{"10.0.0.2:7000",
			"10.0.0.3:7000"},
		Shards: 3, AdminToken: "t", AuthJWTKey: "k", MinFreeDisk: 2 << 30, Demo: true, Payment: "sandbox",
		ClusterName: "c", Zone: "z", CA: "/ca", Cert: "/cert", Key: "/key", Insecure: true,
		GossipKey: "00112233445566778899aabbccddeeff", SandboxURL: "http://10.0.0.9:7500",
		SandboxLedger: "/l", MaxActiveEvents: 7, PassivateAfter: 9 * time.Second, RetainRecords: 11, MaxConnsPerIP: 13,
		Origins: []string{"https://a.example", "*"}, MaxSockets: 17, MaxSocketsPerClient: 5,
		LogLevel: "debug", LogFormat: "json", Pprof: "127.0.0.1:6060", LimitLoopback: true,
		UserRate: httpapi.Rate{PerSecond: 2, Burst: 9}, NetworkRate: httpapi.Rate{PerSecond: 0.5, Burst: 3},
	}
	var flags, environ []string
	var file strings.Builder
	for _, o := range new(Config).options() {
		if o.name == "config" {
			continue
		}
		v, ok := values[o.name]
		if !ok {
			t.Fatalf("no value for --%s: add it here", o.name)
		}
		flags = append(flags, "--"+o.name+"="+v)
		environ = append(environ, o.env()+"="+v)
		file.WriteString(o.name + ": " + v + "\n")
	}
	path := write(t, "c.yaml", file.String())
	for name, c := range map[string]struct{ args, environ []string }{
		"flags": {flags, nil}, "environment": {nil, environ}, "file": {[]string{"--config", path}, nil},
	} {
		got, warnings, err := loadConfig(c.args, newWorld(c.environ...).environment)
		got.File = ""
		if err != nil || len(warnings) != 1 || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v %v %v", name, got, warnings, err)
		}
	}
}

func TestFiles(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", ""}, {"comments", "# nothing\n", ""}, {"null", "~\n", ""},
		{"a list", "join: [a:1, b:2]\n", ""}, {"a switch", "demo: yes\n", "neither true nor false"},
		{"unknown member", "http: a:1\nhtpp: b:1\n", `line 2: unknown member "htpp"`},
		{"other case", "HTTP: a:1\n", `unknown member "HTTP"`},
		{"config in config", "config: x\n", `unknown member "config"`},
		{"twice", "node: a\nnode: b\n", "line 2"}, {"no value", "node:\n", "line 1: node: a plain value"},
		{"a mapping", "node: {a: b}\n", "a plain value"}, {"list for one", "node: [a]\n", "a plain value"},
		{"list of lists", "join: [[a:1]]\n", "a list of plain values"},
		{"not a mapping", "- node\n", "a mapping of options"}, {"no YAML", "node: [\n", "line"},
		{"two documents", "node: a\n---\nnode: b\n", "one YAML document"}, {"an alias",
			"node: &x a\nhttp: *x\n", "a plain value"},
		{"a bad value", "shards: many\n", `line 1: shards: "many"`}, {"a secret", "admin-token: [s3cret]\n",
			"not valid"},
		{"too large", "#" + strings.Repeat("x", maxConfigBytes), "more than"},
	} {
		path := write(t, "c.yaml", c.text)
		_, _, err := loadConfig([]string{"--data", "d", "--config", path}, newWorld().environment)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !isUsage(err) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		case err != nil && strings.Contains(err.Error(), "s3cret"):
			t.Errorf("%s: the secret is told: %v", c.name, err)
		}
	}
	_, _, err := loadConfig([]string{"--data", "d", "--config", filepath.Join(t.TempDir(), "no")},
		newWorld().environment)
	if err == nil || isUsage(err) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"", "--data is required"}, {"--node=", "--node"}, {"--node=a/b", "--node"}, {"--shards=0", "--shards 0"},
		{"--shards=1025", "--shards"}, {"--shards=-1", "--shards"}, {"--http=8080", "--http"}, {"--http=:x", "--http"},
		{"--http=:65536", "--http"}, {"--cluster=127.0.0.1:0", "three ports"}, {"--cluster=127.0.0.1:65534",
			"three ports"},
		{"--cluster=x", "--cluster"}, {"--http=127.0.0.1:7402", "lies in the three ports"},
		{"--http=0.0.0.0:7400", "lies in the three ports"}, {"--http=:7401", "lies in the three ports"},
		{"--join=a", "--join"}, {"--join=a:0", "--join"}, {"--join=127.0.0.1:7400", ""},
		{"--payment=cash", "none of sandbox"}, {"--max-active-events=0", "--max-active-events"},
		{"--passivate-after=1ms", "--passivate-after"}, {"--passivate-after=-5s", "--passivate-after"},
		{"--max-sockets=0", "--max-sockets 0"}, {"--max-sockets-per-client=-1", "--max-sockets-per-client"},
		{"--origins=*", ""}, {"--origins=https://a.example,http://localhost:3000", ""},
		{"--origins=a.example", "--origins"}, {"--origins=https://a.example/", "--origins"},
		{"--origins=https://A.example", ""}, {"--origins=ftp://a.example", "--origins"},
		{"--origins=https://", "--origins"},
		{"--min-free-disk=-1", "--min-free-disk"}, {"--min-free-disk=1XB", "unknown unit"},
		{"--min-free-disk=99999999TB", "too much"}, {"--min-free-disk=NaN", "--min-free-disk"},
		{"--log-level=loud", "none of debug"}, {"--log-format=xml", "none of text"}, {"--pprof=0.0.0.0:1",
			"loopback only"},
		{"--pprof=:6060", "loopback only"}, {"--pprof=localhost", "--pprof"}, {"--demo=maybe", "--demo"},
		{"--roles=all", ""}, {"--roles=none", ""}, {"--roles=search", ""}, {"--roles=search,,search", ""},
		{"--roles=find", "no role"}, {"--roles=search,none", "no role"}, {"--roles=", "say none"},
		{"--bogus", "unknown flag --bogus"}, {"-bogus=1", "unknown flag --bogus"}, {"--node", "no value for --node"},
		{"extra", `unexpected argument "extra"`}, {"-- --node", `unexpected argument "--node"`},
		{"--http=127.0.0.1:7399", ""}, {"--http=127.0.0.1:7403", ""}, {"--http=127.0.0.2:7401", ""}, {"--http=:0", ""},
		{"--pprof=[::1]:0", ""}, {"--pprof=localhost:0", ""}, {"--cluster=127.0.0.1:65533", ""}, {"--demo=false", ""},
	} {
		args := strings.Fields(c.args)
		if c.args != "" {
			args = slices.Insert(args, 0, "--data=d")
		}
		_, _, err := loadConfig(args, newWorld().environment)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !isUsage(err) ||
			!strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.args, err, c.want)
		}
	}
	_, _, err := loadConfig([]string{"--shards=0", "--http=x"}, newWorld().environment)
	for _, want := range []string{"--data", "--shards", "--http"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("not everything that is wrong is told: %v", err)
		}
	}
}

// --auth-jwt-key takes the key itself, or the file that it is in.
func TestKeyFile(t *testing.T) {
	pem := "-----BEGIN PUBLIC KEY-----\nc2VjcmV0\n-----END PUBLIC KEY-----"
	for _, c := range []struct{ name, value, want, fault string }{
		{"a secret", "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef", ""},
		{"an @ inside", "a@b", "a@b", ""},
		{"a secret in a file", "@" + write(t, "a", "s3cret\n"), "s3cret", ""},
		{"PEM in a file", "@" + write(t, "b", pem+"\r\n"), pem, ""},
		{"no file", "@" + filepath.Join(t.TempDir(), "s3cret"), "", "no such file"},
		{"no name", "@", "", "no such file"},
		{"a directory", "@" + t.TempDir(), "", "is a directory"},
		{"an empty file", "@" + write(t, "c", "\n"), "", "is empty"},
		{"a large file", "@" + write(t, "d", "s3cret"+strings.Repeat("x", maxKeyBytes)), "", "more than"},
	} {
		for _, w := range []struct{ args, environ []string }{
			{[]string{"--auth-jwt-key", c.value}, nil}, {nil, []string{"BOXOFFICE_AUTH_JWT_KEY=" + c.value}},
		} {
			got, _, err := loadConfig(append(w.args, "--data=d"), newWorld(w.environ...).environment)
			switch {
			case got.AuthJWTKey != c.want || (err == nil) != (c.fault == ""):
				t.Errorf("%s: %q, want %q: %v", c.name, got.AuthJWTKey, c.want, err)
			case err != nil && (!strings.Contains(err.Error(), c.fault) || strings.Contains(err.Error(), "s3cret")):
				t.Errorf("%s: %v, want %s", c.name, err, c.fault)
			}
		}
	}
}

// A cluster address takes three ports in a row.
func TestClusterPorts(t *testing.T) {
	c := Config{Cluster: "[::1]:7400"}
	if c.ActorAddress() != "[::1]:7401" || c.RaftAddress() != "[::1]:7402" {
		t.Errorf("%s %s", c.ActorAddress(), c.RaftAddress())
	}
}

func TestStrangers(t *testing.T) {
	w := newWorld("BOXOFFICE_HTPP=a:1", "BOXOFFICE_SEATS=3", "BOXOFFICE_DATA=d", "OTHER=1", "BOXOFFICE_=x")
	_, warnings, err := loadConfig(nil, w.environment)
	if err != nil || len(warnings) != 2 || !strings.Contains(warnings[1], "BOXOFFICE_HTPP") {
		t.Errorf("%v %v", warnings, err)
	}
}

// The configuration is printed whole, but for secrets.
func TestLogValue(t *testing.T) {
	w := newWorld("BOXOFFICE_ADMIN_TOKEN=s3cret")
	c, _, err := loadConfig([]string{"--data=d", "--min-free-disk=1.5GB", "--auth-jwt-key=s3cret"}, w.environment)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("starting", "config", c)
	text := log.String()
	for _, want := range []string{"config.data=d", "config.min-free-disk=1500MB", "config.admin-token=[set]",
		"config.auth-jwt-key=[set]", "config.shards=16", "config.sandbox-ledger="} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if strings.Contains(text, "s3cret") {
		t.Errorf("a secret is printed: %s", text)
	}
}

func TestBytes(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "512": 512, "1kB": 1000, "1 KiB": 1024, "1.5mib": 3 << 19,
		"2GB": 2e9} {
		var v bytesValue
		if err := v.Set(text); err != nil || int64(v) != want {
			t.Errorf("%s: %d %v", text, v, err)
		}
		back := v
		if err := back.Set(v.String()); err != nil || back != v {
			t.Errorf("%s: %s is %d: %v", text, v.String(), back, err)
		}
	}
}
