package veth

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"drydock/drop"
	"drydock/internal/packet"
	"drydock/internal/taps"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A forwarder is a dispatcher that takes frames from the sender's goroutine: see
// the package documentation.
type forwarder interface {
	ForwardFrame(pkt *stack.PacketBuffer)
}

// A forwarders is a forwarder that takes frames in a row as well.
type forwarders interface {
	ForwardFrames(pkts []*stack.PacketBuffer)
}

// An Endpoint is one end of a cable made by Pair. It implements
// stack.LinkEndpoint and stack.GSOEndpoint. Its methods are safe for concurrent
// use. The zero Endpoint is not usable.
type Endpoint struct {
	cable *cable
	index int // in cable.ends
	peer  *Endpoint
	clock tcpip.Clock

	mtu     atomic.Uint32
	anySize atomic.Bool // see TakeAnySize
	mac     atomic.Pointer[tcpip.LinkAddress]
	taps    taps.List[Tapped]

	drops  drop.Counters
	onDrop taps.List[Dropped]

	untoldMu sync.Mutex  // innermost; guards untold
	untold   []Dropped   // drops that onDrop is still to hear of
	tells    atomic.Bool // there are such

	forwarder atomic.Pointer[forwarder] // takes frames for e from their senders; nil: they go to queue
	impaired  atomic.Bool               // frames that e sends go through line
	cut       atomic.Bool               // and super-segments in pieces
	line      line
	stats     stats
	queue     queue // frames that await the dispatcher; last, for the caches
}

var (
	_ stack.LinkEndpoint = (*Endpoint)(nil)
	_ stack.GSOEndpoint  = (*Endpoint)(nil)
)

func newEndpoint(cfg *config, n int) *Endpoint {
	e := &Endpoint{clock: cfg.clocks[n], index: n}
	rng := rand.New(rand.NewPCG(cfg.seed, uint64(n)))
	e.mtu.Store(cfg.mtu)
	mac := cfg.macs[n]
	if drawn := randomMAC(rng); mac == "" { // drawn in any case: losses must not depend on WithMAC
		mac = drawn
	}
	e.line.init(e, rng.Uint64())
	e.mac.Store(&mac)
	e.queue.init(cfg.queue, e)
	e.queue.scheduler = cfg.schedulers[1-n] // of the sender
	e.queue.inline.enabled = cfg.inline && e.queue.scheduler == nil
	return e
}

// Peer returns the other end.
func (e *Endpoint) Peer() *Endpoint { return e.peer }

// WritePackets sends frames to the other end. It does not block. As on a real wire
// it is no error if they are lost on the way; it is one if the cable is closed.
func (e *Endpoint) WritePackets(pkts stack.PacketBufferList) (int, tcpip.Error) {
	return e.WriteFrames(pkts.AsSlice())
}

// WritePacket sends one frame as WritePackets does, without a list made for it.
func (e *Endpoint) WritePacket(pkt *stack.PacketBuffer) tcpip.Error {
	switch e.cable.state.Load() {
	case stateClosed:
		return &tcpip.ErrClosedForSend{}
	case stateDown, stateCut:
		e.dropSent(e.cable.loss(), pkt)
		return nil
	}
	size := pkt.Size()
	if size < header.EthernetMinimumSize {
		e.dropSent(drop.Malformed, pkt)
		return nil
	}
	if e.peer.refuses(pkt, size) {
		e.dropSent(drop.TooBig, pkt)
		return nil
	}
	e.show(Sent, pkt)
	e.queue.inline.speak()
	if e.impaired.Load() {
		e.stats.impaired.add(size)
		e.line.send(pkt)
		return nil
	}
	e.peer.show(Received, pkt)
	if f := e.peer.forwarder.Load(); f != nil && e.peer.queue.scheduler == nil {
		e.stats.forwarded.add(size)
		(*f).ForwardFrame(pkt)
		return nil
	}
	e.peer.queue.receive(pkt, size)
	return nil
}

// dropSent drops a frame that is not sent.
func (e *Endpoint) dropSent(r drop.Reason, pkt *stack.PacketBuffer) {
	e.stats.txDropped.Add(1)
	e.drop(r, pkt)
}

// refuses reports whether e as a receiver drops the frame for its size, as Linux's
// is_skb_forwardable has it.
func (e *Endpoint) refuses(pkt *stack.PacketBuffer, size int) bool {
	return size > int(e.mtu.Load())+header.EthernetMinimumSize && pkt.GSOOptions.Type == stack.GSONone && !e.anySize.Load()
}

// TakeAnySize has e receive frames that are larger than its MTU, which then bounds what it sends
// alone. So is the interface of a bridge: what the bridge takes for itself crosses no device.
func (e *Endpoint) TakeAnySize() { e.anySize.Store(true) }

// accept receives a frame that the other end's line carried. It takes pkt over.
func (e *Endpoint) accept(pkt *stack.PacketBuffer) {
	if e.cable.state.Load() != stateUp { // only just
		e.peer.line.lose(pkt)
		return
	}
	e.stats.late.add(pkt.Size())
	e.show(Received, pkt)
	if e.queue.scheduler == nil && e.forward(pkt) {
		pkt.DecRef()
		return
	}
	e.queue.put(pkt)
}

// forward gives a frame that is not its sender's any more to the forwarder, if there is one. It
// borrows pkt.
func (e *Endpoint) forward(pkt *stack.PacketBuffer) bool {
	f := e.forwarder.Load()
	if f != nil {
		packet.Ethernet(pkt)
		(*f).ForwardFrame(pkt)
	}
	return f != nil
}

// deliver hands a frame from the queue to the dispatcher. It borrows pkt.
func (e *Endpoint) deliver(d stack.NetworkDispatcher, pkt *stack.PacketBuffer) {
	if !pkt.RXChecksumValidated && !packet.Valid(pkt) {
		e.stats.rxErrors.Add(1)
		e.drop(drop.Checksum, pkt)
		return
	}
	switch dst := packet.Ethernet(pkt)[:header.EthernetAddressSize]; {
	case string(dst) == string(*e.mac.Load()):
		pkt.PktType = tcpip.PacketHost
	case string(dst) == string(header.EthernetBroadcastAddress):
		pkt.PktType = tcpip.PacketBroadcast
	case dst[0]&1 != 0: // the group bit
		pkt.PktType = tcpip.PacketMulticast
	default:
		pkt.PktType = tcpip.PacketOtherHost
	}
	if _, ok := d.(forwarder); ok { // of two bridges, or there would be no queue
		packet.SetCables(pkt, packet.Cables(pkt)+1)
	}
	d.DeliverNetworkPacket(pkt.NetworkProtocolNumber, pkt)
}

// MTU implements stack.LinkEndpoint.
func (e *Endpoint) MTU() uint32 { return e.mtu.Load() }

// SetMTU implements stack.LinkEndpoint. Like Linux it takes nothing outside
// [68, 65535]: the MTU remains what it was.
func (e *Endpoint) SetMTU(mtu uint32) {
	if mtu >= minMTU && mtu <= maxMTU {
		e.mtu.Store(mtu)
	}
}

// MaxHeaderLength implements stack.LinkEndpoint.
func (*Endpoint) MaxHeaderLength() uint16 { return header.EthernetMinimumSize }

// LinkAddress implements stack.LinkEndpoint.
func (e *Endpoint) LinkAddress() tcpip.LinkAddress { return *e.mac.Load() }

// SetLinkAddress implements stack.LinkEndpoint. It ignores what is no unicast
// Ethernet address.
func (e *Endpoint) SetLinkAddress(mac tcpip.LinkAddress) {
	if header.IsValidUnicastEthernetAddress(mac) {
		e.mac.Store(&mac)
	}
}

// Capabilities implements stack.LinkEndpoint.
func (*Endpoint) Capabilities() stack.LinkEndpointCapabilities {
	return stack.CapabilityRXChecksumOffload | stack.CapabilityTXChecksumOffload | stack.CapabilityResolutionRequired
}

// GSOMaxSize implements stack.GSOEndpoint.
func (*Endpoint) GSOMaxSize() uint32 { return gsoMaxSize }

// SupportedGSO implements stack.GSOEndpoint.
func (*Endpoint) SupportedGSO() stack.SupportedGSO { return stack.HostGSOSupported }

// ARPHardwareType implements stack.LinkEndpoint.
func (*Endpoint) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareEther }

// AddHeader implements stack.LinkEndpoint.
func (*Endpoint) AddHeader(pkt *stack.PacketBuffer) {
	packet.SetCables(pkt, 0) // it leaves a stack, which has its interface of arrival there
	header.Ethernet(pkt.LinkHeader().Push(header.EthernetMinimumSize)).Encode(&header.EthernetFields{
		SrcAddr: pkt.EgressRoute.LocalLinkAddress,
		DstAddr: pkt.EgressRoute.RemoteLinkAddress,
		Type:    pkt.NetworkProtocolNumber,
	})
}

// ParseHeader implements stack.LinkEndpoint.
func (*Endpoint) ParseHeader(pkt *stack.PacketBuffer) bool {
	_, ok := pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	return ok
}
