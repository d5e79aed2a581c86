package httpapi

import "github.com/prometheus/client_golang/prometheus"

// What trafficCollector tells.
var (
	descShed = prometheus.NewDesc("boxoffice_http_shed_total",
		"Requests that had no effect: past a user's or a network's rate, a class that was full, a turn that came late.",
		[]string{"class", "reason"}, nil)
	descInside = prometheus.NewDesc("boxoffice_http_inside",
		"Requests being served, by class.", []string{"class"}, nil)
	descInsideMax = prometheus.NewDesc("boxoffice_http_inside_max",
		"The bound on requests of a class that are being served; 0: none.", []string{"class"}, nil)
	descForgiven = prometheus.NewDesc("boxoffice_http_buckets_forgiven_total",
		"Token buckets that were forgotten in debt, because too many others were.", nil, nil)
)

// trafficCollector shows what is inside and what was shed.
type trafficCollector struct{ s *Server }

// Describe sends the descriptions.
func (k trafficCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descShed, descInside, descInsideMax, descForgiven} {
		ch <- d
	}
}

// Collect sends what has been counted.
func (k trafficCollector) Collect(ch chan<- prometheus.Metric) {
	t := &k.s.traffic
	for lane, name := range laneNames {
		gauge := func(d *prometheus.Desc, v int64) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), name)
		}
		gauge(descInside, t.inside[lane].Load())
		gauge(descInsideMax, t.most[lane])
		for reason, why := range shedNames {
			ch <- prometheus.MustNewConstMetric(descShed, prometheus.CounterValue,
				float64(t.shed[lane][reason].Load()), name, why)
		}
	}
	forgiven := uint64(0)
	if k.s.gatehouse != nil {
		forgiven = k.s.gatehouse.buckets.forgiven.Load()
	}
	ch <- prometheus.MustNewConstMetric(descForgiven, prometheus.CounterValue, float64(forgiven))
}
