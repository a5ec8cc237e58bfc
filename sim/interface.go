package sim

import (
	"net"
	"net/netip"

	"drydock/veth"
)

// An Interface describes a network interface as "ip -s addr" shows it.
type Interface struct {
	Index    int
	Peer     int    // index of the other end of the cable, the 45 of "eth0@if45"; 0 if there is none
	Name     string // "eth0"
	Master   string // the bridge that it is a port of
	MAC      net.HardwareAddr
	MTU      int
	Addrs    []netip.Prefix // IPv4 first
	Hairpin  bool           // of a port: frames leave by the port that they came by
	Up       bool
	Running  bool // has carrier
	Loopback bool
	Qdisc    string // the kind of the root qdisc; "" is noqueue
	// NoBroadcast is that IPv4 addresses have no broadcast address, as with Docker 1.13.
	NoBroadcast bool

	// Bytes include the Ethernet header, but for lo, which has none. A TCP
	// super-segment counts as one packet.
	RxPackets, RxBytes, RxDropped, RxErrors uint64
	TxPackets, TxBytes, TxDropped           uint64
}

// count fills in the counters of a cable's end.
func (i *Interface) count(e *veth.Endpoint) {
	s := e.Stats()
	i.RxPackets, i.RxBytes, i.RxDropped, i.RxErrors = s.RxPackets, s.RxBytes, s.RxDropped, s.RxErrors
	i.TxPackets, i.TxBytes, i.TxDropped = s.TxPackets, s.TxBytes, s.TxDropped
}

// linkLocal returns the address that Linux makes of a MAC (RFC 4291, appendix A).
func linkLocal(mac net.HardwareAddr) netip.Prefix {
	a := [16]byte{0: 0xfe, 1: 0x80, 11: 0xff, 12: 0xfe}
	copy(a[8:11], mac[:3])
	copy(a[13:], mac[3:])
	a[8] ^= 2
	return netip.PrefixFrom(netip.AddrFrom16(a), 64)
}
