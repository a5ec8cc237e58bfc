package sim

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"drydock/bridge"
	"drydock/drop"
	"drydock/internal/packet"
	"drydock/nat"
	"drydock/nat/iptables"
	"drydock/nat/nftables"
	"drydock/sim/internal/router"
	"drydock/veth"

	gvisor "gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A Drop is a packet that did not arrive.
type Drop struct {
	Time   time.Time
	Place  Place // of netfilter the interface by which it came, or was to leave; of a cable the end, see veth.Dropped
	Reason drop.Reason
	Filter nat.Dropped // of drop.Rule, drop.Policy and other reasons of netfilter; else the zero Dropped
	Rule   string      // that dropped it, as iptables -S prints it: "-A DOCKER-USER -j DROP", of drop.Policy "-P FORWARD DROP"
	Frame  []byte      // a copy; without a link header at that place, its addresses are zeros
}

// String returns one line with Why: "web eth0: no socket: 60 bytes of tcp from 172.17.0.1:40000 to
// 172.17.0.2:81".
func (d Drop) String() string { return fmt.Sprintf("%v: %s: %s", d.Place, d.Why(), summary(d.Frame)) }

// Why returns "rule in FORWARD: -A DOCKER-USER -j DROP".
func (d Drop) Why() string {
	why := d.Reason.String()
	if d.Filter.Hook != "" {
		why += " in " + d.Filter.Hook
	}
	if d.Rule != "" {
		why += ": " + d.Rule
	}
	return why
}

// OnDrop calls fn with each packet that the machine, its bridges, its containers or their cables
// drop, until stop is called. What sockets drop for lack of room is counted by Drops alone; what was
// sent to a group is not told by who has not joined it, for all hear that.
//
// fn runs in the goroutine that carries the packet, which holds locks: it must be quick, must not use
// the machine, and must not end the goroutine, as require and FailNow of a test do. It may still run
// in another goroutine when stop returns.
func (m *Machine) OnDrop(fn func(Drop)) (stop func()) { return m.watch.drops.Add(fn) }

// OnDrop is Machine.OnDrop for the switch of the LAN and its ends of the cables.
func (l *LAN) OnDrop(fn func(Drop)) (stop func()) { return l.watch.drops.Add(fn) }

// Drops returns how many packets were dropped by the machine, its bridges, the containers that
// run, and the cables that there are.
func (m *Machine) Drops() drop.Counts { return total(m.DropsByPlace()) }

// DropsByPlace is Drops by where that was: interfaces and ports of bridges. What a namespace
// drops, its netfilter, its router and its sockets, has the Place of its owner without a device.
// Places where nothing was dropped are left out. A Drop of netfilter tells besides by which
// interface the packet came.
func (m *Machine) DropsByPlace() map[Place]drop.Counts {
	by := make(map[Place]drop.Counts)
	m.watch.mu.Lock()
	defer m.watch.mu.Unlock()
	for ns := range m.watch.spaces {
		addDrops(by, ns.place(""), ns.stack.Drops())
		if t := ns.tables.Load(); t != nil {
			addDrops(by, ns.place(""), t.Drops())
		}
		for p, t := range ns.tappers() {
			if d, ok := t.(dropper); ok {
				addDrops(by, p, d.Drops())
			}
		}
	}
	for b, owner := range m.watch.bridges {
		bridgeDrops(by, owner, b)
	}
	return by
}

// addDrops adds what was dropped at a place.
func addDrops(by map[Place]drop.Counts, p Place, n drop.Counts) {
	if n != (drop.Counts{}) {
		by[p] = by[p].Plus(n)
	}
}

// total returns what was dropped anywhere.
func total(by map[Place]drop.Counts) (n drop.Counts) {
	for _, more := range by {
		n = n.Plus(more)
	}
	return n
}

// Drops returns how many packets the namespace has dropped since it was made: its router and its
// sockets, not its cables. It is zero while the owner is not running.
func (ns *Netns) Drops() drop.Counts {
	space, _, err := ns.open("count drops")
	if err != nil {
		return drop.Counts{}
	}
	return space.stack.Drops()
}

// Drops returns how many frames the switch and its ends of the cables have dropped, at the ports
// that it has now.
func (l *LAN) Drops() drop.Counts { return total(l.DropsByPlace()) }

// DropsByPlace is Machine.DropsByPlace for the ports of the LAN.
func (l *LAN) DropsByPlace() map[Place]drop.Counts {
	by := make(map[Place]drop.Counts)
	bridgeDrops(by, l.String(), l.bridge)
	return by
}

// bridgeDrops counts what ports and their cables drop, and leaves out what the filter refuses,
// which netfilter counts. The bridge's own interface is the owner's.
func bridgeDrops(by map[Place]drop.Counts, owner string, b *bridge.Bridge) {
	for _, p := range b.Ports() {
		place := Place{owner, p.Name(), b.Name()}
		if p.Local() {
			place.Master = ""
		}
		n := p.Stats().Drops
		n[drop.Filter] = 0
		if d, ok := p.Endpoint().(dropper); ok {
			n = n.Plus(d.Drops())
		}
		addDrops(by, place, n)
	}
}

// filterDropped is told by the firewall.
func (m *Machine) filterDropped(d nat.Dropped) {
	m.filterLogged(d)
	m.watch.filterDropped(m.own, m.tables, d)
}

// filterDropped is told by the firewall of a namespace.
func (w *watch) filterDropped(ns *namespace, t *nat.Tables, d nat.Dropped) {
	w.drops.Show(func() Drop {
		told := d
		told.Packet = nil // it is borrowed
		return Drop{
			Time: time.Now(), Place: ns.place(cmp.Or(d.In, d.Out)), Reason: d.Reason, Filter: told, Rule: ruleText(t, d), Frame: frameOf(d.Packet),
		}
	})
}

// ruleText returns the rule or the policy that dropped a packet, as it is now.
func ruleText(t *nat.Tables, d nat.Dropped) string {
	if text, ok := nftText(t, d); ok {
		return text
	}
	rules := t.IPv4()
	if d.Src.Is6() {
		rules = t.IPv6()
	}
	table, chain, _ := strings.Cut(string(d.Chain), "/")
	switch {
	case d.Rule > 0:
		var b strings.Builder
		if iptables.Run(&b, rules, "-t", table, "-S", chain, strconv.Itoa(d.Rule)) != nil {
			return ""
		}
		return strings.TrimSuffix(b.String(), "\n")
	case d.Reason == drop.Policy:
		return "-P " + chain + " DROP"
	}
	return ""
}

// nftText returns the rule of nft that dropped a packet, with its table and chain, or the policy. It is false
// for rules of iptables.
func nftText(t *nat.Tables, d nat.Dropped) (string, bool) {
	r, ok := t.Nft().View().Rule(d.Chain, d.Rule)
	if !ok {
		return "", false
	}
	family, where := nat.FamilyINet, strings.Replace(string(d.Chain), "/", " ", 1)
	for _, f := range []nat.Family{nat.FamilyIP, nat.FamilyIP6} {
		if strings.HasPrefix(where, f.String()+" ") {
			family = f
		}
	}
	if r == nil {
		return where + ": policy drop", true
	}
	return where + ": " + nftables.RuleText(r, family), true
}

// stackDropped is told by the stack of a namespace.
func (w *watch) stackDropped(ns *namespace, d router.Dropped) {
	w.drops.Show(func() Drop {
		return Drop{Time: time.Now(), Place: ns.place(d.Interface), Reason: d.Reason, Frame: frameOf(d.Packet)}
	})
}

// bridgeDropped is told by the bridge of a network or a LAN. What the filter refuses, netfilter
// tells.
func (w *watch) bridgeDropped(owner string, d bridge.Dropped) {
	if d.Reason == drop.Filter {
		return
	}
	w.drops.Show(func() Drop {
		return Drop{
			Time: time.Now(), Place: Place{owner, d.Port.Name(), d.Port.Bridge().Name()}, Reason: d.Reason, Frame: frameOf(d.Frame),
		}
	})
}

// cableDropped is told by the end of a cable.
func (w *watch) cableDropped(p Place, d veth.Dropped) {
	w.drops.Show(func() Drop {
		return Drop{Time: time.Now(), Place: p, Reason: d.Reason, Frame: packet.Bytes(d.Frame)}
	})
}

// frameOf returns a copy of a packet as a frame.
func frameOf(pkt *stack.PacketBuffer) []byte {
	if len(pkt.LinkHeader().Slice()) > 0 {
		return packet.Bytes(pkt)
	}
	return packet.LoopbackFrame(pkt)
}

// summary returns what a frame is in a few words.
func summary(frame []byte) string {
	const header = 14
	if len(frame) < header {
		return fmt.Sprintf("%d bytes", len(frame))
	}
	b := frame[header:]
	l, ok := packet.Parse(b, len(b))
	if arp := gvisor.ARP(b); !ok && arp.IsValid() {
		return packet.ARPText(arp)
	}
	if !ok {
		return fmt.Sprintf("%d bytes of EtherType %#04x", len(b), frame[header-2:header])
	}
	f, ports := endsOf(b, &l)
	if !ports {
		return fmt.Sprintf("%d bytes of %s from %v to %v", l.Size, protocolName(l.Protocol), f.src.Addr(), f.dst.Addr())
	}
	return fmt.Sprintf("%d bytes of %s from %v to %v", l.Size, protocolName(l.Protocol), f.src, f.dst)
}

// endsOf returns the ends of an IP packet, and whether it shows ports.
func endsOf(b []byte, l *packet.Layout) (f flow, ports bool) {
	src, dst := netip.Addr{}, netip.Addr{}
	if l.V6 {
		src, dst = netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:]))
	} else {
		src, dst = netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
	}
	var sport, dport uint16
	if l4 := b[min(l.Transport, len(b)):]; len(l4) >= 4 && l.Fragment != packet.Following && (l.Protocol == packet.TCP || l.Protocol == packet.UDP) {
		sport, dport, ports = binary.BigEndian.Uint16(l4), binary.BigEndian.Uint16(l4[2:]), true
	}
	return flow{netip.AddrPortFrom(src, sport), netip.AddrPortFrom(dst, dport)}, ports
}

func protocolName(proto uint8) string {
	switch proto {
	case packet.TCP:
		return "tcp"
	case packet.UDP:
		return "udp"
	case packet.ICMP:
		return "icmp"
	case packet.ICMPv6:
		return "icmpv6"
	}
	return fmt.Sprint("protocol ", proto)
}
