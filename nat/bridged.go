package nat

import (
	"drydock/drop"

	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// FilterBridged decides about an IPv4 or IPv6 frame that goes from port in to port out
// of a bridge, as Linux with br_netfilter: it passes PREROUTING, FORWARD and
// POSTROUTING, with the bridge for interface and its ports for physdev. The result is
// pkt itself, nil if it is dropped, or a packet of the caller's with the frame as it was
// translated. It implements the Filter of package bridge, which says who owns what.
func (t *Tables) FilterBridged(bridge, in, out string, pkt *stack.PacketBuffer) *stack.PacketBuffer {
	p := t.newPacket(prerouting, pkt)
	defer p.release()
	p.borrowed = true
	p.in, p.physIn = bridge, in
	mark := pkt.Mark
	ok := t.bridged(p, bridge, out, pkt)
	mine := p.pkt
	if mine == pkt || !ok { // the mark is for rules alone; the frame may yet leave by other ports
		pkt.Mark = mark
	}
	switch {
	case ok:
		return mine
	case mine != pkt:
		mine.DecRef()
	}
	return nil
}

// bridged passes a frame through the hooks. p.pkt is then what came of it.
func (t *Tables) bridged(p *packet, bridge, out string, frame *stack.PacketBuffer) bool {
	if !p.parseFrame() {
		if len(p.ip) > 0 && !p.v6 && !header.IPv4(p.ip).IsChecksumValid() {
			return t.drop(p, drop.Checksum)
		}
		return t.drop(p, drop.Malformed)
	}
	dst := p.dst
	if !t.prerouting(p) {
		return false
	}
	if p.dst != dst {
		return t.reroute(p, bridge, frame)
	}
	p.hook, p.out, p.physOut = forward, bridge, out
	if !t.onward(p) {
		return false
	}
	p.hook, p.in = postrouting, ""
	return t.onward(p)
}

// reroute gives a frame that is now for somebody else to who routes: the frame as it was
// sent, since the machine receives it anew and passes it through PREROUTING. A connection
// that has begun here is not confirmed and leaves no trace, so that it begins there.
func (t *Tables) reroute(p *packet, bridge string, frame *stack.PacketBuffer) bool {
	if t.router == nil {
		return t.drop(p, drop.OffBridge)
	}
	t.router(bridge, frame)
	return false
}
