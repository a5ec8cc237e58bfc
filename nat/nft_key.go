package nat

import (
	"encoding/binary"
	"math/bits"

	wire "drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// A Key is what nft's rules ask of a packet: "ip saddr", "tcp dport", "ct state". One that asks for
// a header is also asked for it: a rule with "tcp dport" does not match what is not TCP.
type Key uint8

// The keys, by how nft writes them.
const (
	MetaIIFName Key = iota + 1
	MetaOIFName
	MetaIIF // here the name, too
	MetaOIF
	MetaMark
	MetaL4Proto
	MetaNFProto
	MetaProtocol
	MetaPktType
	MetaLength
	MetaSKUID
	MetaSKGID
	CTState
	CTStatus
	CTMark
	CTDirection
	IPSaddr
	IPDaddr
	IPProtocol
	IPTTL
	IPLength
	IPID
	IPDSCP
	IP6Saddr
	IP6Daddr
	IP6NextHdr
	IP6HopLimit
	IP6Length
	THSport
	THDport
	TCPSport
	TCPDport
	TCPFlagBits
	UDPSport
	UDPDport
	UDPLength
	SCTPSport
	SCTPDport
	DCCPSport
	DCCPDport
	UDPLiteSport
	UDPLiteDport
	ICMPType
	ICMPCode
	ICMPv6Type
	ICMPv6Code
	FIBSaddrType
	FIBDaddrType
	FIBSaddrIIFType
	FIBDaddrIIFType
	FIBSaddrOIFType
	FIBDaddrOIFType
	numKeys
)

// protoOf is the transport protocol that a key implies, 0 for none.
var protoOf = [numKeys]uint8{
	TCPSport: ianaTCP, TCPDport: ianaTCP, TCPFlagBits: ianaTCP,
	UDPSport: ianaUDP, UDPDport: ianaUDP, UDPLength: ianaUDP,
	SCTPSport: ianaSCTP, SCTPDport: ianaSCTP, DCCPSport: ianaDCCP, DCCPDport: ianaDCCP,
	UDPLiteSport: ianaUDPLite, UDPLiteDport: ianaUDPLite,
	ICMPType: ianaICMP, ICMPCode: ianaICMP, ICMPv6Type: ianaICMPv6, ICMPv6Code: ianaICMPv6,
}

// Protocol returns the transport protocol that the key implies, 0 for none.
func (k Key) Protocol() uint8 { return protoOf[k] }

// Layer returns the family of addresses that the key implies, 4 or 6, 0 for none.
func (k Key) Layer() int {
	switch k {
	case IPSaddr, IPDaddr, IPProtocol, IPTTL, IPLength, IPID, IPDSCP:
		return 4
	case IP6Saddr, IP6Daddr, IP6NextHdr, IP6HopLimit, IP6Length:
		return 6
	}
	return 0
}

// load returns the value of a packet. It is false if that has none, which no rule matches.
func (k Key) load(p *packet) (w Word, ok bool) {
	switch {
	case k >= FIBSaddrType:
		return k.fib(p), true
	case k >= THSport:
		return k.transport(p)
	case k >= IPSaddr:
		return k.network(p)
	case k >= CTState:
		return k.conntrack(p)
	}
	switch k {
	case MetaIIFName, MetaIIF:
		return NameWord(p.in), true // "" where there is none, which "!=" matches
	case MetaOIFName, MetaOIF:
		return NameWord(p.out), true
	case MetaMark:
		if p.pkt != nil {
			w.Lo = uint64(p.pkt.Mark)
		}
	case MetaL4Proto:
		w.Lo = uint64(p.proto)
	case MetaNFProto:
		if w.Lo = 2; p.v6 {
			w.Lo = 10
		}
	case MetaProtocol:
		if w.Lo = uint64(header.IPv4ProtocolNumber); p.v6 {
			w.Lo = uint64(header.IPv6ProtocolNumber)
		}
	case MetaPktType:
		w.Lo = pktTypes[p.linkType()]
	case MetaLength:
		w.Lo = uint64(p.layout.Size)
	case MetaSKUID, MetaSKGID: // all that the machine runs is root's
		return w, (p.hook == output || p.hook == postrouting) && p.hasSocket()
	}
	return w, true
}

var pktTypes = map[LinkType]uint64{Unicast: 0, Broadcast: 1, Multicast: 2, OtherHost: 3}

// conntrack is load for what the connection has. Of a packet without one only the state is known.
func (k Key) conntrack(p *packet) (w Word, ok bool) {
	if k == CTState {
		return Word{Lo: uint64(ctStates[bits.TrailingZeros8(uint8(p.state))&7])}, true
	}
	if p.conn == nil {
		return w, false
	}
	switch k {
	case CTStatus:
		w.Lo = uint64(p.conn.Status())
	case CTMark:
		w.Lo = uint64(p.conn.Mark())
	case CTDirection:
		w.Lo = uint64(p.dir)
	}
	return w, true
}

// ctStates are the bits of nft for those of StateSet.
var ctStates = [8]uint8{1, 8, 2, 4, 64}

// states is the reverse of ctStates for a mask.
func states(mask uint64) (s StateSet) {
	for i, bit := range ctStates {
		if bit != 0 && mask&uint64(bit) != 0 {
			s |= 1 << i
		}
	}
	return s
}

// network is load for the IP header.
func (k Key) network(p *packet) (w Word, ok bool) {
	if (k >= IP6Saddr) != p.v6 {
		return w, false
	}
	switch k {
	case IPSaddr, IP6Saddr:
		return AddrWord(p.src), true
	case IPDaddr, IP6Daddr:
		return AddrWord(p.dst), true
	case IPProtocol:
		return NumberWord(uint64(p.proto)), true
	}
	if len(p.ip) < header.IPv4MinimumSize || p.v6 && len(p.ip) < header.IPv6MinimumSize {
		return w, false
	}
	switch k {
	case IPTTL:
		w.Lo = uint64(p.ip[8])
	case IPLength, IP6Length:
		at := 2
		if k == IP6Length {
			at = 4
		}
		w.Lo = uint64(binary.BigEndian.Uint16(p.ip[at:]))
	case IPID:
		w.Lo = uint64(binary.BigEndian.Uint16(p.ip[4:]))
	case IPDSCP:
		w.Lo = uint64(p.ip[1] >> 2)
	case IP6NextHdr:
		w.Lo = uint64(p.ip[6])
	case IP6HopLimit:
		w.Lo = uint64(p.ip[7])
	}
	return w, true
}

// transport is load for the header behind it. What has none, or has it in another fragment, is
// matched by nothing.
func (k Key) transport(p *packet) (w Word, ok bool) {
	if proto := protoOf[k]; proto != 0 && proto != p.proto || p.layout.Fragment == wire.Following {
		return w, false
	}
	switch k {
	case ICMPType, ICMPv6Type:
		return NumberWord(uint64(p.icmpType)), p.ports
	case ICMPCode, ICMPv6Code:
		return NumberWord(uint64(p.icmpCode)), p.ports
	case TCPFlagBits:
		return NumberWord(uint64(p.tcpFlags)), p.ports
	case UDPLength:
		if len(p.l4) < header.UDPMinimumSize {
			return w, false
		}
		return NumberWord(uint64(binary.BigEndian.Uint16(p.l4[4:]))), true
	}
	src, dst, ok := p.srcPort, p.dstPort, p.ports
	if p.proto != ianaTCP && p.proto != ianaUDP {
		if ok = len(p.l4) >= 4; ok {
			src, dst = binary.BigEndian.Uint16(p.l4), binary.BigEndian.Uint16(p.l4[2:])
		}
	}
	switch k {
	case THSport, TCPSport, UDPSport, SCTPSport, DCCPSport, UDPLiteSport:
		dst = src
	}
	return NumberWord(uint64(dst)), ok
}

// fib is load for the kind of an address, in the numbers of Linux's routes.
func (k Key) fib(p *packet) Word {
	addr := p.src
	switch k {
	case FIBDaddrType, FIBDaddrIIFType, FIBDaddrOIFType:
		addr = p.dst
	}
	t := AddrType{LimitIn: k == FIBSaddrIIFType || k == FIBDaddrIIFType, LimitOut: k == FIBSaddrOIFType || k == FIBDaddrOIFType}
	return NumberWord(uint64(bits.TrailingZeros16(uint16(t.typeOf(p, addr)))))
}

// A concat is some keys, whose values belong together.
type concat struct {
	keys [maxConcat]Key
	n    int
}

func concatOf(keys []Key) (c concat) {
	c.n = copy(c.keys[:], keys)
	return c
}

// load fills in the values of a packet.
func (c *concat) load(p *packet, w *Words) bool {
	for i, k := range c.keys[:c.n] {
		v, ok := k.load(p)
		if !ok {
			return false
		}
		w[i] = v
	}
	return true
}

// families are those whose packets may have the keys: bit 0 is IPv4, bit 1 IPv6.
func (c *concat) families() (set uint8) {
	set = 3
	for _, k := range c.keys[:c.n] {
		switch k.Layer() {
		case 4:
			set &= 1
		case 6:
			set &= 2
		}
	}
	return set
}

// interfaceShift is where the digest has the interface that a key asks for.
func (k Key) interfaceShift() (shift int, ok bool) {
	switch k {
	case MetaIIFName, MetaIIF:
		return 32, true
	case MetaOIFName, MetaOIF:
		return 0, true
	}
	return 0, false
}
