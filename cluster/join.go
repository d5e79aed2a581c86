package cluster

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	joinEvery   = time.Second // while there is no peer, and for peers that are deaf
	rejoinEvery = 10          // times joinEvery, for those that are missing
	joinAtOnce  = 8           // addresses asked at once
	seedsMax    = 256         // addresses in all
)

// joiner asks seeds and lost peers to join until all are there, for as long as the
// member lives: seeds that are down come up, and the halves of a cut cluster find
// each other.
func (m *Member) joiner(remembered []string) {
	seeds := slices.Concat(m.cfg.Seeds, remembered)
	ticker := time.NewTicker(joinEvery)
	defer ticker.Stop()
	for n := 0; ; n++ {
		ask := m.deaf()
		if n%rejoinEvery == 0 || len(m.roster.links()) == 0 {
			ask = append(ask, m.missing(seeds)...)
		}
		m.join(ask)
		m.examine()
		select {
		case <-m.ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// missing are the gossip addresses, as IP:PORT, that no living member has.
func (m *Member) missing(seeds []string) []string {
	want := map[string]bool{}
	for _, s := range seeds {
		for _, a := range m.lookUp(s) {
			want[a] = true
		}
	}
	for _, k := range m.roster.all() {
		if !k.gone.IsZero() && !k.left {
			for _, a := range m.lookUp(k.Gossip) {
				want[a] = true
			}
		}
	}
	for _, k := range m.roster.all() {
		if k.gone.IsZero() {
			delete(want, k.where)
		}
	}
	delete(want, m.gossip.where)
	out := slices.Collect(maps.Keys(want))
	return out[:min(len(out), seedsMax)]
}

// deaf are the gossip addresses of members that live and send no beats: this node
// may not be their member. So it is with a node that came back with another
// address while the old one was taken for alive. Who answers calls may be deaf too:
// only a beat tells that a node is known.
func (m *Member) deaf() []string {
	var out []string
	for _, k := range m.roster.all() {
		if !k.gone.IsZero() || k.link == nil {
			continue
		}
		quiet := min(time.Since(k.joined), time.Duration(m.now()-k.link.beat.Load()))
		if quiet > m.cfg.Silence {
			out = append(out, m.lookUp(k.Gossip)...)
		}
	}
	return out
}

// join asks the addresses, some at once. One that is down costs its goroutine two
// seconds.
func (m *Member) join(addresses []string) {
	var wg sync.WaitGroup
	gate := make(chan struct{}, joinAtOnce)
	for _, a := range addresses {
		gate <- struct{}{}
		if m.ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-gate }()
			if _, err := m.gossip.list.Join([]string{a}); err != nil {
				m.notJoined(a, err)
			}
		})
	}
	wg.Wait()
}

// lookUp makes HOST:PORT one or more IP:PORT; none where the name is not known now.
func (m *Member) lookUp(address string) []string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil
	}
	if net.ParseIP(host) != nil {
		return []string{address}
	}
	ips, err := resolve(m.ctx, host)
	if err != nil {
		m.log.Debug("A seed's name is not known.", slog.String("seed", address), slog.Any("error", err))
	}
	out := make([]string, 0, len(ips))
	for _, ip := range ips {
		out = append(out, net.JoinHostPort(ip.String(), port))
	}
	return out
}

// resolve looks a host up, for at most two seconds.
func resolve(ctx context.Context, host string) ([]net.IP, error) {
	if ip := net.ParseIP(host); ip != nil {
		return []net.IP{ip}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	ips, err := net.DefaultResolver.LookupIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", host, err)
	}
	return ips, nil
}

// The peers file has a line a peer: its name and its gossip address. It is a hint:
// what is unreadable is ignored.

// remembered reads the addresses of the peers file.
func remembered(file string) []string {
	if file == "" {
		return nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	var out []string
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) != 2 || len(out) >= seedsMax {
			continue
		}
		if _, _, err := net.SplitHostPort(f[1]); err == nil {
			out = append(out, f[1])
		}
	}
	return out
}

// peerLines is the content of the peers file.
func (m *Member) peerLines() string {
	var lines []string
	for _, k := range m.roster.staying() {
		lines = append(lines, k.Node+" "+k.Gossip+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines[:min(len(lines), seedsMax)], "")
}

// remember replaces the peers file.
func remember(file, content string) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".peers-*")
	if err != nil {
		return fmt.Errorf("write the peers file: %w", err)
	}
	defer os.Remove(f.Name()) // gone after the rename
	_, err = f.WriteString(content)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("write the peers file: %w", err)
	}
	return nil
}
