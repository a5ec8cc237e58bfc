package tcpdump

import (
	"context"
	"fmt"
	"sync"

	"drydock/sim"
	"drydock/sim/tools/command"
	"drydock/veth"
)

// A machine is what frames are seen on.
type machine interface {
	Interfaces() []sim.Interface
	Owner() string
}

// sniffer returns who shows the frames of a machine's namespace. The host is nil if Docker does not
// run there.
func sniffer(m command.Machine) (on *sim.Machine, host *sim.Host) {
	switch m := m.(type) {
	case *sim.Container:
		return m.Host().Machine, m.Host()
	case *sim.Host:
		return m.Machine, m
	case *sim.Machine:
		return m, nil
	}
	return nil, nil
}

// deviceLines describe the interfaces, as -D prints them.
func deviceLines(m command.Machine) (lines []string) {
	on, _ := m.(machine)
	if on == nil {
		return nil
	}
	var down, loop []string
	for _, i := range on.Interfaces() {
		state := "none"
		switch {
		case i.Loopback && i.Up:
			state = "Up, Running, Loopback"
		case i.Up && i.Running:
			state = "Up, Running, Connected"
		case i.Up:
			state = "Up, Disconnected"
		}
		switch line := fmt.Sprintf("%s [%s]", i.Name, state); {
		case i.Loopback:
			loop = append(loop, line)
		case i.Up && i.Running:
			lines = append(lines, line)
		default:
			down = append(down, line)
		}
	}
	lines = append(lines, "any (Pseudo-device that captures on all interfaces) [Up, Running]")
	return append(append(lines, loop...), down...)
}

// maxQueue is how many frames wait to be printed; Linux's buffer of 2 MiB has room for about as
// many of 1500 bytes. Others are dropped and counted.
const maxQueue = 1400

// A queue has the frames that were seen and not printed.
type queue struct {
	mu       sync.Mutex
	list     []packet // +checklocks:mu
	received int      // +checklocks:mu
	dropped  int      // +checklocks:mu
	more     chan struct{}
}

func (q *queue) add(pk packet) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.received++
	if len(q.list) >= maxQueue {
		q.dropped++
		return
	}
	q.list = append(q.list, pk)
	select {
	case q.more <- struct{}{}:
	default:
	}
}

func (q *queue) take() (list []packet) {
	q.mu.Lock()
	defer q.mu.Unlock()
	list, q.list = q.list, nil
	return list
}

// live captures until it is interrupted, or has as many as -c says.
func (r *run) live(ctx context.Context) int {
	c := r.c
	on, host := sniffer(c.Machine)
	if on == nil {
		return c.Fail(1, "tcpdump: no suitable device found\n")
	}
	space := c.Machine.(machine)
	owner, interfaces := space.Owner(), space.Interfaces()
	device, found := choose(interfaces, r.o.device)
	if !found {
		return c.Fail(1, "tcpdump: %s: No such device exists\n(No such device exists)\n", device)
	}
	r.any = device == "any"
	closer, err := r.open(ctx)
	if err != nil {
		return c.Fail(1, "%v\n", err)
	}
	defer closer.Close()
	bridge := !r.o.private && host != nil && owner == host.Name() && isBridge(host, device)
	q := &queue{more: make(chan struct{}, 1)}
	stop := on.Sniff(func(p sim.Place) bool { return r.wants(p, owner, device) }, func(f sim.Sniffed) { r.see(q, f, device, bridge, interfaces) })
	defer stop()
	r.banner(device)
	interrupted := c.Notify(command.SIGINT, command.SIGTERM)
	for {
		select {
		case <-ctx.Done():
			return command.Interrupted(ctx)
		case <-interrupted:
			stop()
			r.drain(q)
			c.Printf("\n")
			return r.tell(q)
		case <-q.more:
			if !r.drain(q) {
				return r.tell(q)
			}
		}
	}
}

// choose returns the interface that is meant.
func choose(list []sim.Interface, name string) (device string, found bool) {
	if name == "any" {
		return name, true
	}
	for _, i := range list {
		if name == i.Name || name == "" && i.Up && i.Running && !i.Loopback && i.Master == "" {
			return i.Name, true
		}
	}
	if name == "" {
		return "lo", true
	}
	return name, false
}

// wants tells where to look. A bridge in promiscuous mode shows what its ports receive and what
// the host sends.
func (r *run) wants(p sim.Place, owner, device string) bool {
	return p.Owner == owner && (device == "any" || p.Device == device || !r.o.private && p.Master == device)
}

// see takes a frame in, if it is wanted.
func (r *run) see(q *queue, f sim.Sniffed, device string, bridge bool, interfaces []sim.Interface) {
	out := f.Direction == veth.Sent
	if bridge && out == (f.Place.Master == device) { // what goes to a port has come from one, or from the host
		return
	}
	if r.o.direction == "in" && out || r.o.direction == "out" && !out || r.filter != nil && !r.filter.Match(f.Frame) {
		return
	}
	pk := packet{time: f.Time, frame: f.Frame, length: len(f.Frame), out: out}
	if device == "any" {
		way := "In "
		switch {
		case out:
			way = "Out"
		case len(f.Frame) > 0 && f.Frame[0] == 0xff:
			way = "B  "
		case len(f.Frame) > 0 && f.Frame[0]&1 != 0:
			way = "M  "
		}
		pk.place = fmt.Sprintf("%-5s %s ", f.Place.Device, way)
		for _, i := range interfaces {
			if i.Name == f.Place.Device {
				pk.index = i.Index
			}
		}
	}
	q.add(pk)
}

// isBridge reports whether an interface is that of a network.
func isBridge(h *sim.Host, device string) bool {
	for n := range h.Networks() {
		if n.Device() == device {
			return true
		}
	}
	return false
}

func (r *run) banner(device string) {
	if r.any {
		r.c.Errorf("tcpdump: data link type LINUX_SLL2\n")
	}
	if r.o.verbose == 0 && r.o.write == "" {
		r.c.Errorf("tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n")
	} else {
		r.c.Errorf("tcpdump: ")
	}
	kind := "EN10MB (Ethernet)"
	if r.any {
		kind = "LINUX_SLL2 (Linux cooked v2)"
	}
	r.c.Errorf("listening on %s, link-type %s, snapshot length %d bytes\n", device, kind, r.o.snap)
}

// drain prints what has come. It reports whether more is wanted.
func (r *run) drain(q *queue) bool {
	for _, pk := range q.take() {
		if more, err := r.take(pk); err != nil || !more {
			return false
		}
	}
	return true
}

// tell prints the counts.
func (r *run) tell(q *queue) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, line := range []struct {
		n    int
		what string
	}{{r.captured, "captured"}, {q.received, "received by filter"}, {q.dropped, "dropped by kernel"}} {
		s := "s"
		if line.n == 1 {
			s = ""
		}
		r.c.Errorf("%d packet%s %s\n", line.n, s, line.what)
	}
	return 0
}
