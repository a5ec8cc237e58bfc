package nat

import (
	"encoding/binary"
	"fmt"

	wire "drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// TCPMSS lowers the maximum segment size of a SYN to Size or, if that is 0, to what fits
// the MTU of the interfaces that the packet came by and leaves by (--clamp-mss-to-pmtu, not
// in PREROUTING and INPUT). It never raises it. Linux adds the option to a SYN without; here
// that stays as it is: all stacks send one.
type TCPMSS struct{ Size uint16 }

var _ = reserve("TCPMSS")

func (t TCPMSS) String() string {
	if t.Size == 0 {
		return "-j TCPMSS --clamp-mss-to-pmtu"
	}
	return fmt.Sprintf("-j TCPMSS --set-mss %d", t.Size)
}

func (t TCPMSS) place() place {
	if t.Size == 0 {
		return place{tables: anywhere.tables, hooks: atForward | atOutput | atPostrouting}
	}
	return anywhere
}

func (t TCPMSS) checked(in setting) (Target, error) {
	if (in.proto != Protocol{Number: ianaTCP}) {
		return nil, ErrProtocol
	}
	return t, nil
}

func (t TCPMSS) apply(h *host, p *packet) verdict {
	if !p.ports || p.layout.Fragment != wire.Whole {
		return carryOn
	}
	size := int(t.Size)
	if size == 0 {
		size = p.clampedMSS(h)
	}
	at := tcpOption(p.l4, header.TCPOptionMSS, header.TCPOptionMSSLength)
	if at < 0 || size <= 0 || int(binary.BigEndian.Uint16(p.l4[at+2:])) <= size {
		return carryOn
	}
	p.writable()
	// The size may lie at an odd offset, while sums are of words at even ones.
	from := (at + 2) &^ 1
	word := p.l4[from : from+4]
	old := [4]byte(word)
	binary.BigEndian.PutUint16(p.l4[at+2:], uint16(size))
	now := [4]byte(word)
	if p.pkt.GSOOptions.Type == stack.GSONone || !p.pkt.GSOOptions.NeedsCsum { // else it is that of the pseudo header
		wire.Patch(p.l4[header.TCPChecksumOffset:header.TCPChecksumOffset+2], old[:], now[:])
	}
	return carryOn
}

// clampedMSS is 0 where no route tells.
func (p *packet) clampedMSS(h *host) int {
	if p.route == nil {
		return 0
	}
	mtu := h.payload(p.route.NICID(), p)
	if p.hook != output && p.pkt.InputNICID != 0 {
		if in := h.payload(p.pkt.InputNICID, p); in > 0 {
			mtu = min(mtu, in)
		}
	}
	return mtu - header.TCPMinimumSize
}

// payload returns how much fits behind the IP header at an interface, 0 for none.
func (h *host) payload(nic tcpip.NICID, p *packet) int {
	if s := h.stack.Load(); s != nil {
		if ep, err := s.GetNetworkEndpoint(nic, wire.Network(p.dst)); err == nil {
			return int(ep.MTU())
		}
	}
	return 0
}
