package nat

// SNAT rewrites the source of a connection, and the destination of its replies. In
// POSTROUTING and INPUT of nat. A port is changed only if it is taken or not in the range.
type SNAT struct{ To NATRange }

var _ = reserve("SNAT")

func (t SNAT) String() string { return "-j SNAT --to-source " + t.To.String() + t.To.flags() }

// place has INPUT too, where the source of what is for the machine itself may be changed.
func (SNAT) place() place { return place{tables: 1 << natTable, hooks: atInput | atPostrouting} }

func (t SNAT) checked(in setting) (Target, error) {
	if t.To.BasePort != 0 {
		return nil, ErrPortRange
	}
	return t, t.To.check(in)
}

// apply decides about the connection of a packet. The packet itself is translated
// afterwards, like all those that follow it.
func (t SNAT) apply(h *host, p *packet) verdict {
	if p.conn != nil {
		h.bind(p, source, t.To)
	}
	return accept
}
