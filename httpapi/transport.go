package httpapi

import (
	"strconv"

	"boxoffice/actors/live"

	"github.com/go-json-experiment/json"
	"github.com/gobwas/ws"
)

// transport is how a stream is put on the wire. Both carry the same messages.
type transport uint8

const (
	overWebSocket transport = iota
	overEvents              // Server-Sent Events
	transports    = iota
)

// eventStreamType is the media type of Server-Sent Events.
const eventStreamType = "text/event-stream"

// String is the transport's label in the metrics.
func (v transport) String() string { return [...]string{"websocket", "sse"}[v] }

// subject is what a stream is about.
type subject uint8

const (
	aboutSeats subject = iota
	aboutPlace
	subjects = iota
)

// String is the subject's label in the metrics.
func (v subject) String() string { return [...]string{"seats", "place"}[v] }

// encode is a message in the transport's form: made by the first socket that sends it,
// the same bytes for all.
func (v transport) encode(f *live.Frame) []byte {
	if v == overWebSocket {
		return f.Encoded(live.WebSocket, socketText)
	}
	return f.Encoded(live.EventStream, event)
}

// socketText is a message as a WebSocket's text frame.
func socketText(f *live.Frame) []byte { return compile(ws.NewTextFrame(f.JSON)) }

// compile is a frame as bytes. It fails only where a writer does, and memory does not.
func compile(f ws.Frame) []byte { return ws.MustCompileFrame(f) }

// event is a message as an event of a stream: with the version that the browser comes
// back with, and, when it is to come back elsewhere, the time after which it does so by
// itself. JSON has no line ends.
func event(f *live.Frame) []byte {
	b := make([]byte, 0, len(f.JSON)+48)
	if f.Kind == live.Goodbye {
		var m struct {
			RetryAfterMs int64 `json:"retryAfterMs"`
		}
		if json.Unmarshal(f.JSON, &m) == nil && m.RetryAfterMs > 0 {
			b = append(strconv.AppendInt(append(b, "retry: "...), m.RetryAfterMs, 10), '\n')
		}
	}
	if f.Version > 0 {
		b = append(strconv.AppendUint(append(b, "id: "...), f.Version, 10), '\n')
	}
	return append(append(append(b, "data: "...), f.JSON...), "\n\n"...)
}

// beat is what is sent when it is time to see whether the other side is there.
func (v transport) beat() []byte {
	if v == overWebSocket {
		return ws.CompiledPing
	}
	return []byte(":\n\n") // a comment
}

// ending is why a stream ends.
type ending uint8

const (
	going      ending = iota // it does not
	gone                     // the client has closed it, or its connection broke
	drained                  // the node's clients are to go elsewhere
	over                     // there is nothing more to be said of a place
	badFrame                 // not RFC 6455
	badKind                  // bytes, where only text is taken
	badText                  // not UTF-8
	tooMany                  // more messages a second than are taken
	oversize                 // a message over its bound
	slow                     // it reads slower than there is news
	stuck                    // it reads nothing: a write timed out
	silent                   // no sign of life
	numEndings = iota
)

// endings are the labels in the metrics and the codes that a WebSocket is closed with;
// 0: nothing is said.
var endings = [numEndings]struct {
	label string
	code  ws.StatusCode
}{
	gone: {"gone", ws.StatusNormalClosure}, drained: {"drained", ws.StatusGoingAway},
	over: {"over", ws.StatusNormalClosure}, badFrame: {"bad-frame", ws.StatusProtocolError},
	badKind: {"bad-kind", ws.StatusUnsupportedData}, badText: {"bad-text", ws.StatusInvalidFramePayloadData},
	tooMany: {"too-many", ws.StatusPolicyViolation}, oversize: {"too-long", ws.StatusMessageTooBig},
	slow: {"slow", statusTryAgainLater}, stuck: {"stuck", 0}, silent: {"silent", 0},
}

// statusTryAgainLater is in IANA's registry of close codes.
const statusTryAgainLater ws.StatusCode = 1013

// last is what the stream ends with; nil: nothing.
func (v transport) last(why ending) []byte {
	if code := endings[why].code; v == overWebSocket && code != 0 {
		return compile(ws.NewCloseFrame(ws.NewCloseFrameBody(code, endings[why].label)))
	}
	return nil
}
