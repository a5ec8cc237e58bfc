package pcapfilter

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

var (
	isIP   = field(12, 2, 0x0800)
	isIP6  = field(12, 2, 0x86dd)
	isARP  = field(12, 2, 0x0806)
	isRARP = field(12, 2, 0x8035)

	firstFragment = func(f *frame) bool { return f.load(20, 2)&0x1fff == 0 }
	transport     = func(f *frame) uint32 { return 14 + 4*(f.load(14, 1)&15) }
)

// numbers are the protocols of IP by name.
var numbers = map[string]uint32{
	"icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "esp": 50, "ah": 51, "icmp6": 58, "pim": 103, "vrrp": 112, "sctp": 132,
}

// protocols are the primitives that are names of protocols.
var protocols = map[string]pred{
	"ip": isIP, "ip6": isIP6, "arp": isARP, "rarp": isRARP,
	"icmp": overIP(1), "igmp": overIP(2), "vrrp": overIP(112), "icmp6": overIP6(58),
	"tcp": overBoth(6), "udp": overBoth(17), "sctp": overBoth(132), "pim": overBoth(103), "esp": overBoth(50), "ah": overBoth(51),
}

func overIP(n uint32) pred { return and(isIP, field(23, 1, n)) }

// overIP6 looks behind a fragment header, as libpcap does, and no other.
func overIP6(n uint32) pred {
	return and(isIP6, or(field(20, 1, n), and(field(20, 1, 44), field(54, 1, n))))
}

func overBoth(n uint32) pred { return or(overIP(n), overIP6(n)) }

// etherTypes are the names that "ether proto" takes.
var etherTypes = map[string]uint32{"ip": 0x0800, "ip6": 0x86dd, "arp": 0x0806, "rarp": 0x8035}

// services are ports by name. Those of Debian's /etc/services that are there for one protocol
// alone are looked for in that.
var services = map[string]struct {
	port  uint32
	proto string
}{
	"ftp-data": {20, "tcp"}, "ftp": {21, "tcp"}, "ssh": {22, "tcp"}, "telnet": {23, "tcp"}, "smtp": {25, "tcp"}, "domain": {53, ""},
	"tftp": {69, "udp"}, "http": {80, "tcp"}, "pop3": {110, "tcp"}, "ntp": {123, "udp"}, "snmp": {161, ""}, "bgp": {179, "tcp"},
	"ldap": {389, ""}, "https": {443, ""}, "syslog": {514, "udp"}, "mysql": {3306, "tcp"}, "postgresql": {5432, "tcp"}, "http-alt": {8080, ""},
}

// quals are what stands before an address or a port.
type quals struct{ proto, dir, kind string }

// primitive reads one primitive.
func (p *parser) primitive() pred {
	q := quals{}
	if t := p.peek(); protocols[t] != nil || t == "ether" {
		q.proto = p.next()
	}
	if t := p.peek(); p.accept("src", "dst") {
		q.dir = p.direction(t)
	}
	switch p.peek() {
	case "host", "net", "port", "portrange", "proto":
		q.kind = p.next()
	case "broadcast", "multicast":
		return p.cast(q, p.next())
	case "less", "greater":
		return p.length(q, p.next())
	}
	switch {
	case q == quals{} && p.last != nil:
		q = *p.last
	case q == quals{}:
		p.fail("syntax error")
		return never
	case q.proto == "ether" && q.dir == "" && q.kind == "":
		p.fail("syntax error")
		return never
	case q.proto != "" && q.dir == "" && q.kind == "":
		p.last = &q
		return protocols[q.proto]
	}
	p.last = &q
	if p.accept("(") {
		return p.ids(q)
	}
	return p.id(q)
}

// direction reads the rest of "src or dst".
func (p *parser) direction(first string) string {
	if first != "src" || p.after() != "dst" {
		return first
	}
	switch p.peek() {
	case "or", "||":
		first = ""
	case "and", "&&":
		first = "both"
	default:
		return first
	}
	p.next()
	p.next()
	return first
}

// ids reads addresses or ports up to the parenthesis.
func (p *parser) ids(q quals) pred {
	one := func() pred {
		if p.accept("not", "!") {
			return not(p.id(q))
		}
		return p.id(q)
	}
	for c := one(); ; {
		switch {
		case p.accept("or", "||"):
			c = or(c, one())
		case p.accept("and", "&&"):
			c = and(c, one())
		default:
			p.expect(")")
			return c
		}
	}
}

// id reads what the qualifiers stand before.
func (p *parser) id(q quals) pred {
	t := p.next()
	if t == "" || !letter(t[0]) && t[0] != ':' && t[0] != '\\' {
		p.failAt(t, "syntax error")
		return never
	}
	switch q.kind {
	case "port", "portrange":
		return p.port(q, t)
	case "proto":
		return p.protocol(q, t)
	case "net":
		return p.network(q, t)
	}
	if q.proto == "ether" {
		mac, err := net.ParseMAC(t)
		if err != nil || len(mac) != 6 {
			p.failAt(t, "no Ethernet address")
			return never
		}
		return q.either(bytesAt(6, mac, nil), bytesAt(0, mac, nil))
	}
	a, err := netip.ParseAddr(t)
	if err != nil || a.Zone() != "" {
		p.failAt(t, "no address; names are not looked up")
		return never
	}
	return p.addresses(q, t, netip.PrefixFrom(a, a.BitLen()))
}

// either joins the conditions of source and destination.
func (q quals) either(src, dst pred) pred {
	switch q.dir {
	case "src":
		return src
	case "dst":
		return dst
	case "both":
		return and(src, dst)
	}
	return or(src, dst)
}

// bytesAt compares bytes at a place, under a mask unless that is nil.
func bytesAt(at int, want, mask []byte) pred {
	return func(f *frame) bool {
		if at+len(want) > len(f.b) {
			f.beyond = true
			return false
		}
		for i, b := range f.b[at : at+len(want)] {
			if mask != nil {
				b &= mask[i]
			}
			if b != want[i] {
				return false
			}
		}
		return true
	}
}

// addresses matches those of a network, or one address.
func (p *parser) addresses(q quals, t string, n netip.Prefix) pred {
	mask := net.CIDRMask(n.Bits(), n.Addr().BitLen())
	want := n.Addr().AsSlice()
	at := func(src, dst int) pred { return q.either(bytesAt(src, want, mask), bytesAt(dst, want, mask)) }
	v4 := n.Addr().Is4()
	switch {
	case q.proto == "" && v4:
		return or(and(isIP, at(26, 30)), or(and(isARP, at(28, 38)), and(isRARP, at(28, 38))))
	case (q.proto == "" || q.proto == "ip6") && !v4:
		return and(isIP6, at(22, 38))
	case q.proto == "ip" && v4:
		return and(isIP, at(26, 30))
	case (q.proto == "arp" || q.proto == "rarp") && v4:
		return and(protocols[q.proto], at(28, 38))
	}
	p.failAt(t, "'"+q.proto+"' does not go with that address")
	return never
}

// network reads what comes after net: 10.0.0.0/8, 10.0, 10.0.0.0 mask 255.0.0.0, fd00::/8.
func (p *parser) network(q quals, t string) pred {
	bits := 0
	if !strings.Contains(t, ":") {
		bits = 8 * (strings.Count(t, ".") + 1)
		t += strings.Repeat(".0", max(4-bits/8, 0))
	}
	a, err := netip.ParseAddr(t)
	if err != nil || a.Zone() != "" {
		p.failAt(t, "no network; names are not looked up")
		return never
	}
	if a.Is6() {
		bits = 128
	}
	switch {
	case p.accept("/"):
		n, ok := number(p.peek())
		if !ok || int(n) > a.BitLen() {
			p.fail("no prefix length")
		}
		bits = int(n)
		p.next()
	case p.accept("mask"):
		m, err := netip.ParseAddr(p.peek())
		if err != nil || !m.Is4() || !a.Is4() {
			p.fail("no mask of IPv4")
			return never
		}
		p.next()
		ones := binary.BigEndian.Uint32(m.AsSlice())
		bits, _ = net.IPMask(m.AsSlice()).Size()
		if bits == 0 && ones != 0 {
			p.failAt(m.String(), "a mask with gaps")
		}
	}
	if p.err != nil {
		return never
	}
	n := netip.PrefixFrom(a, bits)
	if n != n.Masked() {
		p.failAt(t, "non-network bits set")
	}
	return p.addresses(q, t, n)
}

// port reads a port or a range of them.
func (p *parser) port(q quals, t string) pred {
	if s := services[t]; s.proto != "" && q.proto != s.proto {
		if q.proto != "" {
			p.failAt(t, "not a port of "+q.proto)
		}
		q.proto = s.proto
	}
	protos := []uint32{6, 17, 132}
	switch q.proto {
	case "":
	case "tcp", "udp", "sctp":
		protos = []uint32{numbers[q.proto]}
	default:
		p.failAt(q.proto, "has no ports")
		return never
	}
	from, to := t, t
	if q.kind == "portrange" {
		if lo, hi, ok := strings.Cut(t, "-"); ok {
			from, to = lo, hi
		}
	}
	lo, hi := p.portNumber(from), p.portNumber(to)
	if lo > hi {
		lo, hi = hi, lo
	}
	at := func(base value) pred {
		in := func(off int) pred {
			return func(f *frame) bool { n := f.load(int(base(f))+off, 2); return n >= lo && n <= hi }
		}
		return q.either(in(0), in(2))
	}
	among := func(off int) pred {
		return func(f *frame) bool {
			n := f.load(off, 1)
			return n == protos[0] || len(protos) > 1 && (n == protos[1] || n == protos[2])
		}
	}
	v6 := and(isIP6, and(among(20), at(func(*frame) uint32 { return 54 })))
	return or(v6, and(isIP, and(among(23), and(firstFragment, at(transport)))))
}

func (p *parser) portNumber(t string) uint32 {
	if s, ok := services[t]; ok {
		return s.port
	}
	n, err := strconv.ParseUint(t, 10, 16)
	if err != nil {
		p.failAt(t, "no port")
	}
	return uint32(n)
}

// protocol reads what comes after proto.
func (p *parser) protocol(q quals, t string) pred {
	name, escaped := strings.CutPrefix(t, "\\")
	table := numbers
	if q.proto == "ether" {
		table = etherTypes
	}
	n, ok := number(t)
	if escaped {
		n, ok = table[name]
	}
	switch {
	case !ok && !escaped && table[name] != 0:
		p.failAt(t, "a keyword: write \\"+t)
	case !ok:
		p.failAt(t, "unknown protocol")
	case q.dir != "":
		p.failAt(t, "a protocol has no direction")
	case q.proto == "ether" && n > 1500:
		return field(12, 2, n)
	case q.proto == "ip":
		return overIP(n)
	case q.proto == "ip6":
		return overIP6(n)
	case q.proto == "":
		return overBoth(n)
	default:
		p.failAt(t, "no such protocol of "+q.proto+" here")
	}
	return never
}

// cast matches broadcasts and multicasts.
func (p *parser) cast(q quals, t string) pred {
	switch {
	case q.dir != "" || q.kind != "":
	case q.proto != "" && q.proto != "ether" && t == "broadcast":
	case q.proto == "" || q.proto == "ether":
		if t == "broadcast" {
			return bytesAt(0, []byte{255, 255, 255, 255, 255, 255}, nil)
		}
		return func(f *frame) bool { return f.load(0, 1)&1 != 0 }
	case q.proto == "ip":
		return and(isIP, func(f *frame) bool { return f.load(30, 1) >= 224 })
	case q.proto == "ip6":
		return and(isIP6, field(38, 1, 255))
	}
	p.failAt(t, "not with these qualifiers")
	return never
}

// length matches by the size of frames.
func (p *parser) length(q quals, t string) pred {
	n, ok := number(p.next())
	switch {
	case !ok || q != quals{}:
		p.failAt(t, "expected a length")
		return never
	case t == "less":
		return func(f *frame) bool { return uint32(len(f.b)) <= n }
	}
	return func(f *frame) bool { return uint32(len(f.b)) >= n }
}
