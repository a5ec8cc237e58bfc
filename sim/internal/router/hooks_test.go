package router_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"

	"drydock/sim/internal/netstack"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// describe names a hook, the interfaces that it is told and the protocol of the
// transport header that it finds.
func describe(hook string, pkt *stack.PacketBuffer, route *stack.Route) string {
	s := hook
	if pkt.InputNICID != 0 && (hook == "PREROUTING" || hook == "INPUT" || hook == "FORWARD") {
		s += fmt.Sprint(" in ", pkt.InputNICID)
	}
	if route != nil {
		s += fmt.Sprint(" out ", route.OutgoingNIC())
	}
	if len(pkt.TransportHeader().Slice()) > 0 {
		s += fmt.Sprint(" proto ", pkt.TransportProtocolNumber)
	}
	return s
}

// The hooks that packets pass, in their order.
func TestHooks(t *testing.T) {
	t.Parallel()
	forwarded := []string{"PREROUTING in 2 proto 17", "FORWARD in 2 out 3 proto 17", "POSTROUTING out 3 proto 17"}
	for _, tt := range []struct {
		name string
		in   packet
		drop string // the hook that drops
		want []string
	}{
		{"forwarded", packet{src: "10.1.0.99", dst: "10.2.0.99", proto: 17, body: udp(1)}, "", forwarded},
		{"IPv6 forwarded", packet{src: "fd01::99", dst: "fd02::99", proto: 17, body: udp(1)}, "", forwarded},
		{"dropped by PREROUTING", packet{src: "10.1.0.99", dst: "10.2.0.99", proto: 17, body: udp(1)}, "PREROUTING", forwarded[:1]},
		{"dropped by FORWARD", packet{src: "10.1.0.99", dst: "10.2.0.99", proto: 17, body: udp(1)}, "FORWARD", forwarded[:2]},
		{"dropped by POSTROUTING", packet{src: "10.1.0.99", dst: "10.2.0.99", proto: 17, body: udp(1)}, "POSTROUTING", forwarded},
		{"dropped by INPUT", packet{src: "10.1.0.99", dst: "10.1.0.1", proto: 17, body: udp(1)}, "INPUT",
			[]string{"PREROUTING in 2 proto 17", "INPUT in 2 proto 17"}},
		{"to another interface's address", packet{src: "10.1.0.99", dst: "10.2.0.1", proto: 17, body: udp(1)}, "INPUT",
			[]string{"PREROUTING in 2 proto 17", "INPUT in 2 proto 17"}},
		{"to another interface's address, IPv6", packet{src: "fd01::99", dst: "fd02::1", proto: 17, body: udp(1)}, "INPUT",
			[]string{"PREROUTING in 2 proto 17", "INPUT in 2 proto 17"}},
		{"to another interface's broadcast", packet{src: "10.1.0.99", dst: "10.2.0.255", proto: 17, body: udp(1)}, "INPUT",
			[]string{"PREROUTING in 2 proto 17", "INPUT in 2 proto 17"}},
		{"ping", packet{src: "10.1.0.99", dst: "10.2.0.1", proto: 1, body: icmp(8)}, "",
			[]string{"PREROUTING in 2 proto 1", "INPUT in 2 proto 1", "OUTPUT out 2 proto 1", "POSTROUTING out 2 proto 1"}},
		{"TTL exceeded", packet{src: "10.1.0.99", dst: "10.2.0.99", ttl: 1, proto: 17, body: udp(1)}, "",
			[]string{"PREROUTING in 2 proto 17", "OUTPUT out 2 proto 1", "POSTROUTING out 2 proto 1"}},
		{"no route", packet{src: "fd01::99", dst: "fd77::1", proto: 17, body: udp(1)}, "",
			[]string{"PREROUTING in 2 proto 17", "OUTPUT out 2 proto 58", "POSTROUTING out 2 proto 58"}},
		{"martian", packet{src: "127.0.0.1", dst: "10.2.0.99", proto: 17, body: udp(1)}, "", []string{"PREROUTING in 2 proto 17"}},
		{"malformed", packet{src: "10.1.0.99", dst: "10.2.0.99", breakSum: true}, "", nil},
		{"fragment", packet{src: "10.1.0.99", dst: "10.2.0.99", offset: 800, proto: 17, body: udp(1)}, "",
			[]string{"PREROUTING in 2", "FORWARD in 2 out 3", "POSTROUTING out 3"}},
		{"fragments are not seen by rules", packet{src: "10.1.0.99", dst: "10.2.0.99", proto: 17, body: udp(3000)}, "", forwarded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var got []string
				f := new(netfilter)
				top := plan{virtual: true, filter: f, mtu: [2]int{9000, 1500}}.build(t)
				top.acquaint(t)
				synctest.Wait()
				f.at = func(hook string, pkt *stack.PacketBuffer, route *stack.Route) bool {
					got = append(got, describe(hook, pkt, route))
					return hook != tt.drop
				}
				c := top.capture()
				top.inject(t, 0, tt.in)
				synctest.Wait()
				assert.Equal(t, tt.want, got)
				if tt.drop != "" {
					assert.Empty(t, c.take())
				}
			})
		})
	}
}

// A netfilter that translates the destination: packets to from go to to.
func dnat(from, to string) func(string, *stack.PacketBuffer, *stack.Route) bool {
	a, b := tcpip.AddrFromSlice(netip.MustParseAddr(from).AsSlice()), tcpip.AddrFromSlice(netip.MustParseAddr(to).AsSlice())
	return func(hook string, pkt *stack.PacketBuffer, _ *stack.Route) bool {
		switch h := pkt.Network(); {
		case hook == "PREROUTING" && h.DestinationAddress() == a:
			setAddress(pkt, b, false)
		case (hook == "POSTROUTING" || hook == "OUTPUT") && h.SourceAddress() == b:
			setAddress(pkt, a, true)
		}
		return true
	}
}

// setAddress changes an address of pkt and the checksums that contain it.
func setAddress(pkt *stack.PacketBuffer, to tcpip.Address, source bool) {
	h := pkt.Network()
	old := h.DestinationAddress()
	if source {
		old = h.SourceAddress()
	}
	if b := pkt.TransportHeader().Slice(); pkt.TransportProtocolNumber == header.TCPProtocolNumber {
		header.TCP(b).UpdateChecksumPseudoHeaderAddress(old, to, true)
	}
	switch h4, ok := h.(header.IPv4); {
	case !ok && source:
		h.SetSourceAddress(to)
	case !ok:
		h.SetDestinationAddress(to)
	case source:
		h4.SetSourceAddressWithChecksumUpdate(to)
	default:
		h4.SetDestinationAddressWithChecksumUpdate(to)
	}
}

// A stream to an address that PREROUTING turns into another one's.
func TestDNAT(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, from, to string
		server         func(*topology) *netstack.Stack
	}{
		{"to another host", "10.1.0.1", "10.2.0.2", func(t *topology) *netstack.Stack { return t.b }},
		{"to another host, from nobody's address", "10.77.0.1", "10.2.0.2", func(t *topology) *netstack.Stack { return t.b }},
		{"to the router", "10.77.0.1", "10.1.0.1", func(t *topology) *netstack.Stack { return t.router }},
		{"to another address of the router", "10.77.0.1", "10.2.0.1", func(t *topology) *netstack.Stack { return t.router }},
		{"to another host, IPv6", "fd01::1", "fd02::2", func(t *topology) *netstack.Stack { return t.b }},
		{"to another address of the router, IPv6", "fd77::1", "fd02::1", func(t *topology) *netstack.Stack { return t.router }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				top := plan{virtual: true, filter: &netfilter{at: dnat(tt.from, tt.to)}}.build(t)
				transfer(t, top.a, tt.server(top), netip.AddrPortFrom(netip.MustParseAddr(tt.from), 80), 1<<20)
			})
		})
	}
}

// The packet that goes out carries what the incoming one had from the netfilter.
func TestOwner(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := new(netfilter)
		top := plan{virtual: true, filter: f}.build(t)
		top.acquaint(t)
		synctest.Wait()
		var seen []string
		f.at = func(hook string, pkt *stack.PacketBuffer, _ *stack.Route) bool {
			if hook == "PREROUTING" {
				pkt.Owner, pkt.Mark = owner{7}, 9
			}
			seen = append(seen, fmt.Sprint(hook, pkt.Owner, pkt.Mark))
			return true
		}
		top.inject(t, 0, packet{src: "10.1.0.99", dst: "10.2.0.99", proto: 17, body: udp(1)})
		top.inject(t, 0, packet{src: "10.1.0.99", dst: "10.2.0.255", proto: 17, body: udp(1)})
		synctest.Wait()
		slices.Sort(seen)
		require.Equal(t, []string{"FORWARD{7} 9", "INPUT{7} 9", "POSTROUTING{7} 9", "PREROUTING{7} 9", "PREROUTING{7} 9"}, seen)
	})
}

type owner struct{ n int }

func (owner) KUID() uint32 { return 0 }

func (owner) KGID() uint32 { return 0 }
