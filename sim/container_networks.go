package sim

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"unicode"

	"drydock/nat"
	"drydock/sim/internal/engine"
)

// Link returns the container's link to a network. It is never nil: where the container is not
// connected, Impair and SetCarrier of the Link fail, and it has no address.
func (c *Container) Link(n *Network) *Link {
	if l := c.linkTo(n); l != nil {
		return l
	}
	return c.newLink(attachment{network: n})
}

// Networks returns the networks that the container is connected to, in the order of
// their priority: see Connect.
func (c *Container) Networks() []*Network {
	var list []*Network
	for _, l := range c.inOrder() {
		if c.connectedTo(l.asked.network) != nil {
			list = append(list, l.asked.network)
		}
	}
	return list
}

// list returns the links in the order in which they came about.
func (c *Container) list() []*Link {
	c.linksMu.Lock()
	defer c.linksMu.Unlock()
	return c.links
}

// setList replaces the links. The slice is not changed any more.
func (c *Container) setList(links []*Link) {
	c.linksMu.Lock()
	defer c.linksMu.Unlock()
	c.links = links
}

// addLink adds a link, in the place of one to a removed network of that name: dockerd keeps
// memberships by the name of their network, so that a new one has it. It returns
// the links that there were before. The caller holds life.
func (c *Container) addLink(l *Link) (before []*Link) {
	before = c.list()
	links := slices.DeleteFunc(slices.Clone(before), func(o *Link) bool { return o.asked.network.name == l.asked.network.name })
	l.slot = freeSlot(links)
	c.setList(append(links, l))
	return before
}

// freeSlot returns the lowest that none of the links has.
func freeSlot(links []*Link) (slot int) {
	for slices.ContainsFunc(links, func(l *Link) bool { return l.slot == slot }) {
		slot++
	}
	return slot
}

// sortSlots has the slots of the container's links in the order of their networks' names, as they are
// when dockerd has read them. The caller holds life.
func (c *Container) sortSlots() {
	list := slices.Clone(c.list())
	slices.SortFunc(list, func(a, b *Link) int { return cmp.Compare(a.asked.network.name, b.asked.network.name) })
	for i, l := range list {
		l.slot = i
	}
}

// removeLink removes a link. The caller holds life.
func (c *Container) removeLink(l *Link) {
	c.setList(slices.DeleteFunc(slices.Clone(c.list()), func(o *Link) bool { return o == l }))
}

// linkTo returns the link to a network, nil if there is none.
func (c *Container) linkTo(n *Network) *Link {
	for _, l := range c.list() {
		if l.asked.network == n {
			return l
		}
	}
	return nil
}

// inOrder returns the links in the order of their networks' priority.
func (c *Container) inOrder() []*Link {
	list := slices.Clone(c.list())
	slices.SortFunc(list, func(a, b *Link) int { return c.host.engine.ComparePriority(a.forEngine(), b.forEngine()) })
	return list
}

// forEngine is what the decisions about a container's network depend on.
func (l *Link) forEngine() engine.Network {
	n := l.asked.network.forEngine()
	n.GwPriority = l.asked.gwPriority
	return n
}

// addrs returns the addresses of the container.
func (c *Container) addrs() (list []netip.Addr) {
	for _, l := range c.live() {
		list = append(list, l.endpoint().addrs()...)
	}
	return list
}

// live returns the links that have an interface, in the order of their priority.
func (c *Container) live() []*Link {
	return slices.DeleteFunc(c.inOrder(), func(l *Link) bool { return l.endpoint() == nil })
}

// joinAll attaches a run to the networks of its container, with links and ports.
func (c *Container) joinAll(r *run) error {
	for _, l := range c.list() {
		if err := l.asked.network.errConfigOnly("start container"); err != nil {
			return c.host.setUpError(err)
		}
		if n := l.asked.network; n.name == noneNetwork && !c.host.engine.SeveralNetworks() {
			c.joinFiles(n, "") // as one without IPv6
		}
	}
	for _, place := range c.places(r) {
		err := c.join(r, place.link, place.device)
		if err == nil {
			err = c.register(r, place.link)
		}
		if err != nil {
			return c.host.setUpError(err)
		}
	}
	if err := c.link(r); err != nil {
		return err
	}
	// docker0 was the gateway before the container joined the others.
	if live := c.live(); len(live) > 1 {
		if err := c.openLinks(r, c.linkTo(c.network())); err != nil {
			return c.host.setUpError(err)
		}
	}
	return c.host.setUpError(c.elect(r))
}

// A place is an interface that a run is to have.
type place struct {
	link   *Link
	device string
}

// places returns the interfaces of a container that starts, in the order in which it is given
// them. By priority docker0 comes first, as with dockerd, but the interfaces have the numbers of the
// priority; the order of the others, random there, is that of the priority.
func (c *Container) places(r *run) []place {
	list := slices.DeleteFunc(c.inOrder(), func(l *Link) bool { return l.asked.network.bridge == nil })
	r.nextEth = len(list)
	draw := func(n int) int { return c.host.random.number("start order", n) }
	var places []place
	if order := c.host.engine.StartOrder(len(list), draw); order != nil {
		slices.SortFunc(list, func(a, b *Link) int { return cmp.Compare(a.slot, b.slot) })
		used := make(map[string]bool)
		for _, i := range order {
			device := list[i].asked.ifname
			for n := 0; device == ""; n++ {
				if name := fmt.Sprintf("eth%d", n); !used[name] {
					device = name
				}
			}
			used[device] = true
			places = append(places, place{list[i], device})
		}
		return places
	}
	for eth, l := range list {
		places = append(places, place{l, fmt.Sprintf("eth%d", eth)})
	}
	slices.SortStableFunc(places, func(a, b place) int {
		return count(a.link.asked.network.name != bridgeNetwork) - count(b.link.asked.network.name != bridgeNetwork)
	})
	return places
}

// newNamespace makes a namespace of the container's own, without networks.
func (c *Container) newNamespace() (*namespace, error) {
	name := c.id
	if c.starts > 0 { // other ports and numbers than at the last start
		name += fmt.Sprint(" ", c.starts)
	}
	ns, err := c.host.newNamespace(name, c.Name, c.id[:12], nil)
	if err != nil {
		return nil, err
	}
	ns.paused = func() bool { return c.State().Paused }
	ns.enable = sync.OnceValue(func() *nat.Tables { return c.newTables(ns) })
	ns.anyPort = c.host.engine.AnyPort()
	ns.ipv6 = c.host.engine.IPv6Everywhere()
	if ns.loopback6 = ns.ipv6 || c.host.engine.IPv6Loopback(); ns.loopback6 {
		err = ns.stack.SetIPv6(true)
	}
	if err == nil {
		err = ns.settings.inherit(c.host.own.settings)
	}
	if err == nil {
		err = c.setSysctls(ns)
	}
	if err != nil {
		ns.release()
	}
	return ns, err
}

// join gives a run an interface of that name.
func (c *Container) join(r *run, l *Link, device string) error {
	l.note(func(h *history) { h.named = true })
	if why := c.checkDevice(device); why != "" {
		port := c.host.engine.VethName(c.host.random.stream("veth name"))
		return errorf("start container", c.Name(), ErrName, "error renaming interface %q to %q: %s", port, device, why)
	}
	if err := l.asked.checkRange("start container"); err != nil {
		return err
	}
	ep, err := l.plug(r.ns, device)
	if err != nil {
		return err
	}
	l.note(func(h *history) { h.failed = false })
	c.noteJoin(r, l)
	if err = l.set(ep); err == nil {
		err = c.setIPv6(r.ns)
	}
	if err == nil {
		err = l.setSysctls(r.ns)
	}
	if err != nil {
		c.leave(r, l)
	}
	return err
}

// checkDevice returns why an interface of the container cannot have that name, in Linux's words.
func (c *Container) checkDevice(name string) string {
	taken := func(l *Link) bool { return l.endpoint().device == name }
	if why := checkDeviceName(name); why != "" {
		return why
	}
	if name == "lo" || slices.ContainsFunc(c.live(), taken) {
		return "file exists"
	}
	return ""
}

// checkDeviceName returns why no interface can have that name, in Linux's words.
func checkDeviceName(name string) string {
	switch {
	case len(name) > 15:
		return "numerical result out of range"
	case name == "." || name == ".." || strings.ContainsFunc(name, func(r rune) bool { return r == '/' || r == ':' || unicode.IsSpace(r) }):
		return "invalid argument"
	}
	return ""
}

// leave takes an interface from a run, with the ports that are published and the links
// that are opened there. Rules and names go before the interface: nothing is to lead to an
// address that the next container may be given.
func (c *Container) leave(r *run, l *Link) {
	n := l.asked.network
	if n == c.network() {
		c.unlink(r)
	}
	if r.gateways.has(l) {
		c.revoke(r, l)
	}
	ep := l.endpoint()
	l.set(nil)
	if n.zone != nil {
		n.zone.Delete(c.id)
	}
	c.setScopes(r)
	l.unplug(ep)
	c.setIPv6(r.ns)
}

// setIPv6 switches IPv6 of lo on or off. As with Docker a namespace has it while one of its
// networks has, if not always.
func (c *Container) setIPv6(ns *namespace) error {
	return ns.stack.SetIPv6(ns.loopback6 || c.hasInterface6())
}

// hasInterface6 reports whether an interface of the container has IPv6.
func (c *Container) hasInterface6() bool {
	return slices.ContainsFunc(c.live(), func(l *Link) bool { return l.endpoint().addr6.IsValid() })
}

// leaveAll undoes joinAll, also where it failed half-way. As with dockerd the gateway moves from
// each network that is left to the next one, so that the connections of all are forgotten.
func (c *Container) leaveAll(r *run) {
	for _, l := range c.live() {
		if !r.gateways.has(l) {
			r.gateways = gateways{v4: l}
		}
		c.leave(r, l)
	}
	if r.dns != nil {
		r.ns.resolver.Store(nil)
		r.dns.stop()
	}
}
