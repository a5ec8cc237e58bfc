// Package bridgeutils has brctl(8) of bridge-utils 1.7, as Debian 12 has it, for looking at
// bridges:
//
//	brctl show [BRIDGE …]
//	brctl showmacs BRIDGE
//
// What makes and changes bridges is Docker's; that, showstp, as there is no spanning tree, and
// other commands are refused as unknown. Timers of the ports' own addresses are 0, those of
// learned ones the time since they were last heard.
package bridgeutils

import (
	"cmp"
	"context"
	"encoding/hex"
	"iter"
	"slices"
	"time"

	"drydock/bridge"
	"drydock/sim"
	"drydock/sim/tools/command"
)

// Commands returns the commands of the suite.
func Commands() command.Table { return command.Table{"brctl": Brctl} }

const usage = `Usage: brctl [commands]
commands:
	show      	[ <bridge> ]		show a list of bridges
	showmacs  	<bridge>		show a list of mac addrs
`

// A machine is what brctl shows. Without networks it has no bridges.
type machine interface{ Interfaces() []sim.Interface }

// Brctl is brctl(8).
func Brctl(_ context.Context, c *command.Call) int {
	args := c.Args[1:]
	if len(args) == 0 {
		return c.Fail(1, usage)
	}
	m, ok := c.Machine.(machine)
	if !ok {
		return c.Fail(1, "can't setup bridge control: Operation not permitted\n")
	}
	b := bridges{Call: c, m: m}
	switch args[0] {
	case "-h", "--help":
		c.Printf(usage)
		return 0
	case "-V", "--version":
		c.Printf("bridge-utils, 1.7\n")
		return 0
	case "show":
		return b.show(args[1:])
	case "showmacs":
		if len(args) != 2 {
			return c.Fail(1, "Incorrect number of arguments for command\nUsage: brctl showmacs <bridge>\t\tshow a list of mac addrs\n")
		}
		return b.showMACs(args[1])
	}
	return c.Fail(1, "never heard of command [%s]\n"+usage, args[0])
}

// Bridges are those of a machine as brctl sees them.
type bridges struct {
	*command.Call
	m machine
}

// networks returns the networks that have a bridge, by its name.
func (b bridges) networks() (list []*sim.Network) {
	h, ok := b.m.(interface{ Networks() iter.Seq[*sim.Network] })
	if !ok {
		return nil
	}
	for n := range h.Networks() {
		if n.Bridge() != nil {
			list = append(list, n)
		}
	}
	slices.SortFunc(list, func(a, b *sim.Network) int { return cmp.Compare(a.Device(), b.Device()) })
	return list
}

func (b bridges) find(name string) *sim.Network {
	for _, n := range b.networks() {
		if n.Device() == name {
			return n
		}
	}
	return nil
}

// show prints a line for each bridge, and one for each further port.
func (b bridges) show(names []string) (status int) {
	list := b.networks()
	if len(names) > 0 {
		list = nil
		for _, name := range names {
			if n := b.find(name); n != nil {
				list = append(list, n)
			} else {
				status = b.Fail(1, "bridge %s does not exist!\n", name)
			}
		}
	}
	if len(list) == 0 {
		return status
	}
	interfaces := b.m.Interfaces()
	b.Printf("bridge name\tbridge id\t\tSTP enabled\tinterfaces\n")
	for _, n := range list {
		i := slices.IndexFunc(interfaces, func(i sim.Interface) bool { return i.Name == n.Device() })
		if i < 0 {
			continue // it has gone meanwhile
		}
		b.Printf("%s\t\t8000.%s\tno\t\t", n.Device(), hex.EncodeToString(interfaces[i].MAC))
		ports := portsOf(interfaces, n.Device())
		for k, port := range ports {
			if k > 0 {
				b.Printf("\t\t\t\t\t\t\t")
			}
			b.Printf("%s\n", port.Name)
		}
		if len(ports) == 0 {
			b.Printf("\n")
		}
	}
	return status
}

// portsOf returns the ports of a bridge by name.
func portsOf(interfaces []sim.Interface, name string) []sim.Interface {
	ports := slices.DeleteFunc(slices.Clone(interfaces), func(i sim.Interface) bool { return i.Master != name })
	slices.SortFunc(ports, func(a, b sim.Interface) int { return cmp.Compare(a.Name, b.Name) })
	return ports
}

// A station is a line of showmacs.
type station struct {
	port  int
	mac   bridge.MAC
	local bool
	age   time.Duration
}

// showMACs prints what the bridge has learned, and the addresses of its ports, in the order of
// addresses. Ports are numbered as they came.
func (b bridges) showMACs(name string) (status int) {
	n := b.find(name)
	if n == nil {
		return b.Fail(1, "read of forward table failed: No such device\n")
	}
	number := make(map[string]int)
	for _, p := range n.Bridge().Ports() {
		if !p.Local() {
			number[p.Name()] = len(number) + 1
		}
	}
	var list []station
	for e := range n.Bridge().Entries() {
		if port := number[e.Port.Name()]; port > 0 {
			list = append(list, station{port, e.MAC, false, e.Age})
		}
	}
	for _, i := range portsOf(b.m.Interfaces(), name) {
		if port := number[i.Name]; port > 0 && len(i.MAC) == 6 {
			list = append(list, station{port, bridge.MAC(i.MAC), true, 0})
		}
	}
	slices.SortFunc(list, func(a, b station) int { return slices.Compare(a.mac[:], b.mac[:]) })
	b.Printf("port no\tmac addr\t\tis local?\tageing timer\n")
	for _, s := range list {
		local := "no"
		if s.local {
			local = "yes"
		}
		b.Printf("%3d\t%v\t%s\t\t%4d.%02d\n", s.port, s.mac, local, s.age/time.Second, s.age%time.Second/(10*time.Millisecond))
	}
	return 0
}
