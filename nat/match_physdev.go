package nat

import (
	"drydock/nat/internal/words"
)

// Physdev is -m physdev, for frames between ports of a bridge. Of those In and Out of their
// rule are the bridge, and only Physdev knows its ports. In and Out are names of ports; each
// of the other questions is asked if it is set, and Not inverts it.
type Physdev struct {
	In, Out                       Interface // --physdev-in, --physdev-out
	IsIn, IsOut, IsBridged        bool
	NotIsIn, NotIsOut, NotBridged bool
}

// checked wants something to be asked, and nothing inverted that is not asked.
func (m Physdev) checked(setting) (Match, error) {
	if m == (Physdev{}) || m.NotIsIn && !m.IsIn || m.NotIsOut && !m.IsOut || m.NotBridged && !m.IsBridged {
		return nil, ErrValue
	}
	for _, i := range []Interface{m.In, m.Out} { // copies: "+" asks for any port, but one there must be
		if err := i.check(); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// hooks leaves OUTPUT out where a port is asked for that Linux does not know there: that
// by which a frame will leave a bridge that the machine itself sends it to.
func (m Physdev) hooks() hookSet {
	if (m.Out.Name != "" || m.IsOut) && (!m.IsBridged || m.NotBridged) {
		return everyHook &^ atOutput
	}
	return everyHook
}

// String prints the options in the order in which libxt_physdev does.
func (m Physdev) String() string {
	s := "-m physdev"
	flag := func(set, not bool, option string) {
		if set {
			s += " " + notOption(not) + option
		}
	}
	name := func(i Interface, option string) {
		if i.Name != "" {
			s += " " + notOption(i.Not) + option + " " + words.Name(i.Name)
		}
	}
	flag(m.IsIn, m.NotIsIn, "--physdev-is-in")
	name(m.In, "--physdev-in")
	flag(m.IsOut, m.NotIsOut, "--physdev-is-out")
	name(m.Out, "--physdev-out")
	flag(m.IsBridged, m.NotBridged, "--physdev-is-bridged")
	return s
}

func (m Physdev) compile(*asking) matcher { return m }

// match takes a packet that is in no bridge for one without ports. Linux does not know
// the port by which a packet that is to be routed will leave.
func (m Physdev) match(p *packet) bool {
	if p.physIn == "" && p.physOut == "" {
		return (!m.IsBridged || m.NotBridged) && (!m.IsIn || m.NotIsIn) && (!m.IsOut || m.NotIsOut) &&
			(m.In.Name == "" || m.In.Not) && (m.Out.Name == "" || m.Out.Not)
	}
	in, out := p.physIn != "", p.physOut != ""
	switch {
	case m.IsBridged && out == m.NotBridged, m.IsIn && in == m.NotIsIn, m.IsOut && out == m.NotIsOut:
		return false
	case m.In.Name != "" && in && !m.In.match(p.physIn):
		return false
	}
	return m.Out.Name == "" || out && m.Out.match(p.physOut)
}
