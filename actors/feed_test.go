package actors

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/salepb"
	"boxoffice/storage"
)

// feed are the events that the log says were described after a position: their ids,
// and whether they exist.
func (w *world) feed(after *storage.Position) (out []string) {
	w.t.Helper()
	changes, next, err := w.log.Changes(1, *after, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range changes {
		s, err1 := salepb.DecodeSummary(c.View.Summary)
		d, err2 := salepb.DecodeDetails(c.View.Details)
		if err1 != nil || err2 != nil || s.Exists != (d.Event != nil) || s.Version != c.View.Version {
			w.t.Errorf("%s at %d: %+v, %+v, %v, %v", c.Event, c.View.Version, s, d, err1, err2)
		}
		out = append(out, fmt.Sprintf("%s %t", c.Event, s.Exists))
	}
	*after = next
	return out
}

// Who follows the log learns what an event is called, and that it was removed; what
// is sold is none of that.
func TestTheFeedHasDefinitionsAndRemovals(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		var at storage.Position
		want := func(want ...string) {
			t.Helper()
			synctest.Wait()
			if got := w.feed(&at); !slices.Equal(got, want) {
				t.Errorf("the feed has %q, want %q", got, want)
			}
		}
		w.define()
		want("e true")
		hold := w.hold("S-A-1")
		w.must(hold)
		want()
		w.must(&sale.ReleaseHold{ID: hold.ID})
		w.must(&sale.DefineEvent{Event: theatre("e", time.Now().Add(time.Hour))})
		want("e true")
		w.must(&sale.RemoveEvent{})
		want("e false")

		// A batch that defines and removes ends as the last of them says.
		stall := w.log.StallAppend("e")
		first := w.later(&sale.DefineEvent{Event: theatre("e", time.Now())})
		<-stall.Arrived()
		second := w.later(&sale.DefineEvent{Event: theatre("e", time.Now().Add(time.Hour)), By: key(1)})
		synctest.Wait()
		third := w.later(&sale.RemoveEvent{})
		synctest.Wait()
		stall.Release()
		for _, c := range []<-chan result{first, second, third} {
			if r := <-c; r.err != nil || r.answer.Refusal != nil {
				t.Errorf("it was answered with %v, %+v", r.err, r.answer.Refusal)
			}
		}
		want("e false")
		w.restart(nil)
		want()
		w.define()
		want("e true")
	})
}
