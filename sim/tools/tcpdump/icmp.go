package tcpdump

import (
	"fmt"
	"net/netip"
	"strconv"
)

// maxQuoted bounds errors about errors about errors, which RFC 1122 forbids and who makes a frame
// by hand can put into each other a thousand times.
const maxQuoted = 4

func (p *printer) icmp(s segment) {
	b := s.body
	if len(b) < 8 {
		p.put("[|icmp]")
		return
	}
	p.put("ICMP ")
	switch kind, code := b[0], b[1]; {
	case kind == 8 || kind == 0:
		p.put("echo %s, id %d, seq %d", map[bool]string{true: "request", false: "reply"}[kind == 8], be16(b[4:]), be16(b[6:]))
	case kind == 3 && len(b) >= 28:
		p.unreachable(b)
	case kind == 5 && len(b) >= 28:
		what := map[uint8]string{0: "net", 1: "host", 2: "tos", 3: "host-tos"}[code]
		p.put("redirect %s to %s %s", p.host(netip.AddrFrom4([4]byte(b[24:28]))), map[string]string{"net": "net", "host": "host"}[what], p.host(netip.AddrFrom4([4]byte(b[4:8]))))
	case kind == 11 && code == 0:
		p.put("time exceeded in-transit")
	case kind == 11 && code == 1:
		p.put("ip reassembly time exceeded")
	default:
		p.put("type-#%d", kind)
	}
	p.put(", length %d", s.length)
	if p.o.verbose > 0 {
		if checksum(b, 0) != 0 && len(b) == s.length && !s.partial {
			want := append([]byte(nil), b...)
			want[2], want[3] = 0, 0
			p.put(" (wrong icmp cksum %x (->%x)!)", be16(b[2:]), checksum(want, 0))
		}
		if (b[0] == 3 || b[0] == 11) && len(b) > 28 && p.quoted < maxQuoted {
			p.quoted++
			p.put("\n\t")
			p.named("IP", " ")
			p.ipv4(b[8:])
			p.quoted--
		}
	}
}

// unreachable prints what cannot be reached, and why.
func (p *printer) unreachable(b []byte) {
	to := p.host(netip.AddrFrom4([4]byte(b[24:28])))
	switch code := b[1]; code {
	case 0:
		p.put("net %s unreachable", to)
	case 1:
		p.put("host %s unreachable", to)
	case 2:
		p.put("%s protocol %d unreachable", to, b[17])
	case 3:
		name := map[uint8]string{6: "tcp", 17: "udp"}[b[17]]
		if len(b) < 32 || name == "" {
			p.put("%s protocol %d port %s unreachable", to, b[17], "0")
			return
		}
		p.put("%s %s port %s unreachable", to, name, p.port(be16(b[30:]), name))
	case 4:
		p.put("%s unreachable - need to frag", to)
		if mtu := be16(b[6:]); mtu != 0 {
			p.put(" (mtu %d)", mtu)
		}
	case 9:
		p.put("net %s unreachable - admin prohibited", to)
	case 10:
		p.put("host %s unreachable - admin prohibited", to)
	case 13:
		p.put("host %s unreachable - admin prohibited filter", to)
	default:
		p.put("%s unreachable - #%d", to, code)
	}
}

// names of messages of ICMPv6 without more.
var icmp6Names = map[uint8]string{
	130: "multicast listener query", 131: "multicast listener report", 132: "multicast listener done", 133: "router solicitation",
	134: "router advertisement", 143: "multicast listener report v2",
}

func (p *printer) icmp6(s segment) {
	b := s.body
	if len(b) < 8 {
		p.put("[|icmp6]")
		return
	}
	if p.o.verbose > 0 {
		s.proto = 58
		if sum, known := s.sum(); known && sum == 0 {
			p.put("[icmp6 sum ok] ")
		} else if known {
			p.put("[bad icmp6 cksum 0x%04x -> 0x%04x!] ", be16(b[2:]), s.rightSum(2))
		}
	}
	p.put("ICMP6, ")
	length := fmt.Sprintf(", length %d", s.length)
	early := p.o.verbose > 0 && b[0] >= 133 && b[0] <= 137
	mark := func(text string) string {
		if early {
			return text + length
		}
		return text
	}
	switch kind := b[0]; {
	case kind == 128 || kind == 129:
		p.put("echo %s, id %d, seq %d", map[bool]string{true: "request", false: "reply"}[kind == 128], be16(b[4:]), be16(b[6:]))
	case kind == 1 && len(b) >= 48:
		p.unreachable6(b)
	case kind == 2:
		p.put("packet too big, mtu %d", be32(b[4:]))
	case kind == 3 && len(b) >= 48 && b[1] == 0:
		p.put("time exceeded in-transit for %s", p.host(netip.AddrFrom16([16]byte(b[32:48]))))
	case kind == 135 && len(b) >= 24:
		p.put(mark("neighbor solicitation")+", who has %s", p.host(netip.AddrFrom16([16]byte(b[8:24]))))
	case kind == 136 && len(b) >= 24:
		p.put(mark("neighbor advertisement")+", tgt is %s", p.host(netip.AddrFrom16([16]byte(b[8:24]))))
	case icmp6Names[kind] != "":
		p.put("%s", mark(icmp6Names[kind]))
	default:
		p.put("unknown icmp6 type (%s)", strconv.Itoa(int(kind)))
	}
	if p.o.verbose == 0 {
		p.put("%s", length)
	}
	switch {
	case p.o.verbose == 0:
	case b[0] == 133 && len(b) >= 8:
		p.discoveryOptions(b[8:])
	case (b[0] == 135 || b[0] == 136) && len(b) >= 24:
		p.advertised(b)
		p.discoveryOptions(b[24:])
	}
}

// advertised prints the flags of an advertisement.
func (p *printer) advertised(b []byte) {
	if b[0] == 136 {
		flags := ""
		for i, name := range []string{"router", "solicited", "override"} {
			if b[4]>>(7-i)&1 != 0 {
				if flags != "" {
					flags += ", "
				}
				flags += name
			}
		}
		if flags == "" {
			flags = "none"
		}
		p.put(", Flags [%s]", flags)
	}
}

// discoveryOptions prints those of neighbor discovery, of which it knows addresses. Nonces are unknown to tcpdump 4.99.
func (p *printer) discoveryOptions(o []byte) {
	for ; len(o) >= 8 && o[1] > 0 && int(o[1])*8 <= len(o); o = o[int(o[1])*8:] {
		name, value, indent := map[uint8]string{1: "source link-address", 2: "destination link-address", 14: "unknown"}[o[0]], "", "  "
		switch {
		case name == "":
			continue
		case o[0] != 14:
			value, indent = mac(o[2:]), ""
		}
		p.put("\n\t  %s option (%d), length %d (%d): %s", name, o[0], int(o[1])*8, o[1], value)
		if p.o.verbose > 1 {
			indent = "    "
		}
		if indent != "" {
			p.put("\n\t%s0x0000:  %02x%02x %02x%02x %02x%02x", indent, o[2], o[3], o[4], o[5], o[6], o[7])
		}
	}
}

func (p *printer) unreachable6(b []byte) {
	to := p.host(netip.AddrFrom16([16]byte(b[32:48])))
	p.put("destination unreachable, ")
	switch code := b[1]; code {
	case 0:
		p.put("unreachable route %s", to)
	case 1:
		p.put("unreachable prohibited %s", to)
	case 2:
		p.put("beyond scope %s", to)
	case 3:
		p.put("unreachable address %s", to)
	case 4:
		name := map[uint8]string{6: "tcp", 17: "udp"}[b[14]]
		if len(b) < 52 || name == "" {
			p.put("unreachable port")
			return
		}
		p.put("unreachable port, %s %s port %s", to, name, p.port(be16(b[50:]), name))
	default:
		p.put("unknown unreach code (%d)", code)
	}
}
