// Package frame does in software what a network card does for a stack that
// offloads work to it: it cuts TCP super-segments into wire frames, computes the
// TCP and UDP checksums that the sender left out, and verifies those of arriving
// frames. (Of ICMP there is nothing to offload: stacks compute and verify its
// checksums themselves.)
//
// Frames are Ethernet II without FCS, carried as *stack.PacketBuffer.
package frame

import (
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Offloaded reports whether pkt was vouched for rather than checksummed: it comes
// straight from a stack, crossed a cable from one, or is a super-segment, which has
// no checksum of its own. Its checksum field may be unset, and computing it makes
// it right. Of other packets it is unknown whether they are intact.
func Offloaded(pkt *stack.PacketBuffer) bool {
	return pkt.RXChecksumValidated || pkt.PktType == tcpip.PacketOutgoing || pkt.GSOOptions.Type != stack.GSONone
}

// Inbound returns pkt as a receiver gets it: a packet of its own, without headers,
// that shares the bytes of pkt. The caller owns the result.
//
// It is for Ethernet to parse the link header, and better later than sooner: as
// long as pkt lives too, gVisor copies the memory that the header lies in.
func Inbound(pkt *stack.PacketBuffer) *stack.PacketBuffer {
	in := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: pkt.ToBuffer()})
	in.RXChecksumValidated = Offloaded(pkt)
	in.GSOOptions = pkt.GSOOptions
	return in
}

// Ethernet returns the link header of a packet made by Inbound, which it parses
// unless that has been done. It is nil if pkt is no Ethernet frame.
func Ethernet(pkt *stack.PacketBuffer) header.Ethernet {
	if pkt.HeaderSize() > 0 {
		return pkt.LinkHeader().Slice()
	}
	b, ok := pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	if !ok {
		return nil
	}
	pkt.NetworkProtocolNumber = header.Ethernet(b).Type()
	return b
}

// Complete returns pkt with its transport checksum computed, as it must be where
// frames leave for something that does not take the sender's word: a device, a
// capture. The result is pkt itself when there is nothing to compute; either way
// the caller owns a reference to it. pkt is not changed.
func Complete(pkt *stack.PacketBuffer) *stack.PacketBuffer {
	if !Offloaded(pkt) {
		return pkt.IncRef()
	}
	v := pkt.ToView()
	l, ok := parse(v.AsSlice())
	if !ok || l.transport == 0 {
		v.Release()
		return pkt.IncRef()
	}
	l.complete()
	out := wrap(v)
	out.GSOOptions = pkt.GSOOptions
	return out
}

// Bytes returns a copy of the frame with its transport checksum computed.
func Bytes(pkt *stack.PacketBuffer) []byte {
	b := make([]byte, pkt.Size())
	Copy(b, pkt)
	if l, ok := parse(b); ok && l.transport != 0 && Offloaded(pkt) {
		l.complete()
	}
	return b
}

// Copy copies the bytes of the frame to b, as many as there is room for.
func Copy(b []byte, pkt *stack.PacketBuffer) {
	views, skip := pkt.AsViewList()
	for v := views.Front(); v != nil; v = v.Next() {
		if skip >= v.Size() {
			skip -= v.Size()
			continue
		}
		b = b[copy(b, v.AsSlice()[skip:]):]
		skip = 0
	}
}

// Valid reports whether the IPv4 header, TCP and UDP checksums of a frame are
// right. What carries none of them is valid, and so are fragments and TCP or UDP
// behind IPv6 extension headers, of which only IP is looked at.
func Valid(pkt *stack.PacketBuffer) bool {
	v := pkt.ToView()
	defer v.Release()
	l, ok := parse(v.AsSlice())
	return !ok || l.valid()
}

// wrap makes a packet of the Ethernet frame in v, which it takes over.
func wrap(v *buffer.View) *stack.PacketBuffer {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithView(v)})
	Ethernet(pkt)
	pkt.RXChecksumValidated = true
	return pkt
}
