package echo

import (
	"encoding/binary"
	"math"
	"syscall"

	"drydock/internal/packet"
	"drydock/sim/internal/errno"
	"drydock/sim/ping"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// timestampSize is what ping needs of the data to note when it was sent.
const timestampSize = 16

// A request is an echo request to send.
type request struct {
	seq  uint16
	size int // of its data
	ttl  uint8
	mode ping.PathMTU
}

// write puts a request on its way. With EMSGSIZE it returns the MTU.
func (c *socket) write(r request) (mtu int, err error) {
	c.stack.Enter()
	defer c.stack.Leave()
	route, err := c.route()
	if err != nil {
		return 0, err
	}
	defer route.Release()
	// The source may have changed with the route. Replies come to the new one.
	if local := route.LocalAddress(); local != c.local {
		if err := c.bind(local); err != nil {
			return 0, err
		}
	}
	// With ping -s a size too large for IP is an error of each request, not of the command.
	mtu = c.mtu(route)
	headers := c.headerSize() + echoHeader
	if r.size > c.maxSize()-headers { // headers+size might overflow
		return mtu, syscall.EMSGSIZE
	}
	size := headers + r.size
	// Linux refuses to send it, without asking a router.
	if r.mode == ping.PathMTUDo && size > mtu {
		return mtu, syscall.EMSGSIZE
	}
	if c.lost(route) {
		return 0, nil
	}
	pkt := c.compose(route, r)
	defer pkt.DecRef()
	// IPv6 has no DF, and netstack fragments by the MTU of the interface alone: what
	// is too large for a router's next link is reported each time.
	return 0, errno.Of(route.WritePacket(stack.NetworkHeaderParams{
		Protocol: c.transport,
		TTL:      r.ttl,
		DF:       r.mode == ping.PathMTUDo || r.mode == ping.PathMTUWant && size <= mtu,
	}, pkt))
}

// maxSize returns the largest packet, IP header included.
func (c *socket) maxSize() int {
	if c.v4() {
		return math.MaxUint16
	}
	return header.IPv6MinimumSize + math.MaxUint16 // the length field leaves the header out
}

const (
	loopbackNIC = 1     // see AddLoopback
	loopbackMTU = 65536 // of which netstack uses one less for IPv4
)

// mtu returns the largest packet, IP header included, that goes to dst in one piece as far
// as is known.
func (c *socket) mtu(route *stack.Route) int {
	if route.NICID() == loopbackNIC {
		return loopbackMTU
	}
	mtu := int(route.MTU()) + c.headerSize()
	if known := c.stack.PathMTUs().mtu(c.dst, c.now()); known > 0 {
		return min(mtu, known)
	}
	return mtu
}

// compose makes the ICMP packet of a request.
func (c *socket) compose(route *stack.Route, r request) *stack.PacketBuffer {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: int(route.MaxHeaderLength()) + echoHeader,
		Payload:            buffer.MakeWithView(c.data(r.size)),
	})
	pkt.TransportProtocolNumber = c.transport
	b := pkt.TransportHeader().Push(echoHeader)
	b[0] = c.types.request
	binary.BigEndian.PutUint16(b[4:], c.ident)
	binary.BigEndian.PutUint16(b[6:], r.seq)
	packet.Seal(pkt, route.LocalAddress(), c.dst)
	return pkt
}

// data returns the data of a request as iputils fills it: bytes that count up, or a pattern,
// overwritten by the time of day if there is room for it.
func (c *socket) data(size int) *buffer.View {
	v := buffer.NewViewSize(size)
	b := v.AsSlice()
	for i := range b {
		if b[i] = byte(i); c.pattern != "" {
			b[i] = c.pattern[i%len(c.pattern)]
		}
	}
	if len(b) >= timestampSize {
		now := c.stack.TCPIP().Clock().Now()
		binary.LittleEndian.PutUint64(b, uint64(now.Unix()))
		binary.LittleEndian.PutUint64(b[8:], uint64(now.Nanosecond()/1000))
	}
	return v
}
