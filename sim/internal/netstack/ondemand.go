package netstack

import (
	"sync"

	"gvisor.dev/gvisor/pkg/waiter"
)

// WhenReadable calls fn once, in a goroutine of its own, when there is first something to read.
func (c *UDPConn) WhenReadable(fn func()) { c.whenReadable(fn) }

// WhenReadable calls fn once, in a goroutine of its own, when there is first a connection to
// accept.
func (l *TCPListener) WhenReadable(fn func()) { l.sock.whenReadable(fn) }

// whenReadable has sockets that are rarely asked cost no goroutine until then.
func (c *sock) whenReadable(fn func()) {
	var once sync.Once
	var entry waiter.Entry
	begin := func() {
		once.Do(func() {
			go func() {
				c.queue.EventUnregister(&entry) // the queue is locked while it notifies
				fn()
			}()
		})
	}
	entry = waiter.NewFunctionEntry(waiter.ReadableEvents, func(waiter.EventMask) {
		if !c.shut.Load() {
			c.stack.later(begin)
		}
	})
	c.queue.EventRegister(&entry)
	if c.ep.Readiness(waiter.ReadableEvents) != 0 { // since before that
		c.stack.later(begin)
	}
}
