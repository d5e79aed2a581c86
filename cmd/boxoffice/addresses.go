package main

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// RaftAddress is where the log's replicas talk: two ports after Cluster.
func (c *Config) RaftAddress() string { return c.clusterAddress(2) }

// ActorAddress is where actors talk: the port after Cluster.
func (c *Config) ActorAddress() string { return c.clusterAddress(1) }

// clusterAddress is the address so many ports after Cluster.
func (c *Config) clusterAddress(offset int) string {
	host, port, _ := splitAddress(c.Cluster) // Validate has seen it
	return net.JoinHostPort(host, strconv.Itoa(port+offset))
}

// ClientAddress is where clients reach this node, as the others are told: HTTP with
// the port that is listened on, and where HTTP is every address of the machine, with
// Cluster's host.
func (c *Config) ClientAddress(listening net.Addr) string {
	host, _, _ := splitAddress(c.HTTP) // Validate has seen it
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host, _, _ = splitAddress(c.Cluster)
	}
	_, port, _ := splitAddress(listening.String())
	return net.JoinHostPort(host, strconv.Itoa(port))
}

// Peers is Join without this node itself: whom to ask for the cluster.
func (c *Config) Peers() []string {
	return slices.DeleteFunc(slices.Clone(c.Join), func(peer string) bool { return peer == c.Cluster })
}

// Founder reports whether this node makes a new cluster where its data directory is
// empty: nobody else is named, or it is the first of those named. A founder with
// Peers asks them first: where one of them has a cluster, it joins that. So all
// nodes may have the same list, and a first node that has lost its disk comes back
// as a joiner.
func (c *Config) Founder() bool { return len(c.Peers()) == 0 || c.Join[0] == c.Cluster }

// GossipKeyBytes is GossipKey, decoded; nil: none. Validate, or loadConfig where the
// key was in a file, has seen that it can be.
func (c *Config) GossipKeyBytes() []byte {
	key, _ := decodeGossipKey(c.GossipKey)
	return key
}

// validateCluster is Validate for what nodes of a cluster must agree on, and for
// who else could read their talk.
func (c *Config) validateCluster() []error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(!validName(c.ClusterName), "--cluster-name %q: 1 to 64 letters, digits, '.', '_' or '-' are allowed",
		c.ClusterName)
	refuse(c.Zone != "" && !validName(c.Zone), "--zone %q: 1 to 64 letters, digits, '.', '_' or '-' are allowed",
		c.Zone)
	files := 0
	for _, file := range []string{c.CA, c.Cert, c.Key} {
		if file != "" {
			files++
		}
	}
	refuse(files == 1 || files == 2, "--ca, --cert and --key go together: all of them, or none")
	if !strings.HasPrefix(c.GossipKey, "@") { // else loadConfig looks, when it has read the file
		_, err := decodeGossipKey(c.GossipKey)
		refuse(err != nil, "--gossip-key: %w", err)
	}
	host, _, err := splitAddress(c.Cluster)
	refuse(err == nil && !loopback(host) && (files < 3 || c.GossipKey == "") && !c.Insecure,
		"--cluster %s can be reached from other machines: --ca, --cert, --key and --gossip-key are needed "+
			"(boxoffice cert makes them), or --insecure", c.Cluster)
	return errs
}

// decodeGossipKey reads a key of 16, 24 or 32 bytes, in hex or any kind of base64;
// nil where there is none. Its errors do not repeat the key.
func decodeGossipKey(text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	decoders := []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString,
		base64.RawStdEncoding.DecodeString, base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString}
	// A text can be hex of one length and base64 of another: the first that fits is it.
	for _, decode := range decoders {
		key, err := decode(text)
		if n := len(key); err == nil && (n == 16 || n == 24 || n == 32) {
			return key, nil
		}
	}
	return nil, errors.New("16, 24 or 32 bytes in base64 or hex are needed")
}

// splitAddress reads host:port; the error begins with the address.
func splitAddress(s string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(s)
	if err != nil {
		return "", 0, fmt.Errorf("%q: an address is HOST:PORT", s)
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("%q: the port is a number from 0 to 65535", s)
	}
	return host, int(n), nil
}

// loopback reports whether a host is this machine only.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// overlap reports whether listening on both hosts can collide.
func overlap(a, b string) bool {
	everywhere := func(h string) bool { ip := net.ParseIP(h); return h == "" || ip != nil && ip.IsUnspecified() }
	return a == b || everywhere(a) || everywhere(b)
}

// validName reports whether a node may have a name.
func validName(s string) bool {
	for _, r := range s {
		if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", r) {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
