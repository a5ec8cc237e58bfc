package sim

import (
	"cmp"
	"slices"
	"syscall"

	"drydock/veth"
)

// A Qdisc is a queueing discipline through which an interface sends, as tc(8) shows it. They
// hang on each other: the first one is the root, and each further one the child of that
// before it.
type Qdisc struct {
	Kind   string // "netem", "tbf", "codel", "fq_codel", "pfifo" or "bfifo"
	Handle uint16 // the 1 of "1:"; 0 has SetQdiscs take the next one of the machine, from 0x8001 on
	Parent uint32 // the class that it hangs on, 0x10001 for "1:1"; 0: it is the root

	Netem veth.Impairment // of netem, without a Shaper
	Kept  veth.Impairment // of a netem that was changed, what veth.ChangeNetem says is kept; else zero
	TBF   veth.Shaper     // of tbf, without a Queue
	Queue veth.Discipline // of codel and fq_codel
	Limit int             // of pfifo in frames, of bfifo in bytes

	Stats veth.LineStats // of all of them together, since this one was added
}

// qdiscs are those that somebody set on an end of a cable.
type qdiscs struct {
	list []Qdisc
	base map[uint16]veth.LineStats // by handle, when each was added
}

// Qdiscs returns the queueing disciplines of an interface, the root first: those that
// SetQdiscs set or what the impairment of its cable amounts to. There is none where the kernel
// has noqueue, on a perfect cable and on lo. The error is an *Error that wraps syscall.ENODEV
// if there is no such interface.
func (ns *Netns) Qdiscs(dev string) (list []Qdisc, err error) {
	space, _, err := ns.open("qdiscs")
	if err != nil {
		return nil, err
	}
	end, err := space.end(dev)
	if err != nil {
		e := errorf("qdiscs", dev, ErrNotFound, "Cannot find device %q", dev)
		e.cause = err
		return nil, e
	}
	return space.qdiscsOf(end), nil
}

// SetQdiscs sets the queueing disciplines of an interface, and with them the impairment of what
// it sends; none make its cable perfect. They last until the interface goes or the direction
// is impaired otherwise. At most one netem, one tbf and one queue may hang on each other in
// this order, or with tbf before netem. Another root, by its handle, is a new one: what was in the
// old one is lost, as drop.Discarded, and the counters begin again. The error wraps syscall.EOPNOTSUPP for others and
// for lo, syscall.EINVAL for impossible values, syscall.ENODEV if there is no such interface,
// and syscall.EPERM in a container without NET_ADMIN.
func (ns *Netns) SetQdiscs(dev string, list []Qdisc) error {
	return ns.configure("set qdiscs", dev, func(space *namespace) error {
		end, err := space.end(dev)
		if err != nil {
			return err
		}
		i, ok := compose(list)
		switch {
		case !ok || end == nil:
			return syscall.EOPNOTSUPP
		case i.Validate() != nil:
			return syscall.EINVAL
		}
		if err := space.setQdiscs(end, list, i); err != nil {
			return err
		}
		space.watch.fault("%s %s by tc: sends %s", space.owner(), dev, cmp.Or(i.String(), "unimpaired"))
		return nil
	})
}

// end returns the end of the cable at an interface, nil for lo.
func (ns *namespace) end(dev string) (*veth.Endpoint, error) {
	index, err := indexOf(ns.stack, dev)
	if err != nil {
		if ns.port != nil {
			if ep := ns.port(dev); ep != nil {
				return ep.outside, nil
			}
		}
		return nil, err
	}
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if c, ok := ns.cables[index]; ok {
		return c.inside, nil
	}
	return nil, nil
}

func (ns *namespace) setQdiscs(end *veth.Endpoint, list []Qdisc, i veth.Impairment) error {
	list = ns.numbered(list)
	if anotherRoot(ns.qdiscsOf(end), list) {
		end.Purge() // which tells of drops: without a lock
	}
	ns.mu.Lock()
	defer ns.mu.Unlock()
	for other := range ns.qdiscs { // of interfaces that are gone
		if !other.IsAttached() {
			delete(ns.qdiscs, other)
		}
	}
	if ns.qdiscs == nil {
		ns.qdiscs = make(map[*veth.Endpoint]qdiscs)
	}
	old := ns.qdiscsLocked(end)
	next := qdiscs{list: list, base: make(map[uint16]veth.LineStats)}
	if anotherRoot(old.list, list) {
		old.base = nil
	}
	for _, q := range next.list {
		base, ok := old.base[q.Handle]
		if !ok {
			base = end.LineStats()
		}
		next.base[q.Handle] = base
	}
	ns.qdiscs[end] = next
	if err := end.Impair(i); err != nil {
		return syscall.EINVAL
	}
	return nil
}

// anotherRoot reports whether the root of a list goes with another list.
func anotherRoot(old, list []Qdisc) bool {
	return len(old) > 0 && (len(list) == 0 || old[0].Handle != list[0].Handle)
}

// numbered returns the list with a handle for each.
func (ns *namespace) numbered(list []Qdisc) []Qdisc {
	list = slices.Clone(list)
	for n := range list {
		for list[n].Handle == 0 {
			next := uint16(0x8000 | ns.watch.handles.Add(1)&0x7fff) // of which 0xffff is no handle of a qdisc
			taken := slices.ContainsFunc(list, func(q Qdisc) bool { return q.Handle == next })
			if next != 0xffff && next != 0x8000 && !taken {
				list[n].Handle = next
			}
		}
	}
	return list
}

// qdiscsOf returns those of an end; nil has none.
func (ns *namespace) qdiscsOf(end *veth.Endpoint) []Qdisc {
	if end == nil {
		return nil
	}
	ns.mu.Lock()
	set := ns.qdiscsLocked(end)
	ns.mu.Unlock()
	for n := range set.list {
		set.list[n].Stats = end.LineStats().Since(set.base[set.list[n].Handle])
	}
	return set.list
}

// qdiscsLocked returns those that were set, or what the impairment is if that was done otherwise.
// +checklocks:ns.mu
func (ns *namespace) qdiscsLocked(end *veth.Endpoint) qdiscs {
	set, now := ns.qdiscs[end], end.Impairment()
	if i, ok := compose(set.list); ok && i == now {
		return qdiscs{slices.Clone(set.list), set.base}
	}
	set = qdiscs{list: decompose(now), base: make(map[uint16]veth.LineStats)}
	for _, q := range set.list {
		set.base[q.Handle] = veth.LineStats{}
	}
	return set
}

// compose returns the impairment that qdiscs amount to. It is false if they cannot hang on
// each other.
func compose(list []Qdisc) (i veth.Impairment, ok bool) {
	var netem, tbf, leaf *Qdisc
	for n := range list {
		q := &list[n]
		switch {
		case leaf != nil:
			return i, false
		case q.Kind == "netem" && netem == nil:
			netem, i = q, join(q.Netem, i)
		case q.Kind == "tbf" && tbf == nil:
			tbf = q
			i.Shaper = q.TBF
		case q.Kind == "netem" || q.Kind == "tbf":
			return i, false
		default:
			leaf = q
		}
		if q.Kind == "netem" && tbf != nil {
			i.Shaper.Limit = 0 // netem is the queue in which frames wait for tokens
		}
	}
	if leaf != nil && tbf != nil { // else nothing ever waits in it
		i.Shaper.Limit, i.Shaper.Queue = 0, leaf.Queue
		switch leaf.Kind {
		case "pfifo":
			i.Queue = leaf.Limit
		case "bfifo":
			i.Shaper.Limit = leaf.Limit
		}
	}
	return i, true
}

func join(netem, shaped veth.Impairment) veth.Impairment {
	netem.Shaper = shaped.Shaper
	return netem
}

// decompose is the reverse of compose, with the handles that the kernel would give.
func decompose(i veth.Impairment) (list []Qdisc) {
	add := func(q Qdisc) {
		if q.Handle = 0x8001 + uint16(len(list)); len(list) > 0 {
			q.Parent = uint32(q.Handle-1)<<16 | 1
		}
		list = append(list, q)
	}
	shaper := i.Shaper
	if i.Shaper = (veth.Shaper{}); i != (veth.Impairment{}) {
		add(Qdisc{Kind: "netem", Netem: i})
	}
	if shaper == (veth.Shaper{}) {
		return list
	}
	queue := shaper.Queue
	shaper.Queue = nil
	add(Qdisc{Kind: "tbf", TBF: shaper})
	switch queue.(type) {
	case veth.CoDel:
		add(Qdisc{Kind: "codel", Queue: queue})
	case veth.FQCoDel:
		add(Qdisc{Kind: "fq_codel", Queue: queue})
	}
	return list
}

func rootKind(list []Qdisc) string {
	if len(list) == 0 {
		return ""
	}
	return list[0].Kind
}
