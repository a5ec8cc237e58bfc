package ports

import (
	"fmt"
	"net/netip"
)

// A Binding is a published port: a port of a container, and where on the host it
// can be reached. It is comparable.
type Binding struct {
	Port     Port
	HostAddr netip.Addr // 0.0.0.0 and :: are all addresses of their family
	HostPort uint16
}

// String returns a line of "docker port": "80/tcp -> 0.0.0.0:8080".
func (b Binding) String() string { return fmt.Sprintf("%v -> %s", b.Port, b.host()) }

// host returns "0.0.0.0:8080" or, without brackets as Docker, ":::8080".
func (b Binding) host() string { return fmt.Sprintf("%v:%d", b.HostAddr, b.HostPort) }

// Network returns the network to listen on, of one family: "tcp4", "udp6".
func (b Binding) Network() string {
	if b.HostAddr.Is4() {
		return b.Port.Proto.String() + "4"
	}
	return b.Port.Proto.String() + "6"
}

// Host returns the address to listen on.
func (b Binding) Host() netip.AddrPort { return netip.AddrPortFrom(b.HostAddr, b.HostPort) }
