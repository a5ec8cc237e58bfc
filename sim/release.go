package sim

import (
	"fmt"
	"strings"

	"drydock/sim/internal/engine"
)

// A Release names a release of Docker Engine: see WithEngine.
type Release string

// The releases that hosts can run.
const (
	// Docker113 is Docker 1.13.1 of 2017, which CentOS 7 has. Networks are isolated by chain
	// DOCKER-ISOLATION, containers have IPv6 addresses of the link and ::1 without a network
	// with IPv6, and ports are published on 0.0.0.0 alone. It is taken from Docker's source,
	// with which two sessions of that time agree.
	Docker113 Release = "1.13"
	// Docker20 is Docker Engine 20.10.24, which Debian 12 has. It is the default and taken
	// from recordings.
	Docker20 Release = "20.10"
	// Docker28 is Docker Engine 28.5.2 and Docker29 is 29.7.2, with iptables unless WithFirewallBackend says otherwise. What they do
	// otherwise than Docker20 is taken from recordings: the rules of networks, endpoints, ports and
	// links for IPv4 and IPv6, gateway modes, direct routing and trusted interfaces, who opens the
	// sockets of published ports, the order of these and their numbers, what a restart keeps; random
	// MACs and the ARP requests that tell of them, numbers and names of interfaces, ::1 of lo, pools,
	// internal networks without a default route; /etc/hosts and resolv.conf; SERVFAIL from the
	// embedded resolver, which asks the host's nameservers from there; no variables of links in 29;
	// several networks at start, in any order, gateways by priority and family; subnets of IPv6 from
	// pools, networks of IPv6 alone; the fields of inspect and most messages. What is not said here
	// they do as Docker20.
	Docker28 Release = "28"
	Docker29 Release = "29"
)

// An Engine is what "docker version" says of the server.
type Engine struct {
	Release       Release
	Version       string // "20.10.24"
	APIVersion    string // of the HTTP API: "1.41"
	MinAPIVersion string // the oldest that clients may speak
}

// WithEngine sets the release of Docker that the host runs, by default Docker20. Another than
// those that this package has is refused.
func WithEngine(r Release) HostOption { return engineOption(r) }

// An engineOption is looked for by releaseOf, before other options are applied: they speak in
// the words of the release.
type engineOption Release

func (engineOption) applyHost(*hostConfig) error { return nil }

// defaultRelease is that of a host without WithEngine. Tests change it.
var defaultRelease = Docker20

// releaseOf returns the release that the last WithEngine chooses.
func releaseOf(opts []HostOption) (engine.Engine, error) {
	name := defaultRelease
	for _, opt := range opts {
		if o, ok := opt.(engineOption); ok {
			name = Release(o)
		}
	}
	if e, ok := engine.Find(string(name)); ok {
		return e, nil
	}
	var known []string
	for _, e := range engine.Releases {
		known = append(known, e.Release().Name)
	}
	return nil, newError("create host", string(name), ErrNotFound,
		fmt.Sprintf("no Docker Engine %q: there are %s", string(name), strings.Join(known, ", ")))
}
