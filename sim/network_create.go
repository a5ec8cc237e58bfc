package sim

import (
	"net/netip"
	"slices"
	"strings"

	"drydock/dnsd"
	"drydock/sim/dockerapi"
	"drydock/sim/internal/engine"
)

// CreateNetwork makes a network with a bridge of its own, br- and the first 12
// digits of its ID, and Docker's rules for it.
func (h *Host) CreateNetwork(name string, opts ...NetworkOption) (*Network, error) {
	spec := dockerapi.NetworkCreate{Name: name, CheckDuplicate: true} // as the command docker asks
	for _, opt := range opts {
		opt.applyNetwork(&spec)
	}
	return h.CreateNetworkSpec(spec)
}

// CreateNetworkSpec is CreateNetwork for what Docker's HTTP API is sent: "docker network
// create" and compose files as data. What means something to Docker and nothing here is
// refused with an *Error that wraps errors.ErrUnsupported.
func (h *Host) CreateNetworkSpec(spec dockerapi.NetworkCreate) (*Network, error) {
	if err := h.sameTime("create network"); err != nil {
		return nil, err
	}
	spec, err := h.configured(spec)
	switch {
	case err != nil:
		return nil, err
	case spec.ConfigOnly:
		return h.createConfiguration(spec)
	}
	cfg, err := newNetworkConfig(h.engine, &spec)
	if err != nil {
		if cfg.byDriver {
			h.spendPool(&cfg)
		}
		return nil, err
	}
	if spec.Name == "" && !spec.CheckDuplicate && h.away(opCreateNetwork, "") == nil {
		return nil, errorf(opCreateNetwork, "", ErrName, h.says.NetworkName, "")
	}
	name := spec.Name
	h.devices <- struct{}{}
	defer func() { <-h.devices }()
	n := h.newNetwork(name, "bridge", cfg)
	n.zone = dnsd.NewZone(name)
	if err := h.checkNetwork(n); err != nil {
		return nil, err
	}
	device, err := h.bridgeName(n)
	if err != nil {
		return nil, err
	}
	if err := h.labelled(func() error { return n.open(device) }); err != nil {
		n.close()
		return nil, err
	}
	h.addNetwork(n)
	n.event("create")
	return n, nil
}

// bridgeName returns the name that the bridge of a network gets. Docker takes an interface that is
// there already for the bridge; that is not emulated. The caller has h.devices.
func (h *Host) bridgeName(n *Network) (string, error) {
	name := n.config().bridge
	if name == "" {
		return "br-" + n.ID()[:12], nil
	}
	if why := checkDeviceName(name); why != "" {
		return "", errorf(opCreateNetwork, n.name, ErrName, h.says.BridgeName, why)
	}
	for other := range h.Networks() {
		if other.device == name { // 20.10 let docker0 be taken over, with its address
			return "", errorf(opCreateNetwork, n.name, ErrConflict, h.says.BridgeTaken, n.ID(), name, other.ID(), name)
		}
	}
	if slices.ContainsFunc(h.Interfaces(), func(i Interface) bool { return i.Name == name }) {
		return "", errUnsupported(n.name, dockerapi.OptionBridgeName+" of an interface")
	}
	return name, nil
}

// checkNetwork completes the configuration of n and sees that nothing is in its way. What the
// host is on already, a LAN for one, bars default pools alone: dockerd lets a subnet that is
// asked for overlap with it.
func (h *Host) checkNetwork(n *Network) error {
	onLink := h.own.stack.OnLink(nil) // asking for interfaces would count those of each container
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.checkNetworkLocked(n); err != nil {
		return err
	}
	if err := n.config().checkSubnets(n.name); err != nil {
		return err
	}
	cfg := n.config()
	all := h.subnetsLocked(onLink)
	inUse := all[len(onLink):]
	v4, v6 := &cfg.v4, &cfg.v6
	if sized, ok := h.engine.SizedPool(v4.subnet, h.dockerd().pools, all); ok {
		v4.subnet, v4.given = sized, false
	}
	if cfg.pool6 {
		var ok bool
		if v6.subnet, ok = h.pool6(all); !ok {
			return newError(opCreateNetwork, n.name, ErrNoAddress, h.says.NoPool6)
		}
	}
	if !v4.subnet.IsValid() && !cfg.noIPv4 {
		var ok bool
		if v4.subnet, ok = h.nextPoolLocked(h.dockerd().pools, all); !ok {
			return newError(opCreateNetwork, n.name, ErrNoAddress, h.says.NoPool)
		}
	}
	return n.config().complete(n.name, inUse)
}

// pool6 returns the next IPv6 subnet that is the host's own.
func (h *Host) pool6(inUse []netip.Prefix) (netip.Prefix, bool) {
	return h.engine.Pool6(engine.GlobalPool(h.daemonID()), inUse)
}

// spendPool takes a pool for a network that its driver refuses, which is not given out again in this
// round: dockerd looks for addresses before it asks the driver.
func (h *Host) spendPool(cfg *networkConfig) {
	onLink := h.own.stack.OnLink(nil)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !cfg.v4.subnet.IsValid() {
		h.nextPoolLocked(h.dockerd().pools, h.subnetsLocked(onLink))
	}
}

// daemonID is that of dockerd, which stays as long as the host is there.
func (h *Host) daemonID() string { return h.engine.DaemonID(h.random.key("daemon id")) }

// +checklocks:h.mu
func (h *Host) checkNetworkLocked(n *Network) error {
	const op = "create network"
	if err := h.away(op, n.name); err != nil {
		return err
	}
	switch {
	case slices.Contains([]string{bridgeNetwork, hostNetwork, noneNetwork, "default"}, n.name):
		return errorf(op, n.name, ErrPredefined, h.says.CreatePredefined, n.name)
	case n.name != "" && strings.TrimSpace(n.name) == "":
		return errorf(op, n.name, ErrName, h.says.NetworkName, n.name)
	case n.name == "":
		return newError(op, n.name, ErrName, h.says.NetworkEmpty) // so dockerd says
	case slices.ContainsFunc(h.networks, func(o *Network) bool { return o.name == n.name }):
		return errorf(op, n.name, ErrExists, h.says.NetworkExists, n.name)
	}
	return nil
}
