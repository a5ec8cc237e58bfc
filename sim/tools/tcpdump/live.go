package tcpdump

import (
	"context"
	"fmt"
	"sync/atomic"

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
	case *sim.Host:
		return m.Machine, m
	case *sim.Machine:
		return m, nil
	case interface{ Host() *sim.Host }: // a container, or who is in its network
		return m.Host().Machine, m.Host()
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

// A queue has the frames that were seen and not printed. Who carries frames never waits for it.
type queue struct {
	packets           chan packet
	received, dropped atomic.Int64
}

func (q *queue) add(pk packet) {
	q.received.Add(1)
	select {
	case q.packets <- pk:
	default:
		q.dropped.Add(1)
	}
}

// live captures at an interface.
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
	if bridge && callsIPTables(host) {
		r.whole = new(defragmenter)
	}
	q := &queue{packets: make(chan packet, maxQueue)}
	stop := on.Sniff(func(p sim.Place) bool { return r.wants(p, owner, device) }, func(f sim.Sniffed) { r.see(q, f, device, bridge, interfaces) })
	defer stop()
	r.banner(device)
	return r.follow(ctx, q, stop)
}

// follow takes what is seen until it is interrupted, or has as many as -c says.
func (r *run) follow(ctx context.Context, q *queue, stop func()) int {
	interrupted := r.c.Notify(command.SIGINT, command.SIGTERM)
	for more := true; more; {
		packets := q.packets
		if len(interrupted) > 0 { // before what waits
			packets = nil
		}
		select {
		case <-ctx.Done():
			return command.Interrupted(ctx)
		case <-interrupted:
			stop()
			r.rest(ctx, q)
			r.c.Printf("\n")
			more = false
		case pk := <-packets:
			more = r.take(pk)
		}
	}
	return r.tell(q)
}

// rest takes what was seen before the end, and asks nobody for names.
func (r *run) rest(ctx context.Context, q *queue) {
	if r.printer != nil {
		over, cancel := context.WithCancel(ctx)
		cancel()
		r.printer.ctx = over
	}
	for len(q.packets) > 0 && r.take(<-q.packets) {
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
	if r.whole != nil && !out {
		whole, ok := r.whole.take(f.Frame, f.Time)
		if !ok {
			return
		}
		f.Frame = whole
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

// callsIPTables reports whether rules of IPv4 see what a bridge bridges.
func callsIPTables(h *sim.Host) bool {
	v, err := h.Sysctl("net.bridge.bridge-nf-call-iptables")
	return err == nil && v != "0"
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

// tell prints the counts.
func (r *run) tell(q *queue) int {
	for _, line := range []struct {
		n    int64
		what string
	}{{int64(r.captured), "captured"}, {q.received.Load(), "received by filter"}, {q.dropped.Load(), "dropped by kernel"}} {
		s := "s"
		if line.n == 1 {
			s = ""
		}
		r.c.Errorf("%d packet%s %s\n", line.n, s, line.what)
	}
	return 0
}
