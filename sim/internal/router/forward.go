package router

import (
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
		return
	}
	h := f.hop(r.stack, dst)
	if h == nil {
		r.ip.Forwarding.Unrouteable.Increment()
		r.complain(pkt, pick(six, netUnreachable4, noRoute6), 0)
		return
	}
	if hopsLeft(ip) <= 1 {
		r.ip.Forwarding.ExhaustedTTL.Increment()
		r.complain(pkt, pick(six, timeExceeded4, timeExceeded6), 0)
		return
	}
	if six && header.IsV6LinkLocalUnicastAddress(src) {
		r.ip.Forwarding.LinkLocalSource.Increment()
		r.complain(pkt, beyondScope6, 0)
		return
	}
	if mtu := h.mtu(six); (six || header.IPv4(ip).Flags()&header.IPv4FlagDontFragment != 0) && exceeds(pkt, mtu) {
		r.ip.Forwarding.PacketTooBig.Increment()
		r.complain(pkt, pick(six, fragNeeded4, tooBig6), mtu)
		return
	}
	decrementHops(ip)
	if r.filter != nil && !(r.filter.CheckForward(pkt, h.route, addressFamily(pkt)) &&
		r.filter.CheckPostrouting(pkt, h.route, addressFamily(pkt))) {
		return
	}
	r.send(h, pkt)
}

func pick(six bool, c4, c6 complaint) complaint {
	if six {
		return c6
	}
	return c4
}

// mtu is the largest packet that may be sent on h. Linux sends IPv6 no smaller
// ones than all links must take.
func (h *hop) mtu(six bool) int {
	mtu := int(h.out.nic.MTU())
	if six {
		return max(mtu, header.IPv6MinimumMTU)
	}
	return mtu
}

// exceeds reports whether pkt, or the largest segment of a super-segment, is larger
// than mtu.
func exceeds(pkt *stack.PacketBuffer, mtu int) bool {
	if pkt.Size() <= mtu {
		return false
	}
	return pkt.GSOOptions.Type == stack.GSONone || headersOf(pkt)+int(pkt.GSOOptions.MSS) > mtu
}

// headersOf returns the bytes of IP and transport header.
func headersOf(pkt *stack.PacketBuffer) int {
	return len(pkt.NetworkHeader().Slice()) + len(pkt.TransportHeader().Slice())
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
	h := header.IPv4(b)
	h.SetTTL(h.TTL() - 1)
	sum := uint32(h.Checksum()) + 0x0100 // RFC 1624
	h.SetChecksum(uint16(sum + sum>>16))
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

// eachOption calls fn with the options of an IPv4 header, up to the first that is
// malformed.
func eachOption(ip header.IPv4, fn func(option []byte)) {
	const end, nop = 0, 1
	options := ip.Options()
	for len(options) > 0 && options[0] != end {
		size := 1
		if options[0] != nop {
			if len(options) < 2 || options[1] < 2 || int(options[1]) > len(options) {
				return
			}
			size = int(options[1])
		}
		fn(options[:size])
		options = options[size:]
	}
}
