package httpapi

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// AnyOrigin in Config.Origins lets every page watch.
const AnyOrigin = "*"

// sockets bounds and counts the live streams: of all, and of one client's address.
type sockets struct {
	max, perClient int // perClient 0: no bound

	mu struct {
		sync.Mutex
		open    map[*socket]struct{}
		clients map[netip.Addr]int
		empty   chan struct{} // closed when none is left; nil: nobody waits for it
	}

	open      [transports][subjects]atomic.Int64
	ends      [numEndings]atomic.Uint64
	sent      atomic.Uint64 // messages, given to the kernel
	overflows atomic.Uint64 // queues that were full
	refused   atomic.Uint64 // past the bound of all
	refusedC  atomic.Uint64 // past the bound of a client
}

// bound makes the registry with its bounds.
func (r *sockets) bound(max, perClient int) {
	r.max, r.perClient = max, perClient
	r.mu.open = make(map[*socket]struct{})
	r.mu.clients = make(map[netip.Addr]int)
}

// admit takes a socket's place, or says with which code it is refused.
func (r *sockets) admit(k *socket) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.mu.open) >= r.max {
		r.refused.Add(1)
		return codeOverloaded
	}
	if r.perClient > 0 && r.mu.clients[k.nc.peer] >= r.perClient {
		r.refusedC.Add(1)
		return codeRateLimited
	}
	r.mu.open[k] = struct{}{}
	r.mu.clients[k.nc.peer]++
	return ""
}

// began counts a stream that has begun.
func (r *sockets) began(k *socket) { r.open[k.via][k.about].Add(1) }

// leave gives a socket's place back, and counts its end where it had begun.
func (r *sockets) leave(k *socket) {
	if k.stop != nil {
		r.open[k.via][k.about].Add(-1)
		k.mu.Lock()
		r.ends[k.mu.ending].Add(1)
		k.mu.Unlock()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.mu.open, k)
	if r.mu.clients[k.nc.peer]--; r.mu.clients[k.nc.peer] == 0 {
		delete(r.mu.clients, k.nc.peer)
	}
	if len(r.mu.open) == 0 && r.mu.empty != nil {
		close(r.mu.empty)
		r.mu.empty = nil
	}
}

// endAll ends every stream, after what is queued for it, and waits for that until ctx
// ends. It returns ctx's error where some are left.
func (r *sockets) endAll(ctx context.Context) error {
	r.mu.Lock()
	all := make([]*socket, 0, len(r.mu.open))
	for k := range r.mu.open {
		all = append(all, k)
	}
	if len(all) > 0 && r.mu.empty == nil {
		r.mu.empty = make(chan struct{})
	}
	empty := r.mu.empty
	r.mu.Unlock()
	if len(all) == 0 {
		return nil
	}
	for _, k := range all {
		k.end(drained, true)
	}
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// What is told of the sockets.
var (
	descSockets = prometheus.NewDesc("boxoffice_http_sockets",
		"Open live streams, by how they are sent and what they are about.", []string{"transport", "about"}, nil)
	descSocketsMax = prometheus.NewDesc("boxoffice_http_sockets_max",
		"The bound on open live streams.", nil, nil)
	descSocketsClientMax = prometheus.NewDesc("boxoffice_http_sockets_client_max",
		"The bound on open live streams of one address; 0: none.", nil, nil)
	descSocketsRefused = prometheus.NewDesc("boxoffice_http_sockets_refused_total",
		"Live streams past a bound: of all, or of one client.", []string{"bound"}, nil)
	descSocketsEnded = prometheus.NewDesc("boxoffice_http_sockets_ended_total",
		"Live streams that ended, by why.", []string{"reason"}, nil)
	descSocketMessages = prometheus.NewDesc("boxoffice_http_socket_messages_total",
		"Messages sent on live streams.", nil, nil)
	descSocketOverflows = prometheus.NewDesc("boxoffice_http_socket_overflows_total",
		"Queues of live streams that were full: their readers got the newest instead, or were closed.", nil, nil)
)

// Describe sends the descriptions.
func (r *sockets) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descSockets, descSocketsMax, descSocketsClientMax, descSocketsRefused,
		descSocketsEnded, descSocketMessages, descSocketOverflows} {
		ch <- d
	}
}

// Collect sends what has been counted.
func (r *sockets) Collect(ch chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge := func(d *prometheus.Desc, v int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
	}
	for via := range r.open {
		for about := range r.open[via] {
			gauge(descSockets, r.open[via][about].Load(), transport(via).String(), subject(about).String())
		}
	}
	gauge(descSocketsMax, int64(r.max))
	gauge(descSocketsClientMax, int64(r.perClient))
	count(descSocketsRefused, r.refused.Load(), "all")
	count(descSocketsRefused, r.refusedC.Load(), "client")
	for why := gone; why < numEndings; why++ {
		count(descSocketsEnded, r.ends[why].Load(), endings[why].label)
	}
	count(descSocketMessages, r.sent.Load())
	count(descSocketOverflows, r.overflows.Load())
}
