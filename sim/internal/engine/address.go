package engine

import (
	"io"
	"net"
	"net/netip"

	"drydock/sim/dockerapi"
)

// An Addresser decides subnets, addresses and the names of devices. What is random is made of
// the bytes of a reader that does not fail.
type Addresser interface {
	// DefaultPools are the subnets for networks without one, unless the daemon is told
	// others.
	DefaultPools() []netip.Prefix
	// NextPool returns the index of the pool for a network without subnet: one that does
	// not overlap with those in use. Last is the index that it returned last, -1 the first
	// time. It is false if there is none.
	NextPool(pools []netip.Prefix, last int, inUse []netip.Prefix) (index int, ok bool)
	// Pool6 returns the subnet for a network with IPv6 without one, out of the host's own 48 bits;
	// false if there is none.
	Pool6(global netip.Prefix, inUse []netip.Prefix) (netip.Prefix, bool)
	// SizedPool returns a subnet for a network that asks for "0.0.0.0/24", of that many bits out of
	// the pools; false if that is taken literally, or there is none.
	SizedPool(asked netip.Prefix, pools, inUse []netip.Prefix) (netip.Prefix, bool)
	// NewPool returns the addresses of a network.
	NewPool(subnet, ipRange netip.Prefix) *Pool
	// FixedCIDRIsSubnet reports whether the range of --fixed-cidr is all of docker0's subnet.
	FixedCIDRIsSubnet() bool
	// CheckIPAM returns what dockerd finds wrong with a network before it looks for addresses; nil
	// if nothing.
	CheckIPAM(config []dockerapi.IPAMConfig, ipv6 bool) error
	// Faults is what dockerd tells of the faults of a container on a network.
	Faults(list []string) string
	// LinkLocalGateway reports whether bridges with IPv6 have fe80::1.
	LinkLocalGateway() bool
	// ByMAC reports whether the addresses of an IPv6 subnet of the default bridge end in the
	// MACs of their holders; else they are the lowest free ones.
	ByMAC(subnet netip.Prefix) bool
	// SetsBridgeMTU reports whether a bridge has the MTU of its network also while nobody is there.
	SetsBridgeMTU() bool
	// ConfigNetworks reports whether there are networks that only hold what others are made with.
	ConfigNetworks() bool
	// SeveralNetworks reports whether a container can be made on several, with a MAC and the
	// priority of its gateway on each.
	SeveralNetworks() bool
	// ComparePriority orders the networks of a container. The names of the first are found first.
	ComparePriority(a, b Network) int
	// Gateways returns which of networks, in that order, has the default route of IPv4 and of
	// IPv6 and the ports that are published on such addresses; -1 is none.
	Gateways(list []Network) (v4, v6 int)
	// StartOrder returns in which order a container that starts joins n networks, which come as
	// it was connected to them; nil stands for the order of their priority.
	StartOrder(n int, draw func(n int) int) []int

	// TellsGateways reports whether Inspect tells the gateway of a subnet for which none was asked.
	TellsGateways() bool
	// AsksOfPools reports whether addresses can be asked for of a network whose subnet is a pool's.
	AsksOfPools() bool
	// KeepsSandbox reports whether Inspect tells the last sandbox of a container that does not run.
	KeepsSandbox() bool

	// IPv6Everywhere reports whether containers have IPv6, a link-local address and ::1, also
	// without a network that has a subnet of it.
	IPv6Everywhere() bool
	// IPv6Loopback reports whether lo has ::1 in all containers.
	IPv6Loopback() bool
	// OwnIndexes reports whether the interfaces of a container are numbered from 2 on in each;
	// else they have the numbers of the host.
	OwnIndexes() bool
	// FreeEth reports whether the first free name of eth0, eth1 … goes to a network that a
	// container joins while it runs; else one that nobody had since the start.
	FreeEth() bool
	// AnyPort reports whether containers have net.ipv4.ip_unprivileged_port_start=0.
	AnyPort() bool
	// Announcements is how often, a second after the other, others are told which MAC the
	// addresses of a new interface have.
	Announcements() int
	// Broadcast reports whether Docker's interfaces have a broadcast address.
	Broadcast() bool

	BridgeMAC(random io.Reader) net.HardwareAddr
	ContainerMAC(ip netip.Addr, random io.Reader) net.HardwareAddr
	// VethName returns the name of the host's end of a container's cable.
	VethName(random io.Reader) string
	// Aliases are the further names of a container on a network with the embedded resolver,
	// given those asked for. The hostname is empty unless it was asked for.
	Aliases(asked []string, id, hostname string) []string
	// DNSNames are all names of a container there, as Inspect tells them beside the aliases that
	// were asked for; nil has it tell Aliases instead.
	DNSNames(name string, asked []string, id, hostname string) []string
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
