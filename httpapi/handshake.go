package httpapi

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // RFC 6455 names it; nothing is kept secret by it
	"encoding/base64"

	"github.com/valyala/fasthttp"
)

// Headers of a WebSocket's handshake (RFC 6455), in the form in which fasthttp keeps
// them.
const (
	headerSocketKey     = "Sec-Websocket-Key"
	headerSocketVersion = "Sec-Websocket-Version"
)

// socketVersion is the one version of the protocol.
const socketVersion = "13"

// acceptSuffix is what a key is hashed with, so that no other protocol's answer passes
// for a WebSocket's.
const acceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// wantsWebSocket reports whether a request asks to become a WebSocket. HTTP/1.0 has no
// upgrades.
func wantsWebSocket(h *fasthttp.RequestHeader) bool {
	return string(h.Protocol()) == "HTTP/1.1" && hasToken(h, fasthttp.HeaderUpgrade, "websocket")
}

// hasToken reports whether a header's list has a word, however it is written.
func hasToken(h *fasthttp.RequestHeader, name, word string) bool {
	for _, line := range h.PeekAll(name) {
		for part := range bytes.SplitSeq(line, []byte{','}) {
			if bytes.EqualFold(bytes.TrimSpace(part), []byte(word)) {
				return true
			}
		}
	}
	return false
}

// checkHandshake holds a handshake to RFC 6455. False: it has answered.
func (c *call) checkHandshake() bool {
	h := &c.ctx.Request.Header
	versions := h.PeekAll(headerSocketVersion)
	if len(versions) != 1 || string(versions[0]) != socketVersion {
		c.fail(codeUpgrade, fault{})
		c.ctx.Response.Header.Set(headerSocketVersion, socketVersion)
		c.ctx.Response.Header.Set(fasthttp.HeaderUpgrade, "websocket")
		return false
	}
	switch {
	case !h.IsGet():
		c.invalid(fieldError{At: fasthttp.HeaderUpgrade, Detail: "a WebSocket begins with GET"})
	case !hasToken(h, fasthttp.HeaderConnection, "upgrade"):
		c.invalid(fieldError{At: fasthttp.HeaderConnection, Detail: "must name Upgrade"})
	case !isSocketKey(h.PeekAll(headerSocketKey)):
		c.invalid(fieldError{At: headerSocketKey, Detail: "must be 16 bytes in base64, once"})
	default:
		return true
	}
	return false
}

// isSocketKey reports whether a handshake has one key, of 16 bytes.
func isSocketKey(lines [][]byte) bool {
	var key [18]byte
	if len(lines) != 1 || len(lines[0]) != 24 {
		return false
	}
	n, err := base64.StdEncoding.Decode(key[:], lines[0])
	return err == nil && n == 16
}

// appendAccept appends the answer to a handshake's key.
func appendAccept(b, key []byte) []byte {
	sum := sha1.Sum(append(bytes.Clone(key), acceptSuffix...))
	return base64.StdEncoding.AppendEncode(b, sum[:])
}
