package nat

// AddrType is -m addrtype: --src-type, --dst-type. An empty set is not looked at. What kind an
// address is of is asked of the attached stack for each packet, not of the rule: addresses
// come and go.
type AddrType struct {
	Src, Dst       AddrTypeSet
	NotSrc, NotDst bool
}

// checked knows what xt_addrtype cannot tell of IPv6 addresses.
func (m AddrType) checked(in setting) (Match, error) {
	const known, only4 = AddrProhibit<<1 - 1, AddrBroadcast | AddrBlackhole | AddrProhibit
	switch {
	case in.v6 && (m.Src|m.Dst)&only4 != 0:
		return nil, ErrFamily
	case m.Src == 0 && m.Dst == 0, (m.Src|m.Dst)&^known != 0, m.Src == 0 && m.NotSrc, m.Dst == 0 && m.NotDst:
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
	return s
}

// compile leaves all to match, which asks only if the digest has let the packet through.
func (m AddrType) compile(*asking) matcher { return m }

// match asks the stack, which takes its locks. So AddrType stands best behind matches that
// refuse most packets, or in nat, which sees the first of each connection.
func (m AddrType) match(p *packet) bool {
	return (m.Src == 0 || (m.Src&p.addrType(p.src) != 0) != m.NotSrc) &&
		(m.Dst == 0 || (m.Dst&p.addrType(p.dst) != 0) != m.NotDst)
}
