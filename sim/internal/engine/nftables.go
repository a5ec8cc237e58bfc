package engine

import (
	"fmt"
	"net/netip"
	"strings"

	"drydock/sim/internal/ports"
)

// Nft is what commands of nft begin with. They are in the place of those of iptables for a Daemon with Nftables: what
// 29 does with --firewall-backend=nftables. The tables are dockerd's own, ip and ip6 docker-bridges.
const Nft = "nft "

// NftBefore is what a command of nft for a rule begins with whose place is before the rule with the comment
// that follows, up to a colon: "nft before ICC: add rule …".
const NftBefore = Nft + "before "

// nftTables are the tables, by the word for their addresses.
var nftTables = []string{"ip", "ip6"}

// nftMaps lead from the interfaces of networks to their chains: each is named by the chains.
var nftMaps = []string{"filter-forward-in", "filter-forward-out", "nat-postrouting-in", "nat-postrouting-out"}

// nftLocal is what is not for containers though it is for this machine, since the proxy has it.
var nftLocal = map[string]string{"ip": "ip daddr != 127.0.0.0/8 ", "ip6": "ip6 daddr != ::1 "}

// nftHostRules make the tables. A start of the daemon makes them anew.
func nftHostRules(d Daemon) (list []string) {
	for _, ip := range nftTables {
		add := func(command string) {
			list = append(list, Nft+strings.ReplaceAll(command, "TABLE", ip+" docker-bridges"))
		}
		add("add table TABLE")
		add("delete table TABLE")
		add("add table TABLE")
		for _, m := range nftMaps {
			add("add map TABLE " + m + "-jumps { type ifname : verdict; }")
		}
		for _, c := range []string{
			"filter-FORWARD { type filter hook forward priority filter; }", "nat-OUTPUT { type nat hook output priority -100; }",
			"nat-POSTROUTING { type nat hook postrouting priority srcnat; }", "nat-PREROUTING { type nat hook prerouting priority dstnat; }",
			"nat-prerouting-and-output", "raw-PREROUTING { type filter hook prerouting priority raw; }",
		} {
			add("add chain TABLE " + c)
		}
		local := nftLocal[ip]
		if !d.UserlandProxy {
			local = ""
		}
		for _, r := range []string{
			"filter-FORWARD oifname vmap @filter-forward-in-jumps", "filter-FORWARD iifname vmap @filter-forward-out-jumps",
			"nat-OUTPUT " + local + "fib daddr type local counter jump nat-prerouting-and-output",
			"nat-POSTROUTING iifname vmap @nat-postrouting-out-jumps", "nat-POSTROUTING oifname vmap @nat-postrouting-in-jumps",
			"nat-PREROUTING fib daddr type local counter jump nat-prerouting-and-output",
		} {
			add("add rule TABLE " + r)
		}
	}
	return list
}

// nftWord is the word of the family of an address.
func nftWord(a netip.Addr) string {
	if a.Is6() {
		return "ip6"
	}
	return "ip"
}

// nftNetworkRules are the chains of a network in the table of each of its families, the rules of these,
// and the elements that lead to them.
func nftNetworkRules(n Network) (list []string) {
	for _, f := range n.families() {
		ip := nftWord(f.Subnet.Addr())
		r := strings.NewReplacer("TABLE", ip+" docker-bridges", "DEVICE", n.Bridge, "SUBNET", f.Subnet.Masked().String(), "IP", ip)
		add := func(is bool, commands ...string) {
			for _, c := range commands {
				if is {
					list = append(list, Nft+r.Replace(c))
				}
			}
		}
		for _, m := range nftMaps {
			add(true, "add chain TABLE "+m+"__DEVICE")
		}
		for _, m := range nftMaps {
			add(true, `add element TABLE `+m+`-jumps { "DEVICE" : jump `+m+`__DEVICE }`)
		}
		in, out := "add rule TABLE filter-forward-in__DEVICE ", "add rule TABLE filter-forward-out__DEVICE "
		icc := "accept"
		if !n.ICC {
			icc = "drop"
		}
		add(true, in+"ct state established,related counter accept", out+"ct state established,related counter accept")
		if n.Internal {
			add(true,
				in+`iifname != "DEVICE" counter drop comment "INTERNAL NETWORK INGRESS"`,
				in+`counter `+icc+` comment "ICC"`,
				out+`oifname != "DEVICE" counter drop comment "INTERNAL NETWORK EGRESS"`)
			continue
		}
		add(n.Daemon.AcceptMark.given, in+"meta mark "+n.Daemon.AcceptMark.nft()+` counter accept comment "ALLOW FW MARK"`)
		add(f.Mode == Routed && ip == "ip", in+`ip protocol icmp counter accept comment "ICMP"`)
		add(f.Mode == Routed && ip == "ip6", in+`meta l4proto ipv6-icmp counter accept comment "ICMP"`)
		add(true, in+`iifname "DEVICE" counter `+icc+` comment "ICC"`)
		add(f.Mode == NATUnprotected, in+`counter accept comment "UNPROTECTED"`)
		add(f.Mode != NATUnprotected, in+`counter drop comment "UNPUBLISHED PORT DROP"`)
		add(true, out+`counter accept comment "OUTGOING"`)
		add(!n.Daemon.UserlandProxy, `add rule TABLE nat-postrouting-in__DEVICE fib saddr type local counter `+f.nftSource()+` FROM HOST"`)
		add(n.Masquerade && f.Mode != Routed, `add rule TABLE nat-postrouting-out__DEVICE oifname != "DEVICE" IP saddr SUBNET counter `+f.nftSource()+`"`)
	}
	return list
}

// nftSource is source for nft, with its comment, which is open.
func (f *Family) nftSource() string {
	if f.Source.IsValid() {
		return "snat to " + f.Source.String() + ` comment "SNAT`
	}
	return `masquerade comment "MASQUERADE`
}

// nftEndpointRules drop what others route to a container, unless they are trusted.
func nftEndpointRules(n Network, addr netip.Addr) []string {
	from := fmt.Sprintf("!= %q", n.Bridge)
	if len(n.Trusted) > 0 {
		from = fmt.Sprintf(`!= { "%s", "%s" }`, n.Bridge, strings.Join(n.Trusted, `", "`))
	}
	ip := nftWord(addr)
	return []string{fmt.Sprintf(`%sadd rule %s docker-bridges raw-PREROUTING %[2]s daddr %v iifname %s counter drop comment "DROP DIRECT ACCESS"`, Nft, ip, addr, from)}
}

// nftPortRules are those of PortRules. Unlike with iptables, a port is also accepted where an IPv6 address of the host leads
// to an IPv4 address of the container.
func nftPortRules(n Network, container netip.Addr, b ports.Binding) (list []string) {
	ip := nftWord(container)
	toHost := ""
	if n.Daemon.UserlandProxy {
		toHost = fmt.Sprintf("iifname != %q ", n.Bridge)
	}
	if container.Is6() {
		toHost += "ip6 saddr != fe80::/10 "
	}
	if !b.HostAddr.IsUnspecified() {
		toHost += fmt.Sprintf("%s daddr %v ", ip, b.HostAddr)
	}
	r := strings.NewReplacer("TABLE", ip+" docker-bridges", "DEVICE", n.Bridge, "ADDR", container.String(), "TOHOST ", toHost, "PROTO", b.Port.Proto.String(),
		"HOSTPORT", fmt.Sprint(b.HostPort), "<PORT>", fmt.Sprint(b.Port.Number), "TARGET", netip.AddrPortFrom(container, b.Port.Number).String(), "<IP>", ip)
	add := func(is bool, command string) {
		if is {
			list = append(list, r.Replace(command))
		}
	}
	ofHost := b.HostPort != 0 && b.HostAddr.Is4() == container.Is4()
	add(ofHost, Nft+`add rule TABLE nat-prerouting-and-output TOHOST PROTO dport HOSTPORT counter dnat to TARGET comment "DNAT"`)
	add(ofHost && b.HostAddr.Is4() && b.HostAddr.IsLoopback(),
		Nft+`add rule TABLE raw-PREROUTING iifname != "lo" <IP> daddr `+b.HostAddr.String()+` PROTO dport HOSTPORT counter drop comment "DROP REMOTE LOOPBACK"`)
	add(n.family(container).Mode != NATUnprotected,
		NftBefore+`UNPUBLISHED PORT DROP: add rule TABLE filter-forward-in__DEVICE <IP> daddr ADDR PROTO dport <PORT> counter accept`)
	add(ofHost && !n.Daemon.UserlandProxy,
		Nft+`add rule TABLE nat-postrouting-in__DEVICE <IP> saddr ADDR <IP> daddr ADDR PROTO dport <PORT> counter masquerade comment "MASQ TO OWN PORT"`)
	return list
}

// nftLinkRules are those of LinkRules.
func nftLinkRules(n Network, client, target netip.Addr, exposed []ports.Port) (list []string) {
	for _, p := range exposed {
		in := fmt.Sprintf("%sICC: add rule ip docker-bridges filter-forward-in__%s ", NftBefore, n.Bridge)
		list = append(list,
			in+fmt.Sprintf("ip saddr %v ip daddr %v %s dport %d counter accept", client, target, p.Proto, p.Number),
			in+fmt.Sprintf("ip saddr %v %s sport %d ip daddr %v counter accept", target, p.Proto, p.Number, client))
	}
	return list
}
