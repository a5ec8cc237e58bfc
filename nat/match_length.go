package nat

// Length is -m length: bytes of the IP packet, from Min to Max. A super-segment counts
// whole, as on Linux.
type Length struct {
	Min, Max uint16
	Not      bool
}

// checked lets the ends be the wrong way round, as Linux does: that matches nothing.
func (m Length) checked(setting) (Match, error) { return m, nil }

func (m Length) String() string {
	return "-m length " + notOption(m.Not) + "--length " + portsText(m.Min, m.Max, ":")
}

func (m Length) compile(*asking) matcher { return m }

func (m Length) match(p *packet) bool {
	n := p.layout.Size
	return (int(m.Min) <= n && n <= int(m.Max)) != m.Not
}
