package veth

import (
	"encoding/binary"
	"math/rand/v2"
	"sync/atomic"

	"drydock/internal/frame"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A forwarder is a dispatcher that takes frames from the sender's goroutine: see
// the package documentation.
type forwarder interface {
	ForwardFrame(pkt *stack.PacketBuffer)
}

// An Endpoint is one end of a cable made by Pair. It implements
// stack.LinkEndpoint and stack.GSOEndpoint. Its methods are safe for concurrent
// use.
type Endpoint struct {
	cable *cable
	index int // in cable.ends
	peer  *Endpoint

	mtu  atomic.Uint32
	mac  atomic.Uint64 // in the lower 48 bits
	taps taps

	forward atomic.Pointer[forwarder] // what ForwardFrame is called on, if frames are not queued
	queue   queue                     // frames that await the dispatcher

	impaired atomic.Bool // frames that e sends go through line
	line     line

	clock tcpip.Clock

	stats stats
}

var (
	_ stack.LinkEndpoint = (*Endpoint)(nil)
	_ stack.GSOEndpoint  = (*Endpoint)(nil)
)

func newEndpoint(cfg *config, n int) *Endpoint {
	e := &Endpoint{clock: cfg.clock, index: n}
	e.line.from = e
	e.line.rng = rand.New(rand.NewPCG(cfg.seed, uint64(n)))
	e.mtu.Store(cfg.mtu)
	mac := cfg.macs[n]
	if drawn := randomMAC(e.line.rng); mac == "" { // drawn in any case: losses must not depend on WithMAC
		mac = drawn
	}
	e.SetLinkAddress(mac)
	e.queue.init(cfg.queue)
	return e
}

// Peer returns the other end.
func (e *Endpoint) Peer() *Endpoint { return e.peer }

// WritePackets sends frames to the other end. It does not block. As on a real wire
// it is no error if they are lost on the way; it is one if the cable is closed.
func (e *Endpoint) WritePackets(pkts stack.PacketBufferList) (int, tcpip.Error) {
	for i, pkt := range pkts.AsSlice() {
		if err := e.WritePacket(pkt); err != nil {
			return i, err
		}
	}
	return pkts.Len(), nil
}

// WritePacket sends one frame as WritePackets does, without a list made for it.
func (e *Endpoint) WritePacket(pkt *stack.PacketBuffer) tcpip.Error {
	switch e.cable.state.Load() {
	case stateClosed:
		return &tcpip.ErrClosedForSend{}
	case stateDown:
		e.stats.txDropped.Add(1)
		return nil
	}
	size := pkt.Size()
	if size < header.EthernetMinimumSize || oversize(pkt, size, e.peer.mtu.Load()) {
		e.stats.txDropped.Add(1)
		return nil
	}
	e.taps.see(e, Sent, pkt)
	if e.impaired.Load() {
		e.stats.impaired.add(size)
		e.line.send(pkt)
		return nil
	}
	e.stats.direct.add(size)
	e.peer.receive(pkt, size)
	return nil
}

// oversize reports whether a receiver with that MTU drops the frame, as Linux's
// is_skb_forwardable has it.
func oversize(pkt *stack.PacketBuffer, size int, mtu uint32) bool {
	return size > int(mtu)+header.EthernetMinimumSize && pkt.GSOOptions.Type == stack.GSONone
}

// receive passes a frame that arrived at e to the dispatcher or its queue. It
// borrows pkt.
func (e *Endpoint) receive(pkt *stack.PacketBuffer, size int) {
	e.taps.see(e, Received, pkt)
	if f := e.forwarder(); f != nil {
		f.ForwardFrame(pkt)
		return
	}
	if in := frame.Inbound(pkt); in == nil || !e.queue.put(in) {
		e.stats.rxDropped.add(size)
	}
}

// accept is receive for a frame that took time to arrive. It takes pkt over.
func (e *Endpoint) accept(pkt *stack.PacketBuffer) {
	size := pkt.Size()
	e.stats.late.add(size)
	e.taps.see(e, Received, pkt)
	if f := e.forwarder(); f != nil {
		f.ForwardFrame(pkt)
		pkt.DecRef()
		return
	}
	if !e.queue.put(pkt) {
		e.stats.rxDropped.add(size)
	}
}

// forwarder returns what takes frames from the sender's goroutine; nil if they
// are queued.
func (e *Endpoint) forwarder() forwarder {
	f := e.forward.Load()
	if f == nil || e.peer.forward.Load() != nil {
		return nil
	}
	return *f
}

// Attach implements stack.LinkEndpoint. A dispatcher of a stack gets a goroutine
// that delivers to it, until Attach(nil) or Close.
func (e *Endpoint) Attach(d stack.NetworkDispatcher) {
	e.forward.Store(nil)
	if d == nil {
		e.queue.attach(nil)
		return
	}
	e.queue.attach(func(pkt *stack.PacketBuffer) { e.deliver(d, pkt) })
	if f, ok := d.(forwarder); ok {
		e.forward.Store(&f)
	}
}

// deliver hands a queued frame to the dispatcher.
func (e *Endpoint) deliver(d stack.NetworkDispatcher, pkt *stack.PacketBuffer) {
	if !pkt.RXChecksumValidated && !frame.Valid(pkt) {
		e.stats.rxErrors.Add(1)
		return
	}
	dst := pkt.LinkHeader().Slice()[:header.EthernetAddressSize]
	switch mac := macUint(dst); {
	case mac == e.mac.Load():
		pkt.PktType = tcpip.PacketHost
	case mac == 1<<48-1:
		pkt.PktType = tcpip.PacketBroadcast
	case dst[0]&1 != 0:
		pkt.PktType = tcpip.PacketMulticast
	default:
		pkt.PktType = tcpip.PacketOtherHost
	}
	d.DeliverNetworkPacket(pkt.NetworkProtocolNumber, pkt)
}

// IsAttached implements stack.LinkEndpoint.
func (e *Endpoint) IsAttached() bool { return e.queue.attached() }

// MTU implements stack.LinkEndpoint.
func (e *Endpoint) MTU() uint32 { return e.mtu.Load() }

// SetMTU implements stack.LinkEndpoint. Like Linux it ignores what is outside
// [68, 65535].
func (e *Endpoint) SetMTU(mtu uint32) {
	if mtu >= minMTU && mtu <= maxMTU {
		e.mtu.Store(mtu)
	}
}

// MaxHeaderLength implements stack.LinkEndpoint.
func (*Endpoint) MaxHeaderLength() uint16 { return header.EthernetMinimumSize }

// LinkAddress implements stack.LinkEndpoint.
func (e *Endpoint) LinkAddress() tcpip.LinkAddress {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], e.mac.Load())
	return tcpip.LinkAddress(b[2:])
}

// SetLinkAddress implements stack.LinkEndpoint. It ignores what is no unicast
// Ethernet address.
func (e *Endpoint) SetLinkAddress(mac tcpip.LinkAddress) {
	if header.IsValidUnicastEthernetAddress(mac) {
		e.mac.Store(macUint([]byte(mac)))
	}
}

func macUint(b []byte) uint64 {
	return uint64(binary.BigEndian.Uint16(b))<<32 | uint64(binary.BigEndian.Uint32(b[2:]))
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
