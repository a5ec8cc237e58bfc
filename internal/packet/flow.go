package packet

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Flow returns a hash of what tells the flow of the frame of size bytes that b begins with:
// addresses, protocol and ports, which the fragments of a datagram have not. What is not of
// IP is one flow.
func Flow(b []byte, size int, seed uint64) uint64 {
	l, ok := ParseFrame(b, size)
	if !ok {
		return mix(seed)
	}
	ip := b[header.EthernetMinimumSize:]
	h := mix(seed ^ uint64(l.Protocol))
	for addrs := addrsField(ip); len(addrs) > 0; addrs = addrs[8:] {
		h = mix(h ^ binary.BigEndian.Uint64(addrs))
	}
	if l.Fragment == Whole && (l.Protocol == TCP || l.Protocol == UDP) && len(ip) >= l.Transport+4 {
		h = mix(h ^ uint64(binary.BigEndian.Uint32(ip[l.Transport:])))
	}
	return h
}

// mix is the finalizer of MurmurHash3.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// MarkCE marks the frame b as one that met congestion (RFC 3168). It is false if the frame
// does not say that it can be.
func MarkCE(b []byte) bool {
	const mask, ce = 3, 3
	if _, ok := ParseFrame(b, len(b)); !ok {
		return false
	}
	ip := b[header.EthernetMinimumSize:]
	if ip[0]>>4 == header.IPv6Version {
		if ip[1]>>4&mask == 0 {
			return false
		}
		ip[1] |= ce << 4
		return true
	}
	if ip[1]&mask == 0 {
		return false
	}
	ip[1] |= ce
	SetHeaderSum(ip)
	return true
}

// MarkedCE returns a copy of a frame that MarkCE has marked, nil if it cannot be.
func MarkedCE(pkt *stack.PacketBuffer) *stack.PacketBuffer {
	v := pkt.ToView()
	if !MarkCE(v.AsSlice()) {
		v.Release()
		return nil
	}
	out := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithView(v)})
	out.RXChecksumValidated = Offloaded(pkt)
	out.InputNICID = pkt.InputNICID
	return out
}

// Damaged returns a copy of a frame with one bit wrong, chosen by a random number. Its
// checksums were right for what it was, and nobody vouches for it any more.
func Damaged(pkt *stack.PacketBuffer, rnd uint64) *stack.PacketBuffer {
	whole := Complete(pkt)
	v := whole.ToView()
	whole.DecRef()
	b := v.AsSlice()
	bit := rnd % uint64(8*len(b))
	b[bit/8] ^= 1 << (bit % 8)
	out := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithView(v)})
	out.InputNICID = pkt.InputNICID
	return out
}
