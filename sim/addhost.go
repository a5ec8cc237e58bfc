package sim

import (
	"net/netip"
	"strings"
	"unicode"
)

// hostGateway stands for the host's address on docker0.
const hostGateway = "host-gateway"

func (h *Host) parseAddHost(spec string) (extraHost, error) {
	name, addr, ok := strings.Cut(spec, ":")
	if !ok || name == "" || strings.ContainsFunc(name, unicode.IsSpace) {
		return extraHost{}, errorf(opCreate, spec, ErrName, h.says.AddHostFormat, spec)
	}
	if addr == hostGateway {
		docker0, _ := h.Network(bridgeNetwork)
		return extraHost{spec, name, docker0.Gateway()}, nil
	}
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return extraHost{}, errorf(opCreate, spec, ErrAddress, h.says.AddHostAddr, addr)
	}
	return extraHost{spec, name, a}, nil
}
