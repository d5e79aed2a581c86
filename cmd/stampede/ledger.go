package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"boxoffice/cmd/stampede/shop"

	"boxoffice/cmd/stampede/wire"
)

// entry is one line of a ledger.
type entry struct {
	Line    string   `json:"line"` // event, call or answer
	Event   string   `json:"event,omitempty"`
	Seats   int      `json:"seats,omitempty"` // event: how many it has
	Call    string   `json:"call,omitempty"`  // joins a call with its answer: the key, or the path of a release
	At      int64    `json:"at"`              // nanoseconds since the run began, on the monotonic clock
	Kind    kind     `json:"kind,omitempty"`
	Method  string   `json:"method,omitempty"`
	Path    string   `json:"path,omitempty"`
	User    string   `json:"user,omitempty"`
	Body    string   `json:"body,omitempty"` // of the call, or of the answer
	Tickets []string `json:"tickets,omitempty"`
	Hold    string   `json:"hold,omitempty"`
	Status  int      `json:"status,omitempty"`
	Doubt   bool     `json:"doubt,omitempty"` // an earlier try may have had the effect
}

// ledger is the crowd's own synced record of what it asked and what it was told.
// It is safe for concurrent use. A nil ledger keeps nothing.
type ledger struct{ file *groupFile }

// createLedger makes a new ledger. It does not write over an old one.
func createLedger(name string) (*ledger, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	return &ledger{newGroupFile(f)}, nil
}

// event writes an event that the crowd made.
func (l *ledger) event(h *shop.House) error {
	return l.write(entry{Line: "event", Event: h.ID, Seats: h.Seats}, true)
}

// call writes that a request goes out. It does not wait for the disk: the answer
// will, and lines are in order.
func (l *ledger) call(d *deed) error {
	return l.write(entry{
		Line: "call", Call: d.call(), At: int64(d.began), Event: d.event,
		Kind: d.kind, Method: d.request.Method, Path: d.request.Path, User: d.request.User,
		Body: string(d.request.Body), Tickets: d.tickets, Hold: d.hold,
	}, false)
}

// answer writes what a call was told, and returns when it is synced.
func (l *ledger) answer(d *deed) error {
	return l.write(entry{
		Line: "answer", Call: d.call(), At: int64(d.ended), Status: d.status, Body: string(d.answer),
		Doubt: d.doubt,
	}, true)
}

// call is the name that joins a call with its answer.
func (d *deed) call() string {
	if d.request.Key != "" {
		return d.request.Key
	}
	return d.request.Method + " " + d.request.Path
}

// write appends one line.
func (l *ledger) write(e entry, wait bool) error {
	if l == nil {
		return nil
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return l.file.append(append(line, '\n'), wait)
}

// close syncs what is left and closes the file.
func (l *ledger) close() error {
	if l == nil {
		return nil
	}
	return l.file.close()
}

// readLedger gives the events of a ledger and its deeds: those that were granted,
// and those whose outcome is not known. A last line that is cut is left out: the
// crowd itself was stopped while it wrote.
func readLedger(r io.Reader) ([]*shop.House, []*deed, error) {
	var houses []*shop.House
	var order []string
	calls := map[string]*deed{}
	in := bufio.NewReader(r)
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, nil, fmt.Errorf("line %d: %w", number, err)
		}
		switch d := calls[e.Call]; {
		case e.Line == "event":
			houses = append(houses, &shop.House{ID: e.Event, Seats: e.Seats})
		case e.Line == "call":
			order = append(order, e.Call)
			calls[e.Call] = e.deed()
		case e.Line == "answer" && d != nil:
			d.status, d.answer, d.ended, d.doubt = e.Status, []byte(e.Body), time.Duration(e.At), e.Doubt
		default:
			return nil, nil, fmt.Errorf("line %d: %q of a call that is not there", number, e.Line)
		}
	}
	var deeds []*deed
	for _, name := range order {
		if d := calls[name]; d.granted() || d.status == 0 {
			deeds = append(deeds, d)
		}
	}
	return houses, deeds, nil
}

// deed makes the deed of a call's line.
func (e *entry) deed() *deed {
	d := &deed{
		kind: e.Kind, request: wire.Request{Method: e.Method, Path: e.Path, User: e.User},
		event: e.Event, tickets: e.Tickets, hold: e.Hold, began: time.Duration(e.At),
	}
	if e.Method == "POST" {
		d.request.Key, d.request.Body = e.Call, []byte(e.Body)
	}
	return d
}
