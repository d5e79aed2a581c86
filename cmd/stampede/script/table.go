package script

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A member is one value that can be told.
type member struct {
	name string
	help string
	set  func(text string) error // a scalar
	add  func(text string) error // an item of a list
	wipe func()                  // of a list: what the file says replaces what was there
	get  func() []string         // as it is written; of a scalar one
}

// A group is a mapping of members. The one without a name is the file itself.
type group struct {
	name    string
	help    string
	of      []string // scenarios that it is of use to; nil: all
	members []member
}

// table is everything that a script can be told.
func (s *Script) table() []group {
	e, b := &s.Events, &s.Buyer
	buyers := []string{"contend", "hold-book", "queue", "onsale", "live"}
	return []group{
		{"", "", nil, []member{
			oneOf("scenario", "what a virtual user does", &s.Scenario, Names()...),
			list("url", "servers; users are spread over them, and go to the next where one is gone", &s.URLs),
			text("token", "admin token, to make events and to read their history; none on loopback", &s.Token),
			text("ledger", "file of the sandbox payment provider, to see whether anybody paid for nothing", &s.Ledger),
			whole("seed", "of all choices: arrivals, tastes, patience", &s.Seed),
		}},
		{"load", "how the crowd comes", nil, s.Load.members()},
		{"events", "those that the run makes", nil, []member{
			count("count", "how many", &e.Count, 1, 1000),
			count("seats", "of each", &e.Seats, 1, 100_000),
			span("hold", "how long a hold lasts", &e.Hold),
			count("perUser", "tickets that one user may have; 0: no limit", &e.PerUser, 0, 1000),
			count("active", "waiting room: how many may shop at once; 0: there is no room", &e.Active, 0, 1_000_000),
			span("session", "waiting room: how long one may shop", &e.Session),
		}},
		{"buyer", "how people shop", buyers, []member{
			span("think", "median time to think between two steps", &b.Think),
			number("spread", "sigma of its log-normal distribution", &b.Spread, 0, 3),
			number("abandon", "share of holds that are left without paying", &b.Abandon, 0, 1),
			number("release", "share of those that are given back; the others end by themselves", &b.Release, 0, 1),
			number("decline", "share of payments with a card that is declined", &b.Decline, 0, 1),
			count("tickets", "a buyer wants 1 to so many", &b.Tickets, 1, 50),
			number("zipf", "taste: how much better the best seats are liked; 0: all alike", &b.Zipf, 0, 5),
			count("tries", "seats to try before leaving", &b.Tries, 1, 1000),
			span("poll", "how often one looks at his place in the line", &b.Poll),
			span("patience", "how long one waits in the line", &b.Patience),
		}},
		{"search", "what people search", []string{"search", "mixed"}, []member{
			list("words", "each is searched by itself, by place, by genre, and page by page", &s.Words),
		}},
		{"mix", "parts of each kind of request", []string{"mixed"}, []member{
			count("view", "look at an event", &s.Mix.View, 0, 1000),
			count("search", "search", &s.Mix.Search, 0, 1000),
			count("hold", "hold a ticket", &s.Mix.Hold, 0, 1000),
			count("book", "buy a ticket in one call", &s.Mix.Book, 0, 1000),
		}},
		{"live", "who listens", []string{"live"}, s.Live.members()},
		{"", "", nil, []member{
			list("thresholds", "what must hold, or the exit code is 99: \"book p99 < 300ms\", \"* failed < 1%\"",
				&s.Thresholds),
			list("faults", "commands that run at a time: \"20s kill -9 123\"", &s.Faults),
		}},
	}
}

// members are those of the group live.
func (v *Live) members() []member {
	return []member{
		count("sockets", "that watch the seats of an event", &v.Sockets, 0, 1_000_000),
		count("places", "that watch a place in the line", &v.Places, 0, 1_000_000),
		number("frozen", "share of them that never read", &v.Frozen, 0, 1),
		count("first", "they begin at so many of the servers, and use the others when those are gone; 0: at all",
			&v.First, 0, 1000),
	}
}

// members are those of the group load.
func (l *Load) members() []member {
	return []member{
		oneOf("model", "open: arrivals by the schedule; closed: users in loops", &l.Model, "open", "closed"),
		oneOf("schedule", "of an open model", &l.Schedule, "constant", "ramp", "spike", "onsale", "stages"),
		number("rate", "arrivals a second: all the time, at the ramp's end, beside the spike", &l.Rate, 0, 1e6),
		number("peak", "arrivals a second in the spike, which is the middle fifth", &l.Peak, 0, 1e6),
		count("buyers", "how many come by the on-sale curve", &l.Buyers, 1, 10_000_000),
		span("duration", "how long people come", &l.Duration),
		span("opens", "on-sale curve: when the doors open; a third comes before", &l.Opens),
		list("stages", "schedule stages: \"10s 0 500\" is ten seconds from 0 to 500 arrivals a second", &l.Stages),
		oneOf("arrivals", "at even distances, or by chance", &l.Arrivals, "even", "poisson"),
		span("warmup", "of the duration: who comes in it is not counted", &l.Warmup),
		span("drain", "how long people may stay when no more come", &l.Drain),
		count("users", "open: most at once, more are dropped; closed: so many", &l.Users, 1, 10_000_000),
		count("connections", "to each server, from each process", &l.Connections, 1, 50_000),
		count("clients", "on this machine: the connections come from so many of its addresses; 0: from one",
			&l.Clients, 0, 50_000),
		span("timeout", "of one request", &l.Timeout),
		count("retries", "of one request, after no answer, a 429 or a 503", &l.Retries, 0, 100),
		oneOf("manners", "of retries: after the time that the server asks for, and few in all; or at once, and all",
			&l.Manners, "polite", "rude"),
		oneOf("useful", "count the answers that are no refusals for load, as a span of their own, useful",
			&l.Useful, "no", "yes"),
		span("late", "a request that is sent so long after its plan is late", &l.Late),
		count("processes", "that make the load; each has one core's worth", &l.Processes, 1, 64),
	}
}

// find gives a member by its full name, load.rate.
func (s *Script) find(name string) (member, bool) {
	for _, g := range s.table() {
		for _, m := range g.members {
			if full(g.name, m.name) == name {
				return m, true
			}
		}
	}
	return member{}, false
}

// full is a member's name with its group's.
func full(group, name string) string {
	if group == "" {
		return name
	}
	return group + "." + name
}

// Set sets one member by its full name, load.rate. A list takes its items with commas
// between them, and none where value is empty.
func (s *Script) Set(name, value string) error {
	m, ok := s.find(name)
	if !ok {
		return fmt.Errorf("%s: there is no such member", name)
	}
	if m.add == nil {
		return m.named(name, m.set(value))
	}
	m.wipe()
	if value == "" {
		return nil
	}
	for item := range strings.SplitSeq(value, ",") {
		if err := m.add(strings.TrimSpace(item)); err != nil {
			return m.named(name, err)
		}
	}
	return nil
}

// Add adds an item to a list.
func (s *Script) Add(name, item string) error {
	m, ok := s.find(name)
	if !ok || m.add == nil {
		return fmt.Errorf("%s: there is no such list", name)
	}
	return m.named(name, m.add(item))
}

func (m member) named(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// text is any text.
func text(name, help string, to *string) member {
	return member{name: name, help: help,
		set: func(t string) error { *to = t; return nil },
		get: func() []string { return []string{strconv.Quote(*to)} },
	}
}

// oneOf is one of some words.
func oneOf(name, help string, to *string, words ...string) member {
	return member{name: name, help: help + ": " + strings.Join(words, ", "),
		set: func(t string) error {
			if !slices.Contains(words, t) {
				return fmt.Errorf("%q is none of %s", t, strings.Join(words, ", "))
			}
			*to = t
			return nil
		},
		get: func() []string { return []string{*to} },
	}
}

// number is a number with bounds.
func number(name, help string, to *float64, low, high float64) member {
	return member{name: name, help: help,
		set: func(t string) error {
			n, err := strconv.ParseFloat(t, 64)
			if err != nil || math.IsNaN(n) || n < low || n > high {
				return fmt.Errorf("%q is not a number from %g to %.0f", t, low, high)
			}
			*to = n
			return nil
		},
		get: func() []string { return []string{strconv.FormatFloat(*to, 'f', -1, 64)} },
	}
}

// count is a whole number with bounds. It may be written with underscores.
func count(name, help string, to *int, low, high int) member {
	return member{name: name, help: help,
		set: func(t string) error {
			n, err := strconv.Atoi(strings.ReplaceAll(t, "_", ""))
			if err != nil || n < low || n > high {
				return fmt.Errorf("%q is not a whole number from %d to %d", t, low, high)
			}
			*to = n
			return nil
		},
		get: func() []string { return []string{strconv.Itoa(*to)} },
	}
}

// whole is any whole number from 0.
func whole(name, help string, to *uint64) member {
	return member{name: name, help: help,
		set: func(t string) error {
			n, err := strconv.ParseUint(t, 10, 64)
			if err != nil {
				return fmt.Errorf("%q is not a whole number", t)
			}
			*to = n
			return nil
		},
		get: func() []string { return []string{strconv.FormatUint(*to, 10)} },
	}
}

// span is a time, at most a day.
func span(name, help string, to *time.Duration) member {
	return member{name: name, help: help,
		set: func(t string) error {
			d, err := time.ParseDuration(t)
			if err != nil || d < 0 || d > 24*time.Hour {
				return fmt.Errorf("%q is not a time from 0s to 24h", t)
			}
			*to = d
			return nil
		},
		get: func() []string { return []string{to.String()} },
	}
}

// list is a list of texts.
func list(name, help string, to *[]string) member {
	return member{name: name, help: help,
		wipe: func() { *to = nil },
		add:  func(t string) error { *to = append(*to, t); return nil },
		get: func() []string {
			var all []string
			for _, t := range *to {
				all = append(all, strconv.Quote(t))
			}
			return all
		},
	}
}
