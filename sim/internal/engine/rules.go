package engine

import (
	"fmt"
	"net/netip"
	"strings"

	"drydock/sim/internal/ports"
)

// natRules make chain DOCKER of table nat and lead to it.
func natRules(d Daemon) []string {
	return append([]string{
		"-t nat -N DOCKER",
		"-t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
	}, common{}.ProxyRules(d)...)
}

// ProxyRules is one: what the host sends to its own addresses.
func (common) ProxyRules(d Daemon) []string {
	local := "! -d 127.0.0.0/8 " // is the userland proxy's
	if !d.UserlandProxy {
		local = ""
	}
	return []string{"-t nat -A OUTPUT " + local + "-m addrtype --dst-type LOCAL -j DOCKER"}
}

// ForwardRules are those of IPv4 alone.
func (common) ForwardRules(_ Daemon, ipv6 bool) []string {
	if ipv6 {
		return nil
	}
	return []string{"-P FORWARD DROP"}
}

func (common) ForwardsAgain() bool { return false }

func (common) RestoresInOrder() bool { return true }

// FiltersBridged is what keeps containers from each other.
func (common) FiltersBridged(n Network) bool { return !n.ICC }

// EndpointRules are none.
func (common) EndpointRules(Network, netip.Addr) []string { return nil }

// bridgeRules are those of a network in table nat, that of ICC, and, in a chain for the
// isolation of networks, those of an internal one. They are inserted, so that the newest
// network is on top, but for the DROP of a network without ICC, which comes after the rules of
// all others.
//
// The RETURN keeps what comes from the network's own containers from being translated, so that
// the userland proxy has it, and they see the gateway as the source. Without the proxy the
// second MASQUERADE gives the host's own connections, made to 127.0.0.1, a source that the
// container can answer. Networks that do not masquerade have no RETURN either.
func bridgeRules(n Network, isolation string) []string {
	var list []string
	add := func(is bool, rules ...string) {
		if is {
			list = append(list, n.fillIn(rules...)...)
		}
	}
	add(!n.Internal && n.Masquerade, "-t nat -I POSTROUTING -s SUBNET ! -o BRIDGE -j "+n.V4.source())
	add(!n.Internal && !n.Daemon.UserlandProxy, "-t nat -I POSTROUTING -o BRIDGE -m addrtype --src-type LOCAL -j "+n.V4.source())
	add(!n.Internal && n.Masquerade && n.Daemon.UserlandProxy, "-t nat -I DOCKER -i BRIDGE -j RETURN")
	add(n.ICC, "-I FORWARD -i BRIDGE -o BRIDGE -j ACCEPT")
	add(!n.ICC, "-A FORWARD -i BRIDGE -o BRIDGE -j DROP")
	add(n.Internal,
		"-I "+isolation+" ! -d SUBNET -i BRIDGE -j DROP",
		"-I "+isolation+" ! -s SUBNET -o BRIDGE -j DROP")
	return list
}

// fillIn writes the network into rules.
func (n *Network) fillIn(rules ...string) []string {
	r := strings.NewReplacer("BRIDGE", n.Bridge, "SUBNET", n.V4.Subnet.String())
	for i := range rules {
		rules[i] = r.Replace(rules[i])
	}
	return rules
}

// source is the target that gives what leaves the host its source.
func (f *Family) source() string {
	if f.Source.IsValid() {
		return "SNAT --to-source " + f.Source.String()
	}
	return "MASQUERADE"
}

// PortRules are none for IPv6, which the userland proxy serves alone: dockerd has no
// ip6tables by default. The proxy has also what comes from the containers of the network:
// hence "! -i". The third is for a container that comes to its own published port, whose
// packets would else return to it from itself.
func (common) PortRules(n Network, container netip.Addr, b ports.Binding) []string {
	if !b.HostAddr.Is4() {
		return nil
	}
	r := n.portReplacer(container, b)
	return []string{
		r.Replace("-t nat -A DOCKER TOHOST -p PROTO -m PROTO --dport HOSTPORT -j DNAT --to-destination TARGET"),
		r.Replace("-A DOCKER -d ADDR ! -i BRIDGE -o BRIDGE -p PROTO -m PROTO --dport PORT -j ACCEPT"),
		r.Replace("-t nat -A POSTROUTING -s ADDR -d ADDR -p PROTO -m PROTO --dport PORT -j MASQUERADE"),
	}
}

// portReplacer writes a published port into rules. TOHOST is what comes to the port of the host,
// but, if there is a userland proxy, for what its network sends there.
func (n *Network) portReplacer(container netip.Addr, b ports.Binding) *strings.Replacer {
	var toHost []string
	if !b.HostAddr.IsUnspecified() {
		toHost = append(toHost, "-d "+b.HostAddr.String())
	}
	if n.Daemon.UserlandProxy {
		toHost = append(toHost, "! -i "+n.Bridge)
	}
	return strings.NewReplacer("TOHOST ", strings.Join(append(toHost, ""), " "), "BRIDGE", n.Bridge, "ADDR", container.String(),
		"TARGET", netip.AddrPortFrom(container, b.Port.Number).String(), "PROTO", b.Port.Proto.String(),
		"HOSTPORT", fmt.Sprint(b.HostPort), "PORT", fmt.Sprint(b.Port.Number))
}

// LinkRules open each port that the target exposes and let the answers through. They name
// addresses: dockerd does not follow the target to another one, unlike /etc/hosts.
func (common) LinkRules(n Network, client, target netip.Addr, exposed []ports.Port) []string {
	if n.ICC {
		return nil
	}
	var list []string
	add := func(from, to netip.Addr, p ports.Port, side string) {
		list = append(list, fmt.Sprintf("-A DOCKER -s %v -d %v -i %s -o %[3]s -p %s -m %[4]s %s %d -j ACCEPT",
			from, to, n.Bridge, p.Proto, side, p.Number))
	}
	for _, p := range exposed {
		add(client, target, p, "--dport")
		add(target, client, p, "--sport")
	}
	return list
}
