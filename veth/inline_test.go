package veth_test

import (
	"testing"
	"testing/synctest"

	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// icmpFrame returns a message over IPv4, with 8 bytes behind its header.
func icmpFrame(kind header.ICMPv4Type) []byte {
	m := header.ICMPv4(make([]byte, header.ICMPv4MinimumSize+8))
	m.SetType(kind)
	m.SetChecksum(header.ICMPv4Checksum(m, 0))
	return ip4Frame(header.ICMPv4ProtocolNumber, m)
}

// icmp6Frame returns a message over IPv6 behind a hop-by-hop header, as MLD has one, if hop.
func icmp6Frame(kind header.ICMPv6Type, hop bool) []byte {
	m := header.ICMPv6(make([]byte, header.ICMPv6EchoMinimumSize))
	m.SetType(kind)
	src, dst := tcpip.AddrFromSlice(addrA6.Addr().AsSlice()), tcpip.AddrFromSlice(addrB6.Addr().AsSlice())
	m.SetChecksum(header.ICMPv6Checksum(header.ICMPv6ChecksumParams{Header: m, Src: src, Dst: dst}))
	next, options := uint8(header.ICMPv6ProtocolNumber), []byte(nil)
	if hop {
		next, options = 0, []byte{next, 0, 5, 2, 0, 0, 1, 0}
	}
	b := raw(macB, macA, 14+header.IPv6MinimumSize)
	header.Ethernet(b).Encode(&header.EthernetFields{DstAddr: macB, SrcAddr: macA, Type: header.IPv6ProtocolNumber})
	header.IPv6(b[14:]).Encode(&header.IPv6Fields{
		PayloadLength: uint16(len(options) + len(m)), HopLimit: 64, SrcAddr: src, DstAddr: dst,
	})
	b[14+6] = next
	return append(append(b, options...), m...)
}

// to returns a frame with another destination.
func to(dst tcpip.LinkAddress, frame []byte) []byte {
	copy(frame, dst)
	return frame
}

// moreFragments returns the first fragment of a datagram.
func moreFragments() []byte {
	b := udpFrame(1, 2, 3)
	ip := header.IPv4(b[14:])
	ip.SetFlagsFragmentOffset(header.IPv4FlagMoreFragments, 0)
	ip.SetChecksum(0)
	ip.SetChecksum(^ip.CalculateChecksum())
	return b
}

// TestInline says which frames are delivered in the goroutine of their sender: it is still there
// while the receiver holds them.
func TestInline(t *testing.T) {
	t.Parallel()
	reply := to(macA, udpFrame(1))
	tests := []struct {
		name   string
		frame  []byte
		gso    stack.GSO
		before func(t *testing.T, a, b *veth.Endpoint, atB *station)
		opts   []veth.Option
		want   bool
	}{
		{name: "UDP", frame: udpFrame(1, 2, 3), want: true},
		{name: "TCP", frame: tcpFrame("hello"), want: true},
		{name: "TCP with offload", frame: tcpFrame("hello"), gso: gso4(1460), want: true},
		{name: "echo request", frame: icmpFrame(header.ICMPv4Echo), want: true},
		{name: "echo reply", frame: icmpFrame(header.ICMPv4EchoReply), want: true},
		{name: "echo request over IPv6", frame: icmp6Frame(header.ICMPv6EchoRequest, false), want: true},
		{name: "echo reply over IPv6", frame: icmp6Frame(header.ICMPv6EchoReply, true), want: true},

		{name: "an error", frame: icmpFrame(header.ICMPv4DstUnreachable)},
		{name: "time exceeded", frame: icmpFrame(header.ICMPv4TimeExceeded)},
		{name: "an error over IPv6", frame: icmp6Frame(header.ICMPv6PacketTooBig, false)},
		{name: "a neighbour", frame: icmp6Frame(header.ICMPv6NeighborSolicit, false)},
		{name: "groups", frame: icmp6Frame(header.ICMPv6MulticastListenerReport, true)},
		{name: "groups over IPv4", frame: ip4Frame(2, make([]byte, 8))},
		{name: "a fragment", frame: moreFragments()},
		{name: "no IP", frame: numbered(1)},
		{name: "cut short", frame: tcpFrame("hello")[:30]},
		{name: "broadcast", frame: to(header.EthernetBroadcastAddress, udpFrame(1))},
		{name: "of another station", frame: to(macC, udpFrame(1))},
		{name: "large", frame: tcpFrame(string(make([]byte, 100)))},
		{name: "a super-segment", frame: tcpFrame("hello"), gso: gso4(2)},

		{name: "the receiver has not sent", frame: udpFrame(1), before: func(t *testing.T, a, _ *veth.Endpoint, _ *station) {
			write(t, a, udpFrame(1)) // takes what the receiver's frame allowed
		}},
		{name: "the receiver has sent again", frame: udpFrame(1), want: true, before: func(t *testing.T, a, b *veth.Endpoint, _ *station) {
			write(t, a, udpFrame(1))
			write(t, b, reply)
		}},
		{name: "another one is being delivered", frame: udpFrame(1), before: func(t *testing.T, a, b *veth.Endpoint, atB *station) {
			atB.hold = make(chan struct{})
			go write(t, a, udpFrame(1))
			synctest.Wait()
			write(t, b, reply)
		}},
		{name: "the worker has another one", frame: udpFrame(1), before: func(t *testing.T, a, _ *veth.Endpoint, atB *station) {
			atB.hold = make(chan struct{})
			write(t, a, numbered(1))
		}},
		{name: "impaired", frame: udpFrame(1), opts: []veth.Option{veth.WithImpairment(veth.Impairment{Delay: 1})}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				a, b := pair(t, append(tt.opts, veth.WithInlineDelivery())...)
				defer a.Close()
				var atB station
				a.Attach(&station{})
				b.Attach(&atB)
				write(t, b, reply)
				sleep(1)
				if tt.before != nil {
					tt.before(t, a, b, &atB)
					synctest.Wait()
				}
				hold := atB.hold
				if hold == nil {
					hold = make(chan struct{})
					atB.hold = hold
				}
				before := len(atB.arrivals())
				returned := false
				go func() {
					writePacket(t, a, outgoing(tt.frame, tt.gso))
					returned = true
				}()
				sleep(1)
				assert.Equal(t, tt.want, !returned)
				close(hold)
				sleep(1)
				if assert.Len(t, atB.arrivals(), before+1) {
					assert.Equal(t, string(tt.frame), atB.arrivals()[before].Frame)
				}
				conserved(t, a, b)
				conserved(t, b, a)
			})
		})
	}
}

// TestInlineClose closes a cable while a sender is inside the receiver, and waits for it.
func TestInlineClose(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithInlineDelivery())
		atB := station{hold: make(chan struct{})}
		a.Attach(&station{})
		b.Attach(&atB)
		write(t, b, to(macA, udpFrame(1)))
		synctest.Wait()
		go write(t, a, udpFrame(1))
		synctest.Wait()
		closed := false
		go func() {
			a.Close()
			closed = true
		}()
		synctest.Wait()
		assert.False(t, closed)
		close(atB.hold)
		synctest.Wait()
		assert.True(t, closed)
	})
}

// A router sends each frame that it gets out by another end.
type router struct {
	out   *veth.Endpoint
	depth int // how often it is inside itself
	most  int
	left  int // frames that it still sends
}

func (r *router) DeliverNetworkPacket(_ tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	r.depth++
	r.most = max(r.most, r.depth)
	if r.left--; r.left > 0 {
		out := outgoing(to(r.out.Peer().LinkAddress(), contents(pkt)), stack.GSO{})
		r.out.WritePacket(out)
		out.DecRef()
	}
	r.depth--
}

func (*router) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {}

// TestInlineCircle has two stations send a frame to and fro without end, which does not nest
// without end.
func TestInlineCircle(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithInlineDelivery())
		defer a.Close()
		atA, atB := router{out: a, left: 1000}, router{out: b, left: 1000}
		a.Attach(&atA)
		b.Attach(&atB)
		synctest.Wait()
		write(t, a, udpFrame(1))
		synctest.Wait()
		assert.Zero(t, min(atA.left, atB.left))
		assert.LessOrEqual(t, atA.most, 2) // by the worker, and inside it by a sender
		assert.LessOrEqual(t, atB.most, 2)
	})
}
