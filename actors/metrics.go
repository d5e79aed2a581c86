package actors

import (
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/waitroom"

	"github.com/prometheus/client_golang/prometheus"
)

// The bounds whose refusals are counted.
const (
	boundQueued   = "queued"   // commands inside one event
	boundActive   = "active"   // events in memory
	boundPayments = "payments" // payment tasks that wait
	boundDeadline = "deadline" // commands whose caller has given up
)

// metrics is what a node says of itself: commits, and every bound with its length
// and its refusals. Names start with boxoffice_.
type metrics struct {
	commitSeconds  prometheus.Histogram
	batchRecords   prometheus.Histogram
	batchAnswers   prometheus.Histogram
	drops          *prometheus.CounterVec
	panics         prometheus.Counter
	checkpoints    prometheus.Counter
	admissions     prometheus.Counter
	lapses         prometheus.Counter
	paymentRetries prometheus.Counter
	paymentSeconds [sale.Refund + 1]prometheus.Observer // by task
}

func newMetrics(r *prometheus.Registry, n *Node) *metrics {
	if r == nil {
		r = prometheus.NewRegistry()
	}
	m := &metrics{
		commitSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "boxoffice_commit_seconds",
			Help:    "Time from a batch's start to its durable commit.",
			Buckets: prometheus.ExponentialBuckets(1e-4, 2, 16)}),
		batchRecords: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "boxoffice_batch_records",
			Help:    "Records in a committed batch; 0: a batch of reads and refusals.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 13)}),
		batchAnswers: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "boxoffice_batch_answers",
			Help:    "Answers that waited for a batch.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 13)}),
		drops: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "boxoffice_bound_drops_total",
			Help: "What was refused because a bound was reached."}, []string{"bound"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{Name: "boxoffice_event_panics_total",
			Help: "Activations that ended by a panic. Anything but 0 is a bug."}),
		checkpoints: prometheus.NewCounter(prometheus.CounterOpts{Name: "boxoffice_checkpoints_total",
			Help: "Checkpoints saved."}),
		admissions: prometheus.NewCounter(prometheus.CounterOpts{Name: "boxoffice_queue_admissions_total",
			Help: "Places of waiting rooms that were let in."}),
		lapses: prometheus.NewCounter(prometheus.CounterOpts{Name: "boxoffice_queue_lapses_total",
			Help: "Places of waiting rooms that ended because nobody was seen at them."}),
		paymentRetries: prometheus.NewCounter(prometheus.CounterOpts{Name: "boxoffice_payment_retries_total",
			Help: "Calls to the payment provider that gave no answer."}),
	}
	payments := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "boxoffice_payment_seconds",
		Help:    "Time of a call to the payment provider.",
		Buckets: prometheus.ExponentialBuckets(1e-5, 4, 12)}, []string{"task"})
	for t := range m.paymentSeconds {
		m.paymentSeconds[t] = payments.WithLabelValues(sale.Task(t).String())
	}
	for _, bound := range []string{boundQueued, boundActive, boundPayments, boundDeadline} {
		m.drops.WithLabelValues(bound) // shown from the start
	}
	r.MustRegister(m.commitSeconds, m.batchRecords, m.batchAnswers, m.drops, m.panics, m.checkpoints,
		m.admissions, m.lapses, m.paymentRetries, payments)
	n.registerGauges(r)
	return m
}

// registerGauges adds the lengths of the node's bounds, read when asked for.
func (n *Node) registerGauges(r *prometheus.Registry) {
	gauge := func(name, help string, f func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f))
	}
	sum := func(f func(*activation) int64) func() float64 {
		return func() float64 {
			var total int64
			n.events.each(func(a *activation) { total += f(a) })
			return float64(total)
		}
	}
	gauge("boxoffice_events_active", "Events in memory; bounded by boxoffice_events_active_limit.",
		func() float64 { return float64(n.events.size.Load()) })
	gauge("boxoffice_events_active_limit", "The bound of boxoffice_events_active.",
		func() float64 { return float64(n.cfg.MaxActive) })
	gauge("boxoffice_mailbox_depth", "Messages in all mailboxes.",
		sum(func(a *activation) int64 { return a.queued.Load() }))
	gauge("boxoffice_commands_inside", "Commands between admission and answer, all events.",
		sum(func(a *activation) int64 { return int64(a.gate.inside()) }))
	gauge("boxoffice_commands_inside_max", "Commands between admission and answer, of the fullest event.",
		func() float64 {
			most := 0
			n.events.each(func(a *activation) { most = max(most, a.gate.inside()) })
			return float64(most)
		})
	gauge("boxoffice_commands_limit", "The bound of boxoffice_commands_inside_max.",
		func() float64 { return float64(n.cfg.MaxQueued) })
	gauge("boxoffice_holds", "Live holds of the events in memory.",
		sum(func(a *activation) int64 { return a.counts.holds.Load() }))
	gauge("boxoffice_bookings", "Confirmed bookings of the events in memory.",
		sum(func(a *activation) int64 { return a.counts.bookings.Load() }))
	gauge("boxoffice_queue_waiting", "Places that wait for the events in memory.",
		sum(func(a *activation) int64 { return a.counts.waiting.Load() }))
	gauge("boxoffice_queue_active", "Shoppers whom the waiting rooms of the events in memory let in.",
		sum(func(a *activation) int64 { return a.counts.shopping.Load() }))
	gauge("boxoffice_payments_queued", "Payment tasks that wait for a worker.",
		func() float64 { return float64(n.payer.waiting()) })
	gauge("boxoffice_payments_queued_limit", "The bound of boxoffice_payments_queued.",
		func() float64 { return payerQueue })
	gauge("boxoffice_log_healthy", "1 while the log takes writes; 0 where a shard has no leader or the disk is full.",
		func() float64 {
			if n.cfg.Log.Healthy() != nil {
				return 0
			}
			return 1
		})
	gauge("boxoffice_shards_owned", "Shards that this node may write.", func() float64 {
		owned := 0
		for i := range n.shards {
			if n.shards[i].Load().owned() {
				owned++
			}
		}
		return float64(owned)
	})
}

func (m *metrics) committed(records, answers int, took time.Duration) {
	m.commitSeconds.Observe(took.Seconds())
	m.batchRecords.Observe(float64(records))
	m.batchAnswers.Observe(float64(answers))
}

// moved counts what committed records did in waiting rooms.
func (m *metrics) moved(records []sale.Record) {
	for _, r := range records {
		switch r := r.(type) {
		case *sale.PlacesAdmitted:
			m.admissions.Add(float64(r.Count))
		case *sale.PlaceEnded:
			if r.Reason == waitroom.Lapsed {
				m.lapses.Inc()
			}
		}
	}
}

// refused counts what a bound kept out.
func (m *metrics) refused(bound string) { m.drops.WithLabelValues(bound).Inc() }

func (m *metrics) paymentCall(t sale.Task, took time.Duration) {
	m.paymentSeconds[t].Observe(took.Seconds())
}
