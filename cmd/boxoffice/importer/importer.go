package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"boxoffice/actors/sale/catalog"
)

// Options say how events are converted. The zero Options are not useful: Seats
// and Now must be set.
type Options struct {
	// Seats is how many tickets an event gets that comes without an inventory:
	// 1 to MaxSeats.
	Seats int
	// OnSaleNow makes everything sellable: sale starts are left out, and what is
	// over, or will be within a day, moves forward by whole years.
	OnSaleNow bool
	// Now is the time of the import. The same Now gives the same events.
	Now time.Time
	// Plan is what seating plans lack.
	Plan PlanOptions
}

// MaxSeats bounds Options.Seats.
const MaxSeats = 100_000

// PlanOptions say what a seating plan does not: its event. All may be left out.
type PlanOptions struct {
	Event    string            // id; "": made of the plan's name
	Title    string            // "": the plan's name
	StartsAt catalog.Time      // 0: 20:00 UTC on 1 June of the year after Now
	Currency string            // ISO 4217; "": EUR
	Prices   map[string]string // category -> amount in major units, as in "95.00"
}

// Item is one event of a file: ready to be sent, or refused.
type Item struct {
	File string
	Line int    // where the event begins, from 1
	ID   string // "" where it could not be read
	// JSON is the native form on one line, with its line end. It is valid until the
	// function that got the Item returns; nil where the event is refused.
	JSON    []byte
	Mended  Mends    // what was wrong and put right
	Refused *Refusal // why the event cannot be sold
}

// Refusal is why an event is not imported.
type Refusal struct {
	Reason string // a short word, to count by
	Detail string // a sentence for the person who mends the file
}

// The reasons of refusals that need no server.
const (
	Malformed     = "malformed"      // no JSON, or a member of the wrong type
	NotRecognised = "not-recognised" // JSON of none of the known forms
	BadID         = "bad-id"         // not 1 to 64 of A-Z a-z 0-9 _ -
	NoTitle       = "no-title"
	NoDate        = "no-date"  // no start date at all
	BadDate       = "bad-date" // a date that cannot be read, or a placeholder
	TestEvent     = "test-event"
	BadPlan       = "bad-plan" // a seating plan that contradicts itself
	Invalid       = "invalid"  // the native form breaks a rule of the catalog
)

// Importer converts files. It is not safe for concurrent use.
type Importer struct {
	o     Options
	zones map[string]*time.Location
	buf   bytes.Buffer
	enc   *json.Encoder
}

// New is an Importer; o is as Options says.
func New(o Options) (*Importer, error) {
	if o.Seats < 1 || o.Seats > MaxSeats {
		return nil, fmt.Errorf("%d seats: 1 to %d are allowed", o.Seats, MaxSeats)
	}
	if o.Plan.Currency != "" && !knownCurrency(o.Plan.Currency) {
		return nil, fmt.Errorf("currency %q: a code of ISO 4217 is needed, such as EUR", o.Plan.Currency)
	}
	if _, err := o.Plan.amounts(); err != nil {
		return nil, err
	}
	im := &Importer{o: o, zones: make(map[string]*time.Location)}
	im.enc = json.NewEncoder(&im.buf)
	im.enc.SetEscapeHTML(false)
	return im, nil
}

// Read converts one file and gives every event in it to yield, in order. It ends
// early where yield or r gives an error, and returns that error: what is wrong
// with an event is an Item, not an error.
func (im *Importer) Read(name string, r io.Reader, yield func(Item) error) error {
	s := newSplitter(r)
	for {
		raw, line, err := s.next()
		if err == io.EOF {
			return nil
		}
		bad, isSyntax := errors.AsType[*syntaxError](err)
		switch {
		case isSyntax:
			err = yield(Item{File: name, Line: line, Refused: &Refusal{Malformed, bad.text}})
		case err == nil:
			err = im.value(name, line, raw, yield)
		default:
			err = fmt.Errorf("read %s: %w", name, err)
		}
		if err != nil {
			return err
		}
	}
}

// value converts one JSON value: an event of any form, or a page of them.
func (im *Importer) value(name string, line int, raw []byte, yield func(Item) error) error {
	form, events := recognise(raw)
	if form != page {
		return yield(im.convert(form, name, line, raw))
	}
	counted := 0
	err := eachElement(raw, events, func(element []byte, at int) error {
		line += bytes.Count(raw[counted:at], newline)
		counted = at
		form, _ := recognise(element)
		if form == native || form == unknown {
			form = discovery // what stands in a page is an event of its kind
		}
		return yield(im.convert(form, name, line, element))
	})
	if bad, ok := errors.AsType[*syntaxError](err); ok {
		return yield(Item{File: name, Line: line, Refused: &Refusal{Malformed, bad.text}})
	}
	return err
}

// convert makes an Item of one event.
func (im *Importer) convert(form form, name string, line int, raw []byte) Item {
	item := Item{File: name, Line: line}
	var event catalog.Event
	switch form {
	case discovery:
		event, item.Mended, item.Refused = im.discovery(raw)
	case plan:
		event, item.Mended, item.Refused = im.plan(raw)
	case native:
		return im.native(item, raw)
	default:
		item.Refused = unrecognised(raw)
	}
	item.ID = event.ID
	if item.Refused != nil {
		return item
	}
	if item.Refused = check(&event); item.Refused != nil {
		return item
	}
	im.buf.Reset()
	if err := im.enc.Encode(&event); err != nil {
		item.Refused = &Refusal{Malformed, err.Error()}
		return item
	}
	item.JSON = im.buf.Bytes()
	return item
}

// unrecognised says why a value has no form.
func unrecognised(raw []byte) *Refusal {
	if !json.Valid(raw) {
		return &Refusal{Malformed, "not JSON"}
	}
	return &Refusal{NotRecognised, "neither a native event, nor a Discovery event or page, nor a seating plan"}
}
