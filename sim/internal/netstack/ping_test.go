package netstack

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim/ping"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// A pingNet is a cable between two stacks in virtual time: a has 10.0.0.1 and
// fd00::1, b has 10.0.0.2 and fd00::2.
type pingNet struct {
	a, b  *Stack
	cable *veth.Endpoint // a's end
}

func newPingNet(t *testing.T, opts ...veth.Option) *pingNet {
	n := &pingNet{a: New(Options{Seed: 1, Virtual: true}), b: New(Options{Seed: 2, Virtual: true})}
	for _, s := range []*Stack{n.a, n.b} {
		require.NoError(t, s.AddLoopback())
		require.NoError(t, s.SetIPv6(true))
		t.Cleanup(s.Close)
	}
	n.cable = pingCable(t, n.a, n.b, opts...)
	return n
}

func pingCable(t *testing.T, a, b *Stack, opts ...veth.Option) *veth.Endpoint {
	ends := [2]*veth.Endpoint{}
	var err error
	ends[0], ends[1], err = veth.Pair(append(opts, veth.WithSeed(1))...)
	require.NoError(t, err)
	for i, s := range []*Stack{a, b} {
		require.NoError(t, s.AddNIC(2, "eth0", ends[i]))
		for _, addr := range []string{"10.0.0.%d/24", "fd00::%d/64"} {
			require.NoError(t, s.AddAddr(2, netip.MustParsePrefix(fmt.Sprintf(addr, i+1))))
		}
	}
	return ends[0]
}

// pingTwice sends two requests.
func pingTwice(ctx context.Context, s *Stack, dst string) (ping.Stats, error) {
	return s.Ping(ctx, netip.MustParseAddr(dst), &ping.Config{Count: 2})
}

// pingEvents pings and returns what happened, but for the sending. Without a Count it
// sends two requests.
func pingEvents(t *testing.T, s *Stack, dst string, cfg ping.Config) ([]ping.Event, ping.Stats, error) {
	t.Helper()
	var events []ping.Event
	cfg.Observe = func(e ping.Event) {
		assert.Equal(t, !e.From.IsValid(), e.Source.IsValid(), "requests have a source")
		if e.From.IsValid() || e.Err != nil {
			e.Source = netip.Addr{}
			events = append(events, e)
		}
	}
	if cfg.Count == 0 {
		cfg.Count = 2
	}
	stats, err := s.Ping(t.Context(), netip.MustParseAddr(dst), &cfg)
	return events, stats, err
}

func TestPing(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	reply := func(seq int, from string, ttl, size int, rtt time.Duration) ping.Event {
		return ping.Event{Seq: seq, From: netip.MustParseAddr(from), TTL: ttl, Size: size, RTT: rtt}
	}
	icmp := func(seq int, from string, kind, code uint8, rtt time.Duration) ping.Event {
		a := netip.MustParseAddr(from)
		return ping.Event{Seq: seq, From: a, RTT: rtt, Err: &ping.ICMPError{From: a, Type: kind, Code: code}}
	}
	tooLong := func(seq, mtu int) ping.Event {
		return ping.Event{Seq: seq, Err: os.NewSyscallError("sendmsg", syscall.EMSGSIZE), MTU: mtu}
	}
	// The cable takes 1 ms, the first time as much again for ARP or NDP.
	tests := []struct {
		name string
		dst  string
		cfg  func(*ping.Config)
		want []ping.Event
	}{
		{name: "neighbour", dst: "10.0.0.2",
			want: []ping.Event{reply(1, "10.0.0.2", 64, 64, 4*ms), reply(2, "10.0.0.2", 64, 64, 2*ms)}},
		{name: "neighbour v6", dst: "fd00::2",
			want: []ping.Event{reply(1, "fd00::2", 64, 64, 4*ms), reply(2, "fd00::2", 64, 64, 2*ms)}},
		{name: "mapped", dst: "::ffff:10.0.0.2", cfg: func(c *ping.Config) { c.Count = 1 },
			want: []ping.Event{reply(1, "10.0.0.2", 64, 64, 4*ms)}},
		{name: "own address", dst: "10.0.0.1",
			want: []ping.Event{reply(1, "10.0.0.1", 64, 64, 0), reply(2, "10.0.0.1", 64, 64, 0)}},
		{name: "own address v6", dst: "fd00::1",
			want: []ping.Event{reply(1, "fd00::1", 64, 64, 0), reply(2, "fd00::1", 64, 64, 0)}},
		{name: "loopback", dst: "127.0.0.1",
			want: []ping.Event{reply(1, "127.0.0.1", 64, 64, 0), reply(2, "127.0.0.1", 64, 64, 0)}},
		{name: "all of 127.0.0.0/8", dst: "127.1.2.3", cfg: func(c *ping.Config) { c.Count = 1 },
			want: []ping.Event{reply(1, "127.1.2.3", 64, 64, 0)}},
		{name: "loopback v6", dst: "::1",
			want: []ping.Event{reply(1, "::1", 64, 64, 0), reply(2, "::1", 64, 64, 0)}},
		{name: "this host", dst: "0.0.0.0", cfg: func(c *ping.Config) { c.Count = 1 },
			want: []ping.Event{reply(1, "127.0.0.1", 64, 64, 0)}},
		{name: "no data", dst: "10.0.0.2", cfg: func(c *ping.Config) { c.Size, c.Count = -1, 1 },
			want: []ping.Event{reply(1, "10.0.0.2", 64, 8, 4*ms)}},
		{name: "one hop", dst: "10.0.0.2", cfg: func(c *ping.Config) { c.TTL, c.Count = 1, 1 },
			want: []ping.Event{reply(1, "10.0.0.2", 64, 64, 4*ms)}},
		{name: "fragments", dst: "10.0.0.2", cfg: func(c *ping.Config) { c.Size = 4000 },
			want: []ping.Event{reply(1, "10.0.0.2", 64, 4008, 4*ms), reply(2, "10.0.0.2", 64, 4008, 2*ms)}},
		{name: "fragments v6", dst: "fd00::2", cfg: func(c *ping.Config) { c.Size = 4000 },
			want: []ping.Event{reply(1, "fd00::2", 64, 4008, 4*ms), reply(2, "fd00::2", 64, 4008, 2*ms)}},
		{name: "largest", dst: "10.0.0.2", cfg: func(c *ping.Config) { c.Size, c.Count = 65507, 1 },
			want: []ping.Event{reply(1, "10.0.0.2", 64, 65515, 4*ms)}},
		{name: "largest to own address", dst: "10.0.0.1", cfg: func(c *ping.Config) { c.Size, c.Count = 65507, 1 },
			want: []ping.Event{reply(1, "10.0.0.1", 64, 65515, 0)}},
		{name: "too large", dst: "10.0.0.2", cfg: func(c *ping.Config) { c.Size = 65508 },
			want: []ping.Event{tooLong(1, 1500), tooLong(2, 1500)}},
		{name: "too large for lo", dst: "127.0.0.1", cfg: func(c *ping.Config) { c.Size = 65508 },
			want: []ping.Event{tooLong(1, 65536), tooLong(2, 65536)}},
		{name: "too large v6", dst: "fd00::2", cfg: func(c *ping.Config) { c.Size = 65528 },
			want: []ping.Event{tooLong(1, 1500), tooLong(2, 1500)}},
		{name: "DF fits", dst: "10.0.0.2", cfg: func(c *ping.Config) { c.Size, c.PathMTU, c.Count = 1472, ping.PathMTUDo, 1 },
			want: []ping.Event{reply(1, "10.0.0.2", 64, 1480, 4*ms)}},
		{name: "DF does not fit", dst: "10.0.0.2", cfg: func(c *ping.Config) { c.Size, c.PathMTU = 1473, ping.PathMTUDo },
			want: []ping.Event{tooLong(1, 1500), tooLong(2, 1500)}},
		{name: "DF does not fit v6", dst: "fd00::2", cfg: func(c *ping.Config) { c.Size, c.PathMTU = 1453, ping.PathMTUDo },
			want: []ping.Event{tooLong(1, 1500), tooLong(2, 1500)}},
		{name: "DF to own address", dst: "10.0.0.1", cfg: func(c *ping.Config) { c.Size, c.PathMTU, c.Count = 1473, ping.PathMTUDo, 1 },
			want: []ping.Event{reply(1, "10.0.0.1", 64, 1481, 0)}},
		{name: "broadcasts are not fragmented", dst: "10.0.0.255", cfg: func(c *ping.Config) { c.Size, c.Broadcast = 1473, true },
			want: []ping.Event{tooLong(1, 1500), tooLong(2, 1500)}},
		{name: "no such neighbour", dst: "10.0.0.99", cfg: func(c *ping.Config) { c.Count = 3 },
			want: []ping.Event{
				icmp(1, "10.0.0.1", 3, 1, 2997*time.Millisecond),
				icmp(2, "10.0.0.1", 3, 1, 1997*time.Millisecond),
				icmp(3, "10.0.0.1", 3, 1, 997*time.Millisecond)}},
		{name: "no such neighbour v6", dst: "fd00::99", cfg: func(c *ping.Config) { c.Count = 1 },
			want: []ping.Event{icmp(1, "fd00::1", 1, 3, 2997*time.Millisecond)}},
		{name: "no such neighbour for fragments", dst: "10.0.0.99", cfg: func(c *ping.Config) { c.Size, c.Count = 4000, 1 },
			want: []ping.Event{icmp(1, "10.0.0.1", 3, 1, 2997*time.Millisecond)}},
		{name: "no such neighbour for v6 fragments", dst: "fd00::99", cfg: func(c *ping.Config) { c.Size, c.Count = 4000, 1 },
			want: []ping.Event{icmp(1, "fd00::1", 1, 3, 2997*time.Millisecond)}},
		{name: "gave up before", dst: "10.0.0.99", cfg: func(c *ping.Config) { c.Count, c.Timeout = 1, 2*time.Second }},
		{name: "deadline makes up for lost ones and ends at an error", dst: "10.0.0.99",
			cfg:  func(c *ping.Config) { c.Count, c.Deadline = 1, 20*time.Second },
			want: []ping.Event{icmp(1, "10.0.0.1", 3, 1, 2997*time.Millisecond)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newPingNet(t, veth.WithImpairment(veth.Impairment{Delay: ms}))
				var cfg ping.Config
				if tt.cfg != nil {
					tt.cfg(&cfg)
				}
				got, stats, err := pingEvents(t, n.a, tt.dst, cfg)
				require.NoError(t, err)
				assert.Equal(t, tt.want, got)
				replies, errors := 0, 0
				for _, e := range tt.want {
					if e.Err == nil {
						replies++
					} else {
						errors++
					}
				}
				assert.Equal(t, replies, stats.Received)
				assert.Equal(t, errors, stats.Errors)
			})
		})
	}
}

func TestPingUnsendable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, dst string
		want      error
	}{
		{"no route", "192.0.2.1", syscall.ENETUNREACH},
		{"no route v6", "2001:db8::1", syscall.ENETUNREACH},
		{"broadcast", "10.0.0.255", syscall.EACCES},
		{"everybody without a route", "255.255.255.255", syscall.ENETUNREACH},
		{"no such zone", "fe80::1%eth7", syscall.ENODEV},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newPingNet(t)
				start := time.Now()
				events, stats, err := pingEvents(t, n.a, tt.dst, ping.Config{})
				require.ErrorIs(t, err, tt.want)
				assert.Empty(t, events)
				assert.Zero(t, stats)
				assert.Zero(t, time.Since(start))
			})
		})
	}
}

// TestPingPathMTU has a router whose next link has an MTU of 1400.
func TestPingPathMTU(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		dst  string
		size int
		mode ping.PathMTU
		want []string // of two pings; the second knows what the first has learnt
	}{
		{"want", "10.0.0.2", 1472, ping.PathMTUWant, []string{"icmp 1400", "reply", "reply", "reply"}},
		{"do", "10.0.0.2", 1472, ping.PathMTUDo, []string{"icmp 1400", "too long 1400", "too long 1400", "too long 1400"}},
		{"do fits", "10.0.0.2", 1372, ping.PathMTUDo, []string{"reply", "reply", "reply", "reply"}},
		{"dont", "10.0.0.2", 1472, ping.PathMTUDont, []string{"reply", "reply", "reply", "reply"}},
		{"do v6", "fd00::2", 1400, ping.PathMTUDo, []string{"icmp 1400", "too long 1400", "too long 1400", "too long 1400"}},
		{"do fits v6", "fd00::2", 1352, ping.PathMTUDo, []string{"reply", "reply", "reply", "reply"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newPingWire(t, func(request []byte) [][]byte {
					v6 := header.IPVersion(request) == header.IPv6Version
					switch {
					case len(request) <= 1400 || !v6 && header.IPv4(request).Flags()&header.IPv4FlagDontFragment == 0:
						return [][]byte{pingReply(request)}
					case v6:
						return [][]byte{pingError("fd00:9::9", 2, 0, 1400, request, 100)}
					}
					return [][]byte{pingError("10.9.9.9", 3, 4, 1400, request, 100)}
				})
				cfg := ping.Config{Size: tt.size, PathMTU: tt.mode}
				var got []string
				for range 2 {
					events, _, err := pingEvents(t, w.stack, tt.dst, cfg)
					require.NoError(t, err)
					got = append(got, describePing(events)...)
				}
				assert.Equal(t, tt.want, got)

				time.Sleep(10 * time.Minute)
				events, _, err := pingEvents(t, w.stack, tt.dst, cfg)
				require.NoError(t, err)
				assert.Equal(t, tt.want[:2], describePing(events), "what was learnt has expired")
			})
		})
	}
}

func describePing(events []ping.Event) []string {
	var list []string
	for _, e := range events {
		switch err := e.Err.(type) {
		case *os.SyscallError:
			list = append(list, "too long "+strconv.Itoa(e.MTU))
		case *ping.ICMPError:
			list = append(list, "icmp "+strconv.Itoa(err.Info))
		default:
			list = append(list, "reply")
		}
	}
	return list
}

// TestPingBroadcast has two neighbours on the segment. By default nobody answers,
// not even the own stack.
func TestPingBroadcast(t *testing.T) {
	t.Parallel()
	for _, dst := range []string{"10.0.0.255", "255.255.255.255", "224.0.0.1"} {
		t.Run(dst, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newPingNet(t)
				n.a.SetDefault(2, netip.MustParseAddr("10.0.0.2"))
				if !netip.MustParseAddr(dst).IsMulticast() {
					_, err := pingTwice(t.Context(), n.a, dst)
					require.ErrorIs(t, err, syscall.EACCES)
				}
				cfg := ping.Config{Broadcast: true, Timeout: time.Second}
				events, stats, err := pingEvents(t, n.a, dst, cfg)
				require.NoError(t, err)
				assert.Empty(t, events)
				assert.Equal(t, 2, stats.Sent)
				synctest.Wait()
				assert.EqualValues(t, 2, n.b.stack.Stats().ICMP.V4.PacketsReceived.EchoRequest.Value())

				n.b.stack.SetTransportProtocolHandler(header.ICMPv4ProtocolNumber, nil)
				events, _, err = pingEvents(t, n.a, dst, cfg)
				require.NoError(t, err)
				require.Len(t, events, 2, "answers of a neighbour that is told to")
				assert.Equal(t, "10.0.0.2", events[0].From.String())
			})
		})
	}
}

// TestPingMulticast6 checks that IPv6 multicast is answered, as by Linux.
func TestPingMulticast6(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newPingNet(t)
		require.NoError(t, n.a.AddAddr(2, netip.MustParsePrefix("fe80::1/64")))
		require.NoError(t, n.b.AddAddr(2, netip.MustParsePrefix("fe80::ff/64")))
		events, _, err := pingEvents(t, n.a, "ff02::1%eth0", ping.Config{})
		require.NoError(t, err)
		require.NotEmpty(t, events)
		assert.Equal(t, "fe80::ff%eth0", events[0].From.String())
	})
}

func TestPingEnds(t *testing.T) {
	t.Parallel()
	t.Run("context", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			n := newPingNet(t)
			ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
			defer cancel()
			stats, err := n.a.Ping(ctx, netip.MustParseAddr("10.0.0.2"), &ping.Config{Count: -1})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, 3, stats.Received)
			assert.Equal(t, 2*time.Second, stats.Time)
		})
	})
	t.Run("close", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			n := newPingNet(t)
			time.AfterFunc(1500*time.Millisecond, n.a.Close)
			stats, err := pingTwice(t.Context(), n.a, "10.0.0.99")
			require.ErrorIs(t, err, net.ErrClosed)
			assert.Equal(t, 2, stats.Sent)
			_, err = pingTwice(t.Context(), n.a, "10.0.0.2")
			require.ErrorIs(t, err, net.ErrClosed)
		})
	})
	t.Run("deadline", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			n := newPingNet(t)
			start := time.Now()
			cfg := ping.Config{Count: -1, Deadline: 2 * time.Second}
			stats, err := n.a.Ping(t.Context(), netip.MustParseAddr("10.0.0.2"), &cfg)
			require.NoError(t, err)
			assert.Equal(t, 2, stats.Sent)
			assert.Equal(t, 2*time.Second, time.Since(start))
		})
	})
	t.Run("interface gone", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			n := newPingNet(t)
			time.AfterFunc(1500*time.Millisecond, func() { n.a.RemoveNIC(2) })
			events, stats, err := pingEvents(t, n.a, "10.0.0.2", ping.Config{Count: 4})
			require.NoError(t, err)
			assert.Equal(t, 4, stats.Sent)
			assert.Equal(t, 2, stats.Received)
			require.Len(t, events, 4)
			assert.Equal(t, os.NewSyscallError("sendmsg", syscall.ENETUNREACH), events[2].Err)
		})
	})
}

// TestPingWithoutInterval sends as fast as there are replies, or 100 times a
// second.
func TestPingWithoutInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newPingNet(t, veth.WithImpairment(veth.Impairment{Delay: 3 * time.Millisecond}))
		dst, cfg := netip.MustParseAddr("10.0.0.2"), ping.Config{Interval: -1, Count: 11}
		_, err := n.a.Ping(t.Context(), dst, &cfg)
		require.NoError(t, err)
		stats, err := n.a.Ping(t.Context(), dst, &cfg)
		require.NoError(t, err)
		assert.Equal(t, 11, stats.Received)
		assert.Equal(t, 60*time.Millisecond, stats.Time)
		assert.Equal(t, 6*time.Millisecond, stats.Avg)

		n.cable.SetCarrier(false)
		cfg.Deadline = time.Second
		stats, err = n.a.Ping(t.Context(), dst, &cfg)
		require.NoError(t, err)
		assert.Equal(t, 100, stats.Sent)
	})
}

// TestPingConcurrently runs pings that must not see each other's replies.
func TestPingConcurrently(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newPingNet(t, veth.WithImpairment(veth.Impairment{Delay: time.Millisecond}))
		done := make(chan ping.Stats)
		const pings = 50
		for range pings {
			go func() {
				stats, _ := pingTwice(t.Context(), n.a, "10.0.0.2")
				done <- stats
			}()
		}
		for range pings {
			stats := <-done
			assert.Equal(t, 2, stats.Received)
			assert.Zero(t, stats.Duplicates)
		}
		assert.Empty(t, n.a.sockets)
	})
}

// TestPingReaddressed changes the address of the sender under a ping.
func TestPingReaddressed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newPingNet(t)
		time.AfterFunc(1500*time.Millisecond, func() {
			n.a.gate.enter()
			defer n.a.gate.leave()
			n.a.stack.RemoveAddress(2, toAddress(netip.MustParseAddr("10.0.0.1")))
			assert.NoError(t, n.a.AddAddr(2, netip.MustParsePrefix("10.0.0.7/24")))
		})
		stats, err := n.a.Ping(t.Context(), netip.MustParseAddr("10.0.0.2"), &ping.Config{Count: 4})
		require.NoError(t, err)
		assert.Equal(t, 4, stats.Received)
	})
}

// TestPingRealTime pings without a bubble.
func TestPingRealTime(t *testing.T) {
	t.Parallel()
	a, b := New(Options{}), New(Options{})
	defer a.Close()
	defer b.Close()
	pingCable(t, a, b)
	for _, dst := range []string{"10.0.0.2", "fd00::2"} {
		stats, err := a.Ping(t.Context(), netip.MustParseAddr(dst), &ping.Config{Interval: -1, Count: 100})
		require.NoError(t, err)
		assert.Equal(t, 100, stats.Received)
		assert.Positive(t, stats.Max)
	}
}
