// Package bridge implements an Ethernet learning bridge.
//
// A Bridge has ports, each made of a stack.LinkEndpoint: one end of a virtual
// cable, gVisor's fdbased (a tap device), sharedmem, a sniffer around one of them.
// It learns from source addresses which port leads to which station, sends frames
// for known stations out of that port alone and floods the others: unknown
// unicast, multicast and broadcast. It forgets a station that was silent for the
// ageing time and follows one that moves to another port. It behaves like a Linux
// bridge without VLANs, spanning tree and multicast snooping; the caller should not
// build a loop, in which a frame that has crossed 32 cables of package veth between bridges
// is dropped. Unlike Linux, which lets 01:80:c2:00:00:00 pass if it runs no
// spanning tree, it forwards none of the addresses 01:80:c2:00:00:00 to :0f, and a
// static station does not move when its address is seen elsewhere.
//
// # Who forwards
//
// A Bridge owns no goroutine: a frame is forwarded by the goroutine that delivers
// it, which keeps the order of each sender and adds no delay. The dispatcher that
// a bridge attaches to the endpoints of its ports has, besides
// DeliverNetworkPacket, the methods
//
//	ForwardFrame(pkt *stack.PacketBuffer)
//	ForwardFrames(pkts []*stack.PacketBuffer)
//
// for endpoints that can do without a queue of their own before a bridge; the second is for
// frames in a row. All borrow the packets: they neither change nor keep them, and block
// only if the endpoint by which they leave does. No lock is held while a frame leaves. While
// frames flow a timer of 10 ms fires, which makes the bridge look at the clock.
//
// # The local port
//
// On Linux a bridge is itself an interface of the host, docker0. Here that is a
// port with the option Local, whose endpoint leads to the stack of the host: one
// end of a cable whose other end is the stack's NIC. It gets the frames for its
// own address and group frames, not those that are flooded because nobody knows
// their destination, and what enters or leaves by it does not pass the Filter.
package bridge

import (
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

const (
	// DefaultAging is how long a silent station is remembered: 300 s, as IEEE
	// 802.1Q recommends and Linux has it.
	DefaultAging = 300 * time.Second

	// DefaultTableSize is how many learned stations are remembered at once. One
	// more makes that go which was silent for longest.
	DefaultTableSize = 4096
)

// A Bridge is an Ethernet switch. New makes one; the zero Bridge is not usable.
// Its methods are safe for concurrent use, also while frames flow.
type Bridge struct {
	name   string
	clock  clock
	fdb    table
	ports  atomic.Pointer[[]*Port] // in the order of adding; what a reader sees of it does not change; some have gone
	filter atomic.Pointer[Filter]
	walls  atomic.Pointer[walls] // nil: no partition
	onDrop func(Dropped)         // nil: nobody asks

	mu     sync.Mutex // guards changes of ports and what follows; taken before fdb.mu
	byName map[string]*Port
	gone   int // ports in ports that were removed
	closed bool
}

// New returns a bridge without ports. The error is an *Error.
func New(name string, opts ...Option) (*Bridge, error) {
	cfg := config{aging: DefaultAging, tableSize: DefaultTableSize}
	for _, opt := range opts {
		if err := opt(&cfg); err != nil {
			return nil, &Error{Op: "new", Bridge: name, Err: err}
		}
	}
	if cfg.clock == nil {
		cfg.clock = tcpip.NewStdClock()
	}
	b := &Bridge{name: name, onDrop: cfg.onDrop, byName: make(map[string]*Port)}
	b.clock.init(cfg.clock)
	b.ports.Store(new([]*Port))
	b.fdb.init(cfg.aging, cfg.tableSize)
	return b, nil
}

// Name returns the name that New was given.
func (b *Bridge) Name() string { return b.name }

// Ports returns the ports in the order in which they were added.
func (b *Bridge) Ports() []*Port {
	list := make([]*Port, 0, len(*b.ports.Load()))
	for p := range b.present() {
		list = append(list, p)
	}
	return list
}

// present yields the ports that have not been removed.
func (b *Bridge) present() iter.Seq[*Port] {
	return func(yield func(*Port) bool) {
		for _, p := range *b.ports.Load() {
			if p.attached.Load() && !yield(p) {
				return
			}
		}
	}
}

// AddPort attaches ep and forwards between it and the other ports. The name must
// be unique on the bridge. The error is an *Error.
//
// The endpoint must be an Ethernet one: its ARPHardwareType is ARPHardwareEther,
// it delivers frames with their link header parsed, and AddHeader gives a packet
// one. It stays the caller's, who closes it. Its MTU is asked for with each frame,
// its other properties once.
//
// An endpoint that has the method
//
//	WritePacket(pkt *stack.PacketBuffer) tcpip.Error
//
// gets the frames as they are, one by one. It must not change or keep pkt, whose
// bytes other ports share, and must take super-segments and frames whose checksums
// were offloaded. If it has
//
//	WriteFrames(pkts []*stack.PacketBuffer) (int, tcpip.Error)
//
// as well, frames in a row get there together; what is not taken is dropped.
//
// All other endpoints get packets of their own by WritePackets,
// with the room for headers that they ask for, super-segments cut and checksums
// completed unless they say that they do that themselves.
func (b *Bridge) AddPort(name string, ep stack.LinkEndpoint, opts ...PortOption) (*Port, error) {
	p, err := newPort(b, name, ep, opts)
	if err == nil {
		err = b.connect(p)
	}
	if err != nil {
		return nil, &Error{Op: "add port", Bridge: b.name, Port: name, Err: err}
	}
	ep.Attach((*dispatcher)(p))
	close(p.ready)
	return p, nil
}

// connect makes p a port, unless something is in its way.
func (b *Bridge) connect(p *Port) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	ports := *b.ports.Load()
	switch {
	case b.closed:
		return ErrClosed
	case b.byName[p.name] != nil:
		return ErrExists
	case p.local && slices.ContainsFunc(b.Ports(), (*Port).Local):
		return ErrLocalExists
	}
	p.attached.Store(true)
	if err := b.fdb.pin(p); err != nil {
		return err
	}
	b.byName[p.name] = p
	ports = append(ports, p) // who has the slice from before does not see it
	b.ports.Store(&ports)
	return nil
}

// RemovePort detaches the endpoint of a port (calling Attach with nil), forgets
// its stations, static ones included, and forgets the port. It does not close the
// endpoint. Frames that are being forwarded at this moment may still be written to
// it after RemovePort returned. An AddPort of that port that still runs is waited
// for. The error is an *Error.
func (b *Bridge) RemovePort(name string) error {
	b.mu.Lock()
	p := b.byName[name]
	if p == nil {
		b.mu.Unlock()
		return &Error{Op: "remove port", Bridge: b.name, Port: name, Err: ErrNotFound}
	}
	b.disconnectLocked(p)
	b.mu.Unlock()
	p.detach()
	return nil
}

func (b *Bridge) disconnectLocked(p *Port) {
	delete(b.byName, p.name)
	p.attached.Store(false)
	if b.gone++; 2*b.gone >= len(*b.ports.Load()) { // seldom: a copy for each of many is slow
		ports := b.Ports()
		b.ports.Store(&ports)
		b.gone = 0
	}
	b.fdb.forget(p)
}

// Close removes all ports, as RemovePort does; none can be added afterwards.
// Further calls do nothing.
func (b *Bridge) Close() {
	b.mu.Lock()
	b.closed = true
	ports := slices.Collect(maps.Values(b.byName))
	for _, p := range ports {
		b.disconnectLocked(p)
	}
	b.mu.Unlock()
	for _, p := range ports {
		p.detach()
	}
}

// Lookup returns the port by which frames for mac leave. It is false if the
// station is unknown or was silent for too long.
func (b *Bridge) Lookup(mac MAC) (*Port, bool) {
	p := b.fdb.lookup(mac.addr(), b.clock.now())
	return p, p != nil
}

// Entries returns the forwarding table ordered by address: a snapshot, made when
// the iteration begins.
func (b *Bridge) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for _, e := range b.fdb.snapshot(b.clock.now()) {
			if !yield(e) {
				return
			}
		}
	}
}

// Flush forgets all learned stations.
func (b *Bridge) Flush() { b.fdb.flush() }
