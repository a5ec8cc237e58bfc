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
		e := extraHost{spec: spec, name: name, addr: docker0.Gateway()}
		if v6 := docker0.config().v6.gateway; v6.IsValid() && h.engine.SeveralNetworks() { // since 28
			e.addr6 = v6
		}
		return e, nil
	}
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return extraHost{}, errorf(opCreate, spec, ErrAddress, h.says.AddHostAddr, addr)
	}
	return extraHost{spec: spec, name: name, addr: a}, nil
}
