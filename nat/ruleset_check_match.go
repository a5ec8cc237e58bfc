package nat

import (
	"slices"
	"strings"
)

// checkMatch returns m as iptables prints it, or what is wrong with it in a rule for
// proto.
func checkMatch(m Match, v6 bool, proto Protocol) (Match, error) {
	switch m := m.(type) {
	case TCP:
		return m, m.check(proto)
	case UDP:
		if proto != (Protocol{Number: ianaUDP}) {
			if m == (UDP{}) { // which iptables leaves to the kernel
				return nil, ErrProtocol
			}
			return nil, ErrPort
		}
		return m, checkPorts(m.Src, m.Dst)
	case Multiport:
		return m.checked(proto)
	case ICMP:
		return m, m.check(v6, proto)
	case Conntrack:
		return m, checkStates(m.States, m.States&^(StateUntracked<<3-1) == 0)
	case State:
		return m, checkStates(m.States, m.States&^(StateUntracked<<1-1) == 0)
	case AddrType:
		return m, m.check(v6)
	case Limit:
		if m.Burst == 0 {
			m.Burst = limitBurst
		}
		return m, m.check()
	case Comment:
		if len(m.Text) > maxComment || strings.ContainsAny(m.Text, "\n\x00") { // iptables-save could not say it
			return nil, ErrValue
		}
		return m, nil
	case Physdev:
		return m, m.check()
	case MarkMatch:
		return m, nil
	}
	return nil, ErrMatch // nil, or a pointer to one of those
}

// hooksOfMatch returns the hooks at which a match is allowed. Linux does not know the
// port by which a frame will leave a bridge that it sends itself.
func hooksOfMatch(m Match) hookSet {
	if m, ok := m.(Physdev); ok && (m.Out.Name != "" || m.IsOut) && (!m.IsBridged || m.NotBridged) {
		return everyHook &^ atOutput
	}
	return everyHook
}

// maxComment is XT_MAX_COMMENT_LEN with its closing 0.
const maxComment = 255

func (m TCP) check(proto Protocol) error {
	f := m.Flags
	switch {
	case proto != Protocol{Number: ianaTCP} && m == TCP{Option: m.Option, NotOpt: m.NotOpt}: // which iptables leaves to the kernel
		return ErrProtocol
	case proto != Protocol{Number: ianaTCP}:
		return ErrPort
	case f.Mask == 0 && f != TCPFlags{}, m.NotOpt && m.Option == 0:
		return ErrValue
	}
	return checkPorts(m.Src, m.Dst)
}

func checkPorts(ranges ...PortRange) error {
	for _, r := range ranges {
		switch {
		case !r.Set && r != PortRange{}:
			return ErrPortRange
		case r.Lo > r.Hi:
			return ErrPortRange
		}
	}
	return nil
}

// maxMultiport is XT_MULTI_PORTS.
const maxMultiport = 15

var multiportProtocols = []uint8{ianaTCP, ianaUDP, ianaUDPLite, ianaSCTP, ianaDCCP}

func (m Multiport) checked(proto Protocol) (Match, error) {
	switch {
	case proto.Number == 0 || proto.Not:
		return nil, ErrPort
	case !slices.Contains(multiportProtocols, proto.Number):
		return nil, ErrPort
	case m.Which < SourcePorts || m.Which > EitherPorts || len(m.Ports) == 0:
		return nil, ErrValue
	}
	slots := 0
	for i, r := range m.Ports {
		if r.Lo > r.Hi {
			return nil, ErrPortRange
		}
		m.Ports[i] = PortRange{Lo: r.Lo, Hi: r.Hi, Set: r.Set}
		slots++
		if r.Lo < r.Hi {
			slots++
		}
	}
	if slots > maxMultiport {
		return nil, ErrValue
	}
	return m, nil
}

func (m ICMP) check(v6 bool, proto Protocol) error {
	number := uint8(ianaICMP)
	if v6 {
		number = ianaICMPv6
	}
	switch {
	case m.V6 != v6:
		return ErrFamily
	case proto != Protocol{Number: number}:
		return ErrProtocol
	case m.MinCode > m.MaxCode:
		return ErrValue
	}
	return nil
}

func checkStates(s StateSet, known bool) error {
	if s == 0 || !known {
		return ErrValue
	}
	return nil
}

// check knows what xt_addrtype cannot tell of IPv6 addresses.
func (m AddrType) check(v6 bool) error {
	const known, only4 = AddrProhibit<<1 - 1, AddrBroadcast | AddrBlackhole | AddrProhibit
	switch {
	case v6 && (m.Src|m.Dst)&only4 != 0:
		return ErrFamily
	case m.Src == 0 && m.Dst == 0:
		return ErrValue
	case (m.Src|m.Dst)&^known != 0, m.Src == 0 && m.NotSrc, m.Dst == 0 && m.NotDst:
		return ErrValue
	}
	return nil
}

// Linux has 10000 as XT_LIMIT_SCALE, the most in a second.
const maxLimitRate, maxLimitBurst = 10000, 10000

func (m Limit) check() error {
	switch m.Unit {
	case PerSecond, PerMinute, PerHour, PerDay:
	default:
		return ErrValue
	}
	if m.Count == 0 || uint64(m.Count) > maxLimitRate*uint64(m.Unit) || m.Burst > maxLimitBurst {
		return ErrValue
	}
	return nil
}

func (m Physdev) check() error {
	switch {
	case m == Physdev{}:
		return ErrValue
	case m.NotIsIn && !m.IsIn, m.NotIsOut && !m.IsOut, m.NotBridged && !m.IsBridged:
		return ErrValue
	}
	if err := m.In.check(); err != nil {
		return err
	}
	return m.Out.check()
}
