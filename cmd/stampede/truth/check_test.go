package truth

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// crowd is a sale with everything in it.
type crowd struct {
	*world
	held, booked, direct, refusal, declined, expired, released, cancelled *Observation
	first, second, third, fourth                                          *Observation // places
}

func hold(o *Observation) string { return parse(o).ID }

// newCrowd lets it happen.
func newCrowd(t *testing.T) *crowd {
	c := &crowd{world: newWorld(t)}
	c.first, c.second, c.third, c.fourth = c.join("q1"), c.join("q2"), c.join("q3"), c.join("q4")
	c.look(hold(c.fourth))
	c.leave(hold(c.first))
	c.look(hold(c.third))
	c.look(hold(c.fourth))
	c.expired = c.place("ann", "A-1", "A-2")
	c.expire(hold(c.expired))
	c.held = c.place("bob", "A-1", "A-2")
	c.refusal = c.place("cat", "A-2", "A-3")
	c.declined = c.pay("bob", hold(c.held), true, nil)
	c.booked = c.book("bob", hold(c.held))
	c.direct = c.book("dan", "", "A-3")
	c.released = c.place("eve", "A-4")
	c.release("eve", hold(c.released))
	c.cancelled = c.book("eve", "", "A-4")
	c.cancel("eve", hold(c.cancelled))
	c.book("fay", "", "A-4", "A-5")
	c.place("gus", "A-6")
	return c
}

// TestTruth wants a sale in which everything is right to be judged right, with
// something looked at for each property.
func TestTruth(t *testing.T) {
	v := newCrowd(t).check(func(c *Config) { c.Resend = 10 })
	for _, f := range v.Findings {
		if f.Checked == 0 || f.Skipped != "" {
			t.Errorf("%s: %d checked, %s", f.Property, f.Checked, f.Skipped)
		}
	}
	if !v.Holds || len(v.Violations) > 0 {
		var b strings.Builder
		_ = v.WriteText(&b)
		t.Errorf("it is not true:\n%s", b.String())
	}
}

// drop takes the records of a hold or booking out of the history, as if they had never
// been, and lets the others move up.
func (w *world) drop(id string) {
	var left []map[string]any
	for _, r := range w.records {
		if r["holdId"] != id && r["bookingId"] != id {
			left = append(left, r)
		}
	}
	w.records = left
	for i, r := range w.records {
		r["version"] = i + 1
	}
}

// plants are the violations: each changes one thing of a right sale. proof are texts of
// which each must be in the proof.
var plants = []struct {
	name     string
	property Property
	plant    func(c *crowd)
	says     string
	proof    []string
}{
	{"two bookings in the history", OneOwner, func(c *crowd) {
		c.record("payment-started", "bookingId", "evil", "ticketIds", []string{"A-3"}, "user", "mal", "total", 100)
		c.record("confirmed", "bookingId", "evil")
	}, "ticket A-3 went to booking evil while booking",
		[]string{"user dan tickets A-3", "booking evil", "answer   201 to book"}},
	{"two answers for one ticket", OneOwner, func(c *crowd) {
		o := c.ask(Observation{Op: Book, User: "mal", Key: "kx", Tickets: []string{"A-3"}}, func() (int, string) {
			return 201, c.doc("evil", []string{"A-3"}, `"status":"confirmed"`)
		})
		o.RequestID = "the-second"
	}, "ticket A-3 was sold twice", []string{"request id the-second", "user dan", "answered"}},
	{"a lost booking", Kept, func(c *crowd) { c.drop(hold(c.direct)) }, "was granted, and the history has none",
		[]string{"201 to book tickets A-3 user dan"}},
	{"a lost hold", Kept, func(c *crowd) { c.drop(hold(c.released)) }, "was granted, and the history has none", nil},
	{"a booking that cannot be read", Kept, func(c *crowd) { delete(c.kept, "/bookings/ev-1/"+hold(c.direct)) },
		"now its status is 404", []string{"read     GET /bookings/ev-1/"}},
	{"a booking of another price", Kept, func(c *crowd) {
		c.kept["/bookings/ev-1/"+hold(c.direct)] = strings.Replace(c.kept["/bookings/ev-1/"+hold(c.direct)],
			`"amount":100`, `"amount":7`, 1)
	}, "total 100 is now 7", nil},
	{"a booking of another user", Kept, func(c *crowd) { c.find("payment-started", 2)["user"] = "mal" },
		`is of user "dan", the history says "mal"`, nil},
	{"a booking cancelled by nobody", Kept, func(c *crowd) { c.record("cancelled", "bookingId", hold(c.direct)) },
		"nobody had asked for it", nil},
	{"a charge without a booking", Paid, func(c *crowd) { c.find("confirmed", 1)["type"] = "declined" },
		"the buyer was charged and has no booking", []string{"ledger   line", "captured payment", "declined",
			"answer   201 to book", "request id"}},
	{"a booking without a charge", Paid, func(c *crowd) { c.ledger = c.ledger[:len(c.ledger)-1] },
		"has the tickets and was never charged", []string{"authorised"}},
	{"charged twice", Paid, func(c *crowd) {
		c.money("captured", hold(c.direct), 100)
		c.ledger[len(c.ledger)-1]["key"] = "another"
	}, "captured twice", nil},
	{"charged too much", Paid, func(c *crowd) {
		for _, m := range c.ledger {
			if m["booking"] == hold(c.direct) {
				m["amount"] = 10000
			}
		}
	}, "charged 10000, the booking costs 100", nil},
	{"cancelled and not paid back", Paid, func(c *crowd) {
		for i, m := range c.ledger {
			if m["effect"] == "refunded" {
				c.ledger = append(c.ledger[:i], c.ledger[i+1:]...)
				return
			}
		}
	}, "cancelled and not paid back", nil},
	{"money for a booking that never was", Paid, func(c *crowd) { c.money("authorised", "ghost", 100) },
		"money was taken for booking ghost", nil},
	{"a key twice in the ledger", Paid, func(c *crowd) { c.money("voided", "x", 1); c.money("voided", "x", 1) },
		"the ledger has key voidedx", nil},
	{"half a booking", AllOrNothing, func(c *crowd) {
		c.direct.Tickets = []string{"A-3", "A-9"}
	}, "asked for A-3,A-9, got A-3", nil},
	{"a hold with fewer tickets than told", AllOrNothing, func(c *crowd) {
		c.find("hold-placed",
			0)["ticketIds"] = []string{"A-1"}
	},
		"was told to have A-1,A-2, the history says A-1", nil},
	{"a refusal that names a free ticket", AllOrNothing, func(c *crowd) {
		c.refusal.Body = []byte(strings.Replace(string(c.refusal.Body), `["A-2"]`, `["A-2","A-3"]`, 1))
	}, "names ticket A-3, which was nobody's", []string{"409 to hold tickets A-2,A-3 user cat"}},
	{"a refusal that names too few", AllOrNothing, func(c *crowd) {
		c.refusal.Body = []byte(strings.Replace(string(c.refusal.Body), `["A-2"]`, `[]`, 1))
	}, "does not name ticket A-2, which hold", []string{"hold-placed"}},
	{"a hold that ends early", HoldsEnd, func(c *crowd) {
		c.find("hold-placed", 0)["expiresAt"] = "2027-01-01T00:01:00.000Z"
		c.expired.Body = []byte(strings.Replace(string(c.expired.Body), hold(c.expired), hold(c.expired), 1))
	}, "before its time", []string{"hold-placed", "hold-ended", "expired"}},
	{"a hold that ends late", HoldsEnd, func(c *crowd) {
		c.find("hold-placed", 0)["expiresAt"] = "2027-01-01T00:00:01.000Z"
	}, "after its time", nil},
	{"a hold that does not end", HoldsEnd, func(c *crowd) { c.now += int64(time.Minute) }, "has not ended", nil},
	{"a hold called expired", HoldsEnd, func(c *crowd) {
		id := hold(c.place("hal", "A-7"))
		c.ask(Observation{Op: ReadHold, ID: id}, func() (int, string) { return 410, `{"code":"hold-expired"}` })
		c.place("ida", "A-8")
	}, "was called expired", []string{"410 to read-hold"}},
	{"somebody is let in too many", InLine, func(c *crowd) { c.record("places-admitted", "count", 1) },
		"2 may shop at a time, and now 3 do", nil},
	{"a wrong position", InLine, func(c *crowd) {
		c.fourth.Body = []byte(strings.Replace(string(c.fourth.Body), `"position":2`, `"position":1`, 1))
	}, "was told to be at 1, and was at 2", []string{"201 to join"}},
	{"a position that grows", InLine, func(c *crowd) {
		o := c.look(hold(c.fourth))
		o.Version = 0
		o.Body = []byte(strings.Replace(string(o.Body), `"position":1`, `"position":5`, 1))
	}, "went back from 1 to 5", nil},
	{"waiting, and let in long ago", InLine, func(c *crowd) {
		o := c.look(hold(c.third))
		o.Body = []byte(strings.Replace(string(o.Body), "admitted", "waiting", 1))
	}, `is waiting, and was "admitted"`, []string{"places-admitted"}},
	{"who came later stands before", InLine, func(c *crowd) {
		a, b := c.find("place-taken", 2), c.find("place-taken", 3)
		a["token"], b["token"] = b["token"], a["token"]
	}, "had been given before it was asked for", nil},
	{"two answers to one key", OneEffect, func(c *crowd) {
		o := *c.direct
		o.Sent, o.Received = c.now, c.now+1
		o.Body = []byte(strings.Replace(string(o.Body), hold(c.direct), "evil", 1))
		c.obs = append(c.obs, &o)
	}, "has two answers: id", []string{"key k"}},
	{"an effect without a request", OneEffect, func(c *crowd) {
		c.record("hold-placed", "holdId", "evil", "user", "dan", "ticketIds", []string{"A-12"},
			"expiresAt", "2027-01-01T01:00:00.000Z")
		c.status["A-12"] = "held"
	}, "hold evil is in the history, and no answer names it", nil},
	{"a key sent again", OneEffect, func(c *crowd) {
		c.posted[c.direct.Key] = `409 {"code":"tickets-unavailable","ticketIds":["A-3"]}`
	}, "was answered with 201, and now with 409", []string{"again    409"}},
	{"a ticket sold twice, by the answers alone", Linearizable, func(c *crowd) {
		c.ask(Observation{Op: Book, User: "mal", Key: "kx", Tickets: []string{"A-3"}}, func() (int, string) {
			return 201, c.doc("evil", []string{"A-3"}, `"status":"confirmed"`)
		})
	}, "about tickets A-1,A-2,A-3 have no order", []string{"there is no place for", "key kx"}},
	{"a refusal after the ticket was free again", Linearizable, func(c *crowd) {
		h := c.place("hal", "A-8")
		c.release("hal", hold(h))
		c.ask(Observation{Op: Hold, User: "ida", Key: "kx", Tickets: []string{"A-8"}}, func() (int, string) {
			return c.refuse([]string{"A-8"})
		})
	}, "about tickets A-8 have no order", []string{"release", "409 to hold tickets A-8 user ida"}},
	{"a version that goes back", InOrder, func(c *crowd) { c.direct.Version = 3 },
		"a later request was answered with version 3", []string{"request id"}},
	{"an effect before its request", InOrder, func(c *crowd) {
		c.direct.Sent = c.now + 1e9
		c.direct.Received = c.direct.Sent + 1
		c.direct.Version = uint64(len(c.records))
	}, "a later request has its effect in version", []string{"payment-started"}},
	{"a version that never was", InOrder, func(c *crowd) { c.obs[len(c.obs)-1].Version = 999 }, "version 999 was told",
		nil},
	{"a seat map that lies", AddsUp, func(c *crowd) { c.status["A-3"] = "available" },
		"ticket A-3 is available at version", []string{"confirmed booking"}},
	{"a seat map that sells air", AddsUp, func(c *crowd) { c.status["A-20"] = "booked" },
		"the history that it is available", []string{"nobody had ticket A-20"}},
	{"a hole in the history", AddsUp, func(c *crowd) {
		for _, r := range c.records[20:] {
			r["version"] = r["version"].(int) + 1
		}
	}, "follows version", nil},
	{"time that goes back", AddsUp, func(c *crowd) { c.records[5]["at"] = "2026-01-01T00:00:00.000Z" },
		"is before that of", nil},
	{"counts that do not add up", AddsUp, func(c *crowd) {
		c.counts = func() availability { return availability{20, 1, 1, 1} }
	}, "the counts do not add up", nil},
	{"counts that never come", AddsUp, func(c *crowd) {
		c.counts = func() availability { return availability{20, 20, 0, 0} }
	}, "the counts are", nil},
}

// TestPlanted wants each planted violation to be found, under its property, with a
// sentence and a proof that name what it is about.
func TestPlanted(t *testing.T) {
	for _, p := range plants {
		t.Run(p.name, func(t *testing.T) {
			c := newCrowd(t)
			p.plant(c)
			v := c.check(func(c *Config) { c.Resend = 100 })
			var all strings.Builder
			for i := range v.Violations {
				x := &v.Violations[i]
				fmt.Fprintln(&all, x)
				if x.Property != p.property || !strings.Contains(x.Says, p.says) {
					continue
				}
				proof := strings.Join(x.Proof, "\n")
				for _, want := range p.proof {
					if !strings.Contains(proof, want) {
						t.Errorf("the proof does not say %q:\n%s", want, x)
					}
				}
				return
			}
			t.Errorf("not found: %s %q. Found:\n%s", p.property, p.says, all.String())
		})
	}
}

// TestUnknown wants an answer that never came to be taken for what it is: the request
// may have had its effect or not. Each sale is right.
func TestUnknown(t *testing.T) {
	lose := func(o *Observation) { o.Status, o.Body, o.Version, o.RequestID = 0, nil, 0, "" }
	repeat := func(c *crowd, o *Observation) {
		again := *o
		again.Sent, again.Received, again.Replayed = c.now, c.now+1000, true
		c.obs = append(c.obs, &again)
		lose(o)
	}
	known := map[string]bool{"it was sent again": true, "a hold was sent again": true, "a refusal was too": true,
		"a decline was too": true, "no connection": true}
	for name, plant := range map[string]func(c *crowd){
		"it happened":        func(c *crowd) { lose(c.direct) },
		"a hold happened":    func(c *crowd) { lose(c.obs[len(c.obs)-1]) },
		"a release happened": func(c *crowd) { lose(c.release("hal", hold(c.place("hal", "A-9")))) },
		"a cancel happened":  func(c *crowd) { lose(c.cancel("fay", hold(c.book("fay", "", "A-9")))) },
		"it did not": func(c *crowd) {
			lose(c.ask(Observation{Op: Book, Key: "k", Tickets: []string{"A-9"}},
				nothing))
		},
		"it did not, of a ticket that another had": func(c *crowd) {
			lose(c.ask(Observation{Op: Book, Key: "k", Tickets: []string{"A-3"}}, nothing))
		},
		"a release did not": func(c *crowd) {
			lose(c.ask(Observation{Op: Release, ID: hold(c.place("hal", "A-9"))},
				nothing))
		},
		"it was sent again":      func(c *crowd) { repeat(c, c.direct) },
		"a hold was sent again":  func(c *crowd) { repeat(c, c.held) },
		"a refusal was too":      func(c *crowd) { repeat(c, c.refusal) },
		"a decline was too":      func(c *crowd) { repeat(c, c.declined) },
		"the server did not say": func(c *crowd) { unsaid(c.direct, "outcome-unknown") },
		"it was in flight":       func(c *crowd) { unsaid(c.direct, "idempotency-in-flight") },
		"a proxy had enough":     func(c *crowd) { c.direct.Status, c.direct.Body = 502, []byte("<html>") },
		"no connection": func(c *crowd) {
			lose(c.ask(Observation{Op: Book, Key: "k", Tickets: []string{"A-9"}, Unsent: true}, nothing))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCrowd(t)
			plant(c)
			v := c.check()
			if !v.Holds || (v.Unknown == 0) != known[name] {
				var b strings.Builder
				_ = v.WriteText(&b)
				t.Errorf("it is right, %d are unknown, and the verdict says:\n%s", v.Unknown, b.String())
			}
		})
	}
}

func nothing() (int, string) { return 0, "" }

func unsaid(o *Observation, code string) {
	o.Status, o.Body = 503, fmt.Appendf(nil, `{"status":503,"code":%q,"executed":"unknown"}`, code)
}

// TestUnknownHidesNothing wants one request of unknown outcome to explain one effect,
// not two.
func TestUnknownHidesNothing(t *testing.T) {
	c := newCrowd(t)
	o := c.place("hal", "A-9")
	o.Status, o.Body, o.Version = 0, nil, 0
	if v := c.check(); !v.Holds {
		t.Fatalf("one effect of one request: %v", v.Violations)
	}
	c.record("hold-placed", "holdId", "evil", "user", "hal", "ticketIds", []string{"A-12"}, "total", 100,
		"expiresAt", "2027-01-01T01:00:00.000Z")
	c.status["A-12"] = "held"
	if v := c.check(); v.finding(OneEffect).Violations != 1 {
		t.Errorf("two effects of one request: %+v", v)
	}
}

// TestAskAgain wants an answer that never came to be asked for, and to count then.
func TestAskAgain(t *testing.T) {
	c := newCrowd(t)
	c.direct.Status, c.direct.Body, c.direct.Version = 0, nil, 0
	c.drop(hold(c.booked)) // something that is wrong, and is found all the same
	c.posted[c.direct.Key] = `201 ` + c.doc("lost", []string{"A-3"}, `"status":"confirmed"`)
	v := c.check(func(c *Config) { c.Resend = 1 })
	if v.Settled != 1 || v.Unknown != 0 {
		t.Errorf("%d asked again, %d unknown", v.Settled, v.Unknown)
	}
	if !strings.Contains(fmt.Sprint(v.Violations), "booking lost was granted, and the history has none") {
		t.Errorf("got %v", v.Violations)
	}
}

// TestDraw wants the order of a draw to be the one that its seed makes, and the seed the
// one that was committed to.
func TestDraw(t *testing.T) {
	seed, commitment := strings.Repeat("00", 32), "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"
	for _, x := range []struct{ commitment, says string }{
		{commitment, ""}, {strings.Repeat("11", 32), "is not the one that was committed to"},
	} {
		w := newWorld(t)
		w.record("queue-opened", "draw", map[string]any{"commitment": x.commitment, "seed": seed})
		for i := range 4 {
			w.record("place-taken", "token", fmt.Sprint("q", i))
		}
		w.record("queue-drawn")
		w.record("places-admitted", "count", 1)
		w.ask(Observation{Op: ReadPlace, ID: "q0"}, func() (int, string) {
			return 200,
				`{"token":"q0","state":"waiting"}`
		})
		v := w.check()
		if got := fmt.Sprint(v.Violations); x.says == "" && !v.Holds || !strings.Contains(got, x.says) {
			t.Errorf("commitment %s: %s", x.commitment, got)
		}
	}
}

// TestShared wants what others did to be no violation where others sell too.
func TestShared(t *testing.T) {
	c := newCrowd(t)
	id := hold(c.place("hal", "A-9"))
	c.release("hal", id)
	c.obs = c.obs[:len(c.obs)-2]
	c.book("hal", "", "A-10")
	c.obs = c.obs[:len(c.obs)-1]
	if v := c.check(func(c *Config) { c.Shared = true }); !v.Holds {
		t.Errorf("got %v", v.Violations)
	}
	if v := c.check(); v.Holds {
		t.Error("nobody else was there, and nothing was found")
	}
}

// TestHolds wants a pause of the server to move the end of a hold.
func TestHolds(t *testing.T) {
	c := newCrowd(t)
	h := hold(c.place("hal", "A-9"))
	c.now += int64(9 * time.Second)
	c.record("resumed", "gapMilliseconds", 5000)
	c.now += int64(4 * time.Second)
	c.ask(Observation{Op: ReadHold, ID: h}, func() (int, string) {
		return 200, c.doc(h, []string{"A-9"}, `"expiresAt":"2027-01-01T00:01:00.000Z"`)
	})
	c.record("hold-ended", "holdId", h, "expired", true)
	c.status["A-9"] = "available"
	if v := c.check(); v.finding(HoldsEnd).Violations != 1 || !strings.Contains(fmt.Sprint(v.Violations),
		"before its time") {
		t.Errorf("got %v", v.Violations)
	}
}
