// Package frame does in software what a network card does for a stack that
// offloads work to it: it cuts TCP super-segments into wire frames, computes the
// checksums that the sender left out, and verifies those of arriving frames.
//
// Frames are Ethernet II without FCS, carried as *stack.PacketBuffer with a link
// header.
package frame

import (
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Offloaded reports whether pkt was vouched for rather than checksummed: it comes
// straight from a stack, or crossed a cable from one. Its checksum fields may be
// unset, and computing them makes it right. Of other packets it is unknown whether
// they are intact.
func Offloaded(pkt *stack.PacketBuffer) bool {
	return pkt.RXChecksumValidated || pkt.PktType == tcpip.PacketOutgoing
}

// Inbound returns pkt as a receiver gets it: a packet of its own that shares the
// bytes of pkt, with the link header parsed. It is nil if pkt is no Ethernet
// frame. The caller owns the result.
func Inbound(pkt *stack.PacketBuffer) *stack.PacketBuffer {
	in := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: pkt.ToBuffer()})
	if !parseLink(in) {
		in.DecRef()
		return nil
	}
	in.RXChecksumValidated = Offloaded(pkt)
	in.GSOOptions = pkt.GSOOptions
	return in
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

// Bytes returns a copy of the frame with its checksums computed.
func Bytes(pkt *stack.PacketBuffer) []byte {
	v := pkt.ToView()
	defer v.Release()
	b := append([]byte(nil), v.AsSlice()...)
	if l, ok := parse(b); ok && l.transport != 0 && Offloaded(pkt) {
		l.complete()
	}
	return b
}

// Valid reports whether the checksums of an IP frame are right. Frames that carry
// no checksum, fragments and other protocols are valid.
func Valid(pkt *stack.PacketBuffer) bool {
	v := pkt.ToView()
	defer v.Release()
	l, ok := parse(v.AsSlice())
	return !ok || l.valid()
}

// wrap makes a packet of the frame in v, which it takes over.
func wrap(v *buffer.View) *stack.PacketBuffer {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithView(v)})
	parseLink(pkt)
	pkt.RXChecksumValidated = true
	return pkt
}

func parseLink(pkt *stack.PacketBuffer) bool {
	b, ok := pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	if ok {
		pkt.NetworkProtocolNumber = header.Ethernet(b).Type()
	}
	return ok
}
