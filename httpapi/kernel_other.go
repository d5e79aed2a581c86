//go:build !linux

package httpapi

import "net"

// bound leaves the listener as it is on this system.
func bound(net.Listener) error { return nil }

// gone is not told on this system.
func (c *conn) gone() bool { return false }
