package httpapi

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// What trafficCollector tells.
var (
	descShed = prometheus.NewDesc("boxoffice_http_shed_total",
		"Requests that had no effect: past a user's or a network's rate, full or late or gone after a wait in line.",
		[]string{"class", "reason"}, nil)
	descInside = prometheus.NewDesc("boxoffice_http_inside",
		"Requests being served, by class.", []string{"class"}, nil)
	descInsideMax = prometheus.NewDesc("boxoffice_http_inside_max",
		"The bound on requests of a class that are being served, by how busy the processors are; 0: none.",
		[]string{"class"}, nil)
	descWaiting = prometheus.NewDesc("boxoffice_http_waiting",
		"Requests that wait in line, and those that wait to be refused, by class; connections are their bound.",
		[]string{"class", "where"}, nil)
	descWaits = prometheus.NewDesc("boxoffice_http_waits_total",
		"Requests that have waited in line, by class.", []string{"class"}, nil)
	descWaited = prometheus.NewDesc("boxoffice_http_waited_seconds_total",
		"How long they have waited, together.", []string{"class"}, nil)
	descForgiven = prometheus.NewDesc("boxoffice_http_buckets_forgiven_total",
		"Token buckets that were forgotten in debt, because too many others were.", nil, nil)
)

// trafficCollector shows what is inside and what was shed.
type trafficCollector struct{ s *Server }

// Describe sends the descriptions.
func (k trafficCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descShed, descInside, descInsideMax, descWaiting, descWaits, descWaited, descForgiven,
	} {
		ch <- d
	}
}

// Collect sends what has been counted.
func (k trafficCollector) Collect(ch chan<- prometheus.Metric) {
	t := &k.s.traffic
	for lane, name := range laneNames {
		l := &t.lines[lane]
		tell := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(d, kind, v, append([]string{name}, labels...)...)
		}
		tell(descInside, prometheus.GaugeValue, float64(l.inside.Load()))
		tell(descInsideMax, prometheus.GaugeValue, float64(l.most.Load()))
		tell(descWaiting, prometheus.GaugeValue, float64(l.queued.Load()), "line")
		tell(descWaiting, prometheus.GaugeValue, float64(l.benched.Load()), "bench")
		tell(descWaits, prometheus.CounterValue, float64(l.waits.Load()))
		tell(descWaited, prometheus.CounterValue, time.Duration(l.waited.Load()).Seconds())
		for reason, why := range shedNames {
			tell(descShed, prometheus.CounterValue, float64(l.shed[reason].Load()), why)
		}
	}
	forgiven := uint64(0)
	if k.s.gatehouse != nil {
		forgiven = k.s.gatehouse.buckets.forgiven.Load()
	}
	ch <- prometheus.MustNewConstMetric(descForgiven, prometheus.CounterValue, float64(forgiven))
}
