package waitroom

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// twin is a room that keeps a list and nothing else. Everything is searched.
type twin struct {
	s      Settings
	drawn  bool
	places []*twinPlace // by number
}

type twinPlace struct {
	Place
	rank int
}

func (w *twin) line() []*twinPlace {
	var out []*twinPlace
	for _, p := range w.places {
		if p.State == Waiting {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *twinPlace) int { return cmp.Compare(a.rank, b.rank) })
	return out
}

func (w *twin) of(s State) (out []*twinPlace) {
	for _, p := range w.places {
		if p.State == s {
			out = append(out, p)
		}
	}
	return out
}

func token(n int) (id ID) {
	id[0] = byte(n * 7) // few tables, so that slots collide
	binary.LittleEndian.PutUint64(id[1:], uint64(n%5)<<16)
	binary.BigEndian.PutUint32(id[12:], uint32(n+1))
	return id
}

// pair is a room and its twin, to which the same happens.
type pair struct {
	t      *rapid.T
	room   *Room
	twin   *twin
	at     int64
	tokens int
}

func (p *pair) take() {
	p.tokens++
	id, who := token(p.tokens), Who{}
	if k := rapid.IntRange(0, 12).Draw(p.t, "who"); k > 0 {
		who = p.room.Owner(fmt.Sprint(k))
	}
	if had, ok := p.room.Of(who); ok {
		if had.Who != who || had.State == Gone {
			p.t.Fatalf("the place of %x is %+v", who, had)
		}
		return
	}
	p.room.Take(p.at, id, who)
	n := len(p.twin.places)
	p.twin.places = append(p.twin.places, &twinPlace{
		Place: Place{Token: id, Who: who, Number: n, State: Waiting, At: p.at}, rank: n,
	})
}

func (p *pair) admit() {
	n := p.room.Admissible(p.at, true)
	want := max(0, min(len(p.twin.line()), p.twin.s.MaxActive-len(p.twin.of(Active))))
	if p.twin.s.Shuffle && !p.twin.drawn {
		want = 0
	}
	if n != want {
		p.t.Fatalf("%d can be let in, not %d", n, want)
	}
	if n == 0 {
		return
	}
	p.room.Admit(p.at, n)
	for _, q := range p.twin.line()[:n] {
		q.State, q.At = Active, p.at+p.twin.s.Session
	}
}

func (p *pair) draw() {
	if p.twin.drawn {
		return
	}
	p.room.Draw()
	p.twin.drawn = true
	seed, _ := p.room.Drawn()
	for rank, number := range Mix(seed, 0, uint32(len(p.twin.places))) {
		p.twin.places[number].rank = rank
	}
}

func (p *pair) some(of []*twinPlace) *twinPlace {
	if len(of) == 0 {
		return nil
	}
	return of[rapid.IntRange(0, len(of)-1).Draw(p.t, "which")]
}

func (p *pair) leave() {
	if q := p.some(append(p.twin.of(Waiting), p.twin.of(Active)...)); q != nil && q.Busy == 0 {
		p.room.Go(p.at, q.Token, Left)
		q.State, q.Reason, q.At = Gone, Left, p.at
	}
}

func (p *pair) begin() {
	if q := p.some(p.twin.of(Active)); q != nil {
		p.room.Begin(q.Token)
		q.Busy++
	}
}

func (p *pair) done() {
	if q := p.some(p.twin.of(Active)); q != nil && q.Busy > 0 {
		p.room.Done(q.Token)
		q.Busy--
	}
}

// end ends the sessions whose time is over, after comparing which they are.
func (p *pair) end() {
	var want []*twinPlace
	for _, q := range p.twin.of(Active) {
		if q.At <= p.at && q.Busy == 0 {
			want = append(want, q)
		}
	}
	slices.SortFunc(want, func(a, b *twinPlace) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Number, b.Number))
	})
	got := p.room.Overdue(p.at, nil)
	if len(got) != len(want) {
		p.t.Fatalf("%d sessions are over, not %d", len(got), len(want))
	}
	for i, q := range want {
		if got[i] != q.Token {
			p.t.Fatalf("session %d to end is %x, not %x", i, got[i], q.Token)
		}
		p.room.Go(p.at, q.Token, TimedOut)
		q.State, q.Reason, q.At = Gone, TimedOut, p.at
	}
}

func (p *pair) extend() {
	p.room.Extend(1000)
	for _, q := range p.twin.of(Active) {
		q.At += 1000
	}
}

// compare holds everything that can be asked of the room against the twin.
func (p *pair) compare() {
	line := p.twin.line()
	if p.room.Waiting() != len(line) || p.room.Active() != len(p.twin.of(Active)) {
		p.t.Fatalf("%d wait and %d are in, not %d and %d",
			p.room.Waiting(), p.room.Active(), len(line), len(p.twin.of(Active)))
	}
	for ahead, q := range line {
		if got := p.room.Ahead(q.Place); got != ahead {
			p.t.Fatalf("%d are ahead of number %d, not %d", got, q.Number, ahead)
		}
	}
	next := int64(0)
	for _, q := range p.twin.places {
		got, ok := p.room.Find(q.Token)
		if !ok || got != q.Place {
			p.t.Fatalf("place %d is %+v (%v), not %+v", q.Number, got, ok, q.Place)
		}
		if q.State == Active && q.Busy == 0 && (next == 0 || q.At < next) {
			next = q.At
		}
	}
	if got := p.room.NextEnd(); got != next {
		p.t.Fatalf("the next session ends at %d, not %d", got, next)
	}
}

// restore goes on with what the room wrote down.
func (p *pair) restore() {
	s := p.room.Snapshot()
	p.room = Restore(s, p.at)
	if again := p.room.Snapshot(); !reflect.DeepEqual(s, again) {
		p.t.Fatalf("written down again it is\n%+v, not\n%+v", again, s)
	}
}

// TestTwin: whatever happens to a room, it says what a list says.
func TestTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Settings{
			MaxActive: rapid.IntRange(1, 5).Draw(t, "maxActive"), Session: 5000, Grace: 2000,
			Shuffle: rapid.Bool().Draw(t, "shuffle"),
		}
		p := &pair{t: t, room: New(s), twin: &twin{s: s}, at: 1}
		p.room.Open([32]byte{1, byte(rapid.IntRange(0, 255).Draw(t, "seed"))})
		steps := map[string]func(*rapid.T){"": func(*rapid.T) { p.at += 700; p.compare() }}
		for name, f := range map[string]func(){
			"take": p.take, "admit": p.admit, "draw": p.draw, "leave": p.leave, "begin": p.begin,
			"done": p.done, "end": p.end, "extend": p.extend, "restore": p.restore,
		} {
			steps[name] = func(*rapid.T) { f() }
		}
		t.Repeat(steps)
	})
}
