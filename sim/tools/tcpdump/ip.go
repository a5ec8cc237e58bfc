package tcpdump

import (
	"encoding/binary"
	"net/netip"
	"strings"
)

// A segment is what IP carries, with what its printing depends on.
type segment struct {
	src, dst netip.Addr
	proto    uint8
	body     []byte // as far as it was captured
	length   int
	partial  bool // the first fragment: its checksum is of more
}

var protocols = map[uint8]string{1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP", 41: "IPv6", 47: "GRE", 50: "ESP", 51: "AH", 58: "ICMPv6", 132: "SCTP"}

func (p *printer) ipv4(b []byte) {
	if len(b) < 20 || len(b) < int(b[0]&15)*4 || b[0]&15 < 5 {
		p.put("[|ip]")
		return
	}
	size, total, offset := int(b[0]&15)*4, int(be16(b[2:])), int(be16(b[6:]))
	if total < size { // of a super-segment that is too long for the field
		total = len(b)
	}
	if total < len(b) {
		b = b[:total]
	}
	s := segment{netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20])), b[9], b[size:], total - size, offset&0x2000 != 0}
	if p.o.verbose > 0 {
		p.ipv4Header(b[:size], total)
	}
	if offset&0x1fff != 0 {
		p.put("%s > %s: ", p.host(s.src), p.host(s.dst))
		if name, ok := protocols[s.proto]; ok && p.m != nil {
			p.put("%s", strings.ToLower(name))
		} else {
			p.put("ip-proto-%d", s.proto)
		}
		return
	}
	p.transport(s)
}

// ipv4Header prints what -v shows.
func (p *printer) ipv4Header(h []byte, total int) {
	p.put("(tos 0x%x", h[1])
	if ecn := h[1] & 3; ecn != 0 {
		p.put(",%s", [...]string{"", "ECT(1)", "ECT(0)", "CE"}[ecn])
	}
	var flags []string
	for i, name := range []string{"+", "DF", "rsvd"} {
		if h[6]>>(5+i)&1 != 0 {
			flags = append(flags, name)
		}
	}
	text := strings.Join(flags, ", ")
	if text == "" {
		text = "none"
	}
	name, ok := protocols[h[9]]
	if !ok {
		name = "unknown"
	}
	p.put(", ttl %d, id %d, offset %d, flags [%s], proto %s (%d), length %d", h[8], be16(h[4:]), int(be16(h[6:])&0x1fff)*8, text, name, h[9], total)
	if len(h) > 20 {
		p.put(", options (%d bytes)", len(h)-20)
	}
	if sum := checksum(h, 0); sum != 0 {
		want := append([]byte(nil), h...)
		want[10], want[11] = 0, 0
		p.put(", bad cksum %x (->%x)!", be16(h[10:]), checksum(want, 0))
	}
	p.put(")\n    ")
}

func (p *printer) ipv6(b []byte) {
	if len(b) < 40 {
		p.put("[|ip6]")
		return
	}
	length, next := int(be16(b[4:])), b[6]
	s := segment{netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40])), next, b[40:], length, false}
	if length == 0 {
		s.length = len(s.body)
	}
	s.body = s.body[:min(len(s.body), s.length)]
	if p.o.verbose > 0 {
		p.put("(")
		if class := be16(b) >> 4 & 0xff; class != 0 {
			p.put("class 0x%02x, ", class)
		}
		if label := be32(b) & 0xfffff; label != 0 {
			p.put("flowlabel 0x%05x, ", label)
		}
		name, ok := protocols[next]
		switch {
		case next == 0:
			name = "Options"
		case next == 44:
			name = "Fragment"
		case !ok:
			name = "unknown"
		}
		p.put("hlim %d, next-header %s (%d) payload length: %d) ", b[7], name, next, length)
	}
	p.transport(s)
}

// addrs prints who sends to whom unless that is there already.
func (p *printer) addrs(s segment) {
	if !p.bare {
		p.put("%s > %s: ", p.host(s.src), p.host(s.dst))
	}
}

// transport prints the addresses and what the packet carries. A port stands behind its address.
func (p *printer) transport(s segment) {
	switch {
	case s.proto == 6:
		p.tcp(s)
	case s.proto == 17:
		p.udp(s)
	case s.proto == 1 && s.src.Is4():
		p.put("%s > %s: ", p.host(s.src), p.host(s.dst))
		p.icmp(s)
	case s.proto == 58 && s.src.Is6():
		p.addrs(s)
		p.icmp6(s)
	case s.proto == 0 && s.src.Is6():
		p.put("%s > %s: HBH ", p.host(s.src), p.host(s.dst))
		if len(s.body) < 8 || len(s.body) < int(s.body[1])*8+8 {
			p.put("[|hbhopt]")
			return
		}
		size := int(s.body[1])*8 + 8
		p.icmp6(segment{s.src, s.dst, s.body[0], s.body[size:], s.length - size, false})
	case s.proto == 44 && s.src.Is6() && len(s.body) >= 8:
		p.fragment6(s)
	default:
		name, ok := protocols[s.proto]
		if !ok {
			p.put("%s > %s:  ip-proto-%d %d", p.host(s.src), p.host(s.dst), s.proto, s.length)
			return
		}
		p.put("%s > %s: %s, length %d", p.host(s.src), p.host(s.dst), name, s.length)
	}
}

func (p *printer) fragment6(s segment) {
	offset, id := int(be16(s.body[2:])), be32(s.body[4:])
	p.put("%s > %s: frag (", p.host(s.src), p.host(s.dst))
	if p.o.verbose > 0 {
		p.put("0x%08x:", id)
	}
	p.put("%d|%d)", offset&^7, s.length-8)
	if offset&^7 == 0 {
		p.put(" ")
		p.bare = true
		p.transport(segment{s.src, s.dst, s.body[0], s.body[8:], s.length - 8, offset&1 != 0})
		p.bare = false
	}
}

// checksum is that of the Internet over b and what came before it.
func checksum(b []byte, sum uint32) uint16 {
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(be16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// sum is the checksum of a segment with the addresses and the protocol, 0 if that in it is right.
// Of what was not captured as a whole nothing is known.
func (s segment) sum() (sum uint16, known bool) {
	if len(s.body) != s.length || s.partial {
		return 0, false
	}
	pseudo := append(s.src.AsSlice(), s.dst.AsSlice()...)
	pseudo = binary.BigEndian.AppendUint32(pseudo, uint32(s.length))
	pseudo = append(pseudo, 0, 0, 0, s.proto)
	return checksum(append(pseudo, s.body...), 0), true
}

// rightSum is the checksum that should stand at an offset.
func (s segment) rightSum(at int) uint16 {
	body := append([]byte(nil), s.body...)
	body[at], body[at+1] = 0, 0
	sum, _ := segment{s.src, s.dst, s.proto, body, s.length, false}.sum()
	return sum
}
