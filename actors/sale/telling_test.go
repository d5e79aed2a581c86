package sale

import (
	"fmt"
	"strings"
	"time"

	"boxoffice/actors/sale/catalog"
)

// The functions of this file put records and answers into the words of stories.

// clockTime is a time as what has passed since the story's start.
func clockTime(t catalog.Time) string {
	return (time.Duration(t-storyStart) * time.Millisecond).String()
}

func label[T ~[16]byte](id T) string { return strings.TrimRight(string(id[:]), "\x00") }

// tag is a member of a line that is left out where it says nothing.
func tag(label, value string) string {
	if value == "" {
		return ""
	}
	return " " + label + "=" + value
}

func tellRecord(r Record) string {
	at, key, text := catalog.Time(0), Key{}, ""
	switch r := r.(type) {
	case *EventDefined:
		at, key = r.At, r.Key
	case *EventRemoved:
		at, key = r.At, r.Key
	case *HoldPlaced:
		at, key, text = r.At, r.Key, tellHold(&r.Hold)
	case *HoldChanged:
		at, key, text = r.At, r.Key, tellHold(&r.Hold)
	case *HoldEnded:
		at, key, text = r.At, r.Key, label(r.ID)
		if r.Expired {
			text += " expired"
		}
	case *PaymentStarted:
		at, key, text = r.At, r.Key, tellBooking(&r.Booking)
	case *Confirmed:
		at, text = r.At, label(r.ID)+tag("provider", r.Provider)+tag("payment", r.PaymentID)
	case *Declined:
		at, text = r.At, label(r.ID)+tag("reason", r.Reason)
	case *Captured:
		at, text = r.At, label(r.ID)
	case *Cancelled:
		at, key, text = r.At, r.Key, label(r.ID)
	case *Refunded:
		at, text = r.At, label(r.ID)
	case *Refused:
		at, key, text = r.At, r.Key, tellRefusal(&r.Refusal)
	case *Resumed:
		at, text = r.At, (time.Duration(r.Gap) * time.Millisecond).String()
	}
	if at == 0 {
		at, text = tellQueueRecord(r)
	}
	verb := strings.TrimPrefix(fmt.Sprintf("%T", r), "*sale.")
	return strings.TrimSuffix(clockTime(at)+" "+verb+" "+text, " ") + tag("key", label(key.ID))
}

func tellHold(h *Hold) string {
	return label(h.ID) + tag("user", h.User) + " " + strings.Join(h.TicketIDs, ",") +
		fmt.Sprintf(" total=%d until=%s max=%s", h.Total, clockTime(h.ExpiresAt), clockTime(h.MaxExpiresAt)) +
		tag("paying", label(h.Paying))
}

func tellBooking(b *Booking) string {
	task := ""
	if b.Task() != NoTask {
		task = b.Task().String()
	}
	return label(b.ID) + tag("hold", label(b.Hold)) + tag("user", b.User) + " " + strings.Join(b.TicketIDs, ",") +
		fmt.Sprintf(" total=%d %v", b.Total, b.Status) + tag("payment", b.Payment.String()) +
		tag("provider", b.Provider) + tag("reason", b.Reason) + tag("owed", task)
}

func tellRefusal(r *Refusal) string {
	text := string(r.Code)
	for _, t := range r.Tickets {
		text += fmt.Sprintf(" %s:%v", t.ID, t.Status)
	}
	text += tag("unknown", strings.Join(r.TicketIDs, ","))
	text += tag("instead", strings.Join(r.Alternatives, ","))
	text += tag("reason", r.Reason) + tag("hold", label(r.Hold))
	if r.Limit != 0 {
		text += fmt.Sprintf(" limit=%d", r.Limit)
	}
	if r.Code == NotEnoughTickets {
		text += fmt.Sprintf(" available=%d", r.Available)
	}
	if r.OnSaleAt != 0 {
		text += " onsale=" + clockTime(r.OnSaleAt)
	}
	if r.ExpiresAt != 0 {
		text += " until=" + clockTime(r.ExpiresAt)
	}
	if r.Detail != "" {
		text += " (" + r.Detail + ")"
	}
	return text
}

func tellAnswer(a Answer) string {
	text := fmt.Sprintf("v%d", a.Version)
	if a.Replayed {
		text += " replayed"
	}
	switch {
	case a.Refusal != nil:
		text += " refused: " + tellRefusal(a.Refusal)
	case a.Hold != nil:
		text += " hold " + tellHold(a.Hold)
	case a.Booking != nil:
		text += " booking " + tellBooking(a.Booking)
	case a.Place != nil:
		text += " " + tellPlace(a.Place)
	case a.Queue != nil:
		text += " " + tellQueue(a.Queue)
	case a.Event != nil:
		text += " event " + a.Event.Title
	default:
		text += " done"
	}
	if a.Created {
		text += " (new)"
	}
	if a.Unchanged {
		text += " (as it was)"
	}
	return text
}
