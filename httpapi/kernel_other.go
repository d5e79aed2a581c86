//go:build !linux

package httpapi

import "net"

// listening is how Listen listens.
var listening net.ListenConfig

// bound leaves the listener as it is on this system.
func bound(net.Listener) error { return nil }

// gone is not told on this system.
func (c *conn) gone() bool { return false }
