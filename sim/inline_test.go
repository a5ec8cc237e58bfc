package sim_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// TestAnswersAtOnce has stacks answer in the goroutine that sends, which holds the lock of its
// TCP connection meanwhile: with resets and with errors, from the other end and from a router.
// A deadlock shows as a dial that its context does not end.
func TestAnswersAtOnce(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	n := simtest.NewNetwork(t, h, "six", sim.WithSubnet(prefix("fd00:8::/64")))
	a := simtest.Run(t, h, "ca", sim.WithNetwork(n))
	b := simtest.Run(t, h, "cb", sim.WithNetwork(n))
	for _, rule := range []string{
		"-I FORWARD -p tcp --dport 91 -j REJECT",
		"-I FORWARD -p tcp --dport 92 -j REJECT --reject-with tcp-reset",
		"-I FORWARD -p udp --dport 93 -j REJECT",
		"-I INPUT -p tcp --dport 94 -j REJECT --reject-with icmp-host-prohibited",
	} {
		require.NoError(t, iptables.Run(io.Discard, h.Firewall().IPv4(), strings.Fields(rule)...), rule)
	}
	require.NoError(t, iptables.Run(io.Discard, h.Firewall().IPv6(), strings.Fields("-I FORWARD -p tcp --dport 91 -j REJECT")...))
	b4, b6, gateway := b.IP().String(), b.Link(n).Addr6().String(), n.Gateway().String()
	for _, to := range []struct {
		network, address string
		rounds           int // 0: 30
	}{
		{network: "tcp", address: net.JoinHostPort(b4, "90")}, // nobody listens
		{network: "tcp", address: net.JoinHostPort(b6, "90")},
		{network: "udp", address: net.JoinHostPort(b4, "90")},
		{network: "udp", address: net.JoinHostPort(b6, "90")},
		{network: "tcp", address: net.JoinHostPort(gateway, "90")},
		{network: "tcp", address: net.JoinHostPort(b4, "91"), rounds: 2}, // an error, of which there is one a second
		{network: "tcp", address: net.JoinHostPort(b6, "91"), rounds: 2},
		{network: "tcp", address: net.JoinHostPort(b4, "92")}, // a reset
		{network: "udp", address: net.JoinHostPort(b4, "93"), rounds: 2},
		{network: "tcp", address: net.JoinHostPort(gateway, "94"), rounds: 2},
		{network: "tcp", address: "203.0.113.1:80", rounds: 1}, // the host has no route, and says so once a second
		{network: "udp", address: "203.0.113.1:80", rounds: 2},
	} {
		t.Run(to.network+" "+to.address, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			for range cmp.Or(to.rounds, 30) {
				_, err := a.Ping(ctx, b4, &ping.Config{Count: 1})
				require.NoError(t, err)
				_, err = a.Ping(ctx, gateway, &ping.Config{Count: 1})
				require.NoError(t, err)
				c, err := a.DialContext(ctx, to.network, to.address)
				if err == nil { // UDP
					c.Write(make([]byte, 20))
					c.SetDeadline(time.Now().Add(time.Second))
					_, err = c.Read(make([]byte, 20))
					c.Close()
				}
				assert.Error(t, err)
				require.NoError(t, ctx.Err())
			}
		})
	}
}

// TestRequestsBothWays has two containers serve and ask each other at once, over TCP, UDP and by
// ping, while others come and go in the middle of their calls.
func TestRequestsBothWays(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	a, b := simtest.Run(t, h, "ca"), simtest.Run(t, h, "cb")
	serveEcho(t, a)
	serveEcho(t, b)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	rounds := scaled(300)
	var group errgroup.Group
	for _, p := range [][2]*sim.Container{{a, b}, {b, a}} {
		from, to := p[0], p[1].IP().String()
		for _, network := range []string{"tcp", "udp"} {
			for range 2 {
				group.Go(func() error { return askEcho(ctx, from, network, to+":7", rounds) })
			}
		}
		group.Go(func() error {
			_, err := from.Ping(ctx, to, &ping.Config{Count: rounds, Interval: time.Millisecond})
			return err
		})
	}
	group.Go(func() error {
		for i := range rounds / 10 {
			c, err := h.Run(fmt.Sprint("x", i))
			if err != nil {
				return err
			}
			go a.DialContext(ctx, "tcp", c.IP().String()+":7")
			go b.Ping(ctx, c.IP().String(), &ping.Config{Count: 3, Interval: time.Millisecond})
			time.Sleep(time.Duration(i%3) * time.Millisecond)
			if err := c.ForceRemove(); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, group.Wait())
}

// serveEcho serves port 7 of both protocols until the container ends.
func serveEcho(t *testing.T, c *sim.Container) {
	l, err := c.Listen(t.Context(), "tcp", ":7")
	require.NoError(t, err)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(conn, conn)
				conn.Close()
			}()
		}
	}()
	u, err := c.ListenPacket(t.Context(), "udp", ":7")
	require.NoError(t, err)
	go func() {
		buf := make([]byte, 2000)
		for {
			n, from, err := u.ReadFrom(buf)
			if err != nil {
				return
			}
			u.WriteTo(buf[:n], from)
		}
	}()
}

// askEcho sends and receives small and large pieces in turn.
func askEcho(ctx context.Context, from *sim.Container, network, address string, rounds int) error {
	c, err := from.DialContext(ctx, network, address)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second))
	buf := make([]byte, 60_000)
	for i := range rounds {
		size := 1 + i%3*700
		if network == "tcp" {
			size = 1 + i%3*29_000
		}
		if _, err := c.Write(buf[:size]); err != nil {
			return err
		}
		if _, err := io.ReadFull(c, buf[:size]); err != nil {
			return err
		}
	}
	return nil
}
