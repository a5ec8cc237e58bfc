package nat

import (
	wire "drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// parseFrame finds the headers of the IP packet behind an Ethernet header. Others share
// the bytes of pkt, which netstack's own way of looking at headers would copy.
func (p *packet) parseFrame() bool {
	p.at = header.EthernetMinimumSize
	size := p.pkt.Size() - p.at
	if size <= 0 {
		return false
	}
	front := wire.Front(p.pkt, p.at)
	// Most frames have all headers in one piece, which is then looked at where it lies.
	if ok, enough := p.split(front, size); enough || len(front) == size {
		return ok
	}
	ok, _ := p.split(p.room[:wire.Copy(p.room[:], p.pkt, p.at)], size)
	return ok
}

// split finds the headers in b, where a packet of size bytes begins. It says whether
// the packet is right so far, and whether b is enough of it to tell.
func (p *packet) split(b []byte, size int) (ok, enough bool) {
	if !p.layout.Find(b, size) {
		return false, false
	}
	p.ip, p.l4 = b[:p.layout.Transport], b[p.layout.Transport:]
	p.l4 = p.l4[:min(len(p.l4), header.ICMPv4MinimumSize+maxQuote)]
	p.located()
	if !p.v6 && !header.IPv4(p.ip).IsChecksumValid() {
		return false, true
	}
	if p.layout.Fragment == wire.Following {
		return true, true
	}
	p.parseTransport()
	need := header.TCPMinimumSize // enough of everything else
	switch {
	case p.proto == wire.TCP && p.ports:
		need = int(header.TCP(p.l4).DataOffset())
	case isICMP(p.proto):
		need = header.ICMPv4MinimumSize + maxQuote
	}
	return true, len(p.l4) >= min(need, p.l4Size())
}

// writable makes the headers of p those that may be written. They move.
func (p *packet) writable() {
	if p.borrowed {
		p.own()
	}
}

// own puts a packet with headers of its own in the place of pkt, so that they can be
// written. The bytes behind them are still shared.
func (p *packet) own() {
	old := p.pkt
	head := buffer.NewViewSize(header.EthernetMinimumSize + len(p.ip) + len(p.l4))
	front := head.AsSlice()
	wire.Copy(front, old, 0)
	payload := old.ToBuffer()
	payload.TrimFront(int64(len(front)))
	frame := buffer.MakeWithView(head)
	frame.Merge(&payload)

	p.pkt = stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: frame, Mark: old.Mark})
	p.pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	p.pkt.NetworkProtocolNumber = header.Ethernet(front).Type()
	p.pkt.GSOOptions = old.GSOOptions
	p.pkt.RXChecksumValidated, p.pkt.PktType = old.RXChecksumValidated, old.PktType
	p.pkt.Hash = old.Hash

	p.borrowed = false
	front = front[header.EthernetMinimumSize:]
	p.ip, p.l4 = front[:len(p.ip)], front[len(p.ip):]
	if isICMP(p.proto) && len(p.l4) >= header.ICMPv4MinimumSize {
		p.quote = p.l4[header.ICMPv4MinimumSize:]
	}
}
