package netstack

import (
	"net"

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
