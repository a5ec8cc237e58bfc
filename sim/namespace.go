package sim

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"drydock/bridge"
	"drydock/nat"
	"drydock/sim/internal/netstack"
	"drydock/sim/internal/router"
	"drydock/veth"
)

// A namespace is a network namespace as the kernel has it: a stack, its names and its
// interfaces. Those who share it each hold it; it ends with the last of them.
type namespace struct {
	stack     *netstack.Stack
	settings  *settings
	owner     func() string              // the name of whose it is
	watch     *watch                     // of its machine
	tables    atomic.Pointer[nat.Tables] // its netfilter; nil: it has none, or nobody has asked for it
	enable    func() *nat.Tables         // makes that of a container; nil on a machine
	nftables  bool                       // dockerd's rules there are nft's; set before tables
	paused    func() bool                // whether the programs of its owner stand still; nil: they never do
	hostname  string
	ports     func() []Interface          // of its bridges; nil: there are no bridges
	filter    *bridgeFilter               // of its bridges; nil: there are no bridges
	ipv6      bool                        // IPv6 is on, also where there are no addresses of it
	loopback6 bool                        // it is for lo
	never6    bool                        // --sysctl has turned it off: networks give no addresses of it
	anyPort   bool                        // no port is kept for privileged processes
	proxies   *proxies                    // whose sockets it has; nil: there are none
	port      func(name string) *endpoint // the one whose port has that name, nil if none has
	resolver  atomic.Pointer[nameserver]  // the embedded one; nil: there is none
	meeting   sync.Mutex                  // held while the embedded resolver and netfilter learn of each other

	mu    sync.Mutex
	users int // +checklocks:mu
	// How many indexes newIndex has returned.
	last int // +checklocks:mu
	// By index of the interface.
	cables map[int]cable             // +checklocks:mu
	qdiscs map[*veth.Endpoint]qdiscs // of cables that tc set some on; guarded by mu
	// The IPv6 address that an interface which is down gets when it comes up, by index.
	lost map[int]netip.Prefix // +checklocks:mu
}

// A cable is a veth pair as seen from a namespace.
type cable struct {
	inside    *veth.Endpoint
	device    string         // its name, which plug notes
	leadsTo   *bridge.Bridge // of a container or an uplink; nil: it is the interface of a bridge, or tap0
	peerIndex int
	bridge    *bridge.Bridge // of the interface of a bridge, which runs if the bridge has another port

	mtuOfPorts  bool         // of the interface of a bridge: without another port its MTU is 1500
	noBroadcast bool         // its addresses have no broadcast address
	down        *atomic.Bool // set by setUp, for who is at the other end; nil: nobody asks
}

// newNamespace makes a namespace with lo, held by the caller.
func newNamespace(owner func() string, hostname string, w *watch, opts netstack.Options) (*namespace, error) {
	ns := &namespace{owner: owner, hostname: hostname, watch: w, users: 1, cables: make(map[int]cable)}
	ns.settings = newSettings(ns)
	opts.OnDrop = func(d router.Dropped) { w.stackDropped(ns, d) }
	ns.stack = netstack.New(opts)
	if err := ns.stack.AddLoopback(); err != nil {
		ns.stack.Close()
		return nil, err
	}
	w.addSpace(ns)
	return ns, nil
}

// newIndex returns the index of a new interface, counting from lo on.
func (ns *namespace) newIndex() int {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	ns.last++
	return 1 + ns.last
}

// hold adds a user; false if the namespace has ended. A container that joins the namespace of
// another one holds it, and keeps it with lo when the other one is gone, as a process keeps
// /proc/self/ns/net.
func (ns *namespace) hold() bool {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if ns.users == 0 {
		return false
	}
	ns.users++
	return true
}

// release removes a user and ends the namespace after the last.
func (ns *namespace) release() {
	ns.mu.Lock()
	ns.users--
	last := ns.users == 0
	ns.mu.Unlock()
	if last {
		ns.watch.removeSpace(ns)
		ns.stack.Close()
	}
}

// plug adds an interface with a cable. The stack takes the cable's end over: unplug closes it.
func (ns *namespace) plug(index int, name string, c cable) error {
	c.device = name
	ns.watch.plugged(ns.place(name), c.inside)
	if err := ns.stack.AddNIC(index, name, c.inside); err != nil {
		ns.watch.unplugged(c.inside)
		return err
	}
	ns.mu.Lock()
	ns.cables[index] = c
	ns.mu.Unlock()
	return nil
}

// unplug removes an interface and closes its cable.
func (ns *namespace) unplug(index int) {
	ns.mu.Lock()
	c, ok := ns.cables[index]
	delete(ns.cables, index)
	delete(ns.lost, index)
	ns.mu.Unlock()
	ns.settings.forget(index)
	ns.stack.RemoveNIC(index)
	if ok {
		ns.watch.unplugged(c.inside)
	}
}

// setUp brings an interface of the stack up or down.
func (ns *namespace) setUp(index int, up bool) error {
	own := ns.ownAddr6(index)
	if err := ns.stack.SetUp(index, up); err != nil {
		return err
	}
	ns.mu.Lock()
	if c := ns.cables[index]; c.down != nil {
		c.down.Store(!up)
	}
	lost, ok := ns.lost[index]
	switch {
	case up:
		delete(ns.lost, index)
	case own.IsValid():
		if ns.lost == nil {
			ns.lost = make(map[int]netip.Prefix)
		}
		ns.lost[index] = own
	}
	ns.mu.Unlock()
	if up && ok {
		return ns.stack.AddAddr(index, lost)
	}
	return nil
}

// ownAddr6 returns the IPv6 address that the kernel gives an interface, if it has it: ::1, or
// that of the link, made of the MAC.
func (ns *namespace) ownAddr6(index int) netip.Prefix {
	for _, n := range ns.stack.Interfaces() {
		if n.Index != index {
			continue
		}
		for _, p := range n.Addrs {
			if a := p.Addr(); a.Is6() && (a.IsLoopback() || !n.Lo && p == linkLocal(n.MAC)) {
				return p
			}
		}
	}
	return netip.Prefix{}
}

// deviceNames returns the names of the interfaces by index, but for ports of bridges.
func (ns *namespace) deviceNames() map[int]string {
	names := make(map[int]string)
	for _, i := range ns.stack.Interfaces() {
		names[i.Index] = i.Name
	}
	return names
}

// interfaces returns them in the order of "ip addr".
func (ns *namespace) interfaces() []Interface {
	ns.mu.Lock()
	cables := maps.Clone(ns.cables)
	ns.mu.Unlock()
	var list []Interface
	for _, n := range ns.stack.Interfaces() {
		i := Interface{
			Index: n.Index, Name: n.Name, MAC: n.MAC, MTU: n.MTU, Addrs: n.Addrs,
			Up: n.Up, Running: n.Up, Loopback: n.Lo,
			RxPackets: n.Rx.Packets, RxBytes: n.Rx.Bytes, TxPackets: n.Tx.Packets, TxBytes: n.Tx.Bytes,
		}
		if c, ok := cables[n.Index]; ok {
			i.Peer, i.NoBroadcast = c.peerIndex, c.noBroadcast
			i.Qdisc = rootKind(ns.qdiscsOf(c.inside))
			i.count(c.inside)
			i.Running = n.Up && c.inside.Carrier()
			if c.bridge != nil {
				others := len(c.bridge.Ports()) > 1
				if i.Running = n.Up && others; c.mtuOfPorts && !others {
					i.MTU = veth.DefaultMTU
				}
			}
		}
		list = append(list, i)
	}
	if ns.ports != nil {
		list = append(list, ns.ports()...)
		slices.SortFunc(list, func(a, b Interface) int { return cmp.Compare(a.Index, b.Index) })
	}
	return list
}
