package nftables

import (
	"fmt"
	"math"
	"strings"

	"drydock/nat"
)

// xtTarget returns a target.
func (x *executor) xtTarget(t nat.Target, v6 bool) part {
	switch t := t.(type) {
	case nat.Accept:
		return native("accept")
	case nat.Drop:
		return native("drop")
	case nat.Return:
		return native("return")
	case nat.Jump:
		return native("jump %s", t.Chain)
	case nat.Goto:
		return native("goto %s", t.Chain)
	case nat.Trace:
		return native("meta nftrace set 1")
	case nat.NFLog:
		return native("%s", nflogText(t))
	case nat.Reject:
		return translated("%s", xtRejectText(t))
	case nat.Log:
		return translated("%s", xtLogText(t))
	case nat.NFQueue:
		return translated("%s", queueText(t))
	case nat.Mark:
		return translated("meta mark set %s", markText("mark", t.Value, t.Mask, "and %#[3]x xor %#[2]x"))
	case nat.ConnMark:
		return connMarkSetText(t)
	case nat.TCPMSS:
		return translated("tcp option maxseg size set %s", map[bool]string{true: "rt mtu", false: fmt.Sprint(t.Size)}[t.Size == 0])
	case nat.NoTrack:
		return translated("notrack")
	case nat.CT:
		if t.NoTrack {
			return translated("notrack")
		}
	case nat.DSCP:
		return translated("%s dscp set 0x%02x", map[bool]string{true: "ip6", false: "ip"}[v6], t.Value)
	case nat.TOS: // of IPv4, too
		return translated("ip6 dscp set %s", tosText(t))
	case nat.SNAT:
		return translated("snat to %s", natText(t.To))
	case nat.DNAT:
		if t.To.BasePort == 0 {
			return translated("dnat to %s", natText(t.To))
		}
	case nat.Masquerade:
		return translated("masquerade%s", toPortsText(nat.NATRange{MinPort: t.MinPort, MaxPort: t.MaxPort, Port0: t.Port0, Random: t.Random, FullyRandom: t.FullyRandom}))
	case nat.Redirect:
		return translated("redirect%s", toPortsText(nat.NATRange{MinPort: t.MinPort, MaxPort: t.MaxPort, Port0: t.Port0, Random: t.Random}))
	}
	return translated("xt target %s", strings.Fields(t.String())[1])
}

func nflogText(t nat.NFLog) string {
	text := "log"
	if t.Prefix != "" {
		text += fmt.Sprintf(" prefix \"%s\"", t.Prefix)
	}
	text += fmt.Sprintf(" group %d", t.Group)
	if t.HasSize {
		text += fmt.Sprintf(" snaplen %d", t.Size)
	}
	if t.Threshold > 0 {
		text += fmt.Sprintf(" queue-threshold %d", t.Threshold)
	}
	return text
}

// xtRejects are nft's words for those that are not "icmp-" or "icmp6-" and nft's word.
var xtRejects = map[nat.RejectWith]string{
	nat.TCPReset:             "reject with tcp reset",
	nat.ICMPPortUnreachable:  "reject",
	nat.ICMP6PortUnreachable: "reject",
	nat.ICMPProtoUnreachable: "reject with icmp type prot-unreachable",
	nat.ICMP6AdminProhibited: "reject with icmpv6 type admin-prohibited",
	nat.ICMP6AddrUnreachable: "reject with icmpv6 type addr-unreachable",
}

func xtRejectText(t nat.Reject) string {
	if text, ok := xtRejects[t.With]; ok {
		return text
	}
	if code, six := strings.CutPrefix(string(t.With), "icmp6-"); six {
		return "reject with icmpv6 type " + code
	}
	return "reject with icmp type " + strings.TrimPrefix(string(t.With), "icmp-")
}

func xtLogText(t nat.Log) string {
	var flags nat.LogFlags
	for _, f := range []struct {
		set  bool
		flag nat.LogFlags
	}{{t.TCPSeq, nat.LogTCPSeq}, {t.TCPOpts, nat.LogTCPOpts}, {t.IPOpts, nat.LogIPOpts}, {t.UID, nat.LogUID}} {
		if f.set {
			flags |= f.flag
		}
	}
	return logText(nat.LogTo{Prefix: t.Prefix, Level: t.Level, Flags: flags})
}

func queueText(t nat.NFQueue) string {
	text := fmt.Sprintf("queue num %d", t.Num)
	if t.Last > 0 {
		text += fmt.Sprintf("-%d", t.Last)
	}
	var flags []string
	if t.Bypass {
		flags = append(flags, "bypass")
	}
	if t.FanOut {
		flags = append(flags, "fanout")
	}
	if len(flags) > 0 {
		text += " " + strings.Join(flags, ",")
	}
	return text
}

// markText returns how a mark is set: to a value, by one operation, or by two, of the value and of the bits that stay.
func markText(mark string, value, mask uint32, both string) string {
	switch {
	case mask == math.MaxUint32:
		return fmt.Sprintf("%#x", value)
	case value == 0:
		return fmt.Sprintf("%s and %#x", mark, ^mask)
	case value == mask:
		return fmt.Sprintf("%s or %#x", mark, value)
	case mask == 0:
		return fmt.Sprintf("%s xor %#x", mark, value)
	}
	return fmt.Sprintf("%s "+both, mark, value, ^mask)
}

// connMarkSetText gives up where the masks differ.
func connMarkSetText(t nat.ConnMark) part {
	to, from, mask := "ct mark", "mark", t.NFMask
	switch t.Op {
	case nat.SetConnMark:
		text := markText("ct mark", t.Value, t.CTMask, "xor %#[2]x and %#[3]x")
		if t.Shift > 0 {
			text = shiftText(text+" ", t)
		}
		return translated("ct mark set %s", text)
	case nat.RestoreConnMark:
		to, from, mask = "meta mark", "ct mark", t.CTMask
	}
	if t.NFMask != t.CTMask {
		return translated("xt target CONNMARK")
	}
	if mask != math.MaxUint32 {
		from += fmt.Sprintf(" and %#x", mask)
	}
	if t.Shift > 0 {
		from = shiftText(from, t)
	}
	return translated("%s set %s", to, from)
}

func shiftText(text string, t nat.ConnMark) string {
	return fmt.Sprintf("( %s ) %s %d", text, map[bool]string{true: ">>", false: "<<"}[t.Right], t.Shift)
}

// tosText tells of the bits that DSCP has.
func tosText(t nat.TOS) string {
	dscp, keep := t.Value>>2, ^t.Mask>>2
	switch {
	case t.Mask == math.MaxUint8 || t.Mask == 0x3f: // which names set
		return fmt.Sprintf("0x%02x", dscp)
	case t.Value == 0:
		return fmt.Sprintf("ip6 dscp and 0x%02x", keep)
	case t.Value == t.Mask:
		return fmt.Sprintf("ip6 dscp or 0x%02x", dscp)
	case t.Mask == 0:
		return fmt.Sprintf("ip6 dscp xor 0x%02x", dscp)
	}
	return fmt.Sprintf("ip6 dscp and 0x%02x xor 0x%02x", keep, dscp)
}

// natText returns what a translation translates to.
func natText(r nat.NATRange) string {
	addr := ""
	if r.MinAddr.IsValid() {
		if addr = r.MinAddr.String(); r.MaxAddr != r.MinAddr {
			addr += "-" + r.MaxAddr.String()
		}
		if r.MinAddr.Is6() && (r.MinPort > 0 || r.Port0) {
			addr = "[" + addr + "]"
		}
	}
	return addr + portAndFlagsText(r)
}

// toPortsText is natText for what has no address.
func toPortsText(r nat.NATRange) string {
	text := portAndFlagsText(r)
	if strings.HasPrefix(text, ":") {
		return " to " + text
	}
	return text
}

func portAndFlagsText(r nat.NATRange) (text string) {
	if r.MinPort > 0 || r.Port0 {
		text = ":" + spanText(uint32(r.MinPort), uint32(max(r.MinPort, r.MaxPort)))
	}
	var flags []string
	for _, f := range []struct {
		set  bool
		name string
	}{{r.Random, "random"}, {r.FullyRandom, "fully-random"}, {r.Persistent, "persistent"}} {
		if f.set {
			flags = append(flags, f.name)
		}
	}
	if len(flags) > 0 {
		text += " " + strings.Join(flags, ",")
	}
	return text
}
