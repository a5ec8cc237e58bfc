package nat

import (
	"fmt"

	"drydock/nat/internal/words"
)

func (Accept) String() string { return "-j ACCEPT" }

func (Drop) String() string { return "-j DROP" }

func (Return) String() string { return "-j RETURN" }

func (t Jump) String() string { return "-j " + words.Name(t.Chain) }

func (t Goto) String() string { return "-g " + words.Name(t.Chain) }

func (t Reject) String() string {
	if t.With == "" { // the default of the family
		return "-j REJECT"
	}
	return "-j REJECT --reject-with " + string(t.With)
}

func (t SNAT) String() string { return "-j SNAT --to-source " + t.To.String() + t.To.flags() }

func (t DNAT) String() string { return "-j DNAT --to-destination " + t.To.String() + t.To.flags() }

// String returns the addresses and ports as SNAT and DNAT have them:
// "10.0.0.1-10.0.0.9:1024-2047", "[fd00::1]:80", ":8080".
func (r NATRange) String() string {
	addr := ""
	if r.MinAddr.IsValid() {
		addr = r.MinAddr.String()
		if r.MaxAddr.IsValid() && r.MaxAddr != r.MinAddr {
			addr += "-" + r.MaxAddr.String()
		}
	}
	if r.MinPort == 0 {
		return addr
	}
	if r.MinAddr.Is6() {
		addr = "[" + addr + "]"
	}
	return addr + ":" + natPorts(r.MinPort, r.MaxPort)
}

func (r NATRange) flags() string { return flagText(r.Random, r.FullyRandom, r.Persistent) }

// natPorts returns "1024-2047", or one port where the range has no end.
func natPorts(lo, hi uint16) string { return portsText(lo, max(lo, hi), "-") }

func flagText(random, fully, persistent bool) string {
	s := ""
	for _, f := range []struct {
		set  bool
		name string
	}{{random, "random"}, {fully, "random-fully"}, {persistent, "persistent"}} {
		if f.set {
			s += " --" + f.name
		}
	}
	return s
}

func (t Masquerade) String() string {
	s := "-j MASQUERADE"
	if t.MinPort != 0 {
		s += " --to-ports " + natPorts(t.MinPort, t.MaxPort)
	}
	return s + flagText(t.Random, t.FullyRandom, false)
}

func (t Redirect) String() string {
	s := "-j REDIRECT"
	if t.MinPort != 0 {
		s += " --to-ports " + natPorts(t.MinPort, t.MaxPort)
	}
	return s + flagText(t.Random, false, false)
}

func (t Mark) String() string { return fmt.Sprintf("-j MARK --set-xmark %#x/%#x", t.Value, t.Mask) }

// logWarning is the level of a Log unless another is given.
const logWarning = 4

func (t Log) String() string {
	s := "-j LOG"
	if t.Prefix != "" {
		s += " --log-prefix " + words.Quote(t.Prefix)
	}
	if t.Level != logWarning {
		s += fmt.Sprintf(" --log-level %d", t.Level)
	}
	for _, f := range t.flags() {
		if f.set {
			s += " --log-" + f.name
		}
	}
	return s
}

type logFlag struct {
	name string
	set  bool
}

// flags are in the order of the bits of the kernel's XT_LOG flags.
func (t Log) flags() []logFlag {
	return []logFlag{{"tcp-sequence", t.TCPSeq}, {"tcp-options", t.TCPOpts}, {"ip-options", t.IPOpts}, {"uid", t.UID}}
}

func (t NoTrack) String() string {
	if t.CT {
		return "-j CT --notrack"
	}
	return "-j NOTRACK"
}
