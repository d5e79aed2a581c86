package shop

import (
	"encoding/json"
	"strconv"
)

// BookingBody appends the body of a booking of tickets, of a hold where holdID is not empty,
// that is paid with a card's token. Ids are the crowd's own: they need no escaping.
func BookingBody(dst []byte, holdID, card string, tickets []string) []byte {
	dst = append(dst, '{')
	if holdID != "" {
		dst = append(dst, `"holdId":"`...)
		dst = append(dst, holdID...)
		dst = append(dst, `",`...)
	}
	dst = ticketList(dst, tickets)
	dst = append(dst, `,"paymentInfo":{"method":"card","token":"`...)
	dst = append(dst, card...)
	return append(dst, `"}}`...)
}

// HoldBody appends the body of a hold of tickets, or of so many of the best where there are
// none. Ids are the crowd's own: they need no escaping.
func HoldBody(dst []byte, tickets []string, count int) []byte {
	if tickets == nil {
		dst = append(dst, `{"quantity":`...)
		return append(strconv.AppendInt(dst, int64(count), 10), '}')
	}
	return append(ticketList(append(dst, '{'), tickets), '}')
}

// ticketList appends the member ticketIds. Ids of the crowd's own events need no
// escaping.
func ticketList(dst []byte, tickets []string) []byte {
	dst = append(dst, `"ticketIds":[`...)
	for i, id := range tickets {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		dst = append(dst, id...)
		dst = append(dst, '"')
	}
	return append(dst, ']')
}

// granted is what a buyer needs to know of a hold.
type granted struct {
	ID      string            `json:"id"`
	Tickets []json.RawMessage `json:"tickets"` // objects with an id, or the ids
}

// readHold gives a hold's id and tickets; "" where the document is none.
func readHold(doc []byte) (id string, tickets []string) {
	var g granted
	if json.Unmarshal(doc, &g) != nil {
		return "", nil
	}
	for _, raw := range g.Tickets {
		var name string
		var object struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(raw, &name) != nil && json.Unmarshal(raw, &object) == nil {
			name = object.ID
		}
		tickets = append(tickets, name)
	}
	return g.ID, tickets
}

// freeTickets appends the ids of a seat map's tickets that are for sale, in its order,
// and counts those that are held. The ids are bytes of the map.
func freeTickets(dst [][]byte, seatMap []byte) (free [][]byte, held int) {
	for list := after(seatMap, "tickets"); ; {
		id := member(list, "id")
		status := member(list, "status")
		if id == nil || status == nil {
			return dst, held
		}
		switch string(status) {
		case "available":
			dst = append(dst, id)
		case "held":
			held++
		}
		list = list[cap(list)-cap(status):] // from the status on: what comes before is of this ticket
	}
}
