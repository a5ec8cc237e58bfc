package sim

import (
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"

	"drydock/dnsd"
	"drydock/nat"
	"drydock/nat/iptables"
	"drydock/nat/nftables"
	"drydock/sim/internal/netstack"
)

// Firewall returns the netfilter of the container's network, for a container that has the
// capability NET_ADMIN and runs; else nil. It has Docker's rules for the embedded resolver. Others
// reach it by Host.Enter.
func (c *Container) Firewall() *nat.Tables {
	r := c.running()
	if r == nil || !c.rights().netAdmin {
		return nil
	}
	return r.ns.netfilter()
}

// netfilter returns the tables of a namespace. A container's are there, and cost something, from
// when they are first asked for.
func (ns *namespace) netfilter() *nat.Tables {
	if ns.enable != nil {
		return ns.enable()
	}
	return ns.tables.Load()
}

// newTables makes the tables of a namespace. Until then sockets find the embedded resolver
// themselves; dockerd's rules do that in its netfilter.
func (c *Container) newTables(ns *namespace) *nat.Tables {
	m := c.host.Machine
	var t *nat.Tables
	t = nat.New(nat.WithLogger(slog.New(slog.DiscardHandler)), // net.netfilter.nf_log_all_netns is 0
		nat.WithSeed(m.random.seedOf("nat "+c.id)), nat.OnDrop(func(d nat.Dropped) { m.watch.filterDropped(ns, t, d) }))
	ns.meeting.Lock()
	defer ns.meeting.Unlock()
	ns.nftables = c.host.dockerd().nftables
	if udp, tcp, ok := ns.stack.Redirected(); ok {
		ns.addResolverRules(t, udp, tcp)
	}
	ns.stack.SetNetfilter(t, true)
	ns.tables.Store(t)
	return t
}

// addResolverRules adds what leads from port 53 to those where the resolver listens, and back. They have
// counted what was asked so far.
func (ns *namespace) addResolverRules(t *nat.Tables, udp, tcp uint16) {
	if ns.nftables {
		ns.addNftResolverRules(t, udp, tcp)
		return
	}
	asked, askedTCP := ns.stack.RedirectedCounts()
	all := netstack.Counters{Packets: asked.Packets + askedTCP.Packets, Bytes: asked.Bytes + askedTCP.Bytes}
	counted := func(c netstack.Counters) string { return fmt.Sprintf(" -c %d %d ", c.Packets, c.Bytes) }
	on := func(port uint16) string { return netip.AddrPortFrom(dnsd.Embedded, port).String() }
	port := func(port uint16) string { return on(port)[len(dnsd.Embedded.String())+1:] }
	for _, line := range []string{
		"-N DOCKER_OUTPUT", "-N DOCKER_POSTROUTING",
		"-A OUTPUT" + counted(all) + "-d 127.0.0.11 -j DOCKER_OUTPUT", "-A POSTROUTING" + counted(all) + "-d 127.0.0.11 -j DOCKER_POSTROUTING",
		"-A DOCKER_OUTPUT" + counted(askedTCP) + "-d 127.0.0.11 -p tcp --dport 53 -j DNAT --to-destination " + on(tcp),
		"-A DOCKER_OUTPUT" + counted(asked) + "-d 127.0.0.11 -p udp --dport 53 -j DNAT --to-destination " + on(udp),
		"-A DOCKER_POSTROUTING -s 127.0.0.11 -p tcp --sport " + port(tcp) + " -j SNAT --to-source :53",
		"-A DOCKER_POSTROUTING -s 127.0.0.11 -p udp --sport " + port(udp) + " -j SNAT --to-source :53",
	} {
		if err := iptables.Run(io.Discard, t.IPv4(), strings.Fields("-t nat "+line)...); err != nil {
			panic("rules of the embedded resolver: " + err.Error()) // they are the same for all
		}
	}
}

// addNftResolverRules does so where dockerd filters with nftables.
func (ns *namespace) addNftResolverRules(t *nat.Tables, udp, tcp uint16) {
	const table = "ip docker-dns "
	lines := []string{
		"add table " + table, "add chain " + table + "dns-dnat { type nat hook output priority -100; }",
		"add chain " + table + "dns-snat { type nat hook postrouting priority srcnat; }",
	}
	asked, askedTCP := ns.stack.RedirectedCounts()
	for _, p := range []struct {
		name string
		port uint16
		netstack.Counters
	}{{"udp", udp, asked}, {"tcp", tcp, askedTCP}} {
		lines = append(lines,
			fmt.Sprintf("add rule %sdns-dnat ip daddr %v %s dport 53 counter packets %[5]d bytes %[6]d dnat to %[2]v:%[4]d", table, dnsd.Embedded, p.name, p.port, p.Packets, p.Bytes),
			fmt.Sprintf("add rule %sdns-snat ip saddr %v %s sport %d counter snat to :53", table, dnsd.Embedded, p.name, p.port))
	}
	for _, line := range lines {
		if err := nftables.Run(io.Discard, t.Nft(), nil, line); err != nil {
			panic("rules of the embedded resolver: " + err.Error())
		}
	}
}
