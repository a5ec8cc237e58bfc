package sim

import (
	"fmt"

	"drydock/bridge"
)

// A Member is who can be kept apart from others: a *Container or the *Host on a network, a
// *Machine or a *Host on a LAN. A container that has the namespace of another one, or the
// host's, is that one.
type Member interface{ member() Member }

func (m *Machine) member() Member { return m }

func (c *Container) member() Member {
	for c.config.joined != nil {
		c = c.config.joined
	}
	if c.config.onHost() {
		return c.host.Machine
	}
	return c
}

// absent reports whether m is nil.
func absent(m Member) bool {
	switch m := m.(type) {
	case *Container:
		return m == nil
	case *Machine:
		return m == nil
	case *Host:
		return m == nil
	}
	return m == nil
}

// leadsTo returns whom a port of a bridge leads to, nil if it was added from outside.
func leadsTo(p *bridge.Port) Member {
	m, _ := p.Owner().(Member)
	return m
}

// Partition divides the network, until heal is called: containers reach those of their own group
// only. Who is in no group, and who joins later, is in one with the others of that kind, the rest.
// The host is in none: it reaches everybody, and everybody reaches it, other networks and published
// ports by it, and other containers by their published ports. Block and Isolate cut it off, too.
//
// Members stay in their group when they restart or leave the network and come back. Partitions
// stack, and each heals alone. The cut is in the bridge, below the firewall, of which no rule or
// counter sees it: what has passed the bridge arrives, what has not is dropped and told as
// drop.Partitioned (see Machine.OnDrop). Names are still found, since each container asks its
// own resolver.
//
// The error wraps ErrNotFound if a container is not on the network, ErrConflict if it is in two
// groups, ErrPredefined if the network is "host" or "none", and ErrClosed if the host is closed.
func (n *Network) Partition(groups ...[]*Container) (heal func(), err error) {
	return partition(n, groups)
}

// PartitionOneWay keeps what the one containers send from the others: as Partition does, in one
// direction. The others still reach them while they know their MAC; who is yet to ask for it, or to
// ask again, gets no answer to ARP, and has no route to the host. The error is as that of Partition; it
// wraps ErrNotFound if one side is empty, and ErrConflict if a container is on both.
func (n *Network) PartitionOneWay(from, to []*Container) (heal func(), err error) {
	return partitionOneWay(n, from, to)
}

// Block keeps what from sends from to, answers to ARP as well, until heal is called; see
// PartitionOneWay. One of them may be the host, and a
// container that the host is cut off from has neither other networks nor published ports. Apart
// from that it is as Partition.
func (n *Network) Block(from, to Member) (heal func(), err error) {
	return partitionOneWay(n, []Member{from}, []Member{to})
}

// Partition divides the LAN as Network.Partition divides a network. A machine that is in no
// group is in the rest, a Host like any other.
func (l *LAN) Partition(groups ...[]*Machine) (heal func(), err error) { return partition(l, groups) }

// PartitionOneWay is Network.PartitionOneWay for machines.
func (l *LAN) PartitionOneWay(from, to []*Machine) (heal func(), err error) {
	return partitionOneWay(l, from, to)
}

// Block keeps what from sends by the LAN from to, until heal is called.
func (l *LAN) Block(from, to *Machine) (heal func(), err error) {
	return partitionOneWay(l, []*Machine{from}, []*Machine{to})
}

// Isolate keeps the container away from everybody on the networks that it is connected to, the
// host included, until heal is called. It stays so when it restarts, or leaves one and comes
// back; others that it joins later are not cut. The error wraps ErrClosed if the host is closed, ErrNotFound if the
// container is removed, and ErrConflict if its network is the host's. Like Partition it cuts in the bridges, while CutOff
// cuts the cables.
func (c *Container) Isolate() (heal func(), err error) {
	const op = "isolate container"
	who, links, err := c.cables(op)
	if err != nil {
		return nil, err
	}
	return forAll(links, func(l *Link) (heal func(), err error) {
		n := l.asked.network
		if err := n.divisible(op); err != nil {
			return nil, err
		}
		apart := func(in, out *bridge.Port) bool { return in != out && (leadsTo(in) == who || leadsTo(out) == who) }
		return n.split("isolate "+l.words(), apart), nil
	})
}

// CutOff cuts the cables that the container has, as Link.Cut does one.
func (c *Container) CutOff() (heal func(), err error) {
	_, links, err := c.cables("cut off container")
	if err != nil {
		return nil, err
	}
	return forAll(links, (*Link).Cut)
}

// cables returns the links of the namespace that the container is in, and whose they are.
func (c *Container) cables(op string) (Member, []*Link, error) {
	who, ok := c.member().(*Container)
	switch {
	case c.host.isClosed():
		return nil, nil, errClosed(op, c.Name())
	case c.isGone():
		return nil, nil, errNoContainer(c.host.says, op, c.Name())
	case !ok:
		return nil, nil, errorf(op, c.Name(), ErrConflict, "container %s has the network of the host", c.Name())
	}
	var links []*Link
	for _, l := range who.list() {
		if l.asked.network.name != noneNetwork {
			links = append(links, l)
		}
	}
	return who, links, nil
}

// forAll cuts all links or none.
func forAll(links []*Link, cut func(*Link) (heal func(), err error)) (heal func(), err error) {
	var heals []func()
	heal = func() {
		for _, fn := range heals {
			fn()
		}
	}
	for _, l := range links {
		fn, err := cut(l)
		if err != nil {
			heal()
			return nil, err
		}
		heals = append(heals, fn)
	}
	return heal, nil
}

// Cut has the cable lose all that is sent, and what is on its way in it, until heal is called.
// Unlike with SetCarrier both sides go on seeing a carrier, and a container that restarts is still
// cut off. One that leaves the network and comes back has a Link and a cable of its own. The error
// is that of Impair.
func (l *Link) Cut() (heal func(), err error) {
	if err := l.check("cut"); err != nil {
		return nil, err
	}
	l.cut(1)
	return l.machine.watch.healing("cut "+l.words(), func() { l.cut(-1) }), nil
}

func (l *Link) cut(by int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cuts += by
	if l.live != nil {
		l.live.inside.SetCut(l.cuts > 0)
	}
}

// A segment is what can be divided: a network or a LAN.
type segment interface {
	divisible(op string) error
	// on returns who m is there.
	on(op string, m Member) (Member, error)
	// split keeps ports apart.
	split(what string, apart func(in, out *bridge.Port) bool) (heal func())
}

func (n *Network) split(what string, apart func(in, out *bridge.Port) bool) (heal func()) {
	return n.host.watch.healing(what, n.bridge.Partition(apart))
}

func (l *LAN) split(what string, apart func(in, out *bridge.Port) bool) (heal func()) {
	return l.watch.healing(what, l.bridge.Partition(apart))
}

func (n *Network) divisible(op string) error {
	if err := n.host.checkHas(op, n); err != nil {
		return err
	}
	if n.host.isClosed() {
		return errClosed(op, n.name)
	}
	if n.bridge == nil {
		return errNoBridge(op, n)
	}
	return nil
}

func errNoBridge(op string, n *Network) *Error {
	return errorf(op, n.name, ErrPredefined, "network %s has no bridge", n.name)
}

func (l *LAN) divisible(op string) error {
	if l.Closed() {
		return errorf(op, l.String(), ErrClosed, "%s %q: LAN closed", op, l.String())
	}
	return nil
}

func (n *Network) on(op string, m Member) (Member, error) {
	switch m := m.member().(type) {
	case *Container:
		if m.host == n.host && m.isGone() {
			return nil, errNoContainer(n.host.says, op, m.Name())
		}
		if m.host != n.host || m.linkTo(n) == nil {
			return nil, m.errNotLinked(op, n.host.says.NotConnected, m.Name(), n)
		}
		return m, nil
	case *Machine:
		if m == n.host.Machine {
			return m, nil
		}
		return nil, errorf(op, m.name, ErrNotFound, "machine %s is not the host of network %s", m.name, n.name)
	default:
		return nil, errorf(op, n.name, ErrNotFound, "network %s has no such member", n.name)
	}
}

func (l *LAN) on(op string, m Member) (Member, error) {
	machine := m.member().(*Machine)
	if machine.uplinkTo(l) == nil {
		return nil, machine.Uplink(l).check(op)
	}
	return machine, nil
}

// divide returns the number of the group that each member is in, from 1 on.
func divide[M Member](s segment, op string, groups [][]M) (map[Member]int, error) {
	if err := s.divisible(op); err != nil {
		return nil, err
	}
	numbers := make(map[Member]int)
	for i, group := range groups {
		for _, m := range group {
			if absent(m) {
				return nil, errorf(op, "", ErrNotFound, "nil is no member of %v", s)
			}
			who, err := s.on(op, m)
			if err != nil {
				return nil, err
			}
			if n := numbers[who]; n != 0 && n != i+1 {
				return nil, errorf(op, "", ErrConflict, "%v is in two groups", who)
			}
			numbers[who] = i + 1
		}
	}
	return numbers, nil
}

func partition[M Member](s segment, groups [][]M) (heal func(), err error) {
	group, err := divide(s, "partition", groups)
	if err != nil {
		return nil, err
	}
	return s.split(fmt.Sprintf("partition %v: %v", s, groups), func(in, out *bridge.Port) bool {
		return !in.Local() && !out.Local() && group[leadsTo(in)] != group[leadsTo(out)]
	}), nil
}

func partitionOneWay[M Member](s segment, from, to []M) (heal func(), err error) {
	const op = "block"
	sends, err := divide(s, op, [][]M{from})
	if err != nil {
		return nil, err
	}
	receives, err := divide(s, op, [][]M{to})
	if err != nil {
		return nil, err
	}
	if len(sends) == 0 || len(receives) == 0 {
		return nil, errorf(op, "", ErrNotFound, "nobody is to be kept from anybody on %v", s)
	}
	for who := range sends {
		if receives[who] != 0 {
			return nil, errorf(op, "", ErrConflict, "%v is on both sides", who)
		}
	}
	return s.split(fmt.Sprintf("block on %v: from %v to %v", s, from, to), func(in, out *bridge.Port) bool {
		return in != out && sends[leadsTo(in)] != 0 && receives[leadsTo(out)] != 0
	}), nil
}
