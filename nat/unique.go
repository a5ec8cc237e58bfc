package nat

import (
	"encoding/binary"
	"math/bits"
	"net/netip"

	"drydock/nat/conntrack"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// maxAttempts bounds the ports that are tried in a row (NF_NAT_MAX_ATTEMPTS).
const maxAttempts = 128

// bind decides how one end of the connection of p is translated: to something in r that
// makes its tuples unlike those of all others.
func (h *host) bind(p *packet, m manip, r NATRange) {
	c := p.conn
	// Each end is decided once. What is confirmed is in the table by tuples that must not
	// change any more: its answers would be strangers.
	if c.Status()&(m.decided()|conntrack.Confirmed) != 0 {
		return
	}
	current, ok := c.Tuple(conntrack.Reply).Invert()
	if !ok {
		return
	}
	status := m.decided()
	if chosen := h.unique(current, r, c, m); chosen != current {
		reply, _ := chosen.Invert()
		c.SetReply(reply)
		status |= m.translated()
		if m == source {
			h.sources.add(h, c)
		}
	}
	c.SetStatus(status)
}

// bindNull is bind for connections that no rule translates. Even those get another
// port if theirs would clash with that of a translated one.
func (h *host) bindNull(p *packet, m manip) {
	reply := p.conn.Tuple(conntrack.Reply)
	addr := reply.Src
	if m == source {
		addr = reply.Dst
	}
	h.bind(p, m, NATRange{MinAddr: addr, MaxAddr: addr})
}

// unique returns what packets of c that go out as tuple shall go out as (Linux's
// get_unique_tuple).
func (h *host) unique(tuple conntrack.Tuple, r NATRange, c *conntrack.Conn, m manip) conntrack.Tuple {
	// A source that fits already stays as it is. Others prefer what they have had towards the
	// peer before.
	random := r.Random || r.FullyRandom
	if m == source && !random {
		same, known := tuple, true
		if !r.contains(&tuple, m) {
			known = h.sources.find(h, &same) && r.contains(&same, m)
		}
		if known && !h.taken(&same, c) {
			return same
		}
	}
	if r.MinAddr.IsValid() {
		*end(&tuple, m) = r.choose(&tuple)
	}
	if !random {
		switch {
		case !r.hasPorts() && !h.taken(&tuple, c):
			return tuple
		case r.hasPorts() && r.BasePort == 0 && r.containsPort(&tuple, m) && (r.MinPort == r.MaxPort || !h.taken(&tuple, c)):
			return tuple
		}
	}
	h.choosePort(&tuple, r, c, m)
	return tuple
}

// taken reports whether answers to tuple would be taken for another connection's.
func (h *host) taken(tuple *conntrack.Tuple, c *conntrack.Conn) bool {
	reply, ok := tuple.Invert()
	return ok && h.conns.InUse(&reply, c)
}

// end returns the address at one end of a tuple.
func end(tuple *conntrack.Tuple, m manip) *netip.Addr {
	if m == source {
		return &tuple.Src
	}
	return &tuple.Dst
}

// choosePort looks for a port that is free, and takes one that is not if it finds none.
func (h *host) choosePort(tuple *conntrack.Tuple, r NATRange, c *conntrack.Conn, m manip) {
	lo, size, ok := r.portsFor(tuple, m)
	if !ok {
		return
	}
	off := uint32(0)
	switch {
	case r.BasePort != 0:
		off = uint32(portOf(tuple, m) - r.BasePort)
	case m == source || r.Random || r.FullyRandom:
		off = uint32(uint16(h.random()))
	}
	for attempts := min(size, maxAttempts); ; attempts /= 2 {
		for range attempts {
			setPort(tuple, m, uint16(lo+off%size))
			if !h.taken(tuple, c) {
				return
			}
			off++
		}
		// Linux goes on with half as many from elsewhere: among 64,512 ports of which most are
		// taken in a row, 128 tries from one place find nothing, those from several do.
		if attempts >= size || attempts < 16 {
			return
		}
		off = uint32(uint16(h.random()))
	}
}

// portsFor returns from which port on, and of how many, one is chosen for tuple. It is
// false where the port stays.
func (r NATRange) portsFor(tuple *conntrack.Tuple, m manip) (lo, size uint32, ok bool) {
	port := portOf(tuple, m)
	switch {
	case !hasPorts(tuple.Proto):
		return 0, 0, false
	case r.hasPorts():
		lo, hi := uint32(min(r.MinPort, r.MaxPort)), uint32(max(r.MinPort, r.MaxPort))
		return lo, hi - lo + 1, true
	case isICMP(tuple.Proto):
		return 0, 1 << 16, true
	case m == destination:
		return 0, 0, false
	// What has a port below 512 may be trusted for it, so that it gets another such.
	case port < 512:
		return 1, 511, true
	case port < 1024:
		return 600, 1024 - 600, true
	}
	return 1024, 1<<16 - 1024, true
}

// isICMP is true for what has an id where others have ports.
func isICMP(proto uint8) bool {
	return proto == uint8(header.ICMPv4ProtocolNumber) || proto == uint8(header.ICMPv6ProtocolNumber)
}

// hasPorts is true for protocols whose ports are translated. Those of SCTP and DCCP stay, as
// the package documentation tells, though rules may ask for them.
func hasPorts(proto uint8) bool {
	return proto == uint8(header.TCPProtocolNumber) || proto == uint8(header.UDPProtocolNumber) || isICMP(proto)
}

// portOf returns the port of an end, or the id of ICMP.
func portOf(tuple *conntrack.Tuple, m manip) uint16 {
	if m == source {
		return tuple.SrcPort
	}
	return tuple.DstPort
}

// setPort changes both ports of ICMP, which are one id.
func setPort(tuple *conntrack.Tuple, m manip, port uint16) {
	if m == source || isICMP(tuple.Proto) {
		tuple.SrcPort = port
	}
	if m == destination || isICMP(tuple.Proto) {
		tuple.DstPort = port
	}
}

// contains reports whether an end is in r.
func (r NATRange) contains(tuple *conntrack.Tuple, m manip) bool {
	return r.containsAddr(*end(tuple, m)) && r.containsPort(tuple, m)
}

// containsAddr is true for every address if the range leaves it alone.
func (r NATRange) containsAddr(a netip.Addr) bool {
	return !r.MinAddr.IsValid() || r.MinAddr.Compare(a) <= 0 && a.Compare(r.MaxAddr) <= 0
}

// containsPort is true for what has no ports: nothing of it can be changed.
func (r NATRange) containsPort(tuple *conntrack.Tuple, m manip) bool {
	if !r.hasPorts() || !hasPorts(tuple.Proto) {
		return true
	}
	port := portOf(tuple, m)
	return min(r.MinPort, r.MaxPort) <= port && port <= max(r.MinPort, r.MaxPort)
}

// choose returns an address of r: always the same for a source, and unless r is
// persistent for a destination.
func (r NATRange) choose(tuple *conntrack.Tuple) netip.Addr {
	if r.MinAddr == r.MaxAddr || !r.MinAddr.Less(r.MaxAddr) {
		return r.MinAddr
	}
	h := hashAddr(14695981039346656037, tuple.Src)
	if !r.Persistent {
		h = hashAddr(h, tuple.Dst)
	}
	h = (h ^ h>>32) * 0x9e3779b97f4a7c15 // spreads the last bytes to the upper bits
	lo, hi := r.MinAddr.As16(), r.MaxAddr.As16()
	loHigh, loLow := binary.BigEndian.Uint64(lo[:8]), binary.BigEndian.Uint64(lo[8:])
	low, borrow := bits.Sub64(binary.BigEndian.Uint64(hi[8:]), loLow, 0)
	high, _ := bits.Sub64(binary.BigEndian.Uint64(hi[:8]), loHigh, borrow)
	n := low + 1
	if high > 0 || n == 0 { // of such a range 2^64 addresses are enough
		n = 0
	}
	off := h
	if n > 0 {
		off, _ = bits.Mul64(h, n)
	}
	sum, carry := bits.Add64(loLow, off, 0)
	binary.BigEndian.PutUint64(lo[8:], sum)
	binary.BigEndian.PutUint64(lo[:8], loHigh+carry)
	addr := netip.AddrFrom16(lo)
	if r.MinAddr.Is4() {
		return addr.Unmap()
	}
	return addr
}

// hashAddr continues the FNV-1a hash h.
func hashAddr(h uint64, addr netip.Addr) uint64 {
	b := addr.As16()
	for _, x := range b {
		h = (h ^ uint64(x)) * 1099511628211
	}
	return h
}
