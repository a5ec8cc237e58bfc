package sim

import (
	"net/netip"
	"strings"
	"unicode"
)

// An extraHost is a line that --add-host adds to /etc/hosts.
type extraHost struct {
	spec string // as it was asked for
	name string
	addr netip.Addr
}

// hostGateway stands for the host's address on docker0.
const hostGateway = "host-gateway"

// WithAddHost adds lines to the container's /etc/hosts, each "name:address" with a name
// without white space and an IPv4 or IPv6 address or host-gateway, the address of
// docker0: --add-host.
func WithAddHost(specs ...string) ContainerOption {
	return func(h *Host, c *containerConfig) error {
		for _, spec := range specs {
			e, err := h.parseAddHost(spec)
			if err != nil {
				return err
			}
			c.extraHosts = append(c.extraHosts, e)
		}
		return nil
	}
}

func (h *Host) parseAddHost(spec string) (extraHost, error) {
	const op = "create container"
	name, addr, ok := strings.Cut(spec, ":")
	if !ok || name == "" || strings.ContainsFunc(name, unicode.IsSpace) {
		return extraHost{}, errorf(op, spec, ErrName, "bad format for add-host: %q", spec)
	}
	if addr == hostGateway {
		docker0, _ := h.Network(bridgeNetwork)
		return extraHost{spec, name, docker0.Gateway()}, nil
	}
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return extraHost{}, errorf(op, spec, ErrAddress, "invalid IP address in add-host: %q", addr)
	}
	return extraHost{spec, name, a}, nil
}
