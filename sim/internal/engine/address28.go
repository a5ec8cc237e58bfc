package engine

import (
	"cmp"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// NextPool is the first that is free, also one that was given back a moment ago.
func (since28) NextPool(pools []netip.Prefix, _ int, inUse []netip.Prefix) (int, bool) {
	return firstFree(pools, inUse)
}

// BridgeMAC is the kernel's: random, of one station and locally administered.
func (since28) BridgeMAC(random io.Reader) net.HardwareAddr { return randomMAC(random) }

// ContainerMAC is the kernel's too, another one at each start.
func (since28) ContainerMAC(_ netip.Addr, random io.Reader) net.HardwareAddr {
	return randomMAC(random)
}

func randomMAC(random io.Reader) net.HardwareAddr {
	mac := make(net.HardwareAddr, 6)
	io.ReadFull(random, mac)
	mac[0] = mac[0]&^1 | 2
	return mac
}

func (since28) IPv6Loopback() bool { return true }

func (since28) OwnIndexes() bool { return true }

func (since28) FreeEth() bool { return true }

func (since28) KeepsSandbox() bool { return false }

func (since28) SeveralNetworks() bool { return true }

func (since28) SetsBridgeMTU() bool { return true }

// ComparePriority goes by the priority that was asked for, then puts networks that are not
// internal first, of those the ones with gateways of both families, and else goes by names.
func (since28) ComparePriority(a, b Network) int {
	return cmp.Or(
		cmp.Compare(b.GwPriority, a.GwPriority),
		compareBool(a.Internal, b.Internal),
		cmp.Compare(b.gateways(), a.gateways()),
		cmp.Compare(a.Name, b.Name),
	)
}

// Gateways are the first networks that lead to others.
func (since28) Gateways(list []Network) (v4, v6 int) {
	return slices.IndexFunc(list, func(n Network) bool { return n.leads(n.V4) }),
		slices.IndexFunc(list, func(n Network) bool { return n.leads(n.V6) })
}

// leads reports whether there is a gateway of a family.
func (n *Network) leads(f Family) bool { return f.Subnet.IsValid() && !n.Internal }

// gateways is in how many families.
func (n *Network) gateways() (count int) {
	for _, f := range n.families() {
		if n.leads(f) {
			count++
		}
	}
	return count
}

// DNSNames begin with the name that addresses are told to have.
func (e since28) DNSNames(name string, asked []string, id, hostname string) (names []string) {
	for _, n := range append([]string{name}, e.Aliases(asked, id, hostname)...) {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// StartOrder is random, as that of dockerd's maps is: of up to eight entries the order begins with
// any of the map's eight places, and goes round. It goes through one map, and then through a copy.
func (since28) StartOrder(n int, draw func(n int) int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	const places = 8
	for range 2 {
		if n > places {
			for i := n - 1; i > 0; i-- {
				j := draw(i + 1)
				order[i], order[j] = order[j], order[i]
			}
		} else if first := draw(places); first < n {
			order = append(order[first:n:n], order[:first]...)
		}
	}
	return order
}

func (since28) Announcements() int { return 3 }

// Hosts writes addresses as they are written.
func (since28) Hosts(h Hosts) string {
	if h.Only4 {
		h.Extra = slices.DeleteFunc(slices.Clone(h.Extra), func(e Host) bool { return e.Addr.Is6() })
		line, _, _ := strings.Cut(beginning, "\n")
		return h.text(line+"\n", 2)
	}
	return h.text(strings.NewReplacer("fe00::0\t", "fe00::\t", "ff00::0\t", "ff00::\t").Replace(beginning), 2)
}

// LeaveHosts takes exactly the lines away that came with the network.
func (e since28) LeaveHosts(text, _ string, own []Host, _ func(string) bool) string {
	for line := range strings.Lines(e.JoinHosts("", own...)) {
		if before, after, ok := strings.Cut("\n"+text, "\n"+line); ok {
			text = strings.TrimPrefix(before+"\n"+after, "\n")
		}
	}
	return text
}
