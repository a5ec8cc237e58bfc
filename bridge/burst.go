package bridge

import (
	"drydock/drop"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// ForwardFrames is ForwardFrame for frames in a row. Those that leave by one port are written to its
// endpoint together, if it takes several.
func (d *dispatcher) ForwardFrames(pkts []*stack.PacketBuffer) {
	in := (*Port)(d)
	if !in.attached.Load() {
		return
	}
	b, now := in.bridge, in.bridge.clock.coarse()
	var together *Port // by which pkts[start:i] leave
	var last transit   // the one before, which went by that port
	start, bytes := 0, 0
	for i, pkt := range pkts {
		f := transit{pkt: pkt, size: pkt.Size()}
		bytes += f.size
		why := f.parse()
		out := together
		if why != none {
			out = nil
		} else if out == nil || f.dst != last.dst || f.src != last.src {
			out, why = b.way(in, &f, now)
		}
		last = f
		if out != together {
			together.writeBurst(pkts[start:i])
			together, start = out, i
		}
		filtered := pkt
		if out.takesBursts(&f) {
			if filtered = b.filtered(in, out, &f); filtered == pkt {
				continue
			}
		}
		together.writeBurst(pkts[start:i])
		start = i + 1
		if filtered == pkt {
			b.forward(in, out, why, &f)
		} else {
			in.pass(out, &f, filtered)
		}
	}
	together.writeBurst(pkts[start:])
	in.rx.addAll(len(pkts), bytes)
}

// takesBursts reports whether a frame may leave by p, which may be nil, together with others.
func (p *Port) takesBursts(f *transit) bool {
	return p != nil && p.egress.burst != nil && p.fits(f.pkt, f.size)
}

// writeBurst is write for frames in a row, all of which fit.
func (p *Port) writeBurst(pkts []*stack.PacketBuffer) {
	if len(pkts) == 0 {
		return
	}
	sent, _ := p.egress.burst.WriteFrames(pkts)
	bytes := 0
	for i, pkt := range pkts {
		if i < sent {
			bytes += pkt.Size()
		} else {
			p.drop(drop.Refused, pkt)
		}
	}
	p.tx.addAll(sent, bytes)
}
