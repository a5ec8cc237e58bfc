package sim

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"

	"drydock/bridge"
	"drydock/veth"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// An endpoint is the live part of a Link: an interface of a namespace, the port of a bridge,
// and the cable between them. But for what is down it does not change once the Link has it.
type endpoint struct {
	id          string     // Docker's; "" on a LAN
	addr, addr6 netip.Addr // invalid: none of that family
	mac         net.HardwareAddr

	space           *namespace
	index           int    // of the interface
	portIndex       int    // of the port, on a network
	device          string // its name
	bridge          *bridge.Bridge
	watch           *watch // of the bridge
	port            string // vethXXXXXXX; "" if the bridge did not take it
	inside, outside *veth.Endpoint
	gratuitous      []*gratuitous
	rules           []string    // of the firewall, as the commands that added them
	hairpin         bool        // of the port
	insideDown      atomic.Bool // the interface was brought down
	portDown        atomic.Bool // and the port
}

// A cableSpec is what connect needs to know beyond the endpoint.
type cableSpec struct {
	machine   *Machine // whose it is
	mtu       int
	seed      uint64
	peerIndex int            // of the port; 0: it has none
	addrs     []netip.Prefix // of the interface
	port      func() string  // its name; another one each time
	portOwner string         // of its Place
	opts      []bridge.PortOption

	noBroadcast bool // see cable
}

// connect makes the cable and joins its sides to the namespace and the bridge. The port comes
// last: from then on frames arrive, and an interface without addresses would answer some of
// them with errors.
func (ep *endpoint) connect(s cableSpec) (err error) {
	if ep.inside, ep.outside, err = s.machine.newCable(s.mtu, s.seed); err != nil {
		return err
	}
	ep.inside.SetLinkAddress(tcpip.LinkAddress(ep.mac))
	if err := ep.space.plug(ep.index, ep.device, cable{inside: ep.inside, peerIndex: s.peerIndex, noBroadcast: s.noBroadcast, down: &ep.insideDown, leadsTo: ep.bridge}); err != nil {
		return err
	}
	for _, a := range s.addrs {
		if err := ep.space.stack.AddAddr(ep.index, a); err != nil {
			return err
		}
	}
	for {
		name := s.port()
		ep.watch.plugged(Place{s.portOwner, name, ep.bridge.Name()}, ep.outside)
		_, err := ep.bridge.AddPort(name, ep.outside, s.opts...)
		if err == nil {
			ep.port = name
			return nil
		}
		ep.watch.unplugged(ep.outside)
		if !errors.Is(err, bridge.ErrExists) { // as dockerd does: another name
			return err
		}
	}
}

// disconnect undoes connect, also where it failed half-way. The port goes first, so that the
// bridge sends nothing more into a cable that closes.
func (ep *endpoint) disconnect() {
	for _, g := range ep.gratuitous {
		g.stop()
	}
	if ep.port != "" {
		ep.bridge.RemovePort(ep.port)
		ep.watch.unplugged(ep.outside)
	}
	ep.space.unplug(ep.index)
	if ep.inside != nil {
		ep.inside.Close()
	}
}

func (ep *endpoint) impair(i impairments) error {
	if err := ep.inside.Impair(i.send); err != nil {
		return err
	}
	return ep.outside.Impair(i.receive)
}

// addrs returns the addresses that are valid.
func (ep *endpoint) addrs() []netip.Addr { return valid(ep.addr, ep.addr6) }

// valid returns those that are valid.
func valid(addrs ...netip.Addr) []netip.Addr {
	return slices.DeleteFunc(addrs, func(a netip.Addr) bool { return !a.IsValid() })
}

// reachedFrom returns the address that ports published on one of the host are those of.
func (ep *endpoint) reachedFrom(host netip.Addr) netip.Addr {
	if host.Is6() && ep.addr6.IsValid() {
		return ep.addr6
	}
	return ep.addr
}

// setPortUp brings the host's end of the cable up or down.
func (ep *endpoint) setPortUp(up bool) {
	ep.portDown.Store(!up)
	ep.outside.SetCarrier(up)
}

// portInterface is the host's end of the cable. The host's namespace does not have it as an
// interface of its own, which would cost it a NIC for each container: the bridge has it.
func (ep *endpoint) portInterface(master string) Interface {
	i := Interface{
		Index: ep.portIndex, Peer: ep.index, Name: ep.port, Master: master, Hairpin: ep.hairpin,
		MAC: []byte(ep.outside.LinkAddress()), MTU: int(ep.outside.MTU()),
		Up: !ep.portDown.Load(), Running: ep.outside.Carrier() && !ep.insideDown.Load(),
	}
	if i.Up && i.Running {
		i.Addrs = []netip.Prefix{linkLocal(i.MAC)} // as the kernel gives one to each interface that comes up
	}
	i.count(ep.outside)
	return i
}
