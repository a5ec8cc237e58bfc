package tcpdump

import (
	"encoding/binary"
	"slices"
	"sync"
	"time"

	wire "drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// A defragmenter puts datagrams of IPv4 together as a bridge's netfilter does before the bridge's own
// interface sees what a port has received: connections are tracked for whole ones.
type defragmenter struct {
	mu   sync.Mutex
	open []*datagram // the oldest first
}

// How many datagrams wait for the rest, and how long (net.ipv4.ipfrag_time).
const (
	maxOpen  = 64
	maxParts = 2048 // of one
	fragTime = 30 * time.Second
)

// A datagram is one of which not all has come.
type datagram struct {
	key   [11]byte // addresses, protocol and ID
	since time.Time
	first []byte // the frame that it begins with
	parts []part // by offset, without gaps between those that are next to each other
	size  int    // of the whole, 0 while that is not known
}

type part struct {
	at    int
	bytes []byte
}

// maxPayload is what a datagram has at most.
const maxPayload = 65535 - header.IPv4MinimumSize

// take returns the frame that is to be seen for one: itself if it is no fragment, the whole datagram if
// it is the last one that was missing, else nothing.
func (d *defragmenter) take(frame []byte, now time.Time) (whole []byte, ok bool) {
	if len(frame) < header.EthernetMinimumSize+header.IPv4MinimumSize || binary.BigEndian.Uint16(frame[12:]) != uint16(header.IPv4ProtocolNumber) {
		return frame, true
	}
	ip := header.IPv4(frame[header.EthernetMinimumSize:])
	if !ip.IsValid(len(ip)) || !ip.More() && ip.FragmentOffset() == 0 {
		return frame, true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.find(ip, now)
	g.add(frame, ip)
	whole = g.whole()
	if whole != nil {
		d.open = slices.DeleteFunc(d.open, func(o *datagram) bool { return o == g })
	}
	return whole, whole != nil
}

// find returns the datagram of a fragment, which may be a new one. Those whose time is over go.
func (d *defragmenter) find(ip header.IPv4, now time.Time) *datagram {
	d.open = slices.DeleteFunc(d.open, func(o *datagram) bool { return now.Sub(o.since) >= fragTime })
	var key [11]byte
	copy(key[:], ip[12:20])
	key[8], key[9], key[10] = ip[9], ip[4], ip[5]
	for _, g := range d.open {
		if g.key == key {
			return g
		}
	}
	if len(d.open) == maxOpen {
		d.open = d.open[1:]
	}
	g := &datagram{key: key, since: now}
	d.open = append(d.open, g)
	return g
}

func (g *datagram) add(frame []byte, ip header.IPv4) {
	at, bytes := int(ip.FragmentOffset()), slices.Clone(ip.Payload())
	if at == 0 {
		g.first = slices.Clone(frame)
	}
	if !ip.More() {
		g.size = at + len(bytes)
	}
	i, taken := slices.BinarySearchFunc(g.parts, at, func(p part, at int) int { return p.at - at })
	if !taken && len(g.parts) < maxParts {
		g.parts = slices.Insert(g.parts, i, part{at, bytes})
	}
}

// whole returns the frame with the datagram, nil while something is missing.
func (g *datagram) whole() []byte {
	end := 0
	for _, p := range g.parts {
		if p.at != end {
			return nil
		}
		end += len(p.bytes)
	}
	if g.first == nil || g.size == 0 || end != g.size || end > maxPayload {
		return nil
	}
	head := header.EthernetMinimumSize + int(header.IPv4(g.first[header.EthernetMinimumSize:]).HeaderLength())
	frame := slices.Clone(g.first[:head])
	for _, p := range g.parts {
		frame = append(frame, p.bytes...)
	}
	ip := header.IPv4(frame[header.EthernetMinimumSize:])
	ip.SetTotalLength(uint16(len(ip)))
	ip.SetFlagsFragmentOffset(0, 0)
	wire.SetHeaderSum(ip)
	return frame
}
