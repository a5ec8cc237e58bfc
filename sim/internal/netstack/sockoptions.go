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

// setTTL sets the TTL and the hop limit of what the socket sends, 0 leaving the default. The
// error is that of setsockopt(2).
func (c *sock) setTTL(ttl int) error {
	switch {
	case ttl == 0:
		return nil
	case ttl < 0 || ttl > 255:
		return os.NewSyscallError("setsockopt", syscall.EINVAL)
	}
	// Netstack refuses neither, whatever the family of the socket.
	_ = c.ep.SetSockOptInt(tcpip.IPv4TTLOption, ttl)
	_ = c.ep.SetSockOptInt(tcpip.IPv6HopLimitOption, ttl)
	return nil
}
