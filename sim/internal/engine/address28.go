package engine

import (
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// NextPool is the first that is free, also one that was given back a moment ago.
func (since28) NextPool(pools []netip.Prefix, _ int, inUse []netip.Prefix) (int, bool) {
	i := slices.IndexFunc(pools, func(p netip.Prefix) bool { return !slices.ContainsFunc(inUse, p.Overlaps) })
	return max(i, 0), i >= 0
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

func (since28) InternalRoute() bool { return false }

func (since28) Announcements() int { return 3 }

// Hosts writes addresses as they are written.
func (since28) Hosts(h Hosts) string {
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
