package bench

import (
	"context"
	"net"
	"os"
	"testing"
	"time"
)

// A kernelEnd is a network namespace of the kernel.
type kernelEnd struct {
	ip string

	// enter runs fn, which may make sockets, in the namespace.
	enter func(fn func() error) error
}

// openKernelLoopback stays in the namespace of the process and on its loopback.
func openKernelLoopback(_ *testing.B, n int) []pair {
	e := &kernelEnd{"127.0.0.1", func(fn func() error) error { return fn() }}
	pairs := make([]pair, n)
	for i := range pairs {
		pairs[i] = pair{e, e}
	}
	return pairs
}

func (e *kernelEnd) Addr() string { return e.ip }

func (e *kernelEnd) DialContext(ctx context.Context, network, address string) (c net.Conn, err error) {
	err = e.enter(func() error {
		c, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return c, err
}

func (e *kernelEnd) Listen(ctx context.Context, network, address string) (l net.Listener, err error) {
	err = e.enter(func() error {
		l, err = new(net.ListenConfig).Listen(ctx, network, address)
		return err
	})
	return l, err
}

func (e *kernelEnd) ListenPacket(ctx context.Context, network, address string) (c net.PacketConn, err error) {
	err = e.enter(func() error {
		c, err = new(net.ListenConfig).ListenPacket(ctx, network, address)
		return err
	})
	return c, err
}

// ping uses a raw socket.
func (e *kernelEnd) ping(ctx context.Context, to string, n int) ([]time.Duration, error) {
	conn, err := e.DialContext(ctx, "ip4:icmp", to)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return echo(rawConn{conn.(*net.IPConn)}, n)
}

// A rawConn reads without the IP header.
type rawConn struct{ *net.IPConn }

func (c rawConn) Read(b []byte) (int, error) {
	n, _, err := c.ReadFrom(b)
	return n, err
}

func needRoot(b *testing.B) {
	if os.Geteuid() != 0 {
		b.Skip("needs root")
	}
}
