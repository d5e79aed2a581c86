package control

import "time"

// track is what a controller has seen of one replica, from round to round. It is
// lost with the controller; the next one is more careful for a moment and no more.
type track struct {
	began time.Time // when it was first seen
	// disk is the incarnation of the node when this controller had the replica added;
	// 0: somebody else did. Only on that disk may it be started: on an earlier one it
	// never was, and on a later one it is not the same replica any more.
	disk    uint64
	started bool      // its node has it, or said that it started it
	absent  int       // reports in a row without it
	missed  time.Time // the first of them
	heard   time.Time // when its node last gave a report
	applied uint64
	moved   time.Time // when applied last changed
}

// pending is an addition whose answer did not come.
type pending struct {
	node string
	disk uint64
}

// start is a replica that its node is to start.
type start struct {
	node           string
	shard, replica uint64
	disk           uint64
}

// watch is a controller's memory of the replicas. It belongs to its loop.
type watch struct {
	cfg     *Config
	tracks  map[place]*track
	pending map[uint64]pending // by shard
}

func newWatch(cfg *Config) *watch {
	return &watch{cfg: cfg, tracks: map[place]*track{}, pending: map[uint64]pending{}}
}

// added remembers a replica that this controller had added.
func (w *watch) added(shard, replica, disk uint64) {
	now := time.Now()
	w.tracks[place{shard, replica}] = &track{began: now, heard: now, moved: now, disk: disk}
}

// started remembers that a node has started a replica.
func (w *watch) started(shard, replica uint64) {
	if t := w.tracks[place{shard, replica}]; t != nil {
		t.started = true
	}
}

// judge looks at all replicas of settled shards. It tells which are lost, and which
// are to be started where they were added.
func (w *watch) judge(v *view) (lost map[place]bool, starts []start) {
	lost = map[place]bool{}
	members := map[place]bool{}
	for i := range v.shards {
		s := &v.shards[i]
		for j := range s.replicas {
			r := &s.replicas[j]
			at := place{s.id, r.Replica}
			members[at] = true
			if !s.settled {
				continue
			}
			t := w.track(s, r)
			if w.seen(v, s, r, t) {
				lost[at] = true
			} else if w.startable(v.reports[r.node], r, t) {
				starts = append(starts, start{r.node, s.id, r.Replica, t.disk})
			}
		}
		if s.settled {
			delete(w.pending, s.id)
		}
	}
	w.forget(v, members)
	return lost, starts
}

// track is the replica's, a new one if it was not seen before.
func (w *watch) track(s *shard, r *replica) *track {
	at := place{s.id, r.Replica}
	if t := w.tracks[at]; t != nil {
		return t
	}
	w.added(s.id, r.Replica, 0)
	t := w.tracks[at]
	if p, ok := w.pending[s.id]; ok && !r.Voter && p.node == r.node {
		t.disk = p.disk
	}
	return t
}

// seen adds a round to the replica's track and reports whether it is lost.
func (w *watch) seen(v *view, s *shard, r *replica, t *track) bool {
	now, rep := time.Now(), v.reports[r.node]
	if rep != nil {
		t.heard = now
	}
	switch {
	case r.rep != nil:
		t.started, t.absent = true, 0
		if r.rep.Applied != t.applied || s.caughtUp(r, w.cfg.MaxLag) {
			t.applied, t.moved = r.rep.Applied, now
		}
		return !r.Voter && now.Sub(t.moved) > w.cfg.StuckAfter
	case rep != nil && w.startable(rep, r, t):
		return now.Sub(t.began) > w.cfg.LearnerGrace
	case rep != nil:
		if t.absent++; t.absent == 1 {
			t.missed = now
		}
		return t.absent >= w.cfg.LostAfter && now.Sub(t.missed) >= w.cfg.LostWait
	default:
		return !r.Voter && now.Sub(t.heard) > w.cfg.LearnerGrace
	}
}

// startable reports whether a replica that its node does not have may be started
// there.
func (w *watch) startable(rep *report, r *replica, t *track) bool {
	return rep != nil && r.rep == nil && !r.Voter && !t.started && t.disk != 0 && t.disk == rep.Incarnation
}

// forget drops the tracks of replicas that are in no membership any more.
func (w *watch) forget(v *view, members map[place]bool) {
	for at := range w.tracks {
		if !members[at] && v.shards[at.shard-1].settled {
			delete(w.tracks, at)
		}
	}
}
