package bridge

import (
	"drydock/drop"
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A packetWriter takes a frame without changing or keeping it; see AddPort.
type packetWriter interface {
	WritePacket(pkt *stack.PacketBuffer) tcpip.Error
}

// A framesWriter takes frames in a row as a packetWriter takes one.
type framesWriter interface {
	WriteFrames(pkts []*stack.PacketBuffer) (int, tcpip.Error)
}

// An egress is the way out by an endpoint.
type egress struct {
	ep       stack.LinkEndpoint
	direct   packetWriter // ep, if it is one
	burst    framesWriter // ep, if it is one as well
	gso      bool         // ep takes super-segments
	checksum bool         // ep computes checksums
}

func newEgress(ep stack.LinkEndpoint) egress {
	e := egress{ep: ep, checksum: ep.Capabilities()&stack.CapabilityTXChecksumOffload != 0}
	if e.direct, _ = ep.(packetWriter); e.direct != nil {
		e.burst, _ = ep.(framesWriter)
	}
	if g, ok := ep.(stack.GSOEndpoint); ok {
		e.gso = g.SupportedGSO() == stack.HostGSOSupported
	}
	return e
}

// write sends pkt, which has size bytes, out of p.
func (p *Port) write(pkt *stack.PacketBuffer, size int) {
	if !p.fits(pkt, size) {
		p.drop(drop.TooBig, pkt)
		return
	}
	if p.egress.direct == nil {
		p.writeOwn(pkt, pkt.GSOOptions.Type != stack.GSONone)
		return
	}
	if err := p.egress.direct.WritePacket(pkt); err != nil {
		p.drop(drop.Refused, pkt)
		return
	}
	p.tx.add(size)
}

// fits reports whether pkt, which has size bytes, is not larger than the MTU. For the bridge itself it
// may be.
func (p *Port) fits(pkt *stack.PacketBuffer, size int) bool {
	return p.local || pkt.GSOOptions.Type != stack.GSONone || uint64(size) <= uint64(p.egress.ep.MTU())+header.EthernetMinimumSize
}

// writeOwn is write for an endpoint that may change what it is given.
func (p *Port) writeOwn(pkt *stack.PacketBuffer, super bool) {
	wires := p.egress.wire(pkt, super)
	if len(wires) == 0 {
		p.drop(drop.Malformed, pkt)
		return
	}
	var list stack.PacketBufferList // belongs to WritePackets, but not the references to its packets
	own := make([]*stack.PacketBuffer, len(wires))
	for i, wire := range wires {
		own[i] = p.egress.outgoing(wire)
		list.PushBack(own[i])
	}
	sent, _ := p.egress.ep.WritePackets(list)
	for i, wire := range wires {
		if i < sent {
			p.tx.add(wire.Size())
		} else {
			p.drop(drop.Refused, wire)
		}
		own[i].DecRef()
		wire.DecRef()
	}
}

// wire returns pkt as the frames that the endpoint can send, none if it is
// malformed. The caller owns them.
func (e *egress) wire(pkt *stack.PacketBuffer, super bool) []*stack.PacketBuffer {
	switch {
	case ethernetHeader(pkt) == nil: // what a filter put in the place of a frame
		return nil
	case super && !e.gso:
		return packet.Segment(pkt)
	case !e.checksum:
		return []*stack.PacketBuffer{packet.Complete(pkt)}
	}
	return []*stack.PacketBuffer{pkt.IncRef()}
}

// outgoing returns pkt as a stack would write it: with a pushed link header and
// the room before it that the endpoint needs. It shares the bytes behind the link
// header. The caller owns it.
func (e *egress) outgoing(pkt *stack.PacketBuffer) *stack.PacketBuffer {
	eth := header.Ethernet(ethernetHeader(pkt))
	payload := pkt.ToBuffer()
	payload.TrimFront(header.EthernetMinimumSize)
	out := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: int(e.ep.MaxHeaderLength()),
		Payload:            payload,
	})
	out.NetworkProtocolNumber = eth.Type()
	out.EgressRoute.LocalLinkAddress = eth.SourceAddress()
	out.EgressRoute.RemoteLinkAddress = eth.DestinationAddress()
	e.ep.AddHeader(out)
	out.Hash = pkt.Hash
	out.PktType = pkt.PktType
	out.RXChecksumValidated = pkt.RXChecksumValidated
	if out.GSOOptions = pkt.GSOOptions; out.GSOOptions.Type != stack.GSONone {
		consumeHeaders(out)
	}
	return out
}

// consumeHeaders parses the IP and TCP headers of a super-segment: endpoints take
// what is left for its payload.
func consumeHeaders(pkt *stack.PacketBuffer) {
	var room [packet.MaxHeaders]byte
	b := room[:packet.Copy(room[:], pkt, header.EthernetMinimumSize)]
	l, ok := packet.Parse(b, pkt.Data().Size())
	if !ok {
		return
	}
	if tcp := l.HeaderSize(b[l.Transport:]); l.Protocol == packet.TCP && tcp > 0 {
		pkt.NetworkHeader().Consume(l.Transport)
		pkt.TransportHeader().Consume(tcp)
	}
}
