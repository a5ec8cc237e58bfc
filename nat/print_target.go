package nat

import (
	"fmt"
	"strings"
)

func (Accept) text() string     { return "-j ACCEPT" }
func (Accept) name() string     { return "ACCEPT" }
func (Accept) list(bool) string { return "" }

func (Drop) text() string     { return "-j DROP" }
func (Drop) name() string     { return "DROP" }
func (Drop) list(bool) string { return "" }

func (Return) text() string     { return "-j RETURN" }
func (Return) name() string     { return "RETURN" }
func (Return) list(bool) string { return "" }

func (t Jump) text() string   { return "-j " + quoteName(t.Chain) }
func (t Jump) name() string   { return t.Chain }
func (Jump) list(bool) string { return "" }

func (t Goto) text() string   { return "-g " + quoteName(t.Chain) }
func (t Goto) name() string   { return t.Chain }
func (Goto) list(bool) string { return "" }

func (t Reject) text() string {
	if t.With == "" { // the default of the family
		return "-j REJECT"
	}
	return "-j REJECT --reject-with " + string(t.With)
}

func (Reject) name() string { return "REJECT" }

func (t Reject) list(bool) string {
	if t.With == "" {
		return ""
	}
	return "reject-with " + string(t.With)
}

func (t SNAT) text() string     { return "-j SNAT --to-source " + t.To.String() + t.To.flags("--") }
func (SNAT) name() string       { return "SNAT" }
func (t SNAT) list(bool) string { return "to:" + t.To.String() + t.To.flags("") }

func (t DNAT) text() string     { return "-j DNAT --to-destination " + t.To.String() + t.To.flags("--") }
func (DNAT) name() string       { return "DNAT" }
func (t DNAT) list(bool) string { return "to:" + t.To.String() + t.To.flags("") }

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

func (r NATRange) flags(dashes string) string {
	return flagText(dashes, r.Random, r.FullyRandom, r.Persistent)
}

// natPorts returns "1024-2047", or one port where the range has no end.
func natPorts(lo, hi uint16) string { return portsText(lo, max(lo, hi), "-", 0, true) }

func flagText(dashes string, random, fully, persistent bool) string {
	s := ""
	for _, f := range []struct {
		set  bool
		name string
	}{{random, "random"}, {fully, "random-fully"}, {persistent, "persistent"}} {
		if f.set {
			s += " " + dashes + f.name
		}
	}
	return s
}

func (t Masquerade) text() string {
	s := "-j MASQUERADE"
	if t.MinPort != 0 {
		s += " --to-ports " + natPorts(t.MinPort, t.MaxPort)
	}
	return s + flagText("--", t.Random, t.FullyRandom, false)
}

func (Masquerade) name() string { return "MASQUERADE" }

func (t Masquerade) list(bool) string {
	s := ""
	if t.MinPort != 0 {
		s = "masq ports: " + natPorts(t.MinPort, t.MaxPort)
	}
	return strings.TrimPrefix(s+flagText("", t.Random, t.FullyRandom, false), " ")
}

func (t Redirect) text() string {
	s := "-j REDIRECT"
	if t.MinPort != 0 {
		s += " --to-ports " + natPorts(t.MinPort, t.MaxPort)
	}
	return s + flagText("--", t.Random, false, false)
}

func (Redirect) name() string { return "REDIRECT" }

func (t Redirect) list(bool) string {
	s := ""
	if t.MinPort != 0 {
		s = "redir ports " + natPorts(t.MinPort, t.MaxPort)
	}
	return strings.TrimPrefix(s+flagText("", t.Random, false, false), " ")
}

func (t Mark) text() string { return fmt.Sprintf("-j MARK --set-xmark %#x/%#x", t.Value, t.Mask) }
func (Mark) name() string   { return "MARK" }

// list names the operation that value and mask come from, as iptables guesses it.
func (t Mark) list(bool) string {
	switch {
	case t.Value == 0:
		return fmt.Sprintf("MARK and %#x", ^t.Mask)
	case t.Value == t.Mask:
		return fmt.Sprintf("MARK or %#x", t.Value)
	case t.Mask == 0:
		return fmt.Sprintf("MARK xor %#x", t.Value)
	case t.Mask == ^uint32(0):
		return fmt.Sprintf("MARK set %#x", t.Value)
	}
	return fmt.Sprintf("MARK xset %#x/%#x", t.Value, t.Mask)
}

// logWarning is the level of a Log unless another is given.
const logWarning = 4

func (t Log) text() string {
	s := "-j LOG"
	if t.Prefix != "" {
		s += " --log-prefix " + quoteString(t.Prefix)
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

func (Log) name() string { return "LOG" }

func (t Log) list(numeric bool) string {
	s, bits := "", 0
	for i, f := range t.flags() {
		if f.set {
			s, bits = s+" "+f.name, bits|1<<i
		}
	}
	level := fmt.Sprint(t.Level)
	if !numeric && int(t.Level) < len(logLevels) {
		level = logLevels[t.Level]
	}
	if numeric {
		s = fmt.Sprintf("LOG flags %d level %s", bits, level)
	} else {
		s = "LOG level " + level + s
	}
	if t.Prefix != "" {
		s += ` prefix "` + t.Prefix + `"`
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

func (t NoTrack) text() string {
	if t.CT {
		return "-j CT --notrack"
	}
	return "-j NOTRACK"
}

// name returns CT, of which NOTRACK is another name.
func (NoTrack) name() string { return "CT" }

func (t NoTrack) list(bool) string {
	if t.CT {
		return "CT notrack"
	}
	return "NOTRACK"
}
