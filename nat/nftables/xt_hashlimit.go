package nftables

import (
	"fmt"
	"strings"

	"drydock/nat"
)

// hashLimitText is a meter, if there is something to tell buckets apart by. What --hashlimit-rate-match adds to that has no
// name in libxtables.
func hashLimitText(m nat.HashLimit, ip string) part {
	var keys []string
	addr := func(name string, bits uint8) {
		text := ip + " " + name
		if d := map[string]*dtype{"ip": typeIPv4, "ip6": typeIPv6}[ip]; int(bits) < d.bits {
			text += " and " + wideText(d.mask(int(bits)), d)
		}
		keys = append(keys, text)
	}
	if m.Mode&nat.HashDstIP != 0 {
		addr("daddr", m.DstBits)
	}
	if m.Mode&nat.HashDstPort != 0 {
		keys = append(keys, "tcp dport")
	}
	if m.Mode&nat.HashSrcIP != 0 {
		addr("saddr", m.SrcBits)
	}
	if m.Mode&nat.HashSrcPort != 0 {
		keys = append(keys, "tcp sport")
	}
	if m.RateMatch {
		keys = append(keys, "(null)")
	}
	if len(keys) == 0 {
		return translated("xt match hashlimit")
	}
	text := fmt.Sprintf("meter %s { %s", m.Name, strings.Join(keys, " . "))
	if m.Expire != 1000 {
		text += fmt.Sprintf(" timeout %ds", m.Expire/1000)
	}
	text += " limit rate " + unless(m.Above, "over ")
	if m.Bytes {
		text += largeText(strings.TrimSuffix(m.Rate(), "/s")) + "/second"
		if m.Burst > 0 {
			text += " burst " + largeText(m.BurstText())
		}
		return translated("%s }", text)
	}
	text += fmt.Sprintf("%d/%s", m.Count, limitUnits[m.Unit])
	if m.Burst != defaultBurst {
		text += fmt.Sprintf(" burst %d packets", m.Burst)
	}
	return translated("%s }", text)
}

// wideText prints a mask with all digits.
func wideText(w nat.Word, d *dtype) string {
	if d == typeIPv4 {
		return d.format(w, false)
	}
	return w.Addr(true).StringExpanded()
}

// largeText returns bytes as nft writes them: "5 kbytes" for "5kb".
func largeText(n string) string {
	number := strings.TrimRight(n, "kmb")
	return number + " " + n[len(number):] + "ytes"
}
