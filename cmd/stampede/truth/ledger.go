package truth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// ledger is the file of the sandbox payment provider: a line of JSON for each thing
// that happened to money.
type ledger struct {
	name  string
	at    int64 // bytes that were read
	lines int
	money map[string]*money // booking → what happened
	keys  map[string]int    // key → line
	twice []string          // keys that stand there twice, with their lines
}

// money is what happened to the payment of one booking.
type money struct {
	event      string
	authorised *payment
	declined   *payment
	captured   *payment
	voided     *payment
	refunded   *payment
	again      []*payment // a second one of a kind
}

// payment is one line.
type payment struct {
	At      string `json:"at"`
	Effect  string `json:"effect"`
	Key     string `json:"key"`
	Payment string `json:"payment"`
	Event   string `json:"event"`
	Booking string `json:"booking"`
	Amount  int64  `json:"amount"`
	line    int
}

// String is the line as a part of a proof.
func (p *payment) String() string {
	return fmt.Sprintf("ledger   line %d  %s  %s payment %s booking %s amount %d", p.line, p.At, p.Effect, p.Payment,
		p.Booking, p.Amount)
}

// read reads what was written since. A last line without its end is left for the next
// time.
func (l *ledger) read() error {
	if l.money == nil {
		l.money, l.keys = map[string]*money{}, map[string]int{}
	}
	f, err := os.Open(l.name)
	if err != nil {
		return err
	}
	defer f.Close() // it was only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	b := make([]byte, max(0, info.Size()-l.at))
	n, err := f.ReadAt(b, l.at)
	if n < len(b) && err != nil {
		return err
	}
	for {
		line, rest, whole := bytes.Cut(b, []byte{'\n'})
		if !whole {
			return nil
		}
		b, l.at, l.lines = rest, l.at+int64(len(line))+1, l.lines+1
		p := &payment{line: l.lines}
		if err := json.Unmarshal(line, p); err != nil {
			return fmt.Errorf("%s, line %d: %w", l.name, l.lines, err)
		}
		l.add(p)
	}
}

// add takes in a line.
func (l *ledger) add(p *payment) {
	if first, known := l.keys[p.Key]; known && p.Key != "" {
		l.twice = append(l.twice, fmt.Sprintf("key %s in lines %d and %d", p.Key, first, p.line))
	}
	l.keys[p.Key] = p.line
	m := l.money[p.Booking]
	if m == nil {
		m = &money{event: p.Event}
		l.money[p.Booking] = m
	}
	for effect, at := range map[string]**payment{
		"authorised": &m.authorised, "declined": &m.declined, "captured": &m.captured, "voided": &m.voided,
		"refunded": &m.refunded,
	} {
		if effect == p.Effect && *at == nil {
			*at = p
		} else if effect == p.Effect {
			m.again = append(m.again, p)
		}
	}
}

// proof is all lines of a booking.
func (m *money) proof() (lines []any) {
	if m == nil {
		return nil
	}
	for _, p := range append([]*payment{m.authorised, m.declined, m.captured, m.voided, m.refunded}, m.again...) {
		if p != nil {
			lines = append(lines, p.String())
		}
	}
	return lines
}

// paid joins the ledger with the bookings. Money moves after the booking is decided, so
// what is still owed has until Settle.
func (e *trial) paid() error {
	if e.ledger == nil {
		return nil
	}
	for until := time.Now().Add(e.cfg.Settle); e.owed() && time.Now().Before(until); {
		if err := pause(e.ctx, 100*time.Millisecond); err != nil {
			return err
		}
		if err := e.ledger.read(); err != nil {
			return err
		}
		if err := e.readOn(); err != nil {
			return err
		}
	}
	for id, b := range e.sale.bookings {
		e.checked(Paid, 1)
		if say := b.money(e.ledger.money[id]); say != "" {
			e.wrong(Paid, fmt.Sprintf("booking %s of user %q, tickets %s: %s", id, b.user, list(b.tickets), say),
				append(e.ledger.money[id].proof(), e.sale.record(b.started), e.sale.record(b.confirmed),
					e.sale.record(b.declined),
					e.sale.record(b.cancelled))...)
		}
	}
	for id, m := range e.ledger.money {
		if m.event == e.event && e.sale.bookings[id] == nil && (m.authorised != nil || m.captured != nil) {
			e.wrong(Paid, fmt.Sprintf("money was taken for booking %s, which is not there", id), m.proof()...)
		}
	}
	for _, say := range e.ledger.twice {
		e.wrong(Paid, "the ledger has "+say)
	}
	e.ledger.twice = nil
	return nil
}

// owed says whether money still has to move.
func (e *trial) owed() bool {
	for id, b := range e.sale.bookings {
		if b.money(e.ledger.money[id]) != "" {
			return true
		}
	}
	return false
}

// money says what is wrong with a booking's money; "" where nothing is.
func (b *bookingLife) money(m *money) string {
	if m == nil {
		m = &money{}
	}
	sold := b.confirmed != 0 && b.cancelled == 0
	taken := m.captured != nil && m.refunded == nil
	switch {
	case len(m.again) > 0:
		return fmt.Sprintf("%s twice", m.again[0].Effect)
	case m.captured != nil && b.confirmed == 0:
		return "the buyer was charged and has no booking"
	case taken && !sold:
		return "the buyer was charged, and the booking was cancelled and not paid back"
	case b.total == 0:
		return ""
	case sold && m.captured == nil:
		return "the buyer has the tickets and was never charged"
	case sold && m.refunded != nil:
		return "the buyer has the tickets and his money back"
	case m.captured != nil && m.captured.Amount != b.total:
		return fmt.Sprintf("the buyer was charged %d, the booking costs %d", m.captured.Amount, b.total)
	case m.refunded != nil && m.refunded.Amount != b.total:
		return fmt.Sprintf("the buyer got back %d, the booking cost %d", m.refunded.Amount, b.total)
	}
	return ""
}
