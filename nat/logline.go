package nat

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"

	wire "drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// A logLine is the line that LOG writes about a packet, in the fields and spelling of
// Linux' nf_log_syslog. Each field ends with a blank.
type logLine struct {
	strings.Builder
	Log
}

// printf writes a field and the blank behind it, which the last one loses.
func (l *logLine) printf(format string, args ...any) { fmt.Fprintf(l, format+" ", args...) }

// line returns the whole line: where the packet is on its way, its headers, and its mark.
//
//	IN=eth0 OUT=docker0 MAC=… SRC=192.0.2.1 DST=172.17.0.2 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=1 DF PROTO=TCP SPT=4 DPT=80 …
func (l Log) line(p *packet) string {
	b := logLine{Log: l}
	b.printf("%sIN=%s OUT=%s", l.Prefix, p.in, p.out)
	if p.physIn != "" {
		b.printf("PHYSIN=%s", p.physIn)
	}
	if p.physOut != "" {
		b.printf("PHYSOUT=%s", p.physOut)
	}
	if p.in != "" {
		b.mac(p.linkHeader())
	}
	b.packet(p.v6, quoted{ip: p.headers(), l4: p.l4, rest: p.l4Size()}, &quoted{l4: p.quote, rest: p.l4Size() - header.ICMPv4MinimumSize})
	if l.UID && p.hook == output {
		b.printf("UID=0 GID=0") // all that the machine runs is root's
	}
	if p.pkt.Mark != 0 {
		b.printf("MARK=0x%x", p.pkt.Mark)
	}
	return strings.TrimSuffix(b.Builder.String(), " ")
}

// mac writes the Ethernet header as it lies there: destination, source and type.
func (l *logLine) mac(link []byte) {
	hex := make([]string, len(link))
	for i, b := range link {
		hex[i] = fmt.Sprintf("%02x", b)
	}
	l.printf("MAC=%s", strings.Join(hex, ":"))
}

// A quoted is a packet, or what an ICMP error quotes of one.
type quoted struct {
	ip   []byte // with options or extension headers
	l4   []byte // what is at hand behind ip, or of the quoted packet from its ip on
	rest int    // bytes there were of l4
}

// next splits the IP header from what is quoted.
func (q *quoted) next(v6 bool) {
	if l, ok := wire.ParseQuote(q.l4); ok && l.V6 == v6 {
		q.ip, q.l4, q.rest = q.l4[:l.Transport], q.l4[l.Transport:], q.rest-l.Transport
	}
}

// packet writes about a packet and, unless it is nil, what it quotes.
func (l *logLine) packet(v6 bool, q quoted, inner *quoted) {
	if v6 {
		l.ipv6(q, inner)
	} else {
		l.ipv4(q, inner)
	}
}

// ipv4 writes what Linux calls TRUNCATED where a quoted header is not all there.
func (l *logLine) ipv4(q quoted, inner *quoted) {
	ip := header.IPv4(q.ip)
	if len(ip) < header.IPv4MinimumSize {
		l.printf("TRUNCATED")
		return
	}
	tos, _ := ip.TOS()
	src, dst := wire.Addrs(ip)
	l.printf("SRC=%v DST=%v LEN=%d TOS=0x%02X PREC=0x%02X TTL=%d ID=%d",
		src, dst, ip.TotalLength(), tos&0x1e, tos&0xe0, ip.TTL(), ip.ID())
	field := binary.BigEndian.Uint16(ip[6:])
	for i, flag := range []string{"CE", "DF", "MF"} {
		if field&(0x8000>>i) != 0 {
			l.printf("%s", flag)
		}
	}
	offset := field & 0x1fff
	if offset != 0 {
		l.printf("FRAG:%d", offset)
	}
	if l.IPOpts && len(ip) > header.IPv4MinimumSize {
		l.printf("OPT (%X)", []byte(ip[header.IPv4MinimumSize:]))
	}
	l.transport(ip.Protocol(), q, offset != 0, inner)
}

// ipv6 writes addresses in full, without "::".
func (l *logLine) ipv6(q quoted, inner *quoted) {
	ip := header.IPv6(q.ip)
	if len(ip) < header.IPv6MinimumSize {
		l.printf("TRUNCATED")
		return
	}
	class, flow := ip.TOS()
	src, dst := wire.Addrs(ip)
	l.printf("SRC=%s DST=%s LEN=%d TC=%d HOPLIMIT=%d FLOWLBL=%d", src.StringExpanded(), dst.StringExpanded(),
		header.IPv6MinimumSize+int(ip.PayloadLength()), class, ip.HopLimit(), flow)
	proto, fragment := l.extensions(ip)
	l.transport(proto, q, fragment, inner)
}

// extensions writes about fragment headers and returns the protocol behind all
// extension headers, and whether the packet is a fragment without its header.
func (l *logLine) extensions(ip []byte) (proto uint8, following bool) {
	proto = ip[6]
	for b := ip[header.IPv6MinimumSize:]; !following && wire.IsExtension(proto); {
		size := wire.ExtensionSize(proto, b)
		if size == 0 {
			break
		}
		if proto == 44 {
			field := binary.BigEndian.Uint16(b[2:])
			l.printf("FRAG:%d", field&0xfff8)
			if field&1 != 0 {
				l.printf("INCOMPLETE")
			}
			l.printf("ID:%08x", binary.BigEndian.Uint32(b[4:]))
			following = field>>3 != 0
		} else if l.IPOpts {
			l.printf("OPT ( %X )", b[:size])
		}
		proto, b = b[0], b[size:]
	}
	return proto, following
}

// transport writes about what follows the IP header, which a fragment may not have.
func (l *logLine) transport(proto uint8, q quoted, fragment bool, inner *quoted) {
	name, write, size := "", l.udp, header.UDPMinimumSize
	switch proto {
	case ianaTCP:
		name, write, size = "TCP", l.tcp, header.TCPMinimumSize
	case ianaUDP:
		name = "UDP"
	case ianaUDPLite:
		name = "UDPLITE"
	case ianaICMP:
		name, size = "ICMP", 4
		write = func(b []byte) { l.icmp(b, inner) }
	case ianaICMPv6:
		name, size = "ICMPv6", 4
		write = func(b []byte) { l.icmpv6(b, inner) }
	default:
		l.printf("PROTO=%d", proto)
		return
	}
	l.printf("PROTO=%s", name)
	switch {
	case fragment:
	case len(q.l4) < size:
		l.printf("INCOMPLETE [%d bytes]", max(q.rest, 0))
	default:
		write(q.l4)
	}
}

// tcpLogFlags are the names of flags in the order of their bits, from the highest.
var tcpLogFlags = []string{"CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN"}

// tcp writes the flags by name, and sequence numbers and options only if asked to.
func (l *logLine) tcp(b []byte) {
	tcp := header.TCP(b)
	l.printf("SPT=%d DPT=%d", tcp.SourcePort(), tcp.DestinationPort())
	if l.TCPSeq {
		l.printf("SEQ=%d ACK=%d", tcp.SequenceNumber(), tcp.AckNumber())
	}
	l.printf("WINDOW=%d RES=0x%02x", tcp.WindowSize(), b[header.TCPDataOffset]&0xf<<2)
	for i, name := range tcpLogFlags {
		if b[header.TCPFlagsOffset]&(0x80>>i) != 0 {
			l.printf("%s", name)
		}
	}
	l.printf("URGP=%d", tcp.UrgentPointer())
	if size := int(tcp.DataOffset()); l.TCPOpts && size > header.TCPMinimumSize && size <= len(b) {
		l.printf("OPT (%X)", b[header.TCPMinimumSize:size])
	}
}

// udp is for UDP-Lite, too, where the length is that of what the checksum covers.
func (l *logLine) udp(b []byte) {
	udp := header.UDP(b)
	l.printf("SPT=%d DPT=%d LEN=%d", udp.SourcePort(), udp.DestinationPort(), udp.Length())
}

// icmp writes about the message what its type has: the number of an echo, the quoted
// packet of an error. Redirects name the router.
func (l *logLine) icmp(b []byte, inner *quoted) {
	l.printf("TYPE=%d CODE=%d", b[0], b[1])
	if len(b) < header.ICMPv4MinimumSize {
		return
	}
	switch kind := header.ICMPv4Type(b[0]); kind {
	case header.ICMPv4Echo, header.ICMPv4EchoReply:
		l.echo(b)
	case header.ICMPv4ParamProblem:
		l.printf("PARAMETER=%d", b[4])
	case header.ICMPv4Redirect:
		l.printf("GATEWAY=%v", netip.AddrFrom4([4]byte(b[4:])))
		l.quote(false, inner)
	case header.ICMPv4DstUnreachable, header.ICMPv4SrcQuench, header.ICMPv4TimeExceeded:
		l.quote(false, inner)
		if inner != nil && kind == header.ICMPv4DstUnreachable && header.ICMPv4Code(b[1]) == header.ICMPv4FragmentationNeeded {
			l.printf("MTU=%d", binary.BigEndian.Uint16(b[6:]))
		}
	}
}

// icmpv6 is icmp for the other family, whose types have other numbers. Redirects are not
// quoted.
func (l *logLine) icmpv6(b []byte, inner *quoted) {
	l.printf("TYPE=%d CODE=%d", b[0], b[1])
	if len(b) < header.ICMPv6MinimumSize {
		return
	}
	switch kind := header.ICMPv6Type(b[0]); kind {
	case header.ICMPv6EchoRequest, header.ICMPv6EchoReply:
		l.echo(b)
	case header.ICMPv6ParamProblem:
		l.printf("POINTER=%08x", binary.BigEndian.Uint32(b[4:]))
		l.quote(true, inner)
	case header.ICMPv6DstUnreachable, header.ICMPv6PacketTooBig, header.ICMPv6TimeExceeded:
		l.quote(true, inner)
		if inner != nil && kind == header.ICMPv6PacketTooBig {
			l.printf("MTU=%d", binary.BigEndian.Uint32(b[4:]))
		}
	}
}

// echo writes about echo requests and replies of both families.
func (l *logLine) echo(b []byte) {
	l.printf("ID=%d SEQ=%d", binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:]))
}

// quote writes about the packet that an error quotes, but not what that quotes again.
func (l *logLine) quote(v6 bool, inner *quoted) {
	if inner == nil {
		return
	}
	l.WriteString("[")
	inner.next(v6)
	l.packet(v6, *inner, nil)
	l.WriteString("] ")
}
