package indexer

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The metrics tell what the status does, and go with the follower.
func TestMetrics(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newShop(t, 2)
		s.define("a", "Show")
		s.define("b", "Show")
		c := testConfig(t, newShelf(), s.log, 2)
		c.Registry = prometheus.NewRegistry()
		f := startFollower(t, c)
		after(time.Second)
		families, err := c.Registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range families {
			v := m.Metric[0].GetGauge().GetValue() + m.Metric[0].GetCounter().GetValue()
			got = append(got, fmt.Sprint(m.GetName(), " ", len(m.Metric), " ", v))
		}
		want := []string{
			"boxoffice_search_applied_events_total 1 2", "boxoffice_search_applied_summaries_total 1 2",
			"boxoffice_search_current 1 1", "boxoffice_search_lag_entries 2 0", "boxoffice_search_lag_seconds 2 0",
			fmt.Sprint("boxoffice_search_position 2 ", f.Status().Shards[0].Position),
			"boxoffice_search_rebuilds_total 1 0", "boxoffice_search_skipped_events_total 1 0",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		stop(t, f)
		if families, err := c.Registry.Gather(); err != nil || len(families) > 0 {
			t.Errorf("after the end: %v, %v", families, err)
		}
	})
}
