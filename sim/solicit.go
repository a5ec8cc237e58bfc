package sim

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"time"

	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// The times of Linux: rtr_solicit_delay and retrans_time, rtr_solicit_interval and rtr_solicit_max_interval.
const (
	solicitDelay     = time.Second
	solicitInterval  = 4 * time.Second
	solicitIntervals = time.Hour
)

// solicit has an interface ask, as the kernel does when it comes up, whether somebody has its link-local address, within a
// second, and then for routers, of which there are none: a second later, and again after 4 seconds, each time about twice as
// long. Linux never ends, here it does with intervals of an hour, so that virtual time in which nothing else happens has an
// end. The address is had from the beginning, whoever answers.
func (ep *endpoint) solicit(clock tcpip.Clock, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 0)) // of which g.mu takes care
	own := linkLocal(ep.mac).Addr()
	asked, interval := 0, solicitInterval
	g := &gratuitous{clock: clock, end: ep.inside, round: func() ([][]byte, time.Duration) {
		asked++
		switch asked {
		case 1:
			return [][]byte{duplicateSolicitation(ep.mac, own, rng.Uint64())}, solicitDelay
		case 2:
		default:
			interval *= 2
		}
		if interval >= solicitIntervals {
			return [][]byte{routerSolicitation(ep.mac, own)}, 0
		}
		interval += time.Duration(rng.Int64N(int64(interval/5))) - interval/10
		return [][]byte{routerSolicitation(ep.mac, own)}, interval
	}}
	ep.gratuitous = append(ep.gratuitous, g)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.timer = clock.AfterFunc(time.Duration(rng.Int64N(int64(solicitDelay))), g.send)
}

// duplicateSolicitation asks for one's own address (RFC 4862, section 5.4.2), with a nonce (RFC 7527).
func duplicateSolicitation(mac []byte, ip netip.Addr, nonce uint64) []byte {
	const kind, units = 14, 1 // an option of 8 bytes
	target := packet.ToAddress(ip)
	body := make([]byte, header.NDPNSMinimumSize+8)
	header.NDPNeighborSolicit(body).SetTargetAddress(target)
	option := body[header.NDPNSMinimumSize:]
	binary.BigEndian.PutUint64(option, nonce)
	option[0], option[1] = kind, units
	return discovery(mac, header.IPv6Any, header.SolicitedNodeAddr(target), header.ICMPv6NeighborSolicit, body)
}

// routerSolicitation is one of who has an address (RFC 4861, section 4.1).
func routerSolicitation(mac []byte, ip netip.Addr) []byte {
	body := make([]byte, header.NDPRSMinimumSize+header.NDPLinkLayerAddressSize)
	header.NDPRouterSolicit(body).Options().Serialize(header.NDPOptionsSerializer{header.NDPSourceLinkLayerAddressOption(mac)})
	return discovery(mac, packet.ToAddress(ip), header.IPv6AllRoutersLinkLocalMulticastAddress, header.ICMPv6RouterSolicit, body)
}
