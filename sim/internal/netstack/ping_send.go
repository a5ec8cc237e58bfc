package netstack

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"syscall"

	"drydock/sim/ping"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/ports"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

const (
	echoHeader = 8 // of an echo request and its reply, IPv4 and IPv6

	// timestampSize is what ping needs of the data to note when it was sent.
	timestampSize = 16

	// identTries is how often open draws an identifier before it gives up: with
	// so many only a stack that runs tens of thousands of pings does.
	identTries = 1000
)

// open finds out whether there is a way to the destination and makes p known to
// the stack.
func (p *pinger) open() error {
	p.stack.gate.enter()
	defer p.stack.gate.leave()
	route, err := p.route()
	if err != nil {
		return err
	}
	defer route.Release()
	broadcast := route.IsOutboundBroadcast()
	if broadcast && !p.cfg.Broadcast {
		return syscall.EACCES
	}
	if p.cfg.PathMTU == ping.PathMTUWant && (broadcast || p.addr.IsMulticast()) {
		p.cfg.PathMTU = ping.PathMTUDo // iputils does not fragment these
	}
	rng := p.stack.stack.SecureRNG()
	for range identTries {
		p.ident = rng.Uint16()
		if err = p.bind(route.LocalAddress()); err == nil {
			p.raw = &rawPinger{p}
			return sysErr(p.stack.stack.RegisterRawTransportEndpoint(p.network, p.transport, p.raw))
		}
	}
	return err
}

func (p *pinger) route() (*stack.Route, error) {
	r, err := p.stack.stack.FindRoute(p.nic, tcpip.Address{}, p.dst, p.network, false)
	return r, sysErr(p.stack.noWay(err, p.dst))
}

// ids returns where the stack looks for the receiver of replies to local, and of
// errors that quote requests from local. A broadcast that comes back to its sender
// matches neither.
func (p *pinger) ids(local tcpip.Address) [2]stack.TransportEndpointID {
	return [2]stack.TransportEndpointID{
		{LocalPort: p.ident, LocalAddress: local},
		{LocalAddress: local, RemotePort: p.ident, RemoteAddress: p.dst},
	}
}

// bind makes local the source of the requests. It fails if another ping has the
// identifier. The gate is open.
func (p *pinger) bind(local tcpip.Address) error {
	if p.ident == 0 {
		return syscall.EADDRINUSE // the id of errors needs another number
	}
	p.unbind()
	for i, id := range p.ids(local) {
		err := p.stack.stack.RegisterTransportEndpoint(
			[]tcpip.NetworkProtocolNumber{p.network}, p.transport, id, p, ports.Flags{}, 0)
		if err == nil {
			continue
		}
		if i > 0 {
			p.unregister(p.ids(local)[0])
		}
		return syscall.EADDRINUSE
	}
	p.local = local
	return nil
}

func (p *pinger) unbind() {
	if p.local == (tcpip.Address{}) {
		return
	}
	for _, id := range p.ids(p.local) {
		p.unregister(id)
	}
	p.local = tcpip.Address{}
}

func (p *pinger) unregister(id stack.TransportEndpointID) {
	p.stack.stack.UnregisterTransportEndpoint(
		[]tcpip.NetworkProtocolNumber{p.network}, p.transport, id, p, ports.Flags{}, 0)
}

// release undoes open.
func (p *pinger) release() {
	p.stack.gate.enter()
	defer p.stack.gate.leave()
	p.unbind()
	p.stack.stack.UnregisterRawTransportEndpoint(p.network, p.transport, p.raw)
}

// send sends a request and reports how that went.
func (p *pinger) send() {
	e := ping.Event{Seq: p.sum.launch(p.now())}
	var err error
	if e.MTU, err = p.write(uint16(e.Seq)); err != nil {
		e.Err = os.NewSyscallError("sendmsg", err)
		p.credit = 0
	}
	if errors.Is(err, syscall.EMSGSIZE) {
		p.sum.errors++ // iputils does not count the other ones
	}
	p.cfg.Observe(e)
}

// write puts a request on its way. With EMSGSIZE it returns the MTU.
func (p *pinger) write(seq uint16) (mtu int, err error) {
	p.stack.gate.enter()
	defer p.stack.gate.leave()
	route, err := p.route()
	if err != nil {
		return 0, err
	}
	defer route.Release()
	if local := route.LocalAddress(); local != p.local {
		if err := p.bind(local); err != nil {
			return 0, err
		}
	}
	mtu = p.mtu(route)
	headers := p.headerSize() + echoHeader
	if p.size() > p.maxSize()-headers { // headers+size might overflow
		return mtu, syscall.EMSGSIZE
	}
	size := headers + p.size()
	if p.cfg.PathMTU == ping.PathMTUDo && size > mtu {
		return mtu, syscall.EMSGSIZE
	}
	pkt := p.request(route, seq)
	defer pkt.DecRef()
	// IPv6 has no DF, and netstack fragments by the MTU of the interface alone: what
	// is too large for a router's next link is reported each time.
	return 0, sysErr(route.WritePacket(stack.NetworkHeaderParams{
		Protocol: p.transport,
		TTL:      uint8(p.cfg.TTL),
		DF:       p.cfg.PathMTU == ping.PathMTUDo || p.cfg.PathMTU == ping.PathMTUWant && size <= mtu,
	}, pkt))
}

// size returns how many bytes of data a request has.
func (p *pinger) size() int { return max(p.cfg.Size, 0) }

func (p *pinger) headerSize() int {
	if p.v4() {
		return header.IPv4MinimumSize
	}
	return header.IPv6MinimumSize
}

// maxSize returns the largest packet, IP header included.
func (p *pinger) maxSize() int {
	if p.v4() {
		return math.MaxUint16
	}
	return header.IPv6MinimumSize + math.MaxUint16 // the length field leaves the header out
}

const (
	loopbackNIC = 1     // see AddLoopback
	loopbackMTU = 65536 // of which netstack uses one less for IPv4
)

func (p *pinger) mtu(route *stack.Route) int {
	if route.NICID() == loopbackNIC {
		return loopbackMTU
	}
	mtu := int(route.MTU()) + p.headerSize()
	if known := p.stack.paths.mtu(p.dst, p.now()); known > 0 {
		return min(mtu, known)
	}
	return mtu
}

// request makes an echo request.
func (p *pinger) request(route *stack.Route, seq uint16) *stack.PacketBuffer {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: int(route.MaxHeaderLength()) + echoHeader,
		Payload:            buffer.MakeWithView(p.data()),
	})
	pkt.TransportProtocolNumber = p.transport
	b := pkt.TransportHeader().Push(echoHeader)
	binary.BigEndian.PutUint16(b[4:], p.ident)
	binary.BigEndian.PutUint16(b[6:], seq)
	if p.v4() {
		h := header.ICMPv4(b)
		h.SetType(header.ICMPv4Echo)
		h.SetChecksum(header.ICMPv4Checksum(h, pkt.Data().Checksum()))
		return pkt
	}
	h := header.ICMPv6(b)
	h.SetType(header.ICMPv6EchoRequest)
	h.SetChecksum(header.ICMPv6Checksum(header.ICMPv6ChecksumParams{
		Header:      h,
		Src:         route.LocalAddress(),
		Dst:         p.dst,
		PayloadCsum: pkt.Data().Checksum(),
		PayloadLen:  p.size(),
	}))
	return pkt
}

// data returns the data of a request as iputils fills it: bytes that count up,
// overwritten by the time of day if there is room for it.
func (p *pinger) data() *buffer.View {
	v := buffer.NewViewSize(p.size())
	b := v.AsSlice()
	for i := range b {
		b[i] = byte(i)
	}
	if len(b) >= timestampSize {
		now := p.stack.stack.Clock().Now()
		binary.LittleEndian.PutUint64(b, uint64(now.Unix()))
		binary.LittleEndian.PutUint64(b[8:], uint64(now.Nanosecond()/1000))
	}
	return v
}
