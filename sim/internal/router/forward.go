package router

import (
	"drydock/drop"
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// forward sends pkt on to another host, or tells its sender why not. Like Linux it
// asks for the route first, and changes the packet only when nothing but the
// netfilter can stop it.
func (r *Router) forward(f *fib, in *Port, pkt *stack.PacketBuffer, src, dst tcpip.Address) {
	six := pkt.NetworkProtocolNumber == ipv6.ProtocolNumber
	ip := pkt.NetworkHeader().Slice()
	if pkt.PktType != tcpip.PacketHost || !six && sourceRouted(ip) {
		r.ip.Forwarding.Errors.Increment() // a group on the link is no reason to route
		if pkt.PktType != tcpip.PacketHost {
			r.drop(in, drop.OtherHost, pkt)
		} else {
			r.drop(in, drop.SourceRoute, pkt)
		}
		return
	}
	h := f.hop(dst)
	if h == nil {
		r.ip.Forwarding.Unrouteable.Increment()
		r.drop(in, drop.NoRoute, pkt)
		r.complain(pkt, pick(six, netUnreachable4, noRoute6), 0)
		return
	}
	if hopsLeft(ip) <= 1 {
		r.ip.Forwarding.ExhaustedTTL.Increment()
		r.drop(in, drop.TTL, pkt)
		r.complain(pkt, pick(six, timeExceeded4, timeExceeded6), 0)
		return
	}
	// RFC 4291, section 2.5.6: such a source means nobody on another link.
	if six && header.IsV6LinkLocalUnicastAddress(src) {
		r.ip.Forwarding.LinkLocalSource.Increment()
		r.drop(in, drop.Scope, pkt)
		r.complain(pkt, beyondScope6, 0)
		return
	}
	if mtu := h.mtu(six); (six || header.IPv4(ip).Flags()&header.IPv4FlagDontFragment != 0) && exceeds(pkt, mtu) {
		r.ip.Forwarding.PacketTooBig.Increment()
		r.drop(h.out, drop.TooBig, pkt)
		r.complain(pkt, pick(six, fragNeeded4, tooBig6), mtu)
		return
	}
	// From here on the packet is as it leaves. Linux, too, has FORWARD see the smaller TTL:
	// a rule that matches ttl 1 does so one hop before the end.
	decrementHops(ip)
	if f := r.filter.Load(); f != nil && !(f.CheckForward(pkt, h.route, addressFamily(pkt)) &&
		f.CheckPostrouting(pkt, h.route, addressFamily(pkt))) {
		if r.trial != nil {
			r.trial.Filtered = true
		}
		return
	}
	r.transmit(h, pkt)
}

func pick(six bool, c4, c6 packet.Error) packet.Error {
	if six {
		return c6
	}
	return c4
}

// hopsLeft returns time to live or hop limit of an IP header.
func hopsLeft(b []byte) uint8 {
	if protocolOf(b) == ipv6.ProtocolNumber {
		return header.IPv6(b).HopLimit()
	}
	return header.IPv4(b).TTL()
}

func decrementHops(b []byte) {
	if protocolOf(b) == ipv6.ProtocolNumber {
		h := header.IPv6(b)
		h.SetHopLimit(h.HopLimit() - 1)
		return
	}
	old := [2]byte{b[8], b[9]} // with the protocol, since sums are of words
	b[8]--
	packet.Patch(b[10:12], old[:], b[8:10])
}

// sourceRouted reports whether the sender chose the way. Docker hosts take no such
// packets: net.ipv4.conf.all.accept_source_route is 0.
func sourceRouted(ip header.IPv4) bool {
	const loose, strict = 131, 137
	found := false
	eachOption(ip, func(option []byte) {
		found = found || option[0] == loose || option[0] == strict
	})
	return found
}
