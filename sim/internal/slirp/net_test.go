package slirp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"drydock/internal/packet"
	"drydock/sim/ping"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	for want, opts := range map[string]Options{
		"": {Gateway: netip.MustParsePrefix("192.168.1.1/24"), Guest: netip.MustParseAddr("192.168.1.2")},
		"slirp: gateway fd00::2/64 is no IPv4 unicast address":          {Gateway: netip.MustParsePrefix("fd00::2/64")},
		"slirp: gateway 127.0.0.1/8 is no IPv4 unicast address":         {Gateway: netip.MustParsePrefix("127.0.0.1/8")},
		"slirp: guest 10.0.3.15 is no neighbour of gateway 10.0.2.2/24": {Guest: netip.MustParseAddr("10.0.3.15")},
		"slirp: guest 10.0.2.2 is no neighbour of gateway 10.0.2.2/24":  {Guest: netip.MustParseAddr("10.0.2.2")},
	} {
		a, b, err := veth.Pair()
		require.NoError(t, err)
		opts.Link = a
		n, err := New(opts)
		if want == "" {
			require.NoError(t, err)
			n.Close()
		} else {
			assert.EqualError(t, err, want)
		}
		assert.False(t, b.Carrier(), "closed")
	}
}

func TestExposeErrors(t *testing.T) {
	t.Parallel()
	n, _ := newNet(t, Options{})
	to := netip.MustParseAddrPort("172.17.0.2:80")
	taken := listenReal(t)
	tests := []struct {
		name, network, address string
		to                     netip.AddrPort
		want                   string
	}{
		{"network", "sctp", "127.0.0.1:0", to, "listen sctp: unknown network sctp"},
		{"IPv6", "tcp", "127.0.0.1:0", netip.MustParseAddrPort("[fd00::2]:80"), "slirp: expose [fd00::2]:80: not an IPv4 address and port"},
		{"no port", "udp", "127.0.0.1:0", netip.MustParseAddrPort("172.17.0.2:0"), "slirp: expose 172.17.0.2:0: not an IPv4 address and port"},
		{"nothing", "tcp", "127.0.0.1:0", netip.AddrPort{}, "slirp: expose invalid AddrPort: not an IPv4 address and port"},
		{"no address", "udp", "127.0.0.1", to, "listen udp: address 127.0.0.1: missing port in address"},
		{"taken", "tcp", taken.Addr().String(), to, fmt.Sprintf("listen tcp %v: bind: %v", taken.Addr(), syscall.EADDRINUSE)},
	}
	for _, tt := range tests {
		x, err := n.Expose(tt.network, tt.address, tt.to)
		assert.EqualError(t, err, tt.want, tt.name)
		assert.Nil(t, x, tt.name)
	}
}

// An icmpError is one that the emulated host got.
type icmpError struct {
	From string
	Code header.ICMPv4Code // of destination unreachable
	To   string            // where the packet in question was sent
}

// errorsAt returns the ICMP errors that arrive at the host from now on.
func errorsAt(tb testing.TB, h emulated) <-chan icmpError {
	got := make(chan icmpError, 100)
	remove := h.cable.Tap(func(f veth.Tapped) {
		if f.Direction != veth.Received {
			return
		}
		ip := header.IPv4(f.Frame[header.EthernetMinimumSize:])
		if header.Ethernet(f.Frame).Type() != header.IPv4ProtocolNumber || ip.TransportProtocol() != header.ICMPv4ProtocolNumber {
			return
		}
		msg := header.ICMPv4(ip.Payload())
		if msg.Type() == header.ICMPv4DstUnreachable {
			quoted := header.IPv4(msg.Payload())
			got <- icmpError{packet.FromAddress(ip.SourceAddress()).String(), msg.Code(), packet.FromAddress(quoted.DestinationAddress()).String()}
		}
	})
	tb.Cleanup(remove)
	return got
}

// requireError waits for an ICMP error.
func requireError(tb testing.TB, got <-chan icmpError, want icmpError) {
	tb.Helper()
	select {
	case e := <-got:
		require.Equal(tb, want, e)
	case <-time.After(testTimeout):
		require.Fail(tb, "no ICMP error")
	}
}

// TestPing pings the gateway and another address.
func TestPing(t *testing.T) {
	t.Parallel()
	for _, forward := range []bool{false, true} {
		_, h := newNet(t, Options{Forward: forward})
		got := errorsAt(t, h)
		pinged := func(to string) ping.Stats {
			stats, err := h.Ping(t.Context(), netip.MustParseAddr(to), nil)
			require.NoError(t, err)
			return stats
		}
		assert.Equal(t, 1, pinged("10.0.2.2").Received)
		assert.Equal(t, 1, pinged("203.0.113.7").Errors)
		requireError(t, got, icmpError{"10.0.2.2", header.ICMPv4HostUnreachable, "203.0.113.7"})
	}
}

// TestARP asks for an address of the cable's network that nobody has.
func TestARP(t *testing.T) {
	t.Parallel()
	n, h := newNet(t, Options{})
	received := h.cable.Stats().RxPackets
	_, err := h.DialContext(t.Context(), "tcp", "10.0.2.3:80")
	require.ErrorIs(t, err, syscall.EHOSTUNREACH)
	assert.Equal(t, received, h.cable.Stats().RxPackets, "no answer")
	assert.Zero(t, n.stack.Stats().ARP.OutgoingRepliesSent.Value())
}

// TestNotForwarded sends to what is not forwarded.
func TestNotForwarded(t *testing.T) {
	t.Parallel()
	const someHost = "203.0.113.7:80"
	t.Run("gateway", func(t *testing.T) {
		t.Parallel()
		_, h := newNet(t, Options{})
		got := errorsAt(t, h)
		_, err := h.DialContext(t.Context(), "tcp", asGateway(listenReal(t).Addr()))
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		write(t, h.dial(t, "udp", asGateway(listenPacketReal(t).LocalAddr())), "anybody?")
		requireError(t, got, icmpError{"10.0.2.2", header.ICMPv4PortUnreachable, "10.0.2.2"})
	})
	t.Run("other hosts", func(t *testing.T) {
		t.Parallel()
		_, h := newNet(t, Options{})
		got := errorsAt(t, h)
		_, err := h.DialContext(t.Context(), "tcp", someHost)
		require.ErrorIs(t, err, syscall.EHOSTUNREACH)
		requireError(t, got, icmpError{"10.0.2.2", header.ICMPv4HostUnreachable, "203.0.113.7"})
		write(t, h.dial(t, "udp", someHost), "anybody?")
		requireError(t, got, icmpError{"10.0.2.2", header.ICMPv4HostUnreachable, "203.0.113.7"})
	})
}

// TestUnreachable looks at what the emulated host is told of a server that cannot
// be dialed.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		real error
		code header.ICMPv4Code
		want error
	}{
		{netUnreachable[0], header.ICMPv4NetUnreachable, syscall.ENETUNREACH},
		{hostUnreachable[0], header.ICMPv4HostUnreachable, syscall.EHOSTUNREACH},
		{prohibited[0], header.ICMPv4AdminProhibited, syscall.EHOSTUNREACH},
		{syscall.EMFILE, header.ICMPv4HostUnreachable, syscall.EHOSTUNREACH},
	}
	for _, tt := range tests {
		n, h := newNet(t, Options{Forward: true})
		n.tcp.dialContext = func(_ context.Context, network, address string) (net.Conn, error) {
			assert.Equal(t, "tcp4", network)
			assert.Equal(t, "203.0.113.7:80", address)
			return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", tt.real)}
		}
		got := errorsAt(t, h)
		_, err := h.DialContext(t.Context(), "tcp", "203.0.113.7:80")
		require.ErrorIs(t, err, tt.want)
		requireError(t, got, icmpError{"10.0.2.2", tt.code, "203.0.113.7"})

		n.udp.dial = func(server netip.AddrPort) (*net.UDPConn, error) {
			assert.Equal(t, "203.0.113.7:80", server.String())
			return nil, &net.OpError{Op: "dial", Net: "udp", Err: os.NewSyscallError("connect", tt.real)}
		}
		write(t, h.dial(t, "udp", "203.0.113.7:80"), "anybody?")
		requireError(t, got, icmpError{"10.0.2.2", tt.code, "203.0.113.7"})
		n.Close()
		require.Empty(t, n.tcp.pending)
		require.Empty(t, n.udp.flows)
	}
}

// TestSilence has nobody answer the machine. The host's SYN is not answered either,
// so it sends another, with which there is an answer.
func TestSilence(t *testing.T) {
	t.Parallel()
	n, h := newNet(t, Options{Forward: true})
	l := listenReal(t)
	dial, dials := n.tcp.dialContext, 0
	n.tcp.dialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials++; dials == 1 {
			return nil, os.ErrDeadlineExceeded
		}
		return dial(ctx, network, address)
	}
	c := h.dial(t, "tcp", asGateway(l.Addr()))
	write(t, c, "hello")
	read(t, accept(t, l), "hello")
	require.Equal(t, 2, dials)
}

// TestPendingIsBounded dials without end. SYNs that are sent again do not count.
func TestPendingIsBounded(t *testing.T) {
	t.Parallel()
	n, h := newNet(t, Options{Forward: true})
	dialed := make(chan struct{}, 2*maxPending)
	n.tcp.dialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		dialed <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithCancel(t.Context())
	var tasks sync.WaitGroup
	for range maxPending + 10 {
		tasks.Go(func() { h.DialContext(ctx, "tcp", "203.0.113.7:80") })
	}
	for range maxPending {
		<-dialed
	}
	h.dial(t, "udp", "10.0.2.2:1") // the stack goes on
	n.tcp.mu.Lock()
	assert.Len(t, n.tcp.pending, maxPending)
	n.tcp.mu.Unlock()
	cancel()
	tasks.Wait()
	n.Close()
	assert.Empty(t, dialed)
	assert.Empty(t, n.tcp.pending)
}

func TestDestination(t *testing.T) {
	t.Parallel()
	on, off := &Net{gateway: DefaultGateway, forward: true}, &Net{gateway: DefaultGateway}
	for to, want := range map[string]string{
		"10.0.2.2":        "127.0.0.1",
		"10.0.2.3":        "",
		"10.0.2.15":       "",
		"10.0.2.255":      "",
		"0.0.0.0":         "",
		"127.0.0.1":       "",
		"127.1.1.1":       "",
		"169.254.169.254": "",
		"169.254.170.2":   "",
		"100.100.100.200": "", // clouds' metadata, as above
		"100.96.0.96":     "",
		"168.63.129.16":   "",
		"192.0.0.192":     "",
		"100.100.100.201": "100.100.100.201",
		"224.0.0.251":     "",
		"255.255.255.255": "",
		"203.0.113.7":     "203.0.113.7",
		"10.0.3.1":        "10.0.3.1",
	} {
		real, ok := on.destination(packet.ToAddress(netip.MustParseAddr(to)))
		assert.Equal(t, want != "", ok, to)
		if ok {
			assert.Equal(t, want, real.String())
		}
		_, ok = off.destination(packet.ToAddress(netip.MustParseAddr(to)))
		assert.False(t, ok)
	}
}

// TestAnswerTo asks what the network is taken to have said.
func TestAnswerTo(t *testing.T) {
	t.Parallel()
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	_, expired := new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:1")
	tests := []struct {
		err  error
		want answer
	}{
		{dial(refused[0]), answerRefused},
		{dial(timedOut[0]), answerNone},
		{dial(netUnreachable[0]), answerNetUnreachable},
		{dial(hostUnreachable[0]), answerHostUnreachable},
		{dial(prohibited[0]), answerProhibited},
		{dial(syscall.EMFILE), answerFailed},
		{expired, answerNone},
		{os.ErrDeadlineExceeded, answerNone},
		{net.ErrClosed, answerFailed},
		{errors.New("?"), answerFailed},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, answerTo(tt.err), tt.err)
	}
}
