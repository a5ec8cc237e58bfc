// Package veth implements virtual Ethernet cables: pairs of link endpoints of
// which each delivers what is written to the other.
//
// An Endpoint is a gVisor stack.LinkEndpoint, so it can be the NIC of any
// netstack, a port of a bridge, or be wrapped by any other link endpoint
// (sniffer, qdisc). Frames are Ethernet II without FCS, carried as
// *stack.PacketBuffer. Like a Linux veth device an Endpoint announces
// segmentation and checksum offload: a frame may be a TCP super-segment of up to
// 64 KiB, which crosses the cable whole, and checksums are neither computed by the
// sender nor verified by the receiver.
//
// # Who delivers
//
// A frame for a stack waits in the queue of the end that the stack is attached to;
// one goroutine per such end, from Attach to Close, delivers what waits. So a
// sender never runs inside the stack of its receiver, but for WithInlineDelivery.
//
// A dispatcher with the method
//
//	ForwardFrame(pkt *stack.PacketBuffer)
//
// such as a bridge's port has no stack behind it that could call back. It is given
// each frame by the goroutine of the sender, without a queue, before WritePackets
// returns. It must not block and must not keep or change pkt. Frames that were written in one
// list go there together, if it also has
//
//	ForwardFrames(pkts []*stack.PacketBuffer)
//
// If both ends of a cable have such dispatchers the frames are queued after all, so that a
// loop of bridges is a broadcast storm in bounded queues, not a recursion. Frames know how
// many such cables they have crossed, by which a bridge ends the storm.
//
// WithSchedulers makes a cable without goroutines: what arrives is delivered when and in the
// order that its schedulers say.
//
// # Ownership
//
// WritePackets owns nothing: the receiver gets a packet of its own, which shares
// the bytes of the sender's unless they are few. They must not be written to any
// more; who must rewrite a frame (NAT) copies its headers first.
//
// # Time and randomness
//
// Ends keep time with the clock they are given and draw from seeded generators, one per
// direction and kind of impairment. The number of a wire frame is its place in each of them,
// so that changing a delay does not change which frames are lost.
//
// # Netem
//
// An Impairment does what Linux's sch_netem, sch_tbf, sch_codel and sch_fq_codel do, but:
//
//   - Frames of a real wire are lost, doubled, damaged and counted, while Linux does that to
//     super-segments whole. A frame may be damaged anywhere, not in its first piece of memory.
//   - Correlated jitter is correlated. In netem the low bits of a random number decide, in
//     which nothing of the correlation is left.
//   - A FourState and a GilbertElliott go on where they are when something else is changed;
//     netem begins anew with each change.
//   - What Reorder sends ahead passes a Shaper like all frames. In netem it passes a child
//     qdisc by.
//   - The control law of CoDel is computed exactly, not with Newton's step in 16 bits.
//   - FQCoDel counts the bytes of frames, not those of socket buffers, against MemoryLimit.
//   - Nobody but the receiver of a frame drops it for a wrong checksum. The fragments of a
//     datagram have none of their own, and here nobody looks at that of the datagram.
package veth

import (
	"encoding/binary"
	"math/rand/v2"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

const (
	// DefaultMTU is the largest payload of a frame in bytes, without the 14 bytes
	// of Ethernet header.
	DefaultMTU = 1500

	// DefaultQueue is how many frames await the receiver per direction, apart from
	// those that it took and is being given: Linux's net.core.netdev_max_backlog.
	// What comes on top is dropped and counted.
	DefaultQueue = 1000

	minMTU = 68    // ETH_MIN_MTU, which Linux enforces for veth
	maxMTU = 65535 // ETH_MAX_MTU

	// gsoMaxSize is Linux's default gso_max_size of a veth device.
	gsoMaxSize = 65536
)

// Pair returns the two ends of a new cable. Both have carrier at once; frames for
// an end without dispatcher are dropped. Closing either end closes both.
func Pair(opts ...Option) (a, b *Endpoint, err error) {
	std := tcpip.NewStdClock()
	cfg := config{mtu: DefaultMTU, queue: DefaultQueue, clocks: [2]tcpip.Clock{std, std}, seed: rand.Uint64()}
	for _, opt := range opts {
		if err := opt(&cfg); err != nil {
			return nil, nil, err
		}
	}
	a, b = newEndpoint(&cfg, 0), newEndpoint(&cfg, 1)
	c := &cable{ends: [2]*Endpoint{a, b}}
	a.cable, b.cable = c, c
	a.peer, b.peer = b, a
	for _, e := range c.ends {
		if err := e.Impair(cfg.impairment); err != nil {
			return nil, nil, err
		}
	}
	return a, b, nil
}

// An Option sets a property of a new cable. An invalid one makes Pair fail with an
// *Error.
type Option func(*config) error

type config struct {
	mtu        uint32
	queue      int
	macs       [2]tcpip.LinkAddress
	clocks     [2]tcpip.Clock
	schedulers [2]Scheduler
	seed       uint64
	impairment Impairment
	inline     bool
}

// WithMTU sets the MTU of both ends in bytes: 68 to 65535, by default 1500.
func WithMTU(mtu int) Option {
	return func(c *config) error {
		if mtu < minMTU || mtu > maxMTU {
			return &Error{Field: "MTU", Value: mtu, Err: ErrMTU}
		}
		c.mtu = uint32(mtu)
		return nil
	}
}

// WithMAC sets the addresses of the two ends, both unicast. By default they are drawn
// from the seed, and locally administered.
func WithMAC(a, b tcpip.LinkAddress) Option {
	return func(c *config) error {
		for i, mac := range []tcpip.LinkAddress{a, b} {
			if !header.IsValidUnicastEthernetAddress(mac) {
				return &Error{Field: "MAC", Value: mac, Err: ErrMAC}
			}
			c.macs[i] = mac
		}
		return nil
	}
}

// WithQueue sets how many frames may await each receiver, by default 1000.
func WithQueue(frames int) Option {
	return func(c *config) error {
		if frames < 1 {
			return &Error{Field: "Queue", Value: frames, Err: ErrQueue}
		}
		c.queue = frames
		return nil
	}
}

// WithClock sets what delays and rates are measured with, by default the time
// package, which is virtual in a testing/synctest bubble. The clock is called with
// locks held, so it must not call back but from timers.
func WithClock(clock tcpip.Clock) Option {
	return func(c *config) error {
		c.clocks = [2]tcpip.Clock{clock, clock}
		return nil
	}
}

// A Scheduler runs what follows from what one end of a cable sends: the delivery of frames,
// and the timers of their impairment. Its methods are called with locks held, so they must
// not call back.
type Scheduler interface {
	tcpip.Clock

	// Post has fn run once, after it has returned, and after what was posted before.
	Post(fn func())
}

// WithSchedulers has a and b run what follows from what the first and the second end send,
// in place of goroutines and a clock of the cable's own. Nil leaves an end as it is.
func WithSchedulers(a, b Scheduler) Option {
	return func(c *config) error {
		for i, s := range []Scheduler{a, b} {
			if s != nil {
				c.schedulers[i], c.clocks[i] = s, s
			}
		}
		return nil
	}
}

// WithInlineDelivery has frames that answer others delivered in the goroutine of their sender,
// before WritePackets returns: those of TCP, UDP and echo of up to 118 bytes, for an end that has
// sent since the last one and whose queue is empty. A ping takes half the time. Both ends must be
// NICs of gVisor's stacks, or ports of bridges: a dispatcher must not take a lock for such a frame
// that is held when one is sent.
func WithInlineDelivery() Option {
	return func(c *config) error {
		c.inline = true
		return nil
	}
}

// WithSeed makes MACs and losses repeatable. Without it they are different for
// each cable.
func WithSeed(seed uint64) Option {
	return func(c *config) error {
		c.seed = seed
		return nil
	}
}

// WithImpairment impairs both directions from the start, as Endpoint.Impair does.
func WithImpairment(i Impairment) Option {
	return func(c *config) error {
		if err := i.Validate(); err != nil {
			return err
		}
		c.impairment = i
		return nil
	}
}

// randomMAC draws the kind of address that Linux gives to a new veth device.
func randomMAC(rng *rand.Rand) tcpip.LinkAddress {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], rng.Uint64())
	b[0] = b[0]&^1 | 2
	return tcpip.LinkAddress(b[:header.EthernetAddressSize])
}
