package sim

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
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
	if err := s.check(op, n); err != nil {
		return nil, err
	}
	if slices.Contains(s.Aliases, "") {
		return nil, errorf(op, "", ErrName, "invalid network-scoped alias: it is empty")
	}
	if err := cmp.Or(a.addLinks(op, s.Links), a.addEndpoint(op, s)); err != nil {
		return nil, err
	}
	var err error
	if a.addr, a.addr6, err = s.addrs(op); err != nil {
		return nil, err
	}
	return a, a.checkAddrs(op)
}

// check refuses what dockerd looks at first. Since 28 that is all, and it tells of all faults.
func (s *endpointSpec) check(op string, n *Network) error {
	faults := s.ofUserNetworks(n)
	switch list := s.addrFaults(op, n); {
	case !n.host.engine.SeveralNetworks():
	case len(faults) == 0 && len(list) > 0:
		return newError(op, n.name, ErrAddress, s.host.engine.Faults(list))
	default:
		faults = append(faults, list...)
	}
	if len(faults) == 0 {
		return nil
	}
	return newError(op, n.name, ErrConflict, s.host.engine.Faults(faults))
}

// addrFaults returns what is wrong with the addresses that are asked for: first those that are none, and
// then those that the network cannot give.
func (s *endpointSpec) addrFaults(op string, n *Network) (faults []string) {
	if s.IPAMConfig == nil {
		return nil
	}
	v4, v6 := *s.IPAMConfig, *s.IPAMConfig
	v4.IPv6Address, v6.IPv4Address = "", ""
	for _, c := range []*dockerapi.EndpointIPAMConfig{&v4, &v6} {
		one := endpointSpec{EndpointConfig: dockerapi.EndpointConfig{IPAMConfig: c}, host: s.host}
		if _, _, err := one.addrs(op); err != nil {
			faults = append(faults, err.Error())
		}
	}
	cfg := n.config()
	return append(faults, append(n.outside(&cfg.v4, v4.IPv4Address), n.outside(&cfg.v6, v6.IPv6Address)...)...)
}

// outside returns what is wrong with an address of a family, "" for none, on the network.
func (n *Network) outside(f *family, text string) []string {
	a, _ := netip.ParseAddr(text)
	all := n.host.engine.AsksOfPools()
	ofUser := f.subnet.IsValid() && (f.given || n.restored.Load() || all)
	switch {
	case text == "", ofUser && f.subnet.Contains(a):
		return nil
	case ofUser || all:
		return []string{fmt.Sprintf(n.host.says.AddrOutside, text)}
	}
	return []string{n.host.says.AddrOnAutoSubnet}
}

// ofUserNetworks returns what is wrong on a network that dockerd made itself.
func (s *endpointSpec) ofUserNetworks(n *Network) (faults []string) {
	if !n.predefined() {
		return nil
	}
	asksAddr := s.IPAMConfig != nil && s.IPAMConfig.IPv4Address+s.IPAMConfig.IPv6Address != ""
	if asksAddr {
		faults = append(faults, s.host.says.AddrPredefined)
	}
	if len(s.Aliases) > 0 {
		faults = append(faults, s.host.says.AliasPredefined)
	}
	if asksAddr && !n.restored.Load() && !n.host.engine.SeveralNetworks() {
		faults = append(faults, s.host.says.AddrOnAutoSubnet)
	}
	return faults
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
		if !n.config().of(addr).given && !n.host.engine.AsksOfPools() {
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

// addMAC notes the MAC that was asked for without saying on which network: it is meant for the main one.
func (s *endpointSpec) addMAC(mac string, main bool) error {
	switch {
	case mac == "" || !main || s.MacAddress == mac:
	case s.MacAddress == "":
		s.MacAddress = mac
	default:
		return errorf(opCreate, mac, ErrConflict, "the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty")
	}
	return nil
}

// addEndpoint notes what is asked for of the interface. Releases before 28 keep options, have the MAC
// of a container that is made, and know no priority.
func (a *attachment) addEndpoint(op string, s *endpointSpec) error {
	a.gwPriority, a.driverOpts = s.GwPriority, maps.Clone(s.DriverOpts)
	if s.MacAddress != "" {
		var err error
		if a.mac, err = net.ParseMAC(s.MacAddress); err != nil || len(a.mac) != 6 {
			return errorf(op, s.MacAddress, ErrAddress, "%s is not a valid mac address", s.MacAddress)
		}
	}
	if !s.host.engine.SeveralNetworks() {
		switch {
		case s.GwPriority != 0:
			return errorf(op, a.network.name, errors.ErrUnsupported, "unknown flag: --gw-priority")
		case a.mac != nil && op == opConnect:
			return errorf(op, a.network.name, errors.ErrUnsupported, "no MAC can be asked for on a network that is joined later")
		}
		return nil
	}
	a.ifname = s.DriverOpts[dockerapi.OptionIfname]
	return a.addSysctls(op, s.DriverOpts[dockerapi.OptionSysctls])
}

// addSysctls notes settings of the interface, "net.ipv4.conf.IFNAME.rp_filter=2", between commas.
func (a *attachment) addSysctls(op, text string) error {
	if text == "" {
		return nil
	}
	for one := range strings.SplitSeq(text, ",") {
		parts := strings.SplitN(one, ".", 5)
		if len(parts) != 5 || !slices.Contains([]string{"ipv4", "ipv6", "mpls"}, parts[1]) || !strings.EqualFold(parts[3], "ifname") {
			return errorf(op, one, ErrName, "unrecognised network interface sysctl '%s'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'", one)
		}
		key, value, ok := strings.Cut(one, "=")
		if !ok {
			return errorf(op, one, ErrName, "expected sysctl '%s' to have format name=value", one)
		}
		a.sysctls = append(a.sysctls, Sysctl{key, value})
	}
	return nil
}

// setSysctls sets what was asked for of the interface of a link.
func (l *Link) setSysctls(ns *namespace) error {
	for _, s := range l.asked.sysctls {
		parts := strings.SplitN(s.Key, ".", 5)
		parts[3] = l.endpoint().device
		if err := ns.settings.set(strings.Join(parts, "."), s.Value); err != nil {
			return fmt.Errorf("failed to run sysctl setter in network namespace: %w", err)
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
		if name == "" || alias == "" {
			return errorf(op, alias, ErrName, a.network.host.says.LinkAlias, alias)
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
	if strings.ContainsFunc(alias, unicode.IsSpace) { // dockerd writes it into /etc/hosts
		return "", "", errorf(op, alias, ErrName, says.LinkAlias, alias)
	}
	return name, alias, nil
}

func errNoLinked(says *engine.Messages, op, name string) error {
	return errorf(op, name, ErrNotFound, says.LinkNotFound, name)
}
