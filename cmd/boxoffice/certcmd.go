package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"boxoffice/cluster/certs"
)

const (
	caText = `
Makes what the nodes of a cluster know each other by, in DIR:

  ca.pem      the authority's certificate; every node has it   (--ca)
  ca.key      the authority's key: makes nodes, so it belongs on no node
  gossip.key  encrypts gossip; every node has it               (--gossip-key @FILE)

Files that are there already are left alone, and the command fails.`
	nodeCertText = `
Makes a node's certificate and key, NODE.pem and NODE.key, with the authority in
--ca DIR. --hosts are the names and addresses under which other nodes reach it:
the host of its --cluster address. A node reads new files when they are replaced.`
)

// The names of an authority's files.
const (
	caFile        = "ca.pem"
	caKeyFile     = "ca.key"
	gossipKeyFile = "gossip.key"
)

const day = 24 * time.Hour

// caConfig is what cert ca can be told.
type caConfig struct {
	out, cluster string
	days         int
}

// options is the table of options, bound to c. A zero c is filled with the
// defaults first.
func (c *caConfig) options() []option {
	if c.days == 0 {
		c.cluster, c.days = DefaultConfig().ClusterName, 3650
	}
	return []option{
		{name: "out", arg: "DIR", help: "where the files go, made where it is not there (required)",
			value: (*textValue)(&c.out)},
		{name: "cluster-name", arg: "NAME", help: "the cluster's name, for people", value: (*textValue)(&c.cluster)},
		{name: "days", arg: "N", help: "how long it is valid", value: (*countValue)(&c.days)},
	}
}

// certCA is the command cert ca.
func certCA(args []string, env environment) int {
	var c caConfig
	rest, err := load(c.options(), args, env)
	switch {
	case err != nil:
	case len(rest) > 0:
		err = usagef("unexpected argument %q", rest[0])
	case c.out == "":
		err = usagef("--out is required: the directory for the files")
	case c.days < 1:
		err = usagef("--days %d: at least 1 is needed", c.days)
	case !validName(c.cluster):
		err = usagef("--cluster-name %q: letters, digits, '.', '_' and '-' are allowed", c.cluster)
	default:
		err = c.make()
	}
	if err != nil {
		return env.fail("cert ca", err)
	}
	fmt.Fprintf(env.stdout, "made %s, %s and %s in %s; next, for each node:\n  boxoffice cert node --ca %s "+
		"--name NODE --hosts HOST --out DIR\n", caFile, caKeyFile, gossipKeyFile, c.out, c.out)
	return exitDone
}

// make writes the authority's files. The gossip key is made with them: both are
// needed on every node, and a key that somebody thought up is no key.
func (c *caConfig) make() error {
	ca, err := certs.NewCA(c.cluster, time.Duration(c.days)*day)
	if err != nil {
		return fmt.Errorf("make the authority: %w", err)
	}
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails: the program ends where there is no randomness
	return writeNew(c.out, []newFile{
		{caFile, ca.Cert, 0o644}, {caKeyFile, ca.Key, 0o600},
		{gossipKeyFile, append(base64.StdEncoding.AppendEncode(nil, key[:]), '\n'), 0o600},
	})
}

// nodeCertConfig is what cert node can be told.
type nodeCertConfig struct {
	ca, name, out string
	hosts         []string
	days          int
}

// options is the table of options, bound to c. A zero c is filled with the
// defaults first.
func (c *nodeCertConfig) options() []option {
	if c.days == 0 {
		c.out, c.days = ".", 825
	}
	return []option{
		{name: "ca", arg: "DIR", help: "where cert ca put its files (required)", value: (*textValue)(&c.ca)},
		{name: "name", arg: "NODE", help: "the node's name, its --node (required)", value: (*textValue)(&c.name)},
		{name: "hosts", arg: "HOST,…", help: "names and addresses that others reach it by (required)",
			value: (*listValue)(&c.hosts), many: true},
		{name: "out", arg: "DIR", help: "where the files go", value: (*textValue)(&c.out)},
		{name: "days", arg: "N", help: "how long it is valid", value: (*countValue)(&c.days)},
	}
}

// certNode is the command cert node.
func certNode(args []string, env environment) int {
	var c nodeCertConfig
	rest, err := load(c.options(), args, env)
	switch {
	case err != nil:
	case len(rest) > 0:
		err = usagef("unexpected argument %q", rest[0])
	case c.ca == "" || len(c.hosts) == 0:
		err = usagef("--ca, --name and --hosts are required")
	case c.days < 1:
		err = usagef("--days %d: at least 1 is needed", c.days)
	case !validName(c.name):
		err = usagef("--name %q is no NODE", c.name)
	default:
		err = c.make()
	}
	if err != nil {
		return env.fail("cert node", err)
	}
	fmt.Fprintf(env.stdout, "made %[1]s.pem and %[1]s.key in %[2]s; the node is started with\n  --node %[1]s "+
		"--ca %[3]s --cert %[1]s.pem --key %[1]s.key --gossip-key @%[4]s\n", c.name, c.out, caFile, gossipKeyFile)
	return exitDone
}

// make writes the node's files.
func (c *nodeCertConfig) make() error {
	var pair certs.Pair
	var err error
	if pair.Cert, err = readBounded(filepath.Join(c.ca, caFile)); err == nil {
		pair.Key, err = readBounded(filepath.Join(c.ca, caKeyFile))
	}
	if err != nil {
		return fmt.Errorf("read the authority: %w", err)
	}
	ca, err := certs.ReadCA(pair)
	if err != nil {
		return fmt.Errorf("read the authority: %w", err)
	}
	node, err := ca.Node(c.name, c.hosts, time.Duration(c.days)*day)
	if err != nil {
		return fmt.Errorf("make the certificate: %w", err)
	}
	return writeNew(c.out, []newFile{{c.name + ".pem", node.Cert, 0o644}, {c.name + ".key", node.Key, 0o600}})
}

// readBounded reads a file of a key or a certificate.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	return io.ReadAll(io.LimitReader(f, maxKeyBytes))
}

// newFile is a file to be made.
type newFile struct {
	name string
	text []byte
	mode os.FileMode
}

// writeNew makes all of the files, none where one of them is there already: a key
// that is overwritten is lost.
func writeNew(dir string, files []newFile) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("make the directory: %w", err)
	}
	for _, n := range files {
		if _, err := os.Lstat(filepath.Join(dir, n.name)); !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%s is there already; move it away first", filepath.Join(dir, n.name))
		}
	}
	for _, n := range files {
		f, err := os.OpenFile(filepath.Join(dir, n.name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, n.mode)
		if err != nil {
			return fmt.Errorf("make a file: %w", err)
		}
		_, err = f.Write(n.text)
		if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("write a file: %w", err)
		}
	}
	return nil
}
