package engine

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim/internal/ports"
)

// What FORWARD leads to since 28: first known connections, then what one release or the other has
// against others, then the ports of each bridge, and last what leaves a bridge. Rules of networks
// are appended, so that the oldest network is on top; those of ports are inserted, above the DROP
// of their network. There is no rule of the user's chain in it.

// hostRules are those of both families. The isolation of networks is in chains, the first of which
// is led to.
func hostRules(d Daemon, isolation ...string) []string {
	rules := []string{"-t nat -N DOCKER", "-N DOCKER", "-N DOCKER-FORWARD", "-N DOCKER-BRIDGE", "-N DOCKER-CT"}
	for _, chain := range isolation {
		rules = append(rules, "-N "+chain)
	}
	rules = append(rules, "-t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER")
	both := slices.Concat(rules, outputRules(d, false), ipv6(rules), outputRules(d, true))
	top := []string{
		"-I FORWARD -j DOCKER-FORWARD",
		"-I DOCKER-FORWARD -j DOCKER-BRIDGE",
		"-I DOCKER-FORWARD -j " + isolation[0],
		"-I DOCKER-FORWARD -j DOCKER-CT",
		"-N DOCKER-USER",
		"-I FORWARD -j DOCKER-USER",
	}
	return slices.Concat(both, top, ipv6(top))
}

// ipv6 returns the same commands of ip6tables.
func ipv6(commands []string) (list []string) {
	for _, c := range commands {
		list = append(list, IP6Tables+c)
	}
	return list
}

// outputRules are the rule for what the host sends to its own addresses.
func outputRules(d Daemon, six bool) []string {
	rules := common{}.ProxyRules(d)
	if six {
		rules[0] = IP6Tables + strings.Replace(rules[0], "127.0.0.0/8", "::1/128", 1)
	}
	return rules
}

func (since28) ProxyRules(d Daemon) []string {
	return append(outputRules(d, false), outputRules(d, true)...)
}

func (since28) ForwardRules(d Daemon, six bool) []string {
	switch {
	case d.KeepPolicy:
		return nil
	case six:
		return []string{"ip6tables -P FORWARD DROP"}
	}
	return []string{"-P FORWARD DROP"}
}

func (since28) ForwardsAgain() bool { return true }

func (since28) RestoresInOrder() bool { return false }

// FiltersBridged is also for what comes back to a bridge, if there is no userland proxy.
func (since28) FiltersBridged(n Network) bool { return !n.ICC || !n.Daemon.UserlandProxy }

// TopRules are none: networks do not come above them.
func (since28) TopRules() []string { return nil }

// forFamilies has rules for each family of a network, with the subnet and icmp as the family has
// them.
func (n *Network) forFamilies(rules func(f Family) []string) (list []string) {
	for _, f := range n.families() {
		r := strings.NewReplacer("DEVICE", n.Bridge, "SUBNET", f.Subnet.Masked().String(), "ICMP", "icmp")
		if f.Subnet.Addr().Is6() {
			r = strings.NewReplacer("DEVICE", n.Bridge, "SUBNET", f.Subnet.Masked().String(), "ICMP", "icmpv6")
		}
		for _, rule := range rules(f) {
			if f.Subnet.Addr().Is6() {
				rule = IP6Tables + rule
			}
			list = append(list, r.Replace(rule))
		}
	}
	return list
}

// internalRules keep an internal network from others, in a chain.
func (n *Network) internalRules(chain string) []string {
	accept := "-A DOCKER-FORWARD -i DEVICE -o DEVICE -j ACCEPT"
	if !n.ICC {
		accept = "-A DOCKER-FORWARD -i DEVICE -o DEVICE -j DROP"
	}
	return n.forFamilies(func(f Family) []string {
		out, in := "", ""
		if f.Subnet.Addr().Is6() { // what has neither address in the subnet is between containers, too
			out, in = "! -o DEVICE ", "! -i DEVICE "
		}
		return []string{
			"-I " + chain + " ! -d SUBNET -i DEVICE " + out + "-j DROP",
			"-I " + chain + " ! -s SUBNET " + in + "-o DEVICE -j DROP",
			accept,
		}
	})
}

// externalRules are those of a network that is not internal. What is for its containers from
// elsewhere, and no rule for a port accepts, is dropped, whatever the policy of FORWARD.
func (n *Network) externalRules() []string {
	return n.forFamilies(func(f Family) (list []string) {
		add := func(is bool, rules ...string) {
			if is {
				list = append(list, rules...)
			}
		}
		add(n.Masquerade && f.Mode != Routed, "-t nat -I POSTROUTING -s SUBNET ! -o DEVICE -j "+f.source())
		add(!n.Daemon.UserlandProxy, "-t nat -I POSTROUTING -o DEVICE -m addrtype --src-type LOCAL -j "+f.source())
		add(f.Mode == Routed, "-A DOCKER -o DEVICE -p ICMP -j ACCEPT")
		add(n.ICC, "-A DOCKER-FORWARD -i DEVICE -j ACCEPT")
		add(!n.ICC,
			"-A DOCKER-FORWARD -i DEVICE -o DEVICE -j DROP",
			"-A DOCKER-FORWARD -i DEVICE ! -o DEVICE -j ACCEPT")
		add(f.Mode == NATUnprotected, "-A DOCKER ! -i DEVICE -o DEVICE -j ACCEPT")
		add(f.Mode != NATUnprotected, "-A DOCKER ! -i DEVICE -o DEVICE -j DROP")
		add(true,
			"-A DOCKER-CT -o DEVICE -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
			"-A DOCKER-BRIDGE -o DEVICE -j DOCKER")
		return list
	})
}

// family returns what the network has of the family of an address.
func (n *Network) family(a netip.Addr) *Family {
	if a.Is4() {
		return &n.V4
	}
	return &n.V6
}

// EndpointRules drop what others route to a container, before connections are tracked: also the
// replies to connections of its own that are not masqueraded.
func (since28) EndpointRules(n Network, addr netip.Addr) (list []string) {
	mode := n.family(addr).Mode
	if n.Internal || n.Daemon.DirectRouting || mode == NATUnprotected || mode == Routed {
		return nil
	}
	for _, device := range n.Trusted {
		list = append(list, fmt.Sprintf("-t raw -A PREROUTING -d %v -i %s -j ACCEPT", addr, device))
	}
	list = append(list, fmt.Sprintf("-t raw -A PREROUTING -d %v ! -i %s -j DROP", addr, n.Bridge))
	if addr.Is6() {
		return ipv6(list)
	}
	return list
}

// PortRules are none where IPv6 addresses of the host lead to an IPv4 address of the container. A
// port of 127.0.0.1 is kept from what others route there. The last rule is for a container that
// comes to its own published port without a userland proxy.
func (since28) PortRules(n Network, container netip.Addr, b ports.Binding) (list []string) {
	if b.HostAddr.Is4() != container.Is4() {
		return nil
	}
	r := n.portReplacer(container, b)
	add := func(is bool, rule string) {
		if is {
			list = append(list, r.Replace(rule))
		}
	}
	ofHost := b.HostPort != 0
	notLocal := ""
	if container.Is6() {
		notLocal = "! -s fe80::/10 "
	}
	add(ofHost && b.HostAddr.Is4() && b.HostAddr.IsLoopback(),
		fmt.Sprintf("-t raw -A PREROUTING -d %v ! -i lo -p PROTO -m PROTO --dport HOSTPORT -j DROP", b.HostAddr))
	add(ofHost, "-t nat -A DOCKER "+notLocal+"TOHOST -p PROTO -m PROTO --dport HOSTPORT -j DNAT --to-destination TARGET")
	add(ofHost && !n.Daemon.UserlandProxy, "-t nat -A POSTROUTING -s ADDR -d ADDR -p PROTO -m PROTO --dport PORT -j MASQUERADE")
	add(n.family(container).Mode != NATUnprotected, "-I DOCKER -d ADDR ! -i BRIDGE -o BRIDGE -p PROTO -m PROTO --dport PORT -j ACCEPT")
	if container.Is6() {
		return ipv6(list)
	}
	return list
}
