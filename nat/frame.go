package nat

import (
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// parseFrame finds the headers of the IP packet behind an Ethernet header. Others share
// the bytes of pkt, which netstack's own way of looking at headers would copy.
func (p *packet) parseFrame() bool {
	size := p.pkt.Size() - header.EthernetMinimumSize
	if size <= 0 {
		return false
	}
	front := p.front()
	if ok, enough := p.split(front, size); enough || len(front) == size {
		return ok
	}
	ok, _ := p.split(p.room[:p.gather(p.room[:], header.EthernetMinimumSize)], size)
	return ok
}

// split finds the headers in b, where a packet of size bytes begins. It says whether
// the packet is right so far, and whether b is enough of it to tell.
func (p *packet) split(b []byte, size int) (ok, enough bool) {
	p.ip = b
	off, ok := p.parseIP(size)
	if !ok || off > len(b) {
		return false, false
	}
	p.ip, p.l4 = b[:off], b[off:]
	p.l4 = p.l4[:min(len(p.l4), header.ICMPv4MinimumSize+maxQuote)]
	p.l4At = header.EthernetMinimumSize + off
	if !p.v6 && !header.IPv4(p.ip).IsChecksumValid() {
		return false, true
	}
	if p.fragment == following {
		return true, true
	}
	p.parseTransport()
	need := header.TCPMinimumSize // enough of everything else
	switch {
	case p.proto == uint8(header.TCPProtocolNumber) && p.ports:
		need = int(header.TCP(p.l4).DataOffset())
	case isICMP(p.proto):
		need = header.ICMPv4MinimumSize + maxQuote
	}
	return true, len(p.l4) >= min(need, p.l4Size)
}

// front returns the bytes behind the Ethernet header that lie in one piece.
func (p *packet) front() []byte {
	views, skip := p.pkt.AsViewList()
	skip += header.EthernetMinimumSize
	for v := views.Front(); v != nil; v = v.Next() {
		if b := v.AsSlice(); skip < len(b) {
			return b[skip:]
		}
		skip -= v.Size()
	}
	return nil
}

// gather copies bytes of pkt from an offset on to b, as many as there is room for, and
// returns their number.
func (p *packet) gather(b []byte, off int) int {
	views, skip := p.pkt.AsViewList()
	skip += off
	n := 0
	for v := views.Front(); v != nil && n < len(b); v = v.Next() {
		from := v.AsSlice()
		if skip >= len(from) {
			skip -= len(from)
			continue
		}
		n += copy(b[n:], from[skip:])
		skip = 0
	}
	return n
}

// own puts a packet with headers of its own in the place of pkt, so that they can be
// written. The bytes behind them are still shared.
func (p *packet) own() {
	old := p.pkt
	head := buffer.NewViewSize(header.EthernetMinimumSize + len(p.ip) + len(p.l4))
	front := head.AsSlice()
	p.gather(front, 0)
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
