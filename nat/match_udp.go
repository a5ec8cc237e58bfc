package nat

// UDP is -m udp: --sport and --dport. Its rule must be one for protocol 17. UDP-Lite is none.
type UDP struct{ Src, Dst PortRange }

// checked leaves to the kernel's words what has no ports, as iptables does.
func (m UDP) checked(in setting) (Match, error) {
	if in.proto != (Protocol{Number: ianaUDP}) {
		if m == (UDP{}) {
			return nil, ErrProtocol
		}
		return nil, ErrPort
	}
	return m, checkPorts(false, m.Src, m.Dst)
}

func (m UDP) String() string {
	return "-m udp" + m.Src.text("--sport") + m.Dst.text("--dport")
}

// compile is the same as TCP's.
func (m UDP) compile(a *asking) matcher {
	if a.ports(m.Src, m.Dst) {
		return nil
	}
	return m
}

// match is false for fragments without a header, inverted or not.
func (m UDP) match(p *packet) bool {
	return p.ports && m.Src.match(p.srcPort) && m.Dst.match(p.dstPort)
}
