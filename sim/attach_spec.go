package sim

import (
	"net/netip"
	"path"
	"slices"
	"strings"
	"unicode"

	"drydock/dnsd"
	"drydock/sim/internal/engine"
)

// resolve checks what is asked for of a container on n, but for checkRange, and returns
// what it means.
func (s *endpointSpec) resolve(op string, n *Network) (*attachment, error) {
	a := &attachment{network: n, aliases: slices.Clone(s.Aliases), impairments: s.impairments}
	switch {
	case n.predefined() && s.IPAMConfig != nil && s.IPAMConfig.IPv4Address+s.IPAMConfig.IPv6Address != "":
		return nil, newError(op, n.name, ErrConflict, s.host.says.AddrPredefined)
	case n.predefined() && len(s.Aliases) > 0:
		return nil, newError(op, n.name, ErrConflict, s.host.says.AliasPredefined)
	case slices.Contains(s.Aliases, ""):
		return nil, errorf(op, "", ErrName, "invalid network-scoped alias: it is empty")
	}
	if err := a.addLinks(op, s.Links); err != nil {
		return nil, err
	}
	var err error
	if a.addr, a.addr6, err = s.addrs(op); err != nil {
		return nil, err
	}
	return a, a.checkAddrs(op)
}

// addrs returns the addresses that are asked for, or why they are none.
func (s *endpointSpec) addrs(op string) (addr, addr6 netip.Addr, err error) {
	asked := s.IPAMConfig
	if asked == nil {
		return addr, addr6, nil
	}
	format := s.host.says.AddrFormat
	if op == opConnect {
		format = s.host.says.AddrFormatConnect
	}
	if text := asked.IPv4Address; text != "" {
		if addr, err = netip.ParseAddr(text); err != nil || !addr.Is4() {
			return addr, addr6, errorf(op, text, ErrAddress, format, "IPv4", text)
		}
	}
	if text := asked.IPv6Address; text != "" {
		if addr6, err = netip.ParseAddr(text); err != nil || !addr6.Is6() || addr6.Is4In6() || addr6.Zone() != "" {
			return addr, addr6, errorf(op, text, ErrAddress, format, "IPv6", text)
		}
	}
	return addr, addr6, nil
}

// checkAddrs refuses addresses where the network does not have any to ask for.
func (a *attachment) checkAddrs(op string) error {
	n := a.network
	for _, addr := range a.asked() {
		if !n.config().of(addr).given {
			return newError(op, n.name, ErrConflict, n.host.says.AddrOnAutoSubnet)
		}
	}
	return nil
}

// checkRange refuses addresses outside the network. That Docker does last.
func (a *attachment) checkRange(op string) error {
	for _, addr := range a.asked() {
		if !a.network.config().of(addr).subnet.Contains(addr) {
			return errorf(op, a.network.name, ErrAddress, a.network.host.says.AddrOutside, addr)
		}
	}
	return nil
}

// addLinks adds links that the embedded resolver answers. Their targets need not be there. On
// the default bridge, which has no resolver, Docker takes and shows them, and nothing comes of it.
func (a *attachment) addLinks(op string, specs []string) error {
	for _, spec := range specs {
		name, alias, err := parseLink(a.network.host.says, op, spec)
		if err != nil {
			return err
		}
		a.links = append(a.links, dnsd.Link{Alias: alias, Target: name})
	}
	return nil
}

// linkTo returns the argument of --link for a container of h.
func linkTo(op string, h *Host, target *Container, alias string) (string, error) {
	switch {
	case target == nil:
		return "", errNoLinked(h.says, op, "nil")
	case target.host != h:
		return "", errNoLinked(h.says, op, target.Name())
	case alias == "":
		return target.Name(), nil
	}
	return target.Name() + ":" + alias, nil
}

// parseLink takes "name", "name:alias" and, as Inspect tells it, "/name:/client/alias".
func parseLink(says *engine.Messages, op, spec string) (name, alias string, err error) {
	name, alias, ok := strings.Cut(spec, ":")
	switch {
	case spec == "":
		return "", "", newError(op, spec, ErrName, says.LinkEmpty)
	case strings.Contains(alias, ":"):
		return "", "", errorf(op, spec, ErrName, says.LinkFormat, spec)
	case !ok:
		alias = name
	case strings.HasPrefix(name, "/"):
		name, alias = name[1:], path.Base(alias)
	}
	if name == "" || alias == "" || strings.ContainsFunc(alias, unicode.IsSpace) {
		return "", "", errorf(op, alias, ErrName, says.LinkAlias, alias)
	}
	return name, alias, nil
}

func errNoLinked(says *engine.Messages, op, name string) error {
	return errorf(op, name, ErrNotFound, says.LinkNotFound, name)
}
