package nftables

import (
	"fmt"
	"net/netip"
	"strings"

	"drydock/nat"
)

// A part is a statement of a rule of iptables as nft shows it: in its own words where iptables-nft 1.8.9 gives the kernel
// what nft does (native), else as libxtables translates the match or target, or by its name alone.
type part struct {
	text   string
	native bool
	proto  uint8 // of a native match on a header, which says it
}

// A shown rule is one of iptables as nft prints it.
type shown struct {
	text string
	xt   bool // has what is not native
}

// xtRule returns a rule of iptables.
func (x *executor) xtRule(r nat.Rule, n nat.Counters, v6 bool) shown {
	parts := x.xtHeader(&r, v6)
	for _, m := range r.Matches {
		parts = append(parts, x.xtMatch(m, &r, v6)...)
	}
	counter := "counter"
	if !x.stateless {
		counter = fmt.Sprintf("counter packets %d bytes %d", n.Packets, n.Bytes)
	}
	parts = append(withoutImplied(parts), part{text: counter, native: true})
	if r.Target != nil {
		parts = append(parts, x.xtTarget(r.Target, v6))
	}
	var s shown
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = p.text
		s.xt = s.xt || !p.native
	}
	s.text = strings.Join(texts, " ")
	return s
}

func native(format string, args ...any) part {
	return part{text: fmt.Sprintf(format, args...), native: true}
}

func translated(format string, args ...any) part { return part{text: fmt.Sprintf(format, args...)} }

// asked is the prefix of the part that asks for a protocol.
const asked = "meta l4proto "

// withoutImplied leaves out the protocol where a match on its header follows, with nothing but other native matches in between.
func withoutImplied(parts []part) []part {
	for i, p := range parts {
		if !strings.HasPrefix(p.text, asked) || strings.HasPrefix(p.text, asked+"!=") {
			continue
		}
		for _, q := range parts[i+1:] {
			switch {
			case !q.native || strings.HasPrefix(q.text, "limit "):
				return parts
			case q.proto != 0:
				return append(parts[:i:i], parts[i+1:]...)
			}
		}
	}
	return parts
}

// xtHeader returns what a rule says of headers and interfaces.
func (x *executor) xtHeader(r *nat.Rule, v6 bool) (parts []part) {
	parts = append(xtInterface("iifname", r.In), xtInterface("oifname", r.Out)...)
	if r.Proto.Number != 0 {
		parts = append(parts, native("%s%s%s", asked, unless(r.Proto.Not, "!= "), typeProto.format(nat.NumberWord(uint64(r.Proto.Number)), x.numeric)))
	}
	src, dst := nat.IPSaddr, nat.IPDaddr
	if v6 {
		src, dst = nat.IP6Saddr, nat.IP6Daddr
	}
	parts = append(append(parts, x.xtAddr(src, r.Src)...), x.xtAddr(dst, r.Dst)...)
	switch r.Fragment {
	case nat.FollowingFragments:
		parts = append(parts, native("ip frag-off & 8191 != 0"))
	case nat.FirstFragments:
		parts = append(parts, native("ip frag-off & 8191 == 0"))
	}
	return parts
}

// unless returns the words of an inverted match.
func unless(not bool, words string) string {
	if not {
		return words
	}
	return ""
}

// xtInterface takes "! -i +", which matches nothing, as iptables-nft does.
func xtInterface(selector string, i nat.Interface) []part {
	name := typeIfname.format(nat.NameWord(i.Name), false)
	stem, open := strings.CutSuffix(i.Name, "+")
	switch {
	case i.Name == "", i == nat.Interface{Name: "+"}:
		return nil
	case i.Name == "+":
		return []part{native(`%s "INVAL/D"`, selector)}
	case open:
		name = starText(nat.NameWord(stem))
	}
	return []part{native("%s %s%s", selector, unless(i.Not, "!= "), name)}
}

func (x *executor) xtAddr(k nat.Key, n nat.Network) []part {
	if !n.Addr.IsValid() {
		return nil
	}
	c := nat.Compare{Key: k, Value: nat.AddrWord(n.Addr), Mask: nat.AddrWord(n.Mask)}
	if n.Not {
		c.Op = nat.Unequal
	}
	if c.Mask == byKey[k].typ.mask(byKey[k].typ.bits) {
		c.Mask = nat.Word{}
	}
	return []part{native("%s", x.compareText(c))}
}

// prefixText returns the length of a mask behind an address, nothing for that of one address.
func prefixText(mask netip.Addr) string {
	if !mask.IsValid() {
		return ""
	}
	d := typeIPv4
	if mask.Is6() {
		d = typeIPv6
	}
	if n, ok := d.prefixLength(nat.AddrWord(mask)); ok && n < d.bits {
		return fmt.Sprintf("/%d", n)
	}
	return ""
}
