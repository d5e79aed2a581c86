package cluster

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of a node's meta, which is what it says of itself in memberlist: a
// protobuf message of at most 512 bytes. An address whose host is that of the
// actors' address is only its port. Unknown fields are skipped.
const (
	metaSystem      = 1  // string
	metaActors      = 2  // string
	metaGossip      = 3  // string, only where the host is a name: memberlist tells the IP address
	metaRaft        = 4  // port or string
	metaHTTP        = 5  // port or string
	metaZone        = 6  // string
	metaVersion     = 7  // string
	metaIncarnation = 8  // fixed64
	metaCluster     = 9  // fixed64
	metaShards      = 10 // varint
	metaState       = 11 // varint
	metaStarted     = 12 // varint, unix ms
	metaRole        = 13 // string, once a role
)

var errMeta = errors.New("not a node's meta")

// appendMeta writes what a node says of itself.
func appendMeta(p Peer, system string) []byte {
	var b []byte
	text := func(field protowire.Number, s string) {
		if s != "" {
			b = protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
		}
	}
	number := func(field protowire.Number, v uint64) {
		if v != 0 {
			b = protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
		}
	}
	fixed := func(field protowire.Number, v uint64) {
		if v != 0 {
			b = protowire.AppendFixed64(protowire.AppendTag(b, field, protowire.Fixed64Type), v)
		}
	}
	host, _, _ := net.SplitHostPort(p.Actors)
	address := func(field protowire.Number, a string) {
		h, port, _ := net.SplitHostPort(a)
		n, err := strconv.ParseUint(port, 10, 16)
		if h == host && err == nil && n != 0 {
			number(field, n)
			return
		}
		text(field, a)
	}
	text(metaSystem, system)
	text(metaActors, p.Actors)
	if h, _, _ := net.SplitHostPort(p.Gossip); net.ParseIP(h) == nil {
		text(metaGossip, p.Gossip)
	}
	address(metaRaft, p.Raft)
	address(metaHTTP, p.HTTP)
	text(metaZone, p.Zone)
	text(metaVersion, p.Version)
	fixed(metaIncarnation, p.Incarnation)
	fixed(metaCluster, p.Cluster)
	number(metaShards, p.Shards)
	number(metaState, uint64(p.State))
	number(metaStarted, uint64(p.Started.UnixMilli()))
	for _, role := range p.Roles {
		text(metaRole, role)
	}
	return b
}

// parseMeta reads what a node says of itself.
func parseMeta(b []byte) (p Peer, system string, err error) {
	var raft, http uint64
	for len(b) > 0 {
		field, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return p, "", errMeta
		}
		b = b[n:]
		var text string
		var number uint64
		switch typ {
		case protowire.BytesType:
			text, n = protowire.ConsumeString(b)
		case protowire.VarintType:
			number, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			number, n = protowire.ConsumeFixed64(b)
		default:
			n = protowire.ConsumeFieldValue(field, typ, b)
		}
		if n < 0 {
			return p, "", errMeta
		}
		b = b[n:]
		switch field {
		case metaSystem:
			system = text
		case metaRaft:
			p.Raft, raft = text, number
		case metaHTTP:
			p.HTTP, http = text, number
		default:
			p.setMeta(field, text, number)
		}
	}
	host, _, err := net.SplitHostPort(p.Actors)
	if err != nil || system == "" {
		return p, "", errMeta
	}
	p.Raft, p.HTTP = withHost(host, raft, p.Raft), withHost(host, http, p.HTTP)
	return p, system, nil
}

// setMeta takes a field that stands for itself.
func (p *Peer) setMeta(field protowire.Number, text string, number uint64) {
	switch field {
	case metaActors:
		p.Actors = text
	case metaGossip:
		p.Gossip = text
	case metaZone:
		p.Zone = text
	case metaVersion:
		p.Version = text
	case metaIncarnation:
		p.Incarnation = number
	case metaCluster:
		p.Cluster = number
	case metaShards:
		p.Shards = number
	case metaState:
		p.State = State(min(number, uint64(Down)))
	case metaStarted:
		p.Started = time.UnixMilli(int64(number))
	case metaRole:
		if text != "" {
			p.Roles = append(p.Roles, text)
		}
	}
}

func withHost(host string, port uint64, address string) string {
	if port == 0 {
		return address
	}
	return net.JoinHostPort(host, fmt.Sprint(port))
}
