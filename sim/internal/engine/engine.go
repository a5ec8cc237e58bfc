// Package engine has what one release of Docker decides: its rules, as commands of iptables or nft,
// which addresses and names it gives, and what it writes.
//
// A release is a file: docker20.go is Docker Engine 20.10.24, whose recorded sessions are the
// source of all that stands there, docker113.go is Docker 1.13.1, docker28.go and docker29.go are
// 28.5.2 and 29.7.2 with what both have in since28.go and since28_rules.go. What all releases share
// stands in the other files, as the methods of common, which a release embeds, and as functions
// that it refers to. The package knows no host and no container: it is asked with values and
// answers with values, and somebody else does what it says.
package engine

import (
	"fmt"
	"net/netip"
	"time"
)

// An Engine is a release. Its methods have no state and are safe for concurrent use.
type Engine interface {
	Release() Release
	Firewall
	Publisher
	Addresser
	Files
	// Drain returns how long the namespace of a container that has exited goes on to send
	// what its connections were given.
	Drain() time.Duration
	// KillsPaused reports whether a paused container takes signals.
	KillsPaused() bool
	// TellsExitLast reports whether the event of an exit comes after those of the networks and of a
	// stop, with the seconds of the run.
	TellsExitLast() bool
	// DisconnectsTwice reports whether there are two events if a container that runs leaves a network.
	DisconnectsTwice() bool
	// ExposesInside reports whether a container on an internal network has its exposed ports listed.
	ExposesInside() bool
	// ExecNotFound is the exit code of an exec whose program is not there.
	ExecNotFound() int
	// MaskedPaths are files of the kernel that containers without privileges do not see.
	MaskedPaths() []string
	// DaemonID returns the ID of a dockerd, made of a key of its own.
	DaemonID(key [32]byte) string
	// Messages returns what is not to be changed.
	Messages() *Messages
}

// Releases are all, the oldest first.
var Releases = []Engine{Docker113, Docker20, Docker28, Docker29}

// Find returns the release of that name.
func Find(name string) (Engine, bool) {
	for _, e := range Releases {
		if e.Release().Name == name {
			return e, true
		}
	}
	return nil, false
}

// A Release is what an Engine is called.
type Release struct {
	Name       string // "20.10"
	Version    string // "20.10.24"
	APIVersion string // of its HTTP API: "1.41"
	// MinAPIVersion is the oldest that it speaks.
	MinAPIVersion string
	// Listens is what -H says in its unit of systemd, "" if that has none.
	Listens string
	// Snapshotter is that of containerd, which has the images, "" if dockerd itself has them.
	Snapshotter string
	// Flags are those of dockerd that not all releases have: "ip6tables".
	Flags []string
	// NetworkOptions are those of the bridge driver that not all releases know: others they
	// keep and do nothing with.
	NetworkOptions []string
}

// A Daemon is what dockerd was told by its options.
type Daemon struct {
	UserlandProxy bool       // --userland-proxy
	Forwarding    bool       // --ip-forward
	KeepPolicy    bool       // --ip-forward-no-drop
	DirectRouting bool       // --allow-direct-routing
	Nftables      bool       // --firewall-backend=nftables
	AcceptMark    Mark       // --bridge-accept-fwmark
	PublishAddr   netip.Addr // --ip; invalid: all addresses
}

// A Network is a network with a bridge.
type Network struct {
	Daemon     Daemon
	Name       string
	Bridge     string // the device: "docker0"
	V4, V6     Family
	Internal   bool
	ICC        bool // the containers reach each other
	Masquerade bool
	Trusted    []string // interfaces from which packets may be for containers themselves
	GwPriority int      // of the container that is asked about
}

// A Family is what a network has of IPv4 or of IPv6.
type Family struct {
	Subnet netip.Prefix // invalid: nothing
	Mode   GatewayMode
	Source netip.Addr // of what leaves the host; invalid: that of the interface by which it does
}

// families are those that the network has.
func (n *Network) families() (list []Family) {
	for _, f := range []Family{n.V4, n.V6} {
		if f.Subnet.IsValid() {
			list = append(list, f)
		}
	}
	return list
}

// A GatewayMode is what the host does between a network and others.
type GatewayMode string

// The gateway modes. The zero one is NAT.
const (
	NAT            GatewayMode = "nat"             // ports are published, and the host is the source
	NATUnprotected GatewayMode = "nat-unprotected" // the same; all ports are reached by who has a route
	Routed         GatewayMode = "routed"          // packets are routed, to the ports that are published
	Isolated       GatewayMode = "isolated"        // the host has no address there
)

// ParseGatewayMode returns the mode of that name.
func ParseGatewayMode(name string) (GatewayMode, error) {
	switch m := GatewayMode(name); m {
	case NAT, NATUnprotected, Routed, Isolated:
		return m, nil
	}
	return "", fmt.Errorf("unknown gateway mode %s", name)
}
