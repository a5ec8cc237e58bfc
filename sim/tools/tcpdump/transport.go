package tcpdump

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"
)

// ends prints who sends to whom.
func (p *printer) ends(s segment, protocol string) (src, dst uint16) {
	src, dst = be16(s.body), be16(s.body[2:])
	if p.bare {
		p.put("%s > %s: ", p.port(src, protocol), p.port(dst, protocol))
		return src, dst
	}
	p.put("%s.%s > %s.%s: ", p.host(s.src), p.port(src, protocol), p.host(s.dst), p.port(dst, protocol))
	return src, dst
}

// A flow is a connection, seen from the end that is greater.
type flow struct{ a, b netip.AddrPort }

// An isn is from where the sequence numbers of a flow's ends are counted.
type isn struct{ seq, ack uint32 }

const tcpFlags = "FSRP.UEW"

func (p *printer) tcp(s segment) {
	b := s.body
	if len(b) < 20 {
		p.put("%s > %s: [|tcp]", p.host(s.src), p.host(s.dst))
		return
	}
	sport, dport := p.ends(s, "tcp")
	size := int(b[12]>>4) * 4
	length := s.length - size
	if size < 20 || size > len(b) {
		p.put("tcp %d [bad hdr length %d - too short, < 20]", length, size)
		return
	}
	if p.o.quiet {
		p.put("tcp %d", length)
		return
	}
	seq, ack := be32(b[4:]), be32(b[8:])
	var base isn
	var reverse bool
	if b[13]&0x10 != 0 && !p.o.absolute {
		seq, ack, base, reverse = p.relative(netip.AddrPortFrom(s.src, sport), netip.AddrPortFrom(s.dst, dport), seq, ack, b[13]&2 != 0)
	}
	p.put("Flags [%s]", flagNames(b[13]))
	if p.o.verbose > 0 {
		p.tcpSum(s)
	}
	if p.o.verbose > 1 || length > 0 || b[13]&7 != 0 {
		p.put(", seq %d", seq)
		if length > 0 {
			p.put(":%d", seq+uint32(length))
		}
	}
	if b[13]&0x10 != 0 {
		p.put(", ack %d", ack)
	}
	p.put(", win %d", be16(b[14:]))
	if b[13]&0x20 != 0 {
		p.put(", urg %d", be16(b[18:]))
	}
	if size > 20 {
		p.put(", options [%s]", tcpOptions(b[20:size], base, reverse))
	}
	p.put(", length %d", length)
	if text := b[size:]; length > 0 {
		p.payload(text, sport, dport)
	}
}

func flagNames(bits byte) (names string) {
	for i := range 8 {
		if bits>>i&1 != 0 {
			names += tcpFlags[i : i+1]
		}
	}
	return cmp.Or(names, "none")
}

func (p *printer) tcpSum(s segment) {
	sum, known := s.sum()
	if !known {
		return
	}
	p.put(", cksum 0x%04x", be16(s.body[16:]))
	if sum == 0 {
		p.put(" (correct)")
	} else {
		p.put(" (incorrect -> 0x%04x)", s.rightSum(16))
	}
}

// relative counts from the first segment of the flow that acknowledges something.
func (p *printer) relative(src, dst netip.AddrPort, seq, ack uint32, syn bool) (uint32, uint32, isn, bool) {
	key, reverse := flow{src, dst}, false
	if src.Port() < dst.Port() || src.Port() == dst.Port() && src.Addr().Less(dst.Addr()) {
		key, reverse = flow{dst, src}, true
	}
	base, known := p.flows[key]
	switch {
	case !known || syn:
		base = isn{seq, ack - 1}
		if reverse {
			base = isn{ack - 1, seq}
		}
		if len(p.flows) < maxKnown {
			p.flows[key] = base
		}
	case reverse:
		seq, ack = seq-base.ack, ack-base.seq
	default:
		seq, ack = seq-base.seq, ack-base.ack
	}
	return seq, ack, base, reverse
}

// maxKnown bounds what is remembered of connections and names. Later connections are printed with
// absolute numbers, and later names asked for again.
const maxKnown = 1 << 16

func tcpOptions(b []byte, base isn, reverse bool) string {
	var list []string
	for len(b) > 0 {
		kind := b[0]
		if kind == 0 {
			list = append(list, "eol")
			break
		}
		if kind == 1 {
			list, b = append(list, "nop"), b[1:]
			continue
		}
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
			list = append(list, "[bad opt]")
			break
		}
		body := b[2:b[1]]
		b = b[b[1]:]
		list = append(list, tcpOption(kind, body, base, reverse))
	}
	return strings.Join(list, ",")
}

func tcpOption(kind uint8, body []byte, base isn, reverse bool) string {
	switch {
	case kind == 2 && len(body) == 2:
		return fmt.Sprintf("mss %d", be16(body))
	case kind == 3 && len(body) == 1:
		return fmt.Sprintf("wscale %d", body[0])
	case kind == 4:
		return "sackOK"
	case kind == 5 && len(body)%8 == 0:
		text := fmt.Sprintf("sack %d ", len(body)/8)
		from := base.ack
		if reverse {
			from = base.seq
		}
		for ; len(body) > 0; body = body[8:] {
			text += fmt.Sprintf("{%d:%d}", be32(body)-from, be32(body[4:])-from)
		}
		return text
	case kind == 8 && len(body) == 8:
		return fmt.Sprintf("TS val %d ecr %d", be32(body), be32(body[4:]))
	}
	return fmt.Sprintf("unknown-%d 0x%x", kind, body)
}

// payload prints what protocols say that are known by their ports.
func (p *printer) payload(b []byte, sport, dport uint16) {
	is := func(ports ...uint16) bool {
		for _, n := range ports {
			if sport == n || dport == n {
				return true
			}
		}
		return false
	}
	switch {
	case is(80, 8080, 3128):
		p.put(": ")
		p.http(b)
	case is(53) && len(b) > 2:
		p.put(" ")
		p.dns(b[2:], int(be16(b)))
	}
}

var httpMethods = " GET PUT HEAD DELETE POST OPTIONS TRACE CONNECT PATCH " // of those that the real one knows

// http prints the first line of a request or an answer, with -v all that are text.
func (p *printer) http(b []byte) {
	p.put("HTTP")
	if p.o.verbose > 0 {
		p.put(", length: %d", len(b))
	}
	text := string(b)
	words := strings.Fields(strings.SplitN(text, "\n", 2)[0])
	if len(words) < 2 || !strings.Contains(httpMethods, " "+words[0]+" ") && !(strings.HasPrefix(words[0], "HTTP/") && len(words[1]) == 3) {
		return
	}
	before := ": "
	if p.o.verbose > 0 {
		before = "\n\t"
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.ContainsFunc(line, func(r rune) bool { return r != '\t' && r < ' ' || r > '~' }) {
			break
		}
		p.put("%s%s", before, line)
		if p.o.verbose == 0 {
			break
		}
	}
}

func (p *printer) udp(s segment) {
	b := s.body
	if len(b) < 8 {
		p.put("%s > %s: [|udp]", p.host(s.src), p.host(s.dst))
		return
	}
	sport, dport := p.ends(s, "udp")
	length := int(be16(b[4:])) - 8
	if p.o.quiet {
		p.put("UDP, length %d", length)
		return
	}
	if p.o.verbose > 1 || p.o.verbose == 1 && s.src.Is6() {
		sum, known := s.sum()
		switch {
		case be16(b[6:]) == 0 && s.src.Is4():
			p.put("[no cksum] ")
		case known && sum == 0:
			p.put("[udp sum ok] ")
		case known:
			p.put("[bad udp cksum 0x%04x -> 0x%04x!] ", be16(b[6:]), s.rightSum(6))
		}
	}
	if sport == 53 || dport == 53 {
		p.dns(b[8:], length)
		return
	}
	p.put("UDP, length %d", length)
}
