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
	// HostAddrs returns the addresses of the host to publish on.
	HostAddrs(Daemon, ports.Publication) []netip.Addr
	// ProxyNetwork returns the network that the userland proxy of a binding listens on:
	// "tcp4".
	ProxyNetwork(ports.Binding) string
	// ForgetsConnections reports whether the connections that have an endpoint's address in
	// their replies are forgotten when its ports are published no longer.
	ForgetsConnections() bool
}
