package sim

import (
	"maps"
	"sync"

	"drydock/nat"
	"drydock/sim/internal/netstack"
	"drydock/veth"
)

// A netns is a network namespace: a stack, its names and its cables. Those
// who share it each hold it; it ends with the last of them.
type netns struct {
	stack    *netstack.Stack
	names    names
	hostname string

	mu     sync.Mutex // guards what follows
	users  int
	cables map[int]cable // by index of the interface
}

// A cable is a veth pair as seen from a namespace.
type cable struct {
	inside      *veth.Endpoint
	peerIndex   int
	peerRunning func() bool // of a bridge: whether any port is up; nil: whether the cable has carrier
}

// newNetns makes a namespace with lo. One with tables is a router, which they filter
// for.
func newNetns(h *Host, id, hostname string, tables *nat.Tables) (*netns, error) {
	ns := &netns{hostname: hostname, users: 1, cables: make(map[int]cable)}
	opts := netstack.Options{Seed: h.random.seedOf("stack " + id), Virtual: h.virtual, Resolver: &ns.names}
	if tables != nil {
		opts.Netfilter = tables
	}
	ns.stack = netstack.New(opts)
	if err := ns.stack.AddLoopback(); err != nil {
		ns.stack.Close()
		return nil, err
	}
	return ns, nil
}

// hold adds a user; false if the namespace has ended.
func (ns *netns) hold() bool {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if ns.users == 0 {
		return false
	}
	ns.users++
	return true
}

// release removes a user and ends the namespace after the last.
func (ns *netns) release() {
	ns.mu.Lock()
	ns.users--
	last := ns.users == 0
	ns.mu.Unlock()
	if last {
		ns.stack.Close()
	}
}

// plug adds an interface with a cable.
func (ns *netns) plug(index int, name string, c cable) error {
	if err := ns.stack.AddNIC(index, name, c.inside); err != nil {
		return err
	}
	ns.mu.Lock()
	defer ns.mu.Unlock()
	ns.cables[index] = c
	return nil
}

// unplug removes an interface and closes its cable.
func (ns *netns) unplug(index int) {
	ns.mu.Lock()
	delete(ns.cables, index)
	ns.mu.Unlock()
	ns.stack.RemoveNIC(index)
}

func (ns *netns) interfaces() []Interface {
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
			i.Peer = c.peerIndex
			i.count(c.inside)
			i.Running = c.inside.Carrier()
			if c.peerRunning != nil {
				i.Running = c.peerRunning()
			}
		}
		list = append(list, i)
	}
	return list
}
