package sim_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pingedFrom returns a host and two of its containers, of which the second has
// 1 ms to the bridge.
func pingedFrom(t *testing.T) (h *sim.Host, web, cli *sim.Container) {
	t.Helper()
	h = simtest.NewHost(t)
	web = simtest.Run(t, h, "web")
	n, _ := h.Network("bridge")
	ms := veth.Impairment{Delay: time.Millisecond}
	cli = simtest.Run(t, h, "cli", sim.WithNetwork(n, sim.WithImpairment(ms, ms)))
	return h, web, cli
}

func TestPing(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		_, _, cli := pingedFrom(t)
		var events []ping.Event
		stats, err := cli.Ping(t.Context(), "172.17.0.2", &ping.Config{Count: 3, Observe: func(e ping.Event) {
			events = append(events, e)
		}})
		require.NoError(t, err)
		const ms = time.Millisecond
		from, own := netip.MustParseAddr("172.17.0.2"), netip.MustParseAddr("172.17.0.3")
		assert.Equal(t, []ping.Event{
			{Seq: 1, Source: own},
			{Seq: 1, From: from, TTL: 64, Size: 64, RTT: 4 * ms}, // half of it for ARP
			{Seq: 2, Source: own},
			{Seq: 2, From: from, TTL: 64, Size: 64, RTT: 2 * ms},
			{Seq: 3, Source: own},
			{Seq: 3, From: from, TTL: 64, Size: 64, RTT: 2 * ms},
		}, events)
		assert.Equal(t, ping.Stats{
			Sent: 3, Received: 3, Pipe: 1, Time: 2 * time.Second,
			Min: 2 * ms, Avg: 2666 * time.Microsecond, Max: 4 * ms, MDev: 942 * time.Microsecond,
		}, stats)
		assert.Zero(t, stats.Loss())
	})
}

// TestPingHosts pings what there is to ping.
func TestPingHosts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, host string // HOSTNAME, MAC stand for the container's own
		size       int
	}{
		{name: "container", host: "172.17.0.2"},
		{name: "host", host: "172.17.0.1"},
		{name: "itself", host: "172.17.0.3"},
		{name: "itself by name", host: "HOSTNAME"},
		{name: "localhost", host: "localhost"},
		{name: "loopback", host: "127.0.0.1"},
		{name: "unspecified", host: "0.0.0.0"},
		{name: "mapped", host: "::ffff:172.17.0.2"},
		{name: "fragments", host: "172.17.0.2", size: 65507},
		{name: "no data", host: "172.17.0.2", size: -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				_, _, cli := pingedFrom(t)
				if tt.host == "HOSTNAME" {
					tt.host = cli.Hostname()
				}
				stats, err := cli.Ping(t.Context(), tt.host, &ping.Config{Size: tt.size})
				require.NoError(t, err)
				assert.Equal(t, 1, stats.Received)
			})
		})
	}
	t.Run("from the host", func(t *testing.T) {
		t.Parallel()
		simtest.VirtualTime(t, func(t *testing.T) {
			h, _, _ := pingedFrom(t)
			for _, host := range []string{"172.17.0.1", "172.17.0.2", "172.17.0.3"} {
				_, err := h.Ping(t.Context(), host, nil)
				require.NoError(t, err)
			}
		})
	})
}

func TestPingErrors(t *testing.T) {
	t.Parallel()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name string
		ctx  context.Context
		host string
		cfg  *ping.Config
		want error
		text string
		took time.Duration
	}{
		{name: "absent neighbour", host: "172.17.0.99", want: syscall.EHOSTUNREACH, took: 2997 * time.Millisecond,
			text: "ping ip4:icmp 172.17.0.99: Destination Host Unreachable from 172.17.0.3"},
		{name: "absent neighbour, no patience", host: "172.17.0.99", cfg: &ping.Config{Timeout: time.Second},
			want: os.ErrDeadlineExceeded, took: time.Second, text: "ping ip4:icmp 172.17.0.99: i/o timeout"},
		{name: "absent neighbour, deadline", host: "172.17.0.99", cfg: &ping.Config{Deadline: 2 * time.Second},
			want: os.ErrDeadlineExceeded, took: 2 * time.Second, text: "ping ip4:icmp 172.17.0.99: i/o timeout"},
		{name: "too large", host: "172.17.0.2", cfg: &ping.Config{Size: 1473, PathMTU: ping.PathMTUDo},
			want: syscall.EMSGSIZE, text: "ping ip4:icmp 172.17.0.2: sendmsg: " + syscall.EMSGSIZE.Error()},
		{name: "too large for IP", host: "172.17.0.2", cfg: &ping.Config{Size: 65508},
			want: syscall.EMSGSIZE, text: "ping ip4:icmp 172.17.0.2: sendmsg: " + syscall.EMSGSIZE.Error()},
		{name: "broadcast", host: "172.17.255.255", want: syscall.EACCES,
			text: "ping ip4:icmp 172.17.255.255: connect: " + syscall.EACCES.Error()},
		{name: "allowed broadcast", host: "172.17.255.255", cfg: &ping.Config{Broadcast: true},
			want: os.ErrDeadlineExceeded, took: 10 * time.Second, text: "ping ip4:icmp 172.17.255.255: i/o timeout"},
		{name: "no such zone", host: "fe80::1%eth7", want: syscall.ENODEV,
			text: "ping ip6:ipv6-icmp fe80::1%eth7: connect: " + syscall.ENODEV.Error()},
		{name: "wrong family", host: "::1", cfg: &ping.Config{Network: "ip4"},
			want: &net.AddrError{}, text: "ping ip4: address ::1: no suitable address found"},
		{name: "unknown name", host: "nosuchhost", want: &net.DNSError{}, text: "lookup nosuchhost: no such host"},
		{name: "canceled", ctx: canceled, host: "172.17.0.99", want: context.Canceled,
			text: "ping ip4:icmp 172.17.0.99: context canceled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				_, _, cli := pingedFrom(t)
				ctx := tt.ctx
				if ctx == nil {
					ctx = t.Context()
				}
				start := time.Now()
				stats, err := cli.Ping(ctx, tt.host, tt.cfg)
				requireErrorIs(t, err, tt.want)
				assert.EqualError(t, err, tt.text)
				assert.Equal(t, tt.took, time.Since(start))
				assert.Zero(t, stats.Received)
			})
		})
	}
}

// requireErrorIs is require.ErrorIs, or require.ErrorAs if want is of a type that
// package net has.
func requireErrorIs(t *testing.T, err, want error) {
	t.Helper()
	switch want.(type) {
	case *net.DNSError:
		var dns *net.DNSError
		require.ErrorAs(t, err, &dns)
		require.True(t, dns.IsNotFound)
	case *net.AddrError:
		var addr *net.AddrError
		require.ErrorAs(t, err, &addr)
	default:
		require.ErrorIs(t, err, want)
		var op *net.OpError
		require.ErrorAs(t, err, &op)
		require.Equal(t, errors.Is(want, os.ErrDeadlineExceeded), op.Timeout())
	}
}

func TestPingICMPError(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		_, _, cli := pingedFrom(t)
		_, err := cli.Ping(t.Context(), "172.17.0.99", nil)
		var icmp *ping.ICMPError
		require.ErrorAs(t, err, &icmp)
		require.Equal(t, &ping.ICMPError{From: cli.IP(), Type: 3, Code: 1}, icmp)
	})
}

func TestPingWithoutNetwork(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c := simtest.Run(t, h, "alone", sim.WithNoNetwork())
		_, err := c.Ping(t.Context(), "172.17.0.1", nil)
		require.ErrorIs(t, err, syscall.ENETUNREACH)
		require.EqualError(t, err, "ping ip4:icmp 172.17.0.1: connect: "+syscall.ENETUNREACH.Error())
		_, err = c.Ping(t.Context(), "127.0.0.1", nil)
		require.NoError(t, err)
	})
}

// TestPingSilence pings a container whose cable is pulled while its address is
// known: nothing says so.
func TestPingSilence(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h, web, cli := pingedFrom(t)
		n, _ := h.Network("bridge")
		_, err := cli.Ping(t.Context(), "172.17.0.2", nil)
		require.NoError(t, err)
		require.NoError(t, web.Link(n).SetCarrier(false))
		stats, err := cli.Ping(t.Context(), "172.17.0.2", &ping.Config{Count: 2, Timeout: time.Second})
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.Equal(t, 1.0, stats.Loss())

		require.NoError(t, web.Link(n).SetCarrier(true))
		stats, err = cli.Ping(t.Context(), "172.17.0.2", &ping.Config{Count: 2})
		require.NoError(t, err)
		require.Equal(t, 2, stats.Received)
	})
}

func TestPingStopped(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		_, _, cli := pingedFrom(t)
		killed := make(chan error, 1)
		time.AfterFunc(2500*time.Millisecond, func() { killed <- cli.Kill() })
		stats, err := cli.Ping(t.Context(), "172.17.0.2", &ping.Config{Count: -1})
		require.ErrorIs(t, err, net.ErrClosed)
		require.NoError(t, <-killed)
		require.Equal(t, 3, stats.Received)

		_, err = cli.Ping(t.Context(), "172.17.0.2", nil)
		require.ErrorIs(t, err, sim.ErrNotRunning)
		require.NoError(t, cli.Start())
		_, err = cli.Ping(t.Context(), "172.17.0.2", nil)
		require.NoError(t, err)
	})
}

func TestPingBadConfig(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	_, err := h.Ping(t.Context(), "127.0.0.1", &ping.Config{TTL: 256})
	require.Equal(t, &ping.ConfigError{Field: "TTL", Value: 256, Want: "1 to 255"}, err)
}

func TestLookupAddr(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c := simtest.Run(t, h, "web")
	for addr, want := range map[string][]string{
		"172.17.0.2":        {c.Hostname()},
		"::ffff:172.17.0.2": {c.Hostname()},
		"127.0.0.1":         {"localhost"},
		"::1":               {"localhost", "ip6-localhost", "ip6-loopback"},
	} {
		names, err := c.LookupAddr(t.Context(), addr)
		require.NoError(t, err)
		assert.Equal(t, want, names)
	}
	for _, addr := range []string{"172.17.0.9", "web", ""} {
		_, err := c.LookupAddr(t.Context(), addr)
		var dns *net.DNSError
		require.ErrorAs(t, err, &dns)
		assert.Equal(t, addr, dns.Name)
		assert.Equal(t, addr == "172.17.0.9", dns.IsNotFound)
	}
}

// TestPingFloodPreloaded ends: time goes on though an answer is always there.
func TestPingFloodPreloaded(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		simtest.Run(t, h, "web")
		stats, err := h.Ping(t.Context(), "172.17.0.2", &ping.Config{Count: -1, Interval: -1, Preload: 2, Deadline: time.Millisecond})
		require.NoError(t, err)
		require.Greater(t, stats.Received, 100)
		stats, err = h.Ping(t.Context(), "172.17.0.2", &ping.Config{Interval: 1e6 * time.Second, Preload: 65536, Count: 3, Deadline: time.Second})
		require.NoError(t, err)
		require.Equal(t, 3, stats.Received)
	})
}
