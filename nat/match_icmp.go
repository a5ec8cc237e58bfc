package nat

import (
	"fmt"
)

// ICMP is -m icmp --icmp-type, or -m icmp6 --icmpv6-type in the tables of IPv6. Its rule must
// be one for protocol 1 or 58. An echo request is {Type: 8, MaxCode: 255}, of IPv6
// {V6: true, Type: 128, MaxCode: 255}.
type ICMP struct {
	V6               bool
	Any              bool // every type
	Type             uint8
	MinCode, MaxCode uint8 // 0 and 255: every code
	Not              bool
}

// checked tells the families apart by V6, since the numbers of types alone do not.
func (m ICMP) checked(in setting) (Match, error) {
	number := uint8(ianaICMP)
	if in.v6 {
		number = ianaICMPv6
	}
	switch {
	case m.V6 != in.v6:
		return nil, ErrFamily
	case in.proto != Protocol{Number: number}:
		return nil, ErrProtocol
	case m.MinCode > m.MaxCode:
		return nil, ErrValue
	}
	return m, nil
}

// String prints numbers, as iptables-save does, but for "any".
func (m ICMP) String() string {
	name, option := "icmp", "--icmp-type"
	if m.V6 {
		name, option = "icmp6", "--icmpv6-type"
	}
	s := "-m " + name + " " + notOption(m.Not) + option + " "
	if m.Any {
		if m.V6 { // which has no word for it
			return s + "255"
		}
		return s + "any"
	}
	s += fmt.Sprint(m.Type)
	if m.MinCode != 0 || m.MaxCode != 255 {
		s += fmt.Sprintf("/%d", m.MinCode)
		if m.MinCode != m.MaxCode { // iptables-save 1.8.9 forgets the end of a range
			s += fmt.Sprintf(":%d", m.MaxCode)
		}
	}
	return s
}

// compile leaves type and code to match, which are not in the digest.
func (m ICMP) compile(*asking) matcher { return m }

// match is false for what has no ICMP header to look at, inverted or not.
func (m ICMP) match(p *packet) bool {
	if !p.ports {
		return false
	}
	hit := m.Any || p.icmpType == m.Type && m.MinCode <= p.icmpCode && p.icmpCode <= m.MaxCode
	return hit != m.Not
}
