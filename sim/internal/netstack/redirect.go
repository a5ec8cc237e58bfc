package netstack

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"

	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// A redirect is where sockets find what they know by another port.
type redirect struct {
	from     netip.AddrPort
	udp, tcp uint16

	counts [2]counts // of what went to udp and to tcp
}

// counts count the first packets of connections, as rules of a table nat do.
type counts struct{ packets, bytes atomic.Uint64 }

// port returns the port of a network, "tcp4" say.
func (r *redirect) port(network string) uint16 {
	if network[:3] == "udp" {
		return r.udp
	}
	return r.tcp
}

// A redirector holds the redirect of a namespace, of which there is at most one. It stands
// in for a DNAT rule so that stacks without a firewall need none: the sockets themselves
// translate, in both directions.
type redirector struct {
	set     atomic.Pointer[redirect] // nil: none
	filters atomic.Bool              // a netfilter translates what goes out
}

// Redirect has sockets of the namespace reach ports udp and tcp of from's address where
// they ask for from, and believe that it was that. It is what Docker's rules in a
// container do for 127.0.0.11:53, so that port 53 is free for others to listen on.
func (d *redirector) Redirect(from netip.AddrPort, udp, tcp uint16) {
	d.set.Store(&redirect{from: from, udp: udp, tcp: tcp})
}

// Filtered reports whether it is a netfilter that translates what is redirected.
func (d *redirector) Filtered() bool { return d.filters.Load() }

// Redirected returns where sockets are redirected to; false if they are not.
func (d *redirector) Redirected() (udp, tcp uint16, ok bool) {
	r := d.set.Load()
	if r == nil {
		return 0, 0, false
	}
	return r.udp, r.tcp, true
}

// count counts the first packet of a connection that was led elsewhere.
func (d *redirector) count(network string, size int) {
	if r := d.set.Load(); r != nil {
		c := &r.counts[0]
		if network[:3] == "tcp" {
			c = &r.counts[1]
		}
		c.packets.Add(1)
		c.bytes.Add(uint64(size))
	}
}

// RedirectedCounts returns what a rule for each of the two protocols would have counted.
func (d *redirector) RedirectedCounts() (udp, tcp Counters) {
	r := d.set.Load()
	if r == nil {
		return udp, tcp
	}
	of := func(c *counts) Counters { return Counters{c.packets.Load(), c.bytes.Load()} }
	return of(&r.counts[0]), of(&r.counts[1])
}

// target returns where a socket of a network is to send what is for to.
func (d *redirector) target(network string, to netip.AddrPort) netip.AddrPort {
	if r := d.set.Load(); r != nil && to == r.from && !d.filters.Load() {
		return netip.AddrPortFrom(to.Addr(), r.port(network))
	}
	return to
}

// show brings the frame of an answer in line with what Linux has pass lo: a question has been
// translated before that, and so has an answer.
func (d *redirector) show(frame []byte) {
	r := d.set.Load()
	if r == nil {
		return
	}
	l, ok := packet.ParseFrame(frame, len(frame))
	if !ok || l.V6 || l.Fragment == packet.Following || l.Protocol != packet.UDP && l.Protocol != packet.TCP {
		return
	}
	ip := frame[header.EthernetMinimumSize:]
	l4 := ip[l.Transport:]
	network := "udp4"
	if l.Protocol == packet.TCP {
		network = "tcp4"
	}
	src, _ := packet.Addrs(ip)
	if src == r.from.Addr() && len(l4) >= header.UDPMinimumSize && binary.BigEndian.Uint16(l4) == r.port(network) {
		t := packet.Translation{Addr: r.from.Addr(), Port: r.from.Port()}
		t.Apply(ip, l4, l.Protocol)
	}
}

// origin is the reverse of target.
func (d *redirector) origin(network string, from netip.AddrPort) netip.AddrPort {
	if r := d.set.Load(); r != nil && netip.AddrPortFrom(from.Addr().Unmap(), from.Port()) == netip.AddrPortFrom(r.from.Addr(), r.port(network)) {
		if from.Addr().Is4In6() {
			return netip.AddrPortFrom(mappedInto6(r.from.Addr()), r.from.Port())
		}
		return r.from
	}
	return from
}
