package netstack

import (
	"net"
	"os"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// SetReadBuffer sets the size of the receive buffer in bytes, SO_RCVBUF.
func (c *sock) SetReadBuffer(bytes int) error {
	return c.withOptions(func(opts *tcpip.SocketOptions) {
		// Like Linux, to which a size out of range is the nearest one and no error.
		least, most := opts.ReceiveBufferLimits()
		opts.SetReceiveBufferSize(min(max(int64(bytes), least), most), true)
	})
}

// SetWriteBuffer sets the size of the send buffer in bytes, SO_SNDBUF.
func (c *sock) SetWriteBuffer(bytes int) error {
	return c.withOptions(func(opts *tcpip.SocketOptions) {
		least, most := opts.SendBufferLimits()
		opts.SetSendBufferSize(min(max(int64(bytes), least), most), true)
	})
}

// withOptions changes options of a socket that is not closed.
func (c *sock) withOptions(change func(*tcpip.SocketOptions)) error {
	if c.shut.Load() {
		return c.setError(net.ErrClosed)
	}
	c.stack.gate.enter()
	defer c.stack.gate.leave()
	change(c.ep.SocketOptions())
	return nil
}

// setTTL sets the TTL and the hop limit of what a new socket sends, 0 leaving the default.
func (c *sock) setTTL(ttl int) error {
	if ttl == 0 {
		return nil
	}
	return c.hops(ttl, ttlOptions...)
}

// ttlOptions are those of both families: an IPv6 socket sends IPv4, too.
var ttlOptions = []tcpip.SockOptInt{tcpip.IPv4TTLOption, tcpip.IPv6HopLimitOption}

// hops sets options that are a number of hops. The error is that of setsockopt(2).
func (c *sock) hops(ttl int, options ...tcpip.SockOptInt) error {
	if ttl < 1 || ttl > 255 {
		return os.NewSyscallError("setsockopt", syscall.EINVAL)
	}
	for _, o := range options {
		if err := c.ep.SetSockOptInt(o, ttl); err != nil {
			return c.failure("setsockopt", err)
		}
	}
	return nil
}
