package importer

import (
	"bytes"
	"encoding/json"
	"io"

	"boxoffice/actors/sale/catalog"
)

// native prepares an event that is in its native form already. It is sent as it
// was written, on one line: the server is strict with it. Only OnSaleNow makes it
// be written anew.
func (im *Importer) native(item Item, raw []byte) Item {
	event, bad := decodeNative(raw)
	if item.ID = event.ID; bad == nil {
		bad = check(&event)
	}
	if bad != nil {
		item.Refused = bad
		return item
	}
	im.buf.Reset()
	var err error
	if im.o.OnSaleNow {
		at := event.StartsAt.Std()
		if z := im.zone(event.Timezone); z != nil {
			at = at.In(z)
		}
		event.StartsAt = catalog.At(im.ahead(at, &item.Mended))
		event.OnSaleAt = 0
		err = im.enc.Encode(&event)
	} else {
		err = json.Compact(&im.buf, raw)
		im.buf.WriteByte('\n')
	}
	if err != nil {
		item.Refused = &Refusal{Malformed, err.Error()}
		return item
	}
	item.JSON = im.buf.Bytes()
	return item
}

// decodeNative reads a native event; members that it does not have are refused.
// A refused event has its id where that could be read.
func decodeNative(raw []byte) (event catalog.Event, bad *Refusal) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	err := dec.Decode(&event)
	if err == nil {
		if _, err := dec.Token(); err != io.EOF {
			return event, &Refusal{Malformed, "something stands behind the event"}
		}
		return event, nil
	}
	var loose struct{ ID string }
	if json.Unmarshal(raw, &loose) == nil {
		event.ID = loose.ID
	}
	return event, &Refusal{Malformed, err.Error()}
}
