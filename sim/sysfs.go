package sim

import (
	"fmt"
	"net"
	"strconv"
	"time"

	"drydock/sim/internal/files"
)

// sys returns what is in /sys, nil while the owner does not run: class/net, where each interface
// has a directory.
func (ns *Netns) sys() *files.Made {
	if _, _, err := ns.open("open"); err != nil {
		return nil
	}
	m := &files.Made{Time: time.Now(), Files: make(map[string]files.Source)}
	for _, i := range ns.Interfaces() {
		for name, text := range i.sysfs() {
			m.Files["class/net/"+i.Name+"/"+name] = files.Source{Read: func() string { return text + "\n" }}
		}
		if i.Master != "" {
			for name, text := range i.brport() {
				source := files.Source{Read: func() string { return text + "\n" }}
				m.Files["class/net/"+i.Name+"/brport/"+name] = source
				m.Files["class/net/"+i.Master+"/brif/"+i.Name+"/"+name] = source
			}
		}
	}
	return m
}

// Flags and types of interfaces, of linux/if.h and linux/if_arp.h, as far as there is no Go name
// for them.
const (
	upFlag, loopbackFlag, ethernetFlags = 0x1, 0x8, 0x1002 // ethernetFlags is IFF_BROADCAST|IFF_MULTICAST
	ethernetType, loopbackType          = 1, 772
)

// sysfs are the files of an interface, with the texts of Linux.
func (i *Interface) sysfs() map[string]string {
	flags, kind, mac, broadcast, state := ethernetFlags, ethernetType, i.MAC, "ff:ff:ff:ff:ff:ff", "down"
	if i.Loopback {
		flags, kind, mac, broadcast = loopbackFlag, loopbackType, make(net.HardwareAddr, 6), "00:00:00:00:00:00"
	}
	if i.Up {
		flags |= upFlag
	}
	switch {
	case i.Loopback && i.Up:
		state = "unknown"
	case i.Running:
		state = "up"
	case i.Up && i.Peer != 0:
		state = "lowerlayerdown"
	}
	peer := i.Peer
	if peer == 0 {
		peer = i.Index
	}
	m := map[string]string{
		"addr_len": "6", "address": mac.String(), "broadcast": broadcast, "flags": fmt.Sprintf("0x%x", flags),
		"ifindex": strconv.Itoa(i.Index), "iflink": strconv.Itoa(peer), "mtu": strconv.Itoa(i.MTU),
		"operstate": state, "type": strconv.Itoa(kind),
	}
	if i.Up {
		m["carrier"] = flag(i.Running)
	}
	for name, n := range map[string]uint64{
		"rx_packets": i.RxPackets, "rx_bytes": i.RxBytes, "rx_dropped": i.RxDropped, "rx_errors": i.RxErrors,
		"tx_packets": i.TxPackets, "tx_bytes": i.TxBytes, "tx_dropped": i.TxDropped,
	} {
		m["statistics/"+name] = strconv.FormatUint(n, 10)
	}
	return m
}

// brport are the files of a port of a bridge.
func (i *Interface) brport() map[string]string {
	return map[string]string{"hairpin_mode": flag(i.Hairpin), "learning": "1", "path_cost": "2", "priority": "32", "unicast_flood": "1"}
}
