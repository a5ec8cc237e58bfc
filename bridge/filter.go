package bridge

import (
	"slices"

	"drydock/drop"
	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A Filter decides about the IPv4 and IPv6 frames that a bridge carries from one
// port to another, as iptables does on Linux with br_netfilter
// (net.bridge.bridge-nf-call-iptables=1). It does not see what enters or leaves by
// the local port, which is the host's INPUT and OUTPUT, nor other protocols such
// as ARP, nor frames with a VLAN tag. The interface names no type of this package,
// so that a package of filters need not import it.
type Filter interface {
	// FilterBridged decides about pkt, which is about to go from port in to port
	// out of a bridge; all three are names. It returns
	//
	//	pkt itself    to let it pass,
	//	nil           to drop it, which the bridge counts as drop.Filter,
	//	another packet to send that out of port out instead.
	//
	// The bridge releases the other packet, whose link header must be parsed or
	// pushed. FilterBridged is called once for each port that a flooded frame leaves
	// by.
	//
	// pkt is borrowed: others share its bytes, so who must rewrite or keep it makes
	// a packet of its own. The link header is at its front; the headers behind it
	// may be parsed, pushed or neither. It may be a TCP super-segment
	// (pkt.GSOOptions), and its checksums may be offloaded.
	//
	// FilterBridged is called by the goroutines that deliver frames, several at
	// once. No lock is held, so it may call back into the bridge and write to
	// endpoints, to answer a frame it rejects.
	FilterBridged(bridge, in, out string, pkt *stack.PacketBuffer) *stack.PacketBuffer
}

// A FilterFunc is a function that is a Filter.
type FilterFunc func(bridge, in, out string, pkt *stack.PacketBuffer) *stack.PacketBuffer

// FilterBridged implements Filter.
func (f FilterFunc) FilterBridged(bridge, in, out string, pkt *stack.PacketBuffer) *stack.PacketBuffer {
	return f(bridge, in, out, pkt)
}

// PassUp makes the host receive an IP frame that a Filter keeps the bridge from carrying,
// since its destination was translated to that of another network: it goes to the local
// port with the bridge's own address in it, as Linux's br_pass_frame_up does, and from there
// is the host's to route. It borrows pkt and does not change it. A bridge without a local
// port loses the frame, and so does a partition between that and its station.
func (b *Bridge) PassUp(pkt *stack.PacketBuffer) {
	for p := range b.present() {
		if !p.local {
			continue
		}
		if in := b.sender(pkt); in != nil && b.apart(in, p) {
			in.drop(drop.Partitioned, pkt)
			return
		}
		up, own := packet.Inbound(pkt), p.own.mac()
		copy(packet.Ethernet(up), own[:])
		p.write(up, up.Size())
		up.DecRef()
		return
	}
}

// sender returns the port by which a frame came that is being filtered, nil if a partition need
// not be asked about it.
func (b *Bridge) sender(pkt *stack.PacketBuffer) *Port {
	eth := ethernetHeader(pkt)
	if eth == nil || b.walls.Load() == nil {
		return nil
	}
	return b.fdb.lookup(srcAddr(eth), b.clock.coarse())
}

// SetFilter makes f see the frames that are forwarded from now on, instead of the
// filter set before. With nil all pass, at no cost.
func (b *Bridge) SetFilter(f Filter) {
	if f == nil {
		b.filter.Store(nil)
		return
	}
	b.filter.Store(&f)
}

// Walls are the partitions that hold. They do not change.
type walls []*wall

type wall struct{ apart func(in, out *Port) bool }

// Partition keeps frames from port in away from port out wherever apart is true, until heal is
// called: unicast and flooded ones, of all protocols, and those for the local port and from it.
// They are counted as drop.Partitioned at the port by which they entered, a flooded one for each
// port that it does not leave by, and do not pass the Filter. Several partitions hold at once;
// what one of them keeps apart is apart.
//
// The cut is inside the bridge. Frames that have not reached it are lost, those that have passed
// it arrive. The bridge goes on learning where stations are.
//
// apart is called for each frame and port that it may leave by, from the goroutines that deliver,
// and for ports that are added later, too. It must be quick and always say the same. WithOwner
// tells it what a port leads to. While there is no partition frames cost nothing more.
func (b *Bridge) Partition(apart func(in, out *Port) bool) (heal func()) {
	w := &wall{apart}
	b.setWalls(func(list walls) walls { return append(list, w) })
	return func() {
		b.setWalls(func(list walls) walls { return slices.DeleteFunc(list, func(o *wall) bool { return o == w }) })
	}
}

// setWalls exchanges the walls for what edit makes of a copy.
func (b *Bridge) setWalls(edit func(walls) walls) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list walls
	if old := b.walls.Load(); old != nil {
		list = slices.Clone(*old)
	}
	if list = edit(list); len(list) == 0 {
		b.walls.Store(nil)
		return
	}
	b.walls.Store(&list)
}

// apart reports whether a partition keeps frames from in away from out.
func (b *Bridge) apart(in, out *Port) bool {
	w := b.walls.Load()
	return w != nil && w.divide(in, out)
}

// Apart reports whether a partition keeps frames that enter by one port from leaving by another.
func (b *Bridge) Apart(in, out *Port) bool { return b.apart(in, out) }

// divide is not inlined, so that apart is.
//
//go:noinline
func (w *walls) divide(in, out *Port) bool {
	return slices.ContainsFunc(*w, func(w *wall) bool { return w.apart(in, out) })
}
