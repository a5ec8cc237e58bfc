package sim_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"drydock/sim"
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
		var events []sim.PingEvent
		stats, err := cli.Ping(t.Context(), "172.17.0.2", sim.PingCount(3), sim.PingObserver(func(e sim.PingEvent) {
			events = append(events, e)
		}))
		require.NoError(t, err)
		const ms = time.Millisecond
		from := netip.MustParseAddr("172.17.0.2")
		assert.Equal(t, []sim.PingEvent{
			{Seq: 1},
			{Seq: 1, From: from, TTL: 64, Size: 64, RTT: 4 * ms}, // half of it for ARP
			{Seq: 2},
			{Seq: 2, From: from, TTL: 64, Size: 64, RTT: 2 * ms},
			{Seq: 3},
			{Seq: 3, From: from, TTL: 64, Size: 64, RTT: 2 * ms},
		}, events)
		assert.Equal(t, sim.PingStats{
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
				size := 56
				if tt.size != 0 {
					size = max(tt.size, 0)
				}
				stats, err := cli.Ping(t.Context(), tt.host, sim.PingSize(size))
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
				_, err := h.Ping(t.Context(), host)
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
		opts []sim.PingOption
		want error
		text string
		took time.Duration
	}{
		{name: "absent neighbour", host: "172.17.0.99", want: syscall.EHOSTUNREACH, took: 3 * time.Second,
			text: "ping ip4:icmp 172.17.0.99: Destination Host Unreachable from 172.17.0.3"},
		{name: "absent neighbour, no patience", host: "172.17.0.99", opts: []sim.PingOption{sim.PingTimeout(time.Second)},
			want: os.ErrDeadlineExceeded, took: time.Second, text: "ping ip4:icmp 172.17.0.99: i/o timeout"},
		{name: "absent neighbour, deadline", host: "172.17.0.99", opts: []sim.PingOption{sim.PingDeadline(2 * time.Second)},
			want: os.ErrDeadlineExceeded, took: 2 * time.Second, text: "ping ip4:icmp 172.17.0.99: i/o timeout"},
		{name: "too large", host: "172.17.0.2", opts: []sim.PingOption{sim.PingSize(1473), sim.PingPathMTU(sim.PathMTUDo)},
			want: syscall.EMSGSIZE, text: "ping ip4:icmp 172.17.0.2: sendmsg: " + syscall.EMSGSIZE.Error()},
		{name: "too large for IP", host: "172.17.0.2", opts: []sim.PingOption{sim.PingSize(65508)},
			want: syscall.EMSGSIZE, text: "ping ip4:icmp 172.17.0.2: sendmsg: " + syscall.EMSGSIZE.Error()},
		{name: "broadcast", host: "172.17.255.255", want: syscall.EACCES,
			text: "ping ip4:icmp 172.17.255.255: connect: " + syscall.EACCES.Error()},
		{name: "allowed broadcast", host: "172.17.255.255", opts: []sim.PingOption{sim.PingBroadcast()},
			want: os.ErrDeadlineExceeded, took: 10 * time.Second, text: "ping ip4:icmp 172.17.255.255: i/o timeout"},
		{name: "no such zone", host: "fe80::1%eth7", want: syscall.ENODEV,
			text: "ping ip6:ipv6-icmp fe80::1%eth7: connect: " + syscall.ENODEV.Error()},
		{name: "wrong family", host: "::1", opts: []sim.PingOption{sim.PingNetwork("ip4")},
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
				stats, err := cli.Ping(ctx, tt.host, tt.opts...)
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
		_, err := cli.Ping(t.Context(), "172.17.0.99")
		var icmp *sim.ICMPError
		require.ErrorAs(t, err, &icmp)
		require.Equal(t, &sim.ICMPError{From: cli.IP(), Type: 3, Code: 1}, icmp)
	})
}

func TestPingWithoutNetwork(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c := simtest.Run(t, h, "alone", sim.WithNoNetwork())
		_, err := c.Ping(t.Context(), "172.17.0.1")
		require.ErrorIs(t, err, syscall.ENETUNREACH)
		require.EqualError(t, err, "ping ip4:icmp 172.17.0.1: connect: "+syscall.ENETUNREACH.Error())
		_, err = c.Ping(t.Context(), "127.0.0.1")
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
		_, err := cli.Ping(t.Context(), "172.17.0.2")
		require.NoError(t, err)
		require.NoError(t, web.SetCarrier(n, false))
		stats, err := cli.Ping(t.Context(), "172.17.0.2", sim.PingCount(2), sim.PingTimeout(time.Second))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.Equal(t, 1.0, stats.Loss())

		require.NoError(t, web.SetCarrier(n, true))
		stats, err = cli.Ping(t.Context(), "172.17.0.2", sim.PingCount(2))
		require.NoError(t, err)
		require.Equal(t, 2, stats.Received)
	})
}

func TestPingStopped(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		_, _, cli := pingedFrom(t)
		time.AfterFunc(2500*time.Millisecond, func() { cli.Kill() })
		stats, err := cli.Ping(t.Context(), "172.17.0.2", sim.PingCount(0))
		require.ErrorIs(t, err, net.ErrClosed)
		require.Equal(t, 3, stats.Received)

		_, err = cli.Ping(t.Context(), "172.17.0.2")
		require.ErrorIs(t, err, sim.ErrNotRunning)
		require.NoError(t, cli.Start())
		_, err = cli.Ping(t.Context(), "172.17.0.2")
		require.NoError(t, err)
	})
}

func TestPingOptions(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	tests := []struct {
		opt  sim.PingOption
		name string
		text string
	}{
		{sim.PingCount(-1), "PingCount", "ping: invalid option: PingCount(-1): want 0 or more"},
		{sim.PingInterval(-1), "PingInterval", "ping: invalid option: PingInterval(-1ns): want 0 or more"},
		{sim.PingSize(-1), "PingSize", "ping: invalid option: PingSize(-1): want 0 or more"},
		{sim.PingTTL(0), "PingTTL", "ping: invalid option: PingTTL(0): want 1 to 255"},
		{sim.PingTTL(256), "PingTTL", "ping: invalid option: PingTTL(256): want 1 to 255"},
		{sim.PingTimeout(-1), "PingTimeout", "ping: invalid option: PingTimeout(-1ns): want 0 or more"},
		{sim.PingDeadline(0), "PingDeadline", "ping: invalid option: PingDeadline(0s): want more than 0"},
		{sim.PingPathMTU(7), "PingPathMTU", "ping: invalid option: PingPathMTU(PathMTU(7)): want a constant"},
		{sim.PingNetwork("tcp"), "PingNetwork", "ping: invalid option: PingNetwork(tcp): want ip, ip4 or ip6"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.name), func(t *testing.T) {
			_, err := h.Ping(t.Context(), "127.0.0.1", tt.opt)
			require.ErrorIs(t, err, sim.ErrPingOption)
			require.EqualError(t, err, tt.text)
			var e *sim.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, tt.name, e.Name)
		})
	}
}

// TestICMPErrors checks messages against iputils and errnos against Linux.
func TestICMPErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from       string
		kind, code uint8
		info       int
		text       string
		errno      error
	}{
		{"10.0.0.1", 3, 0, 0, "Destination Net Unreachable", syscall.ENETUNREACH},
		{"10.0.0.1", 3, 1, 0, "Destination Host Unreachable", syscall.EHOSTUNREACH},
		{"10.0.0.1", 3, 2, 0, "Destination Protocol Unreachable", syscall.ENOPROTOOPT},
		{"10.0.0.1", 3, 3, 0, "Destination Port Unreachable", syscall.ECONNREFUSED},
		{"10.0.0.1", 3, 4, 1400, "Frag needed and DF set (mtu = 1400)", syscall.EMSGSIZE},
		{"10.0.0.1", 3, 10, 0, "Destination Host Prohibited", syscall.EHOSTUNREACH},
		{"10.0.0.1", 3, 13, 0, "Packet filtered", syscall.EHOSTUNREACH},
		{"10.0.0.1", 3, 16, 0, "Dest Unreachable, Bad Code: 16", syscall.EHOSTUNREACH},
		{"10.0.0.1", 11, 0, 0, "Time to live exceeded", syscall.EHOSTUNREACH},
		{"10.0.0.1", 11, 1, 0, "Frag reassembly time exceeded", syscall.EHOSTUNREACH},
		{"10.0.0.1", 11, 2, 0, "Time exceeded, Bad Code: 2", syscall.EHOSTUNREACH},
		{"10.0.0.1", 12, 0, 20, "Parameter problem: pointer = 20", syscall.EPROTO},
		{"10.0.0.1", 99, 0, 0, "Bad ICMP type: 99", syscall.EHOSTUNREACH},
		{"fd00::1", 1, 0, 0, "Destination unreachable: No route", syscall.ENETUNREACH},
		{"fd00::1", 1, 1, 0, "Destination unreachable: Administratively prohibited", syscall.EACCES},
		{"fd00::1", 1, 3, 0, "Destination unreachable: Address unreachable", syscall.EHOSTUNREACH},
		{"fd00::1", 1, 4, 0, "Destination unreachable: Port unreachable", syscall.ECONNREFUSED},
		{"fd00::1", 1, 9, 0, "Destination unreachable: Unknown code 9", syscall.EPROTO},
		{"fd00::1", 2, 0, 1400, "Packet too big: mtu=1400", syscall.EMSGSIZE},
		{"fd00::1", 3, 0, 0, "Time exceeded: Hop limit", syscall.EHOSTUNREACH},
		{"fd00::1", 3, 1, 0, "Time exceeded: Defragmentation failure", syscall.EHOSTUNREACH},
		{"fd00::1", 4, 1, 6, "Parameter problem: Unknown header at 6", syscall.EPROTO},
		{"fd00::1", 99, 0, 0, "unknown icmp type: 99", syscall.EHOSTUNREACH},
	}
	for _, tt := range tests {
		err := &sim.ICMPError{From: netip.MustParseAddr(tt.from), Type: tt.kind, Code: tt.code, Info: tt.info}
		assert.Equal(t, tt.text, err.Message())
		assert.Equal(t, tt.text+" from "+tt.from, err.Error())
		assert.True(t, errors.Is(err, tt.errno), "%v is not %v", err, tt.errno)
	}
	for kind := range 256 { // every code has words and an errno
		for code := range 256 {
			for _, from := range []string{"10.0.0.1", "fd00::1"} {
				err := &sim.ICMPError{From: netip.MustParseAddr(from), Type: uint8(kind), Code: uint8(code)}
				assert.NotEmpty(t, err.Message())
				assert.NotZero(t, errors.Unwrap(err))
			}
		}
	}
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
