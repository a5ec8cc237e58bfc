package nat

// A PortRange matches ports from Lo to Hi, both included. The zero PortRange is
// not looked at. One port is {Lo: 80, Hi: 80, Set: true}.
type PortRange struct {
	Lo, Hi uint16
	Set    bool // that the option is there
	Not    bool
}

// match is true for every port if the range is not set.
func (r PortRange) match(port uint16) bool { return !r.Set || r.has(port) != r.Not }

func (r PortRange) has(port uint16) bool { return r.Lo <= port && port <= r.Hi }

// checkPorts checks ranges of which each may be left out. Where nobody puts them in order,
// one may be empty.
func checkPorts(ordered bool, ranges ...PortRange) error {
	for _, r := range ranges {
		if !r.Set && r != (PortRange{}) || ordered && r.Lo > r.Hi {
			return ErrPortRange
		}
	}
	return nil
}

// text returns " ! --dport 80:90", or "" if the option is not there.
func (r PortRange) text(option string) string {
	if !r.Set {
		return ""
	}
	return " " + notOption(r.Not) + option + " " + portsText(r.Lo, r.Hi, ":")
}
