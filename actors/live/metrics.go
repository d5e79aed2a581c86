package live

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics is what a hub says of itself. Names start with boxoffice_live_.
type metrics struct {
	frames    [Goodbye + 1]prometheus.Counter
	questions map[string]prometheus.Counter
	refused   map[string]prometheus.Counter
	deliver   prometheus.Histogram
	seats     atomic.Int64 // listeners
	places    atomic.Int64
}

// How questions end, and which bounds refuse.
const (
	askedNews      = "news"
	askedNothing   = "nothing" // nothing happened while it waited
	askedPlaces    = "places"
	askedFailed    = "failed"
	boundListeners = "listeners"
	boundEvents    = "events"
)

func newMetrics(h *Hub) *metrics {
	r := h.cfg.Registry
	if r == nil {
		r = prometheus.NewRegistry()
	}
	m := &metrics{questions: map[string]prometheus.Counter{}, refused: map[string]prometheus.Counter{}}
	frames := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "boxoffice_live_frames_total",
		Help: "Messages handed to those who watch, by kind."}, []string{"kind"})
	for k := Snapshot; k <= Goodbye; k++ {
		m.frames[k] = frames.WithLabelValues(k.String())
	}
	questions := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "boxoffice_live_questions_total",
		Help: "Questions to the nodes of watched events, by what came of them."}, []string{"outcome"})
	for _, outcome := range []string{askedNews, askedNothing, askedPlaces, askedFailed} {
		m.questions[outcome] = questions.WithLabelValues(outcome)
	}
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "boxoffice_live_refused_total",
		Help: "Those who could not watch because a bound was reached."}, []string{"bound"})
	for _, bound := range []string{boundListeners, boundEvents} {
		m.refused[bound] = refused.WithLabelValues(bound)
	}
	m.deliver = prometheus.NewHistogram(prometheus.HistogramOpts{Name: "boxoffice_live_deliver_seconds",
		Help:    "Time to hand one change to all who watch an event.",
		Buckets: prometheus.ExponentialBuckets(1e-6, 4, 11)})
	r.MustRegister(frames, questions, refused, m.deliver)
	gauge := func(name, help string, f func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f))
	}
	gauge("boxoffice_live_seat_listeners", "Those who watch the seats of an event.",
		func() float64 { return float64(m.seats.Load()) })
	gauge("boxoffice_live_place_listeners", "Those who watch a place in a waiting room.",
		func() float64 { return float64(m.places.Load()) })
	gauge("boxoffice_live_listeners_limit", "The bound of both together.",
		func() float64 { return float64(h.cfg.MaxListeners) })
	gauge("boxoffice_live_events", "Events that are watched.", func() float64 { return float64(h.events()) })
	gauge("boxoffice_live_events_limit", "The bound of boxoffice_live_events.",
		func() float64 { return float64(h.cfg.MaxEvents) })
	return m
}

// asked counts a question for news; nothing: it waited in vain.
func (m *metrics) asked(outcome string) { m.questions[outcome].Inc() }

// delivered notes how long it took to tell everybody.
func (m *metrics) delivered(since time.Time) { m.deliver.Observe(time.Since(since).Seconds()) }
