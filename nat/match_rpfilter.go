package nat

import (
	wire "drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// RPFilter is -m rpfilter, in PREROUTING of raw and mangle: that an answer would leave by
// the interface that the packet came by. It looks for a route, which costs an allocation
// for each packet. ValidMark changes nothing, since routes here do not depend on marks.
type RPFilter struct {
	Loose       bool // by any interface
	ValidMark   bool
	AcceptLocal bool // from an address of the machine itself too
	Invert      bool
}

func (m RPFilter) checked(setting) (Match, error) { return m, nil }

func (RPFilter) hooks() hookSet { return atPrerouting }

func (m RPFilter) String() string { return "-m rpfilter" + m.Text(" --") }

// Text returns the options, each behind sep.
func (m RPFilter) Text(sep string) string {
	s := ""
	for _, f := range []struct {
		set  bool
		name string
	}{{m.Loose, "loose"}, {m.ValidMark, "validmark"}, {m.AcceptLocal, "accept-local"}, {m.Invert, "invert"}} {
		if f.set {
			s += sep + f.name
		}
	}
	return s
}

func (m RPFilter) compile(*asking) matcher { return m }

func (m RPFilter) match(p *packet) bool { return m.right(p) != m.Invert }

func (m RPFilter) right(p *packet) bool {
	s := p.host.stack.Load()
	switch {
	case s == nil || p.in == loopback || p.in == "":
		return true
	case p.src.IsUnspecified(): // DHCP, neighbour discovery
		return p.v6 || p.dst == broadcast4 || p.dst.IsMulticast()
	case p.src.IsMulticast() || p.src == broadcast4:
		return false
	case p.host.isLocal(p.src):
		return m.AcceptLocal
	}
	nic := tcpip.NICID(0)
	if p.src.Is6() && p.src.IsLinkLocalUnicast() {
		nic = p.nic
	}
	r, err := s.FindRoute(nic, tcpip.Address{}, wire.ToAddress(p.src), wire.Network(p.src), false)
	if err != nil {
		return false
	}
	defer r.Release()
	return m.Loose || r.Stack().FindNICNameFromID(r.NICID()) == p.in
}
