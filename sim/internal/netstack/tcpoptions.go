package netstack

import (
	"net"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// What package net uses unless told otherwise.
const (
	keepAliveIdle     = 15 * time.Second
	keepAliveInterval = 15 * time.Second
	keepAliveCount    = 9
)

// option changes an option of the connection inside the gate.
func (c *TCPConn) option(set func()) error {
	if c.shut.Load() {
		return c.opError("set", net.ErrClosed)
	}
	c.stack.gate.enter()
	defer c.stack.gate.leave()
	set()
	return nil
}

// SetNoDelay turns Nagle's algorithm off, which is the default, or on.
func (c *TCPConn) SetNoDelay(noDelay bool) error {
	return c.option(func() { c.ep.SocketOptions().SetDelayOption(!noDelay) })
}

// SetLinger sets what Close does with data that has not been sent: a negative
// value, the default, sends it in the background, 0 discards it and resets the
// connection, and a positive value is the same as a negative one.
func (c *TCPConn) SetLinger(sec int) error {
	linger := tcpip.LingerOption{Enabled: sec >= 0, Timeout: time.Duration(sec) * time.Second}
	return c.option(func() { c.ep.SocketOptions().SetLinger(linger) })
}

// SetKeepAlive turns keep-alive on, which is the default, or off.
func (c *TCPConn) SetKeepAlive(on bool) error {
	return c.option(func() { c.ep.SocketOptions().SetKeepAlive(on) })
}

// SetKeepAlivePeriod sets after which time without traffic the first probe is
// sent: 15 s if d is zero, as before if it is negative.
func (c *TCPConn) SetKeepAlivePeriod(d time.Duration) error {
	return c.option(func() { c.keepAliveTimes(d, -1, -1) })
}

// SetKeepAliveConfig sets all of keep-alive as net.TCPConn.SetKeepAliveConfig does.
func (c *TCPConn) SetKeepAliveConfig(config net.KeepAliveConfig) error {
	return c.option(func() { c.keepAlive(config) })
}

// keepAlive is SetKeepAliveConfig inside the gate.
func (c *TCPConn) keepAlive(config net.KeepAliveConfig) {
	c.keepAliveTimes(config.Idle, config.Interval, config.Count)
	c.ep.SocketOptions().SetKeepAlive(config.Enable)
}

// keepAliveTimes sets what is not negative. Zero is the default.
func (c *TCPConn) keepAliveTimes(idle, interval time.Duration, count int) {
	if idle >= 0 {
		v := tcpip.KeepaliveIdleOption(seconds(idle, keepAliveIdle))
		c.ep.SetSockOpt(&v)
	}
	if interval >= 0 {
		v := tcpip.KeepaliveIntervalOption(seconds(interval, keepAliveInterval))
		c.ep.SetSockOpt(&v)
	}
	if count == 0 {
		count = keepAliveCount
	}
	if count > 0 {
		c.ep.SetSockOptInt(tcpip.KeepaliveCountOption, count)
	}
}

// seconds rounds up, as package net does for the kernel.
func seconds(d, zero time.Duration) time.Duration {
	if d == 0 {
		return zero
	}
	return (d + time.Second - 1).Truncate(time.Second)
}
