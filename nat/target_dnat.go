package nat

// DNAT rewrites the destination of a connection, and the source of its replies. In
// PREROUTING and OUTPUT of nat, before a route is looked for: a published port is a DNAT.
type DNAT struct{ To NATRange }

var _ = reserve("DNAT")

func (t DNAT) String() string { return "-j DNAT --to-destination " + t.To.String() + t.To.flags() }

// place has the hooks before routing: the new destination decides about the way.
func (DNAT) place() place { return place{tables: 1 << natTable, hooks: atPrerouting | atOutput} }

func (t DNAT) checked(in setting) (Target, error) { return t, t.To.check(in) }

// apply decides about the connection of a packet, as SNAT's does.
func (t DNAT) apply(h *host, p *packet) verdict {
	if p.conn != nil {
		h.bind(p, destination, t.To)
	}
	return accept
}
