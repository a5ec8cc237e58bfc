package sim

import (
	"net/netip"
	"path"
	"slices"
	"strings"
	"unicode"

	"drydock/dnsd"
	"drydock/sim/dockerapi"
	"drydock/sim/internal/engine"
)

// resolve checks what is asked for of a container on n, but for checkRange, and returns
// what it means.
func (s *endpointSpec) resolve(op string, n *Network) (*attachment, error) {
	a := &attachment{network: n, aliases: slices.Clone(s.Aliases), impairments: s.impairments}
	switch {
	case n.predefined() && len(s.Aliases) > 0:
		return nil, newError(op, n.name, ErrConflict, s.host.says.AliasPredefined)
	case slices.Contains(s.Aliases, ""):
		return nil, errorf(op, "", ErrName, "invalid network-scoped alias: it is empty")
	case n.predefined() && len(s.Links) > 0:
		return nil, newError(op, n.name, ErrConflict, s.host.says.LinkMode)
	}
	if err := a.addLinks(op, s.Links); err != nil {
		return nil, err
	}
	return a, a.setAddrs(op, s.IPAMConfig)
}

// setAddrs refuses addresses that are none, and all where the network does not have
// addresses to ask for.
func (a *attachment) setAddrs(op string, asked *dockerapi.EndpointIPAMConfig) (err error) {
	if asked == nil {
		return nil
	}
	format := a.network.host.says.AddrFormat
	if op == opConnect {
		format = a.network.host.says.AddrFormatConnect
	}
	if s := asked.IPv4Address; s != "" {
		if a.addr, err = netip.ParseAddr(s); err != nil || !a.addr.Is4() {
			return errorf(op, s, ErrAddress, format, "IPv4", s)
		}
	}
	if s := asked.IPv6Address; s != "" {
		if a.addr6, err = netip.ParseAddr(s); err != nil || !a.addr6.Is6() || a.addr6.Is4In6() || a.addr6.Zone() != "" {
			return errorf(op, s, ErrAddress, format, "IPv6", s)
		}
	}
	n := a.network
	for _, addr := range a.asked() {
		switch {
		case n.predefined():
			return newError(op, n.name, ErrConflict, a.network.host.says.AddrPredefined)
		case !n.config.of(addr).given:
			return newError(op, n.name, ErrConflict, a.network.host.says.AddrOnAutoSubnet)
		}
	}
	return nil
}

// checkRange refuses addresses outside the network. That Docker does last.
func (a *attachment) checkRange(op string) error {
	for _, addr := range a.asked() {
		if !a.network.config.of(addr).subnet.Contains(addr) {
			return errorf(op, a.network.name, ErrAddress, a.network.host.says.AddrOutside, addr)
		}
	}
	return nil
}

// addLinks adds links that the embedded resolver answers. Their targets need not be there.
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
