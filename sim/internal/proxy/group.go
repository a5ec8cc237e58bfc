// Package proxy forwards what arrives at a TCP listener or a UDP socket to
// connections that it dials, as docker-proxy does for the published ports of Docker
// Engine 20.10.24. Listener and dialer may be of the machine or of any netstack with
// sockets as package net has them; nothing else is opened.
package proxy

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"sync"
)

// A Dialer opens the connection over which one client is served: a TCP connection
// for a TCP proxy, a connected UDP socket for a UDP proxy. The client's address is
// for dialers that keep it. The context ends when the proxy is closed; a Dialer must
// not close the proxy itself.
type Dialer func(ctx context.Context, client net.Addr) (net.Conn, error)

// A group is what ends with a proxy: goroutines and the sockets they wait for.
type group struct {
	ctx    context.Context // done when the proxy is closed
	cancel context.CancelFunc
	tasks  sync.WaitGroup

	mu     sync.Mutex // guards what follows
	socks  map[int]io.Closer
	opened int
	ended  bool
}

// start runs a task over a first socket.
func (g *group) start(c io.Closer, task func()) {
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.socks = make(map[int]io.Closer)
	g.own(c)
	g.tasks.Go(task)
}

// own has c closed with the group, or before by drop, which takes the number that
// own returns. If the group has ended c is closed at once.
func (g *group) own(c io.Closer) (id int, ok bool) {
	g.mu.Lock()
	if ok = !g.ended; ok {
		id = g.opened
		g.socks[id] = c
		g.opened++
	}
	g.mu.Unlock()
	if !ok {
		c.Close()
	}
	return id, ok
}

// drop closes a socket, unless end does.
func (g *group) drop(id int) {
	g.mu.Lock()
	c := g.socks[id]
	delete(g.socks, id)
	g.mu.Unlock()
	if c != nil {
		c.Close()
	}
}

// end closes all sockets and waits for all tasks. More calls only wait.
//
// The sockets are closed in the order in which they were opened: frames that this
// causes should not come in another order each time.
func (g *group) end() error {
	g.mu.Lock()
	socks := g.socks
	g.socks, g.ended = nil, true
	g.mu.Unlock()
	g.cancel()
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(socks)) {
		if err := socks[id].Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	g.tasks.Wait()
	return errors.Join(errs...)
}
