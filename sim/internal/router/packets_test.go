package router_test

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"

	"drydock/veth"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A packet is an IP packet to be sent, of version 6 if src is.
type packet struct {
	src, dst  string
	ttl       uint8 // 0: 64
	tos       uint8
	id        uint16
	df, more  bool
	offset    uint16
	options   []byte // of IPv4, or extension headers of IPv6, the first of type ext
	ext       uint8
	proto     uint8 // of body
	body      []byte
	breakSum  bool   // wrong checksum of the IP header
	padding   int    // bytes behind the packet
	mss       uint16 // a super-segment
	multicast bool   // to a multicast MAC
	edit      func(b []byte)
}

func (p packet) bytes() []byte {
	src, dst := netip.MustParseAddr(p.src), netip.MustParseAddr(p.dst)
	if p.ttl == 0 {
		p.ttl = 64
	}
	var b []byte
	if src.Is6() {
		b = make([]byte, 40, 40+len(p.options)+len(p.body))
		next := p.proto
		if len(p.options) > 0 {
			next = p.ext
		}
		header.IPv6(b).Encode(&header.IPv6Fields{
			TrafficClass: p.tos, PayloadLength: uint16(len(p.options) + len(p.body)),
			TransportProtocol: tcpip.TransportProtocolNumber(next), HopLimit: p.ttl,
			SrcAddr: tcpip.AddrFrom16(src.As16()), DstAddr: tcpip.AddrFrom16(dst.As16()),
		})
		b = append(append(b, p.options...), p.body...)
	} else {
		b = make([]byte, 20+len(p.options), 20+len(p.options)+len(p.body))
		h := header.IPv4(b)
		flags := uint8(0)
		if p.df {
			flags |= header.IPv4FlagDontFragment
		}
		if p.more {
			flags |= header.IPv4FlagMoreFragments
		}
		h.Encode(&header.IPv4Fields{
			TOS: p.tos, TotalLength: uint16(cap(b)), ID: p.id, Flags: flags, FragmentOffset: p.offset,
			TTL: p.ttl, Protocol: p.proto,
			SrcAddr: tcpip.AddrFrom4(src.As4()), DstAddr: tcpip.AddrFrom4(dst.As4()),
		})
		b[0] = 0x40 | byte(len(b)/4)
		copy(b[20:], p.options)
		h.SetChecksum(^checksum.Checksum(b, 0))
		if p.breakSum {
			b[10] ^= 0x55
		}
		b = append(b, p.body...)
	}
	if p.edit != nil {
		p.edit(b)
	}
	return append(b, make([]byte, p.padding)...)
}

// udp returns a datagram of n bytes of data to port 9.
func udp(n int) []byte {
	b := make([]byte, 8+n)
	header.UDP(b).Encode(&header.UDPFields{SrcPort: 1000, DstPort: 9, Length: uint16(len(b))})
	for i := range b[8:] {
		b[8+i] = byte(i)
	}
	return b
}

// tcp returns a segment with n bytes of data and flags ACK, PSH, FIN and CWR.
func tcp(n int) []byte {
	b := make([]byte, 20+n)
	header.TCP(b).Encode(&header.TCPFields{
		SrcPort: 1000, DstPort: 9, SeqNum: 1 << 30, AckNum: 1, DataOffset: 20, WindowSize: 1000,
		Flags: header.TCPFlagAck | header.TCPFlagPsh | header.TCPFlagFin | header.TCPFlagCwr,
	})
	for i := range b[20:] {
		b[20+i] = byte(i)
	}
	return b
}

// icmp returns a message of that type with 32 bytes of data.
func icmp(kind uint8) []byte {
	b := make([]byte, 40)
	b[0] = kind
	header.ICMPv4(b).SetChecksum(^checksum.Checksum(b, 0))
	return b
}

// inject sends a packet into the router as the host at the other end of a cable
// would.
func (t *topology) inject(tb testing.TB, cable int, p packet) {
	tb.Helper()
	t.write(tb, cable, p.bytes(), p)
}

func (t *topology) write(tb testing.TB, cable int, ip []byte, p packet) {
	tb.Helper()
	end := t.cables[cable]
	eth := make([]byte, header.EthernetMinimumSize, header.EthernetMinimumSize+len(ip))
	proto := header.IPv4ProtocolNumber
	if len(ip) > 0 && ip[0]>>4 == 6 {
		proto = header.IPv6ProtocolNumber
	}
	dst := end.LinkAddress()
	if p.multicast {
		dst = "\x01\x00\x5e\x00\x00\x01"
	}
	header.Ethernet(eth).Encode(&header.EthernetFields{SrcAddr: end.Peer().LinkAddress(), DstAddr: dst, Type: proto})
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(append(eth, ip...))})
	defer pkt.DecRef()
	pkt.RXChecksumValidated = true
	if p.mss > 0 {
		pkt.GSOOptions = stack.GSO{Type: stack.GSOTCPv4, MSS: p.mss}
		if proto == header.IPv6ProtocolNumber {
			pkt.GSOOptions.Type = stack.GSOTCPv6
		}
	}
	if err := end.Peer().WritePacket(pkt); err != nil {
		require.Fail(tb, err.String())
	}
}

// A seen is an IP packet that the router sent on a cable.
type seen struct {
	cable int
	ip    []byte
}

func (s seen) v6() bool { return s.ip[0]>>4 == 6 }

func (s seen) ip4() header.IPv4 { return header.IPv4(s.ip) }

func (s seen) ip6() header.IPv6 { return header.IPv6(s.ip) }

func (s seen) addrs() (src, dst string) {
	if s.v6() {
		return s.ip6().SourceAddress().String(), s.ip6().DestinationAddress().String()
	}
	return s.ip4().SourceAddress().String(), s.ip4().DestinationAddress().String()
}

// body returns what follows the IP header.
func (s seen) body() []byte {
	if s.v6() {
		return s.ip[40:]
	}
	return s.ip[s.ip4().HeaderLength():]
}

// proto returns the protocol of body.
func (s seen) proto() uint8 {
	if s.v6() {
		return s.ip6().NextHeader()
	}
	return s.ip4().Protocol()
}

// A capture has what the router sent.
type capture struct {
	mu   sync.Mutex
	list []seen
}

func (t *topology) capture() *capture {
	c := new(capture)
	for i, end := range t.cables {
		end.Tap(func(f veth.Tapped) {
			eth := header.Ethernet(f.Frame)
			if f.Direction != veth.Sent || eth.Type() != header.IPv4ProtocolNumber && eth.Type() != header.IPv6ProtocolNumber {
				return
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			c.list = append(c.list, seen{i, f.Frame[header.EthernetMinimumSize:]})
		})
	}
	return c
}

// take returns what was captured since the last call.
func (c *capture) take() []seen {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.list
	c.list = nil
	return list
}

// acquaint tells the router where hosts 99 and 98 are: at the other ends of the cables, where
// nobody answers to these addresses.
func (t *topology) acquaint(tb testing.TB) {
	tb.Helper()
	for i, end := range t.cables {
		for _, n := range []string{"98", "99"} {
			for _, a := range []string{fmt.Sprintf("10.%d.0.%s", 1+i, n), fmt.Sprintf("fd0%d::%s", 1+i, n)} {
				require.NoError(tb, t.router.AddNeighbour(2+i, netip.MustParseAddr(a), []byte(end.Peer().LinkAddress())))
			}
		}
	}
}
