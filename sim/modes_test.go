package sim_test

import (
	"context"
	"net"
	"syscall"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// names returns the names of interfaces.
func names(list []sim.Interface) (s []string) {
	for _, i := range list {
		s = append(s, i.Name)
	}
	return s
}

func TestNetworkNone(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c := simtest.Run(t, h, "n1", sim.WithNoNetwork())
	require.Equal(t, []string{"lo"}, names(c.Interfaces()))
	require.False(t, c.IP().IsValid())
	_, err := c.DialContext(context.Background(), "tcp", "172.17.0.1:80")
	require.ErrorIs(t, err, syscall.ENETUNREACH)
	echo(t, c, c, "127.0.0.1:7")
	echo(t, c, c, "localhost:8")
}

func TestNetworkHost(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c := simtest.Run(t, h, "c1", sim.WithHostNetwork())
	other := simtest.Run(t, h, "c2")
	require.Equal(t, h.Interfaces(), c.Interfaces())
	require.Equal(t, "docker", c.Hostname())
	require.Equal(t, "other", simtest.Run(t, h, "c3", sim.WithHostNetwork(), sim.WithHostname("other")).Hostname())
	echo(t, other, c, "172.17.0.1:80")

	// Its sockets are its own, the namespace is not.
	l, err := c.Listen(context.Background(), "tcp", ":81")
	require.NoError(t, err)
	_, err = h.Listen(context.Background(), "tcp", ":81")
	require.ErrorIs(t, err, syscall.EADDRINUSE)
	hosts, err := h.Listen(context.Background(), "tcp", ":82")
	require.NoError(t, err)
	require.NoError(t, c.Kill())
	_, err = l.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	l, err = h.Listen(context.Background(), "tcp", ":81")
	require.NoError(t, err)
	l.Close()
	hosts.Close()
	require.NotEmpty(t, h.Interfaces())
}

func TestNetworkOfContainer(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	base := simtest.Run(t, h, "base")
	side := simtest.Run(t, h, "side", sim.WithNetworkOf(base))
	client := simtest.Run(t, h, "client")
	require.Equal(t, base.Interfaces(), side.Interfaces())
	require.Equal(t, base.Hostname(), side.Hostname())
	echo(t, client, side, base.IP().String()+":80")
	echo(t, side, base, "localhost:81")

	// When base restarts, side is left with the old namespace, which has only lo.
	require.NoError(t, base.Restart(context.Background()))
	require.Equal(t, []string{"lo"}, names(side.Interfaces()))
	require.Equal(t, []string{"lo", "eth0"}, names(base.Interfaces()))
	echo(t, side, side, "127.0.0.1:82")
	require.NoError(t, side.Restart(context.Background()))
	require.Equal(t, base.Interfaces(), side.Interfaces())

	require.NoError(t, base.Kill())
	err := side.Restart(context.Background())
	require.ErrorIs(t, err, sim.ErrNotRunning)
	require.EqualError(t, err, "Cannot restart container side: cannot join network of a non running container: "+base.ID())
	require.False(t, side.Running())
}

// echo has to dial a listener in from that sends back what it gets.
func echo(t *testing.T, to, from *sim.Container, addr string) {
	t.Helper()
	ctx := context.Background()
	_, port, _ := net.SplitHostPort(addr)
	l, err := from.Listen(ctx, "tcp", ":"+port)
	require.NoError(t, err)
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		b := make([]byte, 5)
		n, _ := c.Read(b)
		c.Write(b[:n])
	}()
	c, err := to.DialContext(ctx, "tcp", addr)
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Write([]byte("hello"))
	require.NoError(t, err)
	b := make([]byte, 5)
	n, err := c.Read(b)
	require.NoError(t, err)
	require.Equal(t, "hello", string(b[:n]))
}
