package shop

import (
	"fmt"
	"sync/atomic"
	"time"

	"boxoffice/cmd/stampede/load"
	"boxoffice/cmd/stampede/script"
	"boxoffice/cmd/stampede/truth"
	"boxoffice/cmd/stampede/wire"
)

// Config is what a shop is made of.
type Config struct {
	Script   *script.Script
	Run      string // begins every event id, user and key of the run
	Part     int    // of the processes of the run, this is the one of this number
	Houses   []*House
	Pool     *wire.Pool
	Meter    *load.Meter
	Recorder *truth.Recorder // nil: nothing is recorded
	Stop     func()          // nothing is left to come for
}

// Shop is the world of one process's buyers. It is safe for concurrent use.
type Shop struct {
	Config
	ops     ops
	first   *load.Op // of the scenario: what a dropped arrival is counted with
	tally   tally
	soldOut atomic.Bool
	gone    chan struct{} // closed when soldOut becomes true
	ranOut  atomic.Bool
	sent    atomic.Int64 // requests
	retries atomic.Int64
	news    news
	reads   [][]byte // of view: one for each event and server
	queries [][]byte // of search
}

// ops are the operations that a shop counts.
type ops struct {
	view, seatMap, search, hold, release, book   *load.Op
	join, place, leave                           *load.Op
	line, purchase, listen, seatNews, placesNews *load.Op
	moved, back                                  *load.Op
	useful                                       *load.Op // nil: not wanted
}

// tally is how the sale goes.
type tally struct {
	buyers, happy, left, sold, declined, abandoned, conflicts *load.Value
	inLine, underWay                                          *load.Value
}

// New makes a shop.
func New(c Config) *Shop {
	m := c.Meter
	s := &Shop{Config: c, gone: make(chan struct{}), ops: ops{
		view: m.Op("view"), seatMap: m.Op("seat-map"), search: m.Op("search"), hold: m.Op("hold"),
		release: m.Op("release"), book: m.Op("book"), join: m.Op("join"), place: m.Op("place"), leave: m.Op("leave"),
		line: m.Op("line"), purchase: m.Op("purchase"), listen: m.Op("listen"), seatNews: m.Op("seat-news"),
		placesNews: m.Op("admit-news"), moved: m.Op("position-news"), back: m.Op("back"),
	}, tally: tally{
		buyers: m.Counter("buyers"), happy: m.Counter("happy"), left: m.Counter("left"), sold: m.Counter("sold"),
		declined: m.Counter("declined"), abandoned: m.Counter("abandoned"), conflicts: m.Counter("conflicts"),
		inLine: m.Gauge("line"), underWay: m.Gauge("active"),
	}}
	if c.Script.Load.Useful == "yes" {
		s.ops.useful = m.Op("useful")
	}
	s.news.init()
	targets := c.Pool.Targets()
	for _, h := range c.Houses {
		for i := range targets {
			r := wire.Request{Method: "GET", Path: "/events/" + h.ID}
			s.reads = append(s.reads, r.Append(nil, &targets[i]))
		}
	}
	s.first = map[string]*load.Op{
		"view": s.ops.view, "search": s.ops.search, "book": s.ops.book, "contend": s.ops.book, "hold-book": s.ops.hold,
		"mixed": s.ops.view, "queue": s.ops.join, "onsale": s.ops.join, "live": s.ops.hold,
	}[c.Script.Scenario]
	s.queries = Queries(c.Script.Words, c.Script.Seed, &targets[0])
	return s
}

// RanOut says whether arrivals came for whom nothing was left that the scenario
// needs; the run then ended early.
func (s *Shop) RanOut() bool { return s.ranOut.Load() }

// Gone is closed when every ticket was seen to be sold.
func (s *Shop) Gone() <-chan struct{} { return s.gone }

// Sent is how many requests were sent so far, retries too.
func (s *Shop) Sent() int64 { return s.sent.Load() }

// User makes a buyer of the script's scenario.
func (s *Shop) User() load.User {
	b := newBuyer(s)
	return b.user(map[string]func(b *buyer){
		"view": (*buyer).view, "search": (*buyer).searches, "book": (*buyer).books, "contend": (*buyer).contends,
		"hold-book": (*buyer).holdBook, "mixed": (*buyer).mixed, "queue": (*buyer).queue, "onsale": (*buyer).onsale,
		"live": (*buyer).stirs,
	}[s.Script.Scenario])
}

// Drop counts an arrival that could not start, with the operation that it would have
// begun with.
func (s *Shop) Drop(a load.Arrival) {
	s.first.Drop(a.At)
}

// Operations are the names of all that a shop counts, in the order of the contract.
var Operations = []string{
	"view", "seat-map", "search", "hold", "release", "book", "join", "place", "leave",
	"line", "purchase", "listen", "seat-news", "admit-news", "position-news", "back", "useful",
}

// Sells says whether a scenario sells tickets.
func Sells(scenario string) bool {
	return scenario != "view" && scenario != "search" && scenario != "live"
}

// Prepare makes the script's events on the first server. Their ids begin with run.
func Prepare(s *script.Script, run string, to *wire.Target) ([]*House, error) {
	c := wire.NewConn(to.Address, max(s.Load.Timeout, time.Minute))
	defer c.Close()
	like := House{
		Seats: s.Events.Seats, Hold: s.Events.Hold, PerUser: s.Events.PerUser, Active: s.Events.Active,
		Session: s.Events.Session,
	}
	if s.Load.Schedule == "onsale" && s.Load.Model == "open" {
		like.OnSaleIn = s.Load.Opens
	}
	if s.Scenario != "live" {
		return BuildHouses(c, to, run, s.Events.Count, like)
	}
	open := like
	open.Active, open.OnSaleIn = 0, 0
	houses, err := BuildHouses(c, to, run+"-open", 1, open)
	if err != nil || s.Live.Places == 0 {
		return houses, err
	}
	rooms, err := BuildHouses(c, to, run+"-room", 1, like)
	return append(houses, rooms...), err
}

// Clean deletes the events of a run: a catalog that is measured again and again would
// be full of them.
func Clean(houses []*House, to *wire.Target, timeout time.Duration) error {
	c := wire.NewConn(to.Address, timeout)
	defer c.Close()
	for _, h := range houses {
		r := wire.Request{Method: "DELETE", Path: "/admin/events/" + h.ID, Admin: true}
		a, err := c.Do(r.Append(nil, to))
		if err != nil {
			return fmt.Errorf("delete event %s: %w", h.ID, err)
		}
		if a.Status/100 != 2 && a.Status != 404 {
			return fmt.Errorf("delete event %s: status %d: %.200s", h.ID, a.Status, a.Body)
		}
	}
	return nil
}
