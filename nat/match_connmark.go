package nat

// ConnMarkMatch is -m connmark --mark value/mask: the mark of the connection, which the
// target ConnMark sets. A packet without a connection does not match, inverted or not.
type ConnMarkMatch struct {
	Value, Mask uint32
	Not         bool
}

func (m ConnMarkMatch) checked(setting) (Match, error) { return m, nil }

func (m ConnMarkMatch) String() string {
	return "-m connmark " + notOption(m.Not) + "--mark " + withMask(m.Value, m.Mask)
}

func (m ConnMarkMatch) compile(*asking) matcher { return m }

func (m ConnMarkMatch) match(p *packet) bool {
	return p.conn != nil && (p.conn.Mark()&m.Mask == m.Value) != m.Not
}
