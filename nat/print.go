package nat

import (
	"math/bits"
	"net/netip"
	"strconv"
	"strings"

	"drydock/nat/internal/words"
)

// String returns the rule as iptables-save prints it behind "-A CHAIN ":
// "-s 172.17.0.0/16 ! -o docker0 -j MASQUERADE". Package iptables reads it.
func (r Rule) String() string {
	var b strings.Builder
	option := func(not bool, name, value string) {
		if value == "" {
			return
		}
		if not {
			b.WriteString(" !")
		}
		b.WriteString(" " + name + " " + value)
	}
	option(r.Src.Not, "-s", r.Src.prefix())
	option(r.Dst.Not, "-d", r.Dst.prefix())
	if r.In.Name != "" {
		option(r.In.Not, "-i", words.Name(r.In.Name))
	}
	if r.Out.Name != "" {
		option(r.Out.Not, "-o", words.Name(r.Out.Name))
	}
	if r.Proto.Number != 0 {
		option(r.Proto.Not, "-p", protocolName(r.Proto.Number))
	}
	for _, m := range r.Matches {
		b.WriteString(" " + m.String())
	}
	if r.Target != nil {
		b.WriteString(" " + r.Target.String())
	}
	return strings.TrimPrefix(b.String(), " ")
}

// String returns the network as rules have it, "! 172.17.0.0/16", "10.0.3.0/255.0.255.0"
// where the mask has gaps, and "anywhere" for the zero Network.
func (n Network) String() string {
	if !n.Addr.IsValid() {
		return "anywhere"
	}
	return notOption(n.Not) + n.prefix()
}

// prefix returns the network with the length of its mask, or "" for the zero one.
func (n Network) prefix() string {
	if !n.Addr.IsValid() {
		return ""
	}
	if n, ok := n.bits(); ok {
		return n.String()
	}
	return n.Addr.String() + "/" + n.Mask.String()
}

// bits returns the network as a prefix, if the ones of its mask are in one piece.
func (n Network) bits() (netip.Prefix, bool) {
	ones, open := 0, true
	for _, b := range n.Mask.AsSlice() {
		lead := bits.LeadingZeros8(^b)
		if lead < 8 && b<<lead != 0 || !open && b != 0 {
			return netip.Prefix{}, false
		}
		ones, open = ones+lead, lead == 8
	}
	return netip.PrefixFrom(n.Addr, ones), true
}

// String returns the interface as rules have it, "! docker0", and "*" for the zero
// Interface.
func (i Interface) String() string {
	if i.Name == "" {
		return "*"
	}
	return notOption(i.Not) + i.Name
}

// String returns the protocol's name as rules have it, "! tcp", or its number where
// it has none.
func (p Protocol) String() string { return notOption(p.Not) + protocolName(p.Number) }

// notOption is what precedes an inverted option.
func notOption(not bool) string {
	if not {
		return "! "
	}
	return ""
}

// text returns " ! --dport 80:90", or "" if the option is not there.
func (r PortRange) text(option string) string {
	if !r.Set {
		return ""
	}
	return " " + notOption(r.Not) + option + " " + portsText(r.Lo, r.Hi, ":")
}

func portsText(lo, hi uint16, dash string) string {
	if lo == hi {
		return strconv.Itoa(int(lo))
	}
	return strconv.Itoa(int(lo)) + dash + strconv.Itoa(int(hi))
}

// withMask returns value/mask in hexadecimal, without a mask of all ones.
func withMask(value, mask uint32) string {
	s := "0x" + strconv.FormatUint(uint64(value), 16)
	if mask != ^uint32(0) {
		s += "/0x" + strconv.FormatUint(uint64(mask), 16)
	}
	return s
}
