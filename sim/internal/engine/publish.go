package engine

import (
	"net/netip"

	"drydock/sim/internal/ports"
)

// A Publisher decides how ports are published.
type Publisher interface {
	// Plan returns what to publish for a container, and all its ports, exposed or
	// published, both in the order of their rules. All is -P.
	Plan(published []ports.Publication, exposed []ports.Port, all bool) ([]ports.Publication, []ports.Port)
	// Requests returns what a plan asks of the host for an endpoint, in the order in which it is
	// done.
	Requests(n Network, to Served, plan []ports.Publication) []ports.Request
	// PortsExclude reports whether a port of 0.0.0.0 or :: is one of all addresses of that
	// family, so that no other container can have it there.
	PortsExclude() bool
	// ProxyNetwork returns the network that the userland proxy of a binding listens on:
	// "tcp4".
	ProxyNetwork(ports.Binding) string
	// ProxyFlags are what comes last in its command line.
	ProxyFlags() []string
	// RepliesAsAsked reports whether the userland proxy replies to datagrams from the address
	// that they were sent to, and not from the one by which their sender is reached.
	RepliesAsAsked() bool
	// ForgetsConnections reports whether the connections that have an endpoint's address in
	// their replies are forgotten when its ports are published no longer.
	ForgetsConnections() bool
	// ForgetsDatagrams reports whether what was sent to a port of UDP before it is published is
	// forgotten, so that who goes on sending comes to the container.
	ForgetsDatagrams() bool
}

// A Served is which addresses of the host may lead to an endpoint.
type Served struct {
	V4, V6  bool // those of families that it is the gateway of
	Proxied bool // those of IPv6 by the userland proxy alone, as there is no gateway of IPv6
}

func (common) PortsExclude() bool   { return false }
func (common) ProxyFlags() []string { return nil }
func (common) RepliesAsAsked() bool { return false }

func (common) ForgetsDatagrams() bool { return false }

// eachAddr has a request for each address of each publication.
func eachAddr(plan []ports.Publication, addrs func(ports.Publication) []netip.Addr) (list []ports.Request) {
	for _, p := range plan {
		for _, a := range addrs(p) {
			list = append(list, ports.Request{Publication: p, Addrs: []netip.Addr{a}})
		}
	}
	return list
}
