package router

import (
	"cmp"
	"maps"
	"sync"
	"sync/atomic"

	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Families of IP, as indexes.
const (
	v4 = iota
	v6
)

var families = [...]tcpip.NetworkProtocolNumber{v4: ipv4.ProtocolNumber, v6: ipv6.ProtocolNumber}

func family(proto tcpip.NetworkProtocolNumber) int {
	if proto == ipv6.ProtocolNumber {
		return v6
	}
	return v4
}

// A Port is an interface of the stack as the router has it.
type Port struct {
	id       tcpip.NICID
	nic      stack.NetworkInterface
	vouches  bool // for the checksums of what it receives
	filterRP atomic.Int32
	localnet atomic.Bool // net.ipv4.conf.*.route_localnet

	ready     atomic.Bool              // what follows is set
	endpoints [2]stack.NetworkEndpoint // by family
	rx        [2]tcpip.NICPacketStats  // of the interface and of all

	// Both are written with owners.mu held. The map is not changed, but replaced: it is
	// read for each packet whose address is another interface's.
	addrs    []tcpip.AddressWithPrefix              // but for IPv6 link-local ones
	borrowed atomic.Pointer[map[tcpip.Address]bool] // never nil
}

func newPort(nic stack.NetworkInterface) *Port {
	p := &Port{
		id: nic.ID(), nic: nic,
		vouches: nic.Capabilities()&stack.CapabilityRXChecksumOffload != 0,
	}
	p.borrowed.Store(new(map[tcpip.Address]bool))
	return p
}

// prepare readies a port for packets. It is false if it is being removed.
func (p *Port) prepare(s *stack.Stack) bool {
	if p.ready.Load() {
		return true
	}
	info, ok := s.SingleNICInfo(p.id)
	if !ok {
		return false
	}
	for i, proto := range families {
		ep, err := s.GetNetworkEndpoint(p.id, proto)
		if err != nil {
			return false
		}
		p.endpoints[i] = ep
	}
	p.rx = [...]tcpip.NICPacketStats{info.Stats.Rx, s.Stats().NICs.Rx}
	p.ready.Store(true)
	return true
}

// borrow notes that the interface has an address of another one, or has it no more.
func (p *Port) borrow(a tcpip.Address, has bool) {
	m := maps.Clone(*p.borrowed.Load())
	if has {
		if m == nil {
			m = make(map[tcpip.Address]bool)
		}
		m[a] = true
	} else {
		delete(m, a)
	}
	p.borrowed.Store(&m)
}

// count counts a packet as received, as the interface itself would.
func (p *Port) count(size int) {
	for _, c := range p.rx {
		c.Packets.Increment()
		c.Bytes.IncrementBy(uint64(size))
	}
}

// deliver hands pkt to the stack as if it had arrived at p.
func (p *Port) deliver(pkt *stack.PacketBuffer) {
	in := pkt.CloneToInbound()
	in.Owner = pkt.Owner
	in.GSOOptions = pkt.GSOOptions
	in.PktType = pkt.PktType
	packet.SetArrival(in, packet.Arrival(pkt))
	in.NICID, in.InputNICID = pkt.NICID, pkt.InputNICID
	// Fragments have a checksum in common, which no card has looked at.
	in.RXChecksumValidated = pkt.RXChecksumValidated && !packet.IsFragment(pkt.NetworkHeader().Slice())
	in.NetworkProtocolNumber = pkt.NetworkProtocolNumber
	p.endpoints[family(pkt.NetworkProtocolNumber)].HandlePacket(in)
	in.DecRef()
}

func byID(a, b *Port) int { return cmp.Compare(a.id, b.id) }

// Ports are the interfaces that the stack has. gVisor adds and removes them with its
// own lock held, so nothing may be waited for with this one.
type ports struct {
	mu sync.Mutex // guards of
	of map[tcpip.NICID]*Port
}

func (t *ports) get(id tcpip.NICID) *Port {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.of[id]
}

func (t *ports) add(p *Port) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of[p.id] = p
}

func (t *ports) remove(p *Port) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of[p.id] == p {
		delete(t.of, p.id)
	}
}
