package sim

import (
	"fmt"
	"net/netip"
	"slices"
)

// A PortBinding is a published port.
type PortBinding struct {
	Port string         // of the container: "80/tcp"
	Host netip.AddrPort // of the host; 0.0.0.0 and :: are all addresses of their family
}

// String returns the line of "docker port", "80/tcp -> 0.0.0.0:8080".
func (b PortBinding) String() string {
	if b.Host.Addr().Is6() {
		return fmt.Sprintf("%s -> %v:%d", b.Port, b.Host.Addr(), b.Host.Port())
	}
	return fmt.Sprintf("%s -> %v", b.Port, b.Host)
}

// Ports returns the published ports, those of the container in order, as "docker port"
// does. There are none while the container does not run.
func (c *Container) Ports() []PortBinding {
	r := c.running()
	if r == nil {
		return nil
	}
	published := r.ports()
	slices.SortStableFunc(published, func(a, b *publishedPort) int { return a.binding.Port.Compare(b.binding.Port) })
	var list []PortBinding
	for _, p := range published {
		list = append(list, PortBinding{Port: p.binding.Port.String(), Host: p.binding.Host()})
	}
	return list
}
