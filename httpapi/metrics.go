package httpapi

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts what the server does. Counters are plain atomics, found by index
// and never by label, so that counting costs nanoseconds; labels are made when
// somebody reads.
type metrics struct {
	inFlight atomic.Int64
	conns    connCounts
	none     routeStats               // requests without a route
	refusals []atomic.Uint64          // by the index of problems
	byCode   map[*problem]int         // index of a row
	routes   []*routeStats            // as the table of routes
	latency  *prometheus.HistogramVec // by route
	searches *prometheus.HistogramVec // by kind
	byKind   [len(searchKinds)]prometheus.Observer
	caches   []cacheMetrics
	// What bounds refused, beside those of conns.
	bodiesRefused, uploadsRefused atomic.Uint64
}

// cacheMetrics reads a cache's counters.
type cacheMetrics struct {
	name                            string
	hits, misses, evicted, tooLarge func() uint64
	bytes                           func() int64
	max                             int64
}

// routeStats counts one route's answers.
type routeStats struct {
	method, path string
	byStatus     [600]atomic.Uint64
	latency      prometheus.Observer
}

// latencyBuckets span a cached read (20 µs) to a payment that takes its time (10 s).
var latencyBuckets = []float64{.00002, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .02, .05, .1, .25, .5,
	1, 2.5, 5, 10, 15}

func newMetrics(table []route) *metrics {
	m := &metrics{refusals: make([]atomic.Uint64, len(problems)), byCode: make(map[*problem]int, len(problems))}
	for i := range problems {
		m.byCode[&problems[i]] = i
	}
	m.latency = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "boxoffice_http_request_duration_seconds", Buckets: latencyBuckets,
		Help: "Time from a request's last byte to its answer, by route.",
	}, []string{"method", "route"})
	m.searches = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "boxoffice_http_search_duration_seconds", Buckets: latencyBuckets,
		Help: "Time from a search's last byte to the index's answer, by what the search is made of.",
	}, []string{"kind"})
	for kind, label := range searchKinds {
		m.byKind[kind] = m.searches.WithLabelValues(label)
	}
	for i := range table {
		rt := &table[i]
		rt.stats = &routeStats{method: rt.method, path: rt.path, latency: m.latency.WithLabelValues(rt.method, rt.path)}
		m.routes = append(m.routes, rt.stats)
	}
	m.none = routeStats{method: "none", path: "none"}
	return m
}

func (r *routeStats) observe(status int, took time.Duration) {
	r.byStatus[status].Add(1)
	r.latency.Observe(took.Seconds())
}

// searched counts a search that the index has answered, or failed to.
func (m *metrics) searched(kind searchKind, took time.Duration) {
	m.byKind[kind].Observe(took.Seconds())
}

// unrouted counts an answer to what matched no route, or was no request at all.
func (m *metrics) unrouted(status int) { m.none.byStatus[status].Add(1) }

// refused counts an error by its code.
func (m *metrics) refused(p *problem) { m.refusals[m.byCode[p]].Add(1) }

// What the collector tells. In flight and open connections are lengths of bounds
// that stand beside them.
var (
	descRequests = prometheus.NewDesc("boxoffice_http_requests_total",
		"Answers by route and status.", []string{"method", "route", "status"}, nil)
	descRefusals = prometheus.NewDesc("boxoffice_http_problems_total",
		"Errors answered, by code.", []string{"code"}, nil)
	descInFlight = prometheus.NewDesc("boxoffice_http_requests_in_flight",
		"Requests being served.", nil, nil)
	descConns = prometheus.NewDesc("boxoffice_http_connections",
		"Open connections.", nil, nil)
	descMaxConns = prometheus.NewDesc("boxoffice_http_connections_max",
		"The bound on open connections.", nil, nil)
	descPeerMax = prometheus.NewDesc("boxoffice_http_connections_peer_max",
		"The bound on open connections of one peer; 0: none.", nil, nil)
	descConnsRefused = prometheus.NewDesc("boxoffice_http_connections_refused_total",
		"Connections past a bound: of all, or of one peer.", []string{"bound"}, nil)
	descCache = prometheus.NewDesc("boxoffice_http_cache_requests_total",
		"Reads of a cache, by whether it had the answer.", []string{"cache", "result"}, nil)
	descEvicted = prometheus.NewDesc("boxoffice_http_cache_evicted_total",
		"Entries pushed out of a cache by others.", []string{"cache"}, nil)
	descTooLarge = prometheus.NewDesc("boxoffice_http_cache_too_large_total",
		"Values that were not kept, for each is over a quarter of the cache's bound.", []string{"cache"}, nil)
	descCacheBytes = prometheus.NewDesc("boxoffice_http_cache_bytes",
		"What a cache holds.", []string{"cache"}, nil)
	descCacheMax = prometheus.NewDesc("boxoffice_http_cache_bytes_max",
		"The bound on what a cache holds.", []string{"cache"}, nil)
	descBodies = prometheus.NewDesc("boxoffice_http_large_bodies_bytes",
		"Memory taken for large bodies being read.", nil, nil)
	descBodiesMax = prometheus.NewDesc("boxoffice_http_large_bodies_bytes_max",
		"The bound on memory for large bodies.", nil, nil)
	descBodiesRefused = prometheus.NewDesc("boxoffice_http_large_bodies_refused_total",
		"Large bodies that were refused for lack of memory.", nil, nil)
	descUploads = prometheus.NewDesc("boxoffice_http_catalog_uploads",
		"Catalog uploads under way.", nil, nil)
	descUploadsMax = prometheus.NewDesc("boxoffice_http_catalog_uploads_max",
		"The bound on catalog uploads under way.", nil, nil)
	descUploadsRefused = prometheus.NewDesc("boxoffice_http_catalog_uploads_refused_total",
		"Catalog uploads past the bound.", nil, nil)
	descLines = prometheus.NewDesc("boxoffice_http_catalog_lines_bytes",
		"Lines of catalog uploads being stored.", nil, nil)
	descLinesMax = prometheus.NewDesc("boxoffice_http_catalog_lines_bytes_max",
		"The bound on lines being stored; their reader waits.", nil, nil)
)

// collector shows a server's counters to Prometheus.
type collector struct{ s *Server }

// Describe sends the descriptions.
func (k collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descRequests, descRefusals, descInFlight, descConns, descMaxConns,
		descPeerMax, descConnsRefused, descCache, descEvicted, descTooLarge, descCacheBytes, descCacheMax, descBodies,
		descBodiesMax, descBodiesRefused, descUploads, descUploadsMax, descUploadsRefused, descLines, descLinesMax} {
		ch <- d
	}
	k.s.metrics.latency.Describe(ch)
	k.s.metrics.searches.Describe(ch)
	k.s.sockets.Describe(ch)
}

// Collect sends what has been counted.
func (k collector) Collect(ch chan<- prometheus.Metric) {
	m := k.s.metrics
	count := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge := func(d *prometheus.Desc, v int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
	}
	for _, r := range append(m.routes, &m.none) {
		for status := range r.byStatus {
			if n := r.byStatus[status].Load(); n > 0 {
				count(descRequests, n, r.method, r.path, statusDigits(status))
			}
		}
	}
	for i := range problems {
		count(descRefusals, m.refusals[i].Load(), problems[i].code)
	}
	gauge(descInFlight, m.inFlight.Load())
	gauge(descConns, m.conns.open.Load())
	gauge(descMaxConns, int64(k.s.cfg.MaxConns))
	gauge(descPeerMax, int64(k.s.cfg.MaxConnsPerIP))
	count(descConnsRefused, m.conns.refused.Load(), "all")
	count(descConnsRefused, m.conns.refusedP.Load(), "peer")
	for _, c := range m.caches {
		count(descCache, c.hits(), c.name, "hit")
		count(descCache, c.misses(), c.name, "miss")
		count(descEvicted, c.evicted(), c.name)
		count(descTooLarge, c.tooLarge(), c.name)
		gauge(descCacheBytes, c.bytes(), c.name)
		gauge(descCacheMax, c.max, c.name)
	}
	gauge(descBodies, k.s.largeBodies.Load())
	gauge(descBodiesMax, k.s.cfg.LargeBodies)
	count(descBodiesRefused, m.bodiesRefused.Load())
	gauge(descUploads, int64(len(k.s.uploads)))
	gauge(descUploadsMax, int64(cap(k.s.uploads)))
	count(descUploadsRefused, m.uploadsRefused.Load())
	gauge(descLines, k.s.catalogBytes.Load())
	gauge(descLinesMax, int64(cap(k.s.uploads))*catalogBytes)
	m.latency.Collect(ch)
	m.searches.Collect(ch)
	k.s.sockets.Collect(ch)
}

func statusDigits(status int) string { return strconv.Itoa(status) }

// watch adds a cache to what is told. Its misses are counted where its loads are.
func watch[V any](m *metrics, name string, vc *viewCache[V], misses *atomic.Uint64) {
	m.caches = append(m.caches, cacheMetrics{name: name, hits: vc.hits.Load, misses: misses.Load,
		evicted: vc.evicted.Load, tooLarge: vc.tooLarge.Load, bytes: vc.bytes.Load, max: vc.max})
}
