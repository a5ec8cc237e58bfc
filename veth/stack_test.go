package veth_test

import (
	"bytes"
	"io"
	"net/netip"
	"sync"
	"testing"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

var (
	addrA, addrB   = netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("10.0.0.2/24")
	addrA6, addrB6 = netip.MustParsePrefix("fd00::1/64"), netip.MustParsePrefix("fd00::2/64")
)

// newStack returns a stack whose NIC 1 is ep.
func newStack(t testing.TB, ep stack.LinkEndpoint, addrs ...netip.Prefix) *stack.Stack {
	t.Helper()
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{arp.NewProtocol, ipv4.NewProtocol, ipv6.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6},
	})
	require.Nil(t, s.CreateNIC(1, ep))
	for _, p := range addrs {
		with := tcpip.AddressWithPrefix{Address: tcpip.AddrFromSlice(p.Addr().AsSlice()), PrefixLen: p.Bits()}
		require.Nil(t, s.AddProtocolAddress(1, tcpip.ProtocolAddress{
			Protocol: protocol(p), AddressWithPrefix: with,
		}, stack.AddressProperties{}))
		s.AddRoute(tcpip.Route{Destination: with.Subnet(), NIC: 1})
	}
	return s
}

func address(a netip.AddrPort) tcpip.FullAddress {
	return tcpip.FullAddress{NIC: 1, Addr: tcpip.AddrFromSlice(a.Addr().AsSlice()), Port: a.Port()}
}

func protocol(a netip.Prefix) tcpip.NetworkProtocolNumber {
	if a.Addr().Is4() {
		return header.IPv4ProtocolNumber
	}
	return header.IPv6ProtocolNumber
}

// A tally collects the TCP frames that pass a tap with data.
type tally struct {
	mu     sync.Mutex // guards frames
	frames [][]byte
}

func (c *tally) tap(t *testing.T, e *veth.Endpoint, dir veth.Direction) {
	remove := e.Tap(func(f veth.Tapped) {
		if f.Direction != dir {
			return
		}
		if tcp := tcpOf(f.Frame); tcp != nil && len(tcp.Payload()) > 0 {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.frames = append(c.frames, f.Frame)
		}
	})
	t.Cleanup(remove)
}

// tcpOf returns the segment in a frame, nil if there is none.
func tcpOf(f []byte) header.TCP {
	switch ip := f[14:]; header.Ethernet(f).Type() {
	case header.IPv4ProtocolNumber:
		if h := header.IPv4(ip); h.TransportProtocol() == header.TCPProtocolNumber {
			return h.Payload()
		}
	case header.IPv6ProtocolNumber:
		if h := header.IPv6(ip); h.TransportProtocol() == header.TCPProtocolNumber {
			return h.Payload()
		}
	}
	return nil
}

// requireChecksums recomputes the checksums of a TCP frame.
func requireChecksums(t *testing.T, f []byte) {
	t.Helper()
	tcp := tcpOf(f)
	var ip header.Network = header.IPv6(f[14:])
	if header.Ethernet(f).Type() == header.IPv4ProtocolNumber {
		require.True(t, header.IPv4(f[14:]).IsChecksumValid())
		ip = header.IPv4(f[14:])
	}
	pseudo := header.PseudoHeaderChecksum(header.TCPProtocolNumber, ip.SourceAddress(), ip.DestinationAddress(), uint16(len(tcp)))
	require.Equal(t, uint16(0xffff), checksum.Checksum(tcp, pseudo))
}

// TestSuperSegments sends a MiB over TCP. Over a perfect cable super-segments
// travel whole; over an impaired one in frames that add up to them.
func TestSuperSegments(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		mtu        int
		impairment veth.Impairment
		lossless   bool
	}{
		{name: "perfect", mtu: 1500, lossless: true},
		{name: "cut", mtu: 1500, impairment: veth.Impairment{Queue: 1}, lossless: true},
		{name: "cut, jumbo frames", mtu: 9000, impairment: veth.Impairment{Queue: 1}, lossless: true},
		{name: "cut, delayed", mtu: 1500, impairment: veth.Impairment{Delay: time.Microsecond, Queue: 1}, lossless: true},
		{name: "whole, delayed", mtu: 1500, impairment: veth.Impairment{Delay: time.Microsecond}, lossless: true},
		{name: "cut, rate", mtu: 1500, impairment: veth.Impairment{Rate: 1e9}},
		{name: "cut, some lost", mtu: 1500, impairment: veth.Impairment{Loss: veth.Loss{P: 0.01}}},
	}
	for _, tt := range tests {
		for _, addrs := range [][2]netip.Prefix{{addrA, addrB}, {addrA6, addrB6}} {
			t.Run(tt.name+" "+addrs[0].Addr().String(), func(t *testing.T) {
				t.Parallel()
				a, b := pair(t, veth.WithMTU(tt.mtu), veth.WithQueue(5000))
				require.NoError(t, a.Impair(tt.impairment))
				sa, sb := newStack(t, a, addrs[0]), newStack(t, b, addrs[1])
				defer sa.Destroy()
				defer sb.Destroy()
				var sent, received tally
				sent.tap(t, a, veth.Sent)
				received.tap(t, b, veth.Received)
				transfer(t, sa, sb, addrs[1], bytes.Repeat([]byte("0123456789abcdef"), 1<<16))

				sent.mu.Lock()
				received.mu.Lock()
				defer sent.mu.Unlock()
				defer received.mu.Unlock()
				if largest(sent.frames) <= tt.mtu+14 {
					t.Error("no super-segments were sent")
				}
				if (tt.impairment == veth.Impairment{Delay: tt.impairment.Delay}) {
					assert.Equal(t, sent.frames, received.frames)
					return
				}
				assert.LessOrEqual(t, largest(received.frames), tt.mtu+14)
				for _, f := range received.frames {
					requireChecksums(t, f)
				}
				if tt.lossless {
					requirePieces(t, sent.frames, received.frames)
				}
			})
		}
	}
}

// transfer sends data from one stack to the other, and checks what arrives.
func transfer(t *testing.T, from, to *stack.Stack, addr netip.Prefix, data []byte) {
	t.Helper()
	at := address(netip.AddrPortFrom(addr.Addr(), 80))
	l, err := gonet.ListenTCP(to, at, protocol(addr))
	require.NoError(t, err)
	defer l.Close()
	var got []byte
	var server sync.WaitGroup
	server.Go(func() {
		c, err := l.Accept()
		if !assert.NoError(t, err) {
			return
		}
		defer c.Close()
		got, err = io.ReadAll(c)
		assert.NoError(t, err)
	})
	c, err := gonet.DialTCP(from, at, protocol(addr))
	require.NoError(t, err)
	_, err = c.Write(data)
	require.NoError(t, err)
	require.NoError(t, c.CloseWrite())
	server.Wait()
	require.NoError(t, c.Close())
	require.True(t, bytes.Equal(data, got))
}

func largest(frames [][]byte) int {
	n := 0
	for _, f := range frames {
		n = max(n, len(f))
	}
	return n
}

// requirePieces checks that frames are the pieces of the segments, one after the
// other.
func requirePieces(t *testing.T, segments, frames [][]byte) {
	t.Helper()
	for _, whole := range segments {
		super := tcpOf(whole)
		data, n := super.Payload(), uint16(0)
		for seq := super.SequenceNumber(); len(data) > 0; n++ {
			require.NotEmpty(t, frames)
			f := frames[0]
			frames = frames[1:]
			piece := tcpOf(f)
			require.Equal(t, seq, piece.SequenceNumber())
			require.True(t, bytes.HasPrefix(data, piece.Payload()))
			data = data[len(piece.Payload()):]
			seq += uint32(len(piece.Payload()))

			flags := super.Flags()
			if len(data) > 0 {
				flags &^= header.TCPFlagPsh | header.TCPFlagFin
			}
			require.Equal(t, flags, piece.Flags())
			if header.Ethernet(f).Type() == header.IPv4ProtocolNumber {
				require.Equal(t, header.IPv4(whole[14:]).ID()+n, header.IPv4(f[14:]).ID())
			}
		}
	}
	require.Empty(t, frames)
}

// TestDatagrams sends small ones, large ones and such that IP cuts.
func TestDatagrams(t *testing.T) {
	t.Parallel()
	for _, i := range []veth.Impairment{{}, {Queue: 1}} {
		for _, addrs := range [][2]netip.Prefix{{addrA, addrB}, {addrA6, addrB6}} {
			a, b := pair(t, veth.WithImpairment(i))
			sa, sb := newStack(t, a, addrs[0]), newStack(t, b, addrs[1])
			at := address(netip.AddrPortFrom(addrs[1].Addr(), 53))
			server, err := gonet.DialUDP(sb, &at, nil, protocol(addrs[1]))
			require.NoError(t, err)
			client, err := gonet.DialUDP(sa, nil, &at, protocol(addrs[1]))
			require.NoError(t, err)
			for _, size := range []int{1, 512, 1452, 4000, 20000} {
				want := bytes.Repeat([]byte{byte(size)}, size)
				_, err = client.Write(want)
				require.NoError(t, err)
				got := make([]byte, 30000)
				n, from, err := server.ReadFrom(got)
				require.NoError(t, err)
				assert.True(t, bytes.Equal(want, got[:n]))
				_, err = server.WriteTo(want, from)
				require.NoError(t, err)
				n, err = client.Read(got)
				require.NoError(t, err)
				assert.True(t, bytes.Equal(want, got[:n]))
			}
			client.Close()
			server.Close()
			sa.Destroy()
			sb.Destroy()
			assert.Zero(t, b.Stats().RxErrors)
		}
	}
}

// TestRemoveNIC closes the cable of a NIC that is removed, and so removes the NIC
// at the other end.
func TestRemoveNIC(t *testing.T) {
	t.Parallel()
	remove := map[string]func(s *stack.Stack, e *veth.Endpoint){
		"RemoveNIC": func(s *stack.Stack, _ *veth.Endpoint) { assert.Nil(t, s.RemoveNIC(1)) },
		"Destroy":   func(s *stack.Stack, _ *veth.Endpoint) { s.Destroy() },
		"Close":     func(_ *stack.Stack, e *veth.Endpoint) { e.Close() },
	}
	for name, remove := range remove {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := pair(t)
			sa, sb := newStack(t, a, addrA), newStack(t, b, addrB)
			transfer(t, sa, sb, addrB, []byte("hello"))
			require.True(t, sa.HasNIC(1))
			remove(sa, a)
			assert.False(t, sa.HasNIC(1))
			assert.False(t, sb.HasNIC(1))
			assert.False(t, b.IsAttached())
			sa.Destroy()
			sb.Destroy()
		})
	}
}

// TestDestroyDuringTraffic destroys both stacks at once while they talk.
func TestDestroyDuringTraffic(t *testing.T) {
	t.Parallel()
	for range 20 {
		a, b := pair(t)
		sa, sb := newStack(t, a, addrA), newStack(t, b, addrB)
		at := address(netip.AddrPortFrom(addrB.Addr(), 80))
		l, err := gonet.ListenTCP(sb, at, ipv4.ProtocolNumber)
		require.NoError(t, err)
		var users sync.WaitGroup
		users.Go(func() {
			if c, err := l.Accept(); err == nil {
				io.Copy(io.Discard, c)
				c.Close()
			}
		})
		c, err := gonet.DialTCP(sa, at, ipv4.ProtocolNumber)
		require.NoError(t, err)
		started := make(chan struct{})
		users.Go(func() {
			_, err := c.Write(make([]byte, 1<<20))
			close(started)
			for err == nil {
				_, err = c.Write(make([]byte, 1<<16))
			}
			c.Close()
		})
		users.Go(func() { // to a port where nobody listens: ICMP comes back
			closed := address(netip.AddrPortFrom(addrB.Addr(), 9))
			c, err := gonet.DialUDP(sa, nil, &closed, ipv4.ProtocolNumber)
			for err == nil {
				if _, err = c.Write([]byte("hello")); err != nil && a.Carrier() {
					err = nil // connection refused
				}
			}
			if c != nil {
				c.Close()
			}
		})
		<-started
		users.Go(sa.Destroy)
		users.Go(sb.Destroy)
		users.Go(func() { l.Close() })
		users.Wait()
	}
}

// A probe is a link endpoint whose deliveries stop halfway and then take the lock of
// the stack, as answering a ping does.
type probe struct {
	stack.LinkEndpoint
	stack      *stack.Stack
	entered    chan struct{} // closed when a delivery has begun
	detached   chan struct{} // closed when the stack has called Attach(nil), with its lock held
	dispatcher stack.NetworkDispatcher
}

func (p *probe) Attach(d stack.NetworkDispatcher) {
	if d == nil {
		p.LinkEndpoint.Attach(nil)
		close(p.detached)
		return
	}
	p.dispatcher = d
	p.LinkEndpoint.Attach(p)
}

func (p *probe) DeliverNetworkPacket(proto tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	close(p.entered)
	<-p.detached
	p.stack.NICInfo()
	p.dispatcher.DeliverNetworkPacket(proto, pkt)
}

func (p *probe) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {}

// TestWaitUnderLock: Stack.Wait calls the endpoint's Attach and Wait with the lock
// held that a delivery under way needs.
func TestWaitUnderLock(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	p := &probe{LinkEndpoint: b, entered: make(chan struct{}), detached: make(chan struct{})}
	s := newStack(t, p)
	p.stack = s
	write(t, a, numbered(0))
	<-p.entered
	s.Destroy()
	assert.IsType(t, &tcpip.ErrClosedForSend{}, a.WritePacket(nil))
}
