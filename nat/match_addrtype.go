package nat

import "net/netip"

// AddrType is -m addrtype: --src-type, --dst-type. An empty set is not looked at. What kind an
// address is of is asked of the attached stack for each packet, not of the rule: addresses
// come and go. LimitIn and LimitOut, of which one may be set, take an address for LOCAL or
// BROADCAST only on the interface by which the packet came or leaves.
type AddrType struct {
	Src, Dst          AddrTypeSet
	NotSrc, NotDst    bool
	LimitIn, LimitOut bool
}

// checked knows what xt_addrtype cannot tell of IPv6 addresses.
func (m AddrType) checked(in setting) (Match, error) {
	const known, only4 = AddrXResolve<<1 - 1, AddrBroadcast | AddrBlackhole | AddrProhibit | AddrThrow | AddrNAT | AddrXResolve
	switch {
	case in.v6 && (m.Src|m.Dst)&only4 != 0:
		return nil, ErrFamily
	case m.Src == 0 && m.Dst == 0, (m.Src|m.Dst)&^known != 0, m.Src == 0 && m.NotSrc, m.Dst == 0 && m.NotDst,
		m.LimitIn && m.LimitOut:
		return nil, ErrValue
	}
	return m, nil
}

func (m AddrType) String() string {
	s := "-m addrtype"
	if m.Src != 0 {
		s += " " + notOption(m.NotSrc) + "--src-type " + m.Src.String()
	}
	if m.Dst != 0 {
		s += " " + notOption(m.NotDst) + "--dst-type " + m.Dst.String()
	}
	if m.LimitIn {
		s += " --limit-iface-in"
	}
	if m.LimitOut {
		s += " --limit-iface-out"
	}
	return s
}

// hooks are those at which a packet has the interface.
func (m AddrType) hooks() hookSet {
	switch {
	case m.LimitIn:
		return everyHook &^ (atOutput | atPostrouting)
	case m.LimitOut:
		return everyHook &^ (atPrerouting | atInput)
	}
	return everyHook
}

// compile leaves all to match, which asks only if the digest has let the packet through.
func (m AddrType) compile(*asking) matcher { return m }

// match asks the stack, which takes its locks. So AddrType stands best behind matches that
// refuse most packets, or in nat, which sees the first of each connection.
func (m AddrType) match(p *packet) bool {
	return (m.Src == 0 || (m.Src&m.typeOf(p, p.src) != 0) != m.NotSrc) &&
		(m.Dst == 0 || (m.Dst&m.typeOf(p, p.dst) != 0) != m.NotDst)
}

// typeOf returns what kind of address addr is, on an interface if it is to be one.
func (m AddrType) typeOf(p *packet, addr netip.Addr) AddrTypeSet {
	t := p.addrType(addr)
	name := p.in
	if m.LimitOut {
		name = p.out
	}
	if (m.LimitIn || m.LimitOut) && t&(AddrLocal|AddrBroadcast) != 0 && addr != broadcast4 && !p.host.hasOn(name, addr) {
		return AddrUnicast
	}
	return t
}
