package report

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"net"
	"net/netip"
	"strings"

	"drydock/dnsd"
	"drydock/internal/packet"

	"github.com/miekg/dns"
	gvisor "gvisor.dev/gvisor/pkg/tcpip/header"
)

// A header is what a frame shows at a place.
type header struct {
	src, dst netip.AddrPort // ports are 0 where there are none; not valid without IP
	what     string         // "TCP SYN", "UDP 5 bytes"
	more     string         // of TCP ", seq 1, ack 2, window 3"
	stations string         // the Ethernet addresses, "02:42:ac:11:00:02 > 02:42:ac:11:00:03"; "" if there are none
	ttl      int
	id       identity
	payload  []byte // of TCP
}

// An identity is what translation and forwarding leave of a packet as it is.
type identity struct {
	proto uint16 // of IP; of others 256 and more
	kind  uint16 // flags of TCP, type and code of ICMP
	a, b  uint32
	sum   uint64 // of the payload
}

const (
	ethernet = gvisor.EthernetMinimumSize
	other    = 256 // protocols that are not IP's
)

// headerOf reads a frame, which may be anything.
func headerOf(frame []byte) header {
	h := contents(frame)
	if len(frame) >= ethernet && !bytes.Equal(frame[:12], make([]byte, 12)) {
		h.stations = fmt.Sprintf("%v > %v", net.HardwareAddr(frame[6:12]), net.HardwareAddr(frame[:6]))
	}
	return h
}

func contents(frame []byte) header {
	if len(frame) < ethernet {
		return header{what: fmt.Sprintf("%d bytes", len(frame)), id: identity{proto: other, sum: sumOf(frame)}}
	}
	b := frame[ethernet:]
	kind := binary.BigEndian.Uint16(frame[ethernet-2:])
	if kind == uint16(gvisor.ARPProtocolNumber) && len(b) >= gvisor.ARPSize {
		return arpHeader(b)
	}
	l, ok := packet.Parse(b, len(b))
	if !ok {
		return header{what: fmt.Sprintf("%d bytes of EtherType %#04x", len(b), kind), id: identity{proto: other, kind: kind, sum: sumOf(b)}}
	}
	return ipHeader(b[:l.Size], &l)
}

func arpHeader(b []byte) header {
	a := gvisor.ARP(b)
	sender, target := netip.AddrFrom4([4]byte(a.ProtocolAddressSender())), netip.AddrFrom4([4]byte(a.ProtocolAddressTarget()))
	h := header{src: netip.AddrPortFrom(sender, 0), dst: netip.AddrPortFrom(target, 0), id: identity{proto: other + 1, kind: uint16(a.Op()), sum: sumOf(b[8:gvisor.ARPSize])}}
	h.what = packet.ARPText(a)
	return h
}

func ipHeader(b []byte, l *packet.Layout) header {
	src, dst := packet.Addrs(b)
	h := header{src: netip.AddrPortFrom(src, 0), dst: netip.AddrPortFrom(dst, 0), ttl: int(gvisor.IPv4(b).TTL()), id: identity{proto: uint16(l.Protocol)}}
	if l.V6 {
		h.ttl = int(gvisor.IPv6(b).HopLimit())
	}
	l4 := b[min(l.Transport, len(b)):]
	switch {
	case l.Fragment == packet.Following:
		h.what, h.id.a, h.id.sum = fmt.Sprintf("fragment of %d bytes", len(l4)), l.ID, sumOf(l4)
	case l.Protocol == packet.TCP && len(l4) >= gvisor.TCPMinimumSize:
		h.tcp(l4)
	case l.Protocol == packet.UDP && len(l4) >= 8:
		h.udp(l4)
	case l.Protocol == packet.ICMP && len(l4) >= 8, l.Protocol == packet.ICMPv6 && len(l4) >= 8:
		h.icmp(l4, l)
	default:
		h.what, h.id.sum = fmt.Sprintf("IP protocol %d, %d bytes", l.Protocol, len(l4)), sumOf(l4)
	}
	return h
}

func (h *header) ports(l4 []byte) {
	h.src = netip.AddrPortFrom(h.src.Addr(), binary.BigEndian.Uint16(l4))
	h.dst = netip.AddrPortFrom(h.dst.Addr(), binary.BigEndian.Uint16(l4[2:]))
}

func (h *header) tcp(l4 []byte) {
	h.ports(l4)
	t := gvisor.TCP(l4)
	h.payload = l4[min(max(int(t.DataOffset()), gvisor.TCPMinimumSize), len(l4)):]
	h.id = identity{uint16(packet.TCP), uint16(t.Flags()), t.SequenceNumber(), t.AckNumber(), sumOf(h.payload)}
	h.more = fmt.Sprintf(", seq %d, ack %d, window %d", h.id.a, h.id.b, t.WindowSize())
	var flags []string
	for i, name := range []string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"} {
		if h.id.kind>>i&1 != 0 && name != "PSH" {
			flags = append(flags, name)
		}
	}
	h.what = "TCP " + strings.Join(flags, " ")
	if len(h.payload) > 0 {
		h.what += fmt.Sprintf(", %d bytes", len(h.payload))
	}
}

func (h *header) udp(l4 []byte) {
	h.ports(l4)
	data := l4[8:]
	h.id.sum, h.id.a = sumOf(data), uint32(len(data))
	h.what = fmt.Sprintf("UDP %d bytes", len(data))
	// Of the embedded resolver netfilter has translated the port.
	if h.src.Port() != 53 && h.dst.Port() != 53 && h.dst.Addr() != dnsd.Embedded && h.src.Addr() != dnsd.Embedded {
		return
	}
	var m dns.Msg
	if m.Unpack(data) == nil && len(m.Question) == 1 {
		h.what = fmt.Sprintf("DNS %s %s?", dns.Type(m.Question[0].Qtype), clean(m.Question[0].Name, 80))
		if m.Response {
			h.what = fmt.Sprintf("DNS answer %s %s", clean(m.Question[0].Name, 80), dns.RcodeToString[m.Rcode])
		}
	}
}

// echoes are the types of ICMP that have an identifier and a number.
var echoes = map[uint16]string{packet.ICMP<<8 | 8: "echo request", packet.ICMP << 8: "echo reply", packet.ICMPv6<<8 | 128: "echo request", packet.ICMPv6<<8 | 129: "echo reply"}

var icmpNames = map[uint16]string{
	packet.ICMP<<8 | 3: "unreachable", packet.ICMP<<8 | 5: "redirect", packet.ICMP<<8 | 11: "time exceeded", packet.ICMP<<8 | 12: "parameter problem",
	packet.ICMPv6<<8 | 1: "unreachable", packet.ICMPv6<<8 | 2: "packet too big", packet.ICMPv6<<8 | 3: "time exceeded", packet.ICMPv6<<8 | 4: "parameter problem",
	packet.ICMPv6<<8 | 133: "router solicitation", packet.ICMPv6<<8 | 134: "router advertisement",
	packet.ICMPv6<<8 | 135: "neighbour solicitation", packet.ICMPv6<<8 | 136: "neighbour advertisement",
}

// unreachables are the codes of ICMP's type 3 that networks send.
var unreachables = map[byte]string{0: "network", 1: "host", 2: "protocol", 3: "port", 9: "network prohibited", 10: "host prohibited", 13: "prohibited"}

func (h *header) icmp(l4 []byte, l *packet.Layout) {
	kind := uint16(l.Protocol)<<8 | uint16(l4[0])
	h.id.kind = uint16(l4[0])<<8 | uint16(l4[1])
	if name, ok := echoes[kind]; ok { // whose identifier may be translated
		h.id.b, h.id.sum = uint32(binary.BigEndian.Uint16(l4[6:])), sumOf(l4[8:])
		h.what = fmt.Sprintf("ICMP %s %d", name, h.id.b)
		return
	}
	name, ok := icmpNames[kind]
	switch code, known := unreachables[l4[1]]; {
	case !ok:
		name = fmt.Sprintf("type %d code %d", l4[0], l4[1])
	case kind == packet.ICMP<<8|3 && l4[1] == 4:
		name = fmt.Sprintf("fragmentation needed, MTU %d", binary.BigEndian.Uint16(l4[6:]))
	case kind == packet.ICMP<<8|3 && known:
		name = code + " unreachable"
	}
	h.what = "ICMP " + name
	if packet.IsError(l.Protocol, l4[0]) {
		h.quoted(l4[8:])
		return
	}
	h.id.sum = sumOf(l4[4:])
}

// quoted identifies an ICMP error by what of the packet that it quotes is not translated.
func (h *header) quoted(b []byte) {
	l, ok := packet.ParseQuote(b)
	if !ok || len(b) < l.Transport+8 {
		h.id.sum = sumOf(b)
		return
	}
	h.id.a = l.ID
	if l.Protocol == packet.TCP {
		h.id.b = binary.BigEndian.Uint32(b[l.Transport+4:])
	}
}

var sumSeed = maphash.MakeSeed()

func sumOf(b []byte) uint64 { return maphash.Bytes(sumSeed, b) }

// addrs returns the ends of a packet, "172.17.0.2:40000 → 172.17.0.3:80".
func (h *header) addrs() string {
	if !h.src.IsValid() {
		return ""
	}
	return addrText(h.src) + " → " + addrText(h.dst)
}

// addrText leaves out a port that there is none of.
func addrText(a netip.AddrPort) string {
	if a.Port() == 0 {
		return a.Addr().String()
	}
	return a.String()
}
