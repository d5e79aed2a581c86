// Package wire is HTTP/1.1 as the crowd speaks it: keep-alive connections that cost a few
// microseconds a request, and WebSockets that only listen. It knows nothing of tickets.
//
// A request is bytes that its caller owns; an answer's body is bytes of the
// connection, valid until its next request. Nothing is pipelined. A Conn and a Socket
// belong to one goroutine, a Pool to all.
package wire
