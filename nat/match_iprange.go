package nat

import "net/netip"

// IPRange is -m iprange: addresses from one to another, both included. A range that is
// not valid is not looked at.
type IPRange struct {
	Src, Dst AddrRange
}

// An AddrRange is the addresses from Min to Max.
type AddrRange struct {
	Min, Max netip.Addr
	Not      bool
}

// checked lets ranges be that have their ends the wrong way round: they match nothing, and
// inverted everything, as on Linux.
func (m IPRange) checked(in setting) (Match, error) {
	for _, r := range []AddrRange{m.Src, m.Dst} {
		switch {
		case r.Min.IsValid() != r.Max.IsValid(), !r.Min.IsValid() && r.Not:
			return nil, ErrValue
		case r.Min.IsValid() && (r.Min.Is6() != in.v6 || r.Max.Is6() != in.v6):
			return nil, ErrFamily
		}
	}
	if !m.Src.Min.IsValid() && !m.Dst.Min.IsValid() {
		return nil, ErrValue
	}
	return m, nil
}

func (m IPRange) String() string {
	s := "-m iprange"
	if m.Src.Min.IsValid() {
		s += " " + notOption(m.Src.Not) + "--src-range " + m.Src.String()
	}
	if m.Dst.Min.IsValid() {
		s += " " + notOption(m.Dst.Not) + "--dst-range " + m.Dst.String()
	}
	return s
}

// String returns "10.0.0.1-10.0.0.9".
func (r AddrRange) String() string { return r.Min.String() + "-" + r.Max.String() }

func (m IPRange) compile(*asking) matcher { return m }

func (m IPRange) match(p *packet) bool { return m.Src.match(p.src) && m.Dst.match(p.dst) }

func (r *AddrRange) match(a netip.Addr) bool {
	return !r.Min.IsValid() || (r.Min.Compare(a) <= 0 && a.Compare(r.Max) <= 0) != r.Not
}
