package router

import (
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// send sends pkt, cut into what the interface takes. Cutting comes after
// POSTROUTING, as in Linux: rules see whole packets.
func (r *Router) send(h *hop, pkt *stack.PacketBuffer) {
	six := pkt.NetworkProtocolNumber == ipv6.ProtocolNumber
	mtu := h.mtu(six)
	if pkt.GSOOptions.Type != stack.GSONone && (!h.gso || exceeds(pkt, mtu)) {
		r.segment(h, pkt)
		return
	}
	fragment := !six && exceeds(pkt, mtu)
	if (h.sums || fragment) && pkt.RXChecksumValidated && !isFragment(pkt) {
		pkt.CalculateTransportChecksum() // the sender may not have
	}
	if fragment {
		r.fragment(h, pkt, mtu)
		return
	}
	r.transmit(h, pkt)
}

// transmit gives pkt to the interface. If the link address of the next hop is not
// known yet, it waits there.
func (r *Router) transmit(h *hop, pkt *stack.PacketBuffer) {
	pkt.NetworkProtocolNumber = forwarded
	if err := h.out.nic.WritePacket(h.route, pkt); err != nil {
		r.ip.OutgoingPacketErrors.Increment()
		return
	}
	r.ip.PacketsSent.Increment()
}

// isFragment reports whether pkt is a part of a fragmented packet, so that its
// checksum is not of itself. IPv6 with any extension header is taken for one:
// stacks do not offload the checksums of such packets.
func isFragment(pkt *stack.PacketBuffer) bool {
	if pkt.NetworkProtocolNumber == ipv6.ProtocolNumber {
		return len(pkt.NetworkHeader().Slice()) > header.IPv6MinimumSize
	}
	h := header.IPv4(pkt.NetworkHeader().Slice())
	return h.More() || h.FragmentOffset() > 0
}

// part returns a packet with a copy of the network header of pkt, and of the
// transport header if wanted, and size bytes from at of body, which follows them.
// The caller owns it.
func part(pkt *stack.PacketBuffer, h *hop, transport []byte, body *buffer.Buffer, at, size int) *stack.PacketBuffer {
	payload := body.Clone()
	payload.TrimFront(int64(at))
	payload.Truncate(int64(size))
	network := pkt.NetworkHeader().Slice()
	p := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: int(h.out.nic.MaxHeaderLength()) + len(network) + len(transport),
		Payload:            payload,
	})
	copy(p.TransportHeader().Push(len(transport)), transport)
	copy(p.NetworkHeader().Push(len(network)), network)
	p.NetworkProtocolNumber, p.TransportProtocolNumber = pkt.NetworkProtocolNumber, pkt.TransportProtocolNumber
	p.Owner, p.Mark = pkt.Owner, pkt.Mark
	p.NICID, p.InputNICID = pkt.NICID, pkt.InputNICID
	p.RXChecksumValidated = pkt.RXChecksumValidated
	return p
}

// segment sends the segments of a TCP super-segment: sequence numbers and IP ids
// count up, FIN and PSH stay with the last and CWR with the first.
func (r *Router) segment(h *hop, pkt *stack.PacketBuffer) {
	transport := pkt.TransportHeader().Slice()
	mss := int(pkt.GSOOptions.MSS)
	if pkt.TransportProtocolNumber != header.TCPProtocolNumber || len(transport) == 0 || mss == 0 {
		r.ip.OutgoingPacketErrors.Increment() // no super-segment
		return
	}
	body := pkt.Data().ToBuffer()
	defer body.Release()
	size := int(body.Size())
	for at, n := 0, 0; at == 0 || at < size; at, n = at+mss, n+1 {
		p := part(pkt, h, transport, &body, at, min(mss, size-at))
		tcp := header.TCP(p.TransportHeader().Slice())
		tcp.SetSequenceNumber(tcp.SequenceNumber() + uint32(at))
		flags := tcp.Flags()
		if at+mss < size {
			flags &^= header.TCPFlagFin | header.TCPFlagPsh
		}
		if at > 0 {
			flags &^= header.TCPFlagCwr
		}
		tcp.SetFlags(uint8(flags))
		setLength(p, n)
		r.send(h, p)
		p.DecRef()
	}
}

// setLength makes the length in the header of a segment right, and adds n to the
// IPv4 id.
func setLength(pkt *stack.PacketBuffer, n int) {
	b := pkt.NetworkHeader().Slice()
	if pkt.NetworkProtocolNumber == ipv6.ProtocolNumber {
		header.IPv6(b).SetPayloadLength(uint16(pkt.Size() - header.IPv6MinimumSize))
		return
	}
	h := header.IPv4(b)
	h.SetTotalLength(uint16(pkt.Size()))
	h.SetID(h.ID() + uint16(n))
	sum4(h)
}

func sum4(h header.IPv4) {
	h.SetChecksum(0)
	h.SetChecksum(^h.CalculateChecksum())
}

// fragment sends an IPv4 packet in fragments of at most mtu bytes. Payloads of all
// but the last are a multiple of 8 bytes.
func (r *Router) fragment(h *hop, pkt *stack.PacketBuffer, mtu int) {
	ip := header.IPv4(pkt.NetworkHeader().Slice())
	most := (mtu - len(ip)) &^ 7
	body := stack.BufferSince(pkt.TransportHeader())
	defer body.Release()
	offset, flags, size := ip.FragmentOffset(), ip.Flags(), int(body.Size())
	// With options and an MTU of 68 no byte may fit; a fragment that reaches beyond
	// the largest packet would start anew.
	if most <= 0 || int(offset)+size > header.IPv4MaximumPayloadSize {
		r.ip.OutgoingPacketErrors.Increment()
		return
	}
	for at := 0; at < size; at += most {
		p := part(pkt, h, nil, &body, at, min(most, size-at))
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
		sum4(fh)
		r.transmit(h, p)
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
