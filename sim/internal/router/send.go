package router

import (
	"drydock/drop"
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// forwarded is the protocol number of packets that the router sends, until their
// Ethernet header is made. No EtherType is so large. Thereby gVisor tells the
// router, and not its own IP, that a neighbour does not answer.
const forwarded tcpip.NetworkProtocolNumber = 1 << 16

// A hop is the way to a destination.
type hop struct {
	route  *stack.Route
	out    *Port
	gso    bool // out takes super-segments
	sums   bool // out wants checksums computed
	router *Router
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

// send sends pkt, cut into what the interface takes. Cutting comes after
// POSTROUTING, as in Linux: rules see whole packets.
func (h *hop) send(pkt *stack.PacketBuffer) {
	six := pkt.NetworkProtocolNumber == ipv6.ProtocolNumber
	mtu := h.mtu(six)
	if pkt.GSOOptions.Type != stack.GSONone && (!h.gso || exceeds(pkt, mtu)) {
		h.segment(pkt)
		return
	}
	fragment := !six && exceeds(pkt, mtu)
	if (h.sums || fragment) && pkt.RXChecksumValidated {
		packet.CompleteHeaders(pkt) // the sender may not have
	}
	if fragment {
		h.fragment(pkt, mtu)
		return
	}
	h.transmit(pkt)
}

// transmit gives pkt to the interface. If the link address of the next hop is not
// known yet, it waits there.
func (h *hop) transmit(pkt *stack.PacketBuffer) {
	pkt.NetworkProtocolNumber = forwarded
	switch err := h.out.nic.WritePacket(h.route, pkt); err.(type) {
	case nil:
	case *tcpip.ErrNoBufferSpace: // there are too many neighbours
		h.lose(drop.NeighbourFailed, pkt)
		return
	default:
		h.lose(drop.Down, pkt)
		return
	}
	h.router.ip.PacketsSent.Increment()
}

// lose drops a packet that cannot be sent.
func (h *hop) lose(why drop.Reason, pkt *stack.PacketBuffer) {
	h.router.ip.OutgoingPacketErrors.Increment()
	h.router.drop(h.out, why, pkt)
}

// The parts of a packet share its payload and have headers of their own: copying 64 KiB
// takes 1.3 µs, making a packet 0.1 µs. What the filter noted goes with each part, since
// what follows (the neighbour's queue, a link's tap) looks at it.

// A cut is a packet that is being cut into several.
type cut struct {
	pkt       *stack.PacketBuffer
	transport []byte        // header that each part has; nil: none
	body      buffer.Buffer // what follows
	reserve   int           // for the link header
}

// part returns a packet with a copy of the network header, and size bytes from at of the
// body. The caller owns it.
func (c *cut) part(at, size int) *stack.PacketBuffer {
	payload := c.body.Clone()
	payload.TrimFront(int64(at))
	payload.Truncate(int64(size))
	network := c.pkt.NetworkHeader().Slice()
	p := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: c.reserve + len(network) + len(c.transport),
		Payload:            payload,
	})
	copy(p.TransportHeader().Push(len(c.transport)), c.transport)
	copy(p.NetworkHeader().Push(len(network)), network)
	p.NetworkProtocolNumber, p.TransportProtocolNumber = c.pkt.NetworkProtocolNumber, c.pkt.TransportProtocolNumber
	p.Owner, p.Mark = c.pkt.Owner, c.pkt.Mark
	p.NICID, p.InputNICID = c.pkt.NICID, c.pkt.InputNICID
	p.RXChecksumValidated = c.pkt.RXChecksumValidated
	return p
}

// segment sends the segments of a TCP super-segment.
func (h *hop) segment(pkt *stack.PacketBuffer) {
	transport := pkt.TransportHeader().Slice()
	mss := int(pkt.GSOOptions.MSS)
	if pkt.TransportProtocolNumber != header.TCPProtocolNumber || len(transport) == 0 || mss == 0 && pkt.Data().Size() > 0 {
		h.lose(drop.Malformed, pkt) // no super-segment
		return
	}
	c := cut{pkt, transport, pkt.Data().ToBuffer(), int(h.out.nic.MaxHeaderLength())}
	defer c.body.Release()
	for piece := range packet.Cuts(int(c.body.Size()), max(mss, 1)) {
		p := c.part(piece.At, piece.Size)
		piece.SetHeaders(p.NetworkHeader().Slice(), p.TransportHeader().Slice())
		h.send(p)
		p.DecRef()
	}
}

// fragment sends an IPv4 packet in fragments of at most mtu bytes. Payloads of all
// but the last are a multiple of 8 bytes. IPv6 packets do not come here: forward refuses
// those that are too big, as only their senders may fragment them.
func (h *hop) fragment(pkt *stack.PacketBuffer, mtu int) {
	ip := header.IPv4(pkt.NetworkHeader().Slice())
	most := (mtu - len(ip)) &^ 7
	c := cut{pkt, nil, stack.BufferSince(pkt.TransportHeader()), int(h.out.nic.MaxHeaderLength())}
	defer c.body.Release()
	offset, flags, size := ip.FragmentOffset(), ip.Flags(), int(c.body.Size())
	// With options and an MTU of 68 no byte may fit; a fragment that reaches beyond
	// the largest packet would start anew.
	if most <= 0 || int(offset)+size > header.IPv4MaximumPayloadSize {
		h.lose(drop.TooBig, pkt)
		return
	}
	for at := 0; at < size; at += most {
		p := c.part(at, min(most, size-at))
		fh := header.IPv4(p.NetworkHeader().Slice())
		if at > 0 {
			blankOptions(fh)
		}
		if at+most < size {
			fh.SetFlagsFragmentOffset(flags|header.IPv4FlagMoreFragments, offset+uint16(at))
		} else {
			fh.SetFlagsFragmentOffset(flags, offset+uint16(at))
		}
		fh.SetTotalLength(uint16(p.Size()))
		packet.SetHeaderSum(fh)
		h.transmit(p)
		p.DecRef()
	}
}

// blankOptions replaces with no-operations those IPv4 options that only the first
// fragment has.
func blankOptions(ip header.IPv4) {
	const copied, nop = 0x80, 1
	eachOption(ip, func(option []byte) {
		if option[0]&copied != 0 {
			return
		}
		for i := range option {
			option[i] = nop
		}
	})
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
