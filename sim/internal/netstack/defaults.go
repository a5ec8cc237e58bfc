package netstack

import (
	"fmt"

	"drydock/drop"

	"golang.org/x/time/rate"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// setOptions brings gVisor's defaults to Linux's.
func setOptions(s *stack.Stack) {
	set := func(what string, err tcpip.Error) {
		if err != nil {
			panic(fmt.Sprintf("netstack: %s: %v", what, err))
		}
	}
	set("ports", s.SetPortRange(32768, 60999)) // net.ipv4.ip_local_port_range
	// Linux limits what it sends per destination and spares what tests look at;
	// gVisor's limit is for all destinations together.
	s.SetICMPLimit(rate.Inf)

	// The buffers grow to what net.ipv4.tcp_rmem and tcp_wmem allow. Windows
	// below a few super-segments would halve the throughput.
	rcv := tcpip.TCPReceiveBufferSizeRangeOption{Min: 4 << 10, Default: 4 << 20, Max: 8 << 20}
	set("tcp_rmem", s.SetTransportProtocolOption(tcp.ProtocolNumber, &rcv))
	snd := tcpip.TCPSendBufferSizeRangeOption{Min: 4 << 10, Default: 4 << 20, Max: 8 << 20}
	set("tcp_wmem", s.SetTransportProtocolOption(tcp.ProtocolNumber, &snd))

	// Netstack's RACK takes what was sent at the same instant as an acknowledged
	// segment, but after it, for lost: where time stands still while segments are
	// sent, in bubbles and by clocks as coarse as that of Windows, it sends all of them
	// again and again, until the connection fails. By a finer clock it costs 32 streams
	// a quarter of what they carry, gains nothing where frames are lost, and a third where
	// they come out of order.
	var none tcpip.TCPRecovery
	set("tcp_recovery", s.SetTransportProtocolOption(tcp.ProtocolNumber, &none))
}

// An EchoIgnore says which IPv4 echo requests are not answered:
// net.ipv4.icmp_echo_ignore_all and net.ipv4.icmp_echo_ignore_broadcasts, which is on at
// first, as in Linux, and means IPv4 multicast addresses too.
type EchoIgnore struct{ All, Broadcasts bool }

// EchoIgnore returns what SetEchoIgnore was told.
func (s *namespace) EchoIgnore() EchoIgnore { return *s.echoes.Load() }

// SetEchoIgnore says which IPv4 echo requests are not answered.
func (s *namespace) SetEchoIgnore(e EchoIgnore) { s.echoes.Store(&e) }

// ignoreEcho has the stack not answer what EchoIgnore says.
func (s *namespace) ignoreEcho() {
	s.SetEchoIgnore(EchoIgnore{Broadcasts: true})
	s.stack.SetTransportProtocolHandler(icmp.ProtocolNumber4, func(_ stack.TransportEndpointID, pkt *stack.PacketBuffer) bool {
		if header.ICMPv4(pkt.TransportHeader().Slice()).Type() != header.ICMPv4Echo {
			return false
		}
		e := s.EchoIgnore()
		dst := pkt.Network().DestinationAddress()
		ignored := e.All || e.Broadcasts && (pkt.NetworkPacketInfo.LocalAddressBroadcast || header.IsV4MulticastAddress(dst))
		if ignored {
			s.drop(pkt.NICID, drop.EchoIgnored, pkt)
		}
		return ignored
	})
}
