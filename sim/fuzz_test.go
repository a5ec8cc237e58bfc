package sim_test

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"drydock/sim"
	"drydock/veth"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// FuzzFrames has a station on docker0 send anything to a container with open
// ports, whose stack must survive. That the container stays reachable is too much
// to ask: the station may claim the addresses of others, as on any Ethernet.
func FuzzFrames(f *testing.F) {
	h, err := sim.NewHost(sim.WithSeed(1), sim.WithFixedCIDRv6(prefix("fd00::/64")))
	require.NoError(f, err)
	f.Cleanup(func() { h.Close() })
	victim, err := h.Run("victim")
	require.NoError(f, err)
	l, err := victim.Listen(f.Context(), "tcp", ":80")
	require.NoError(f, err)
	f.Cleanup(func() { l.Close() })
	u, err := victim.ListenPacket(f.Context(), "udp", ":53")
	require.NoError(f, err)
	f.Cleanup(func() { u.Close() })

	network, _ := h.Network("bridge")
	attacker, port, err := veth.Pair()
	require.NoError(f, err)
	f.Cleanup(attacker.Close)
	_, err = network.Bridge().AddPort("attacker", port)
	require.NoError(f, err)

	dst := string(victim.MAC())
	add := func(ethertype uint16, packet []byte) {
		b := append([]byte(dst), "\x02\x42\xac\x11\x00\x63"...)
		b = binary.BigEndian.AppendUint16(b, ethertype)
		f.Add(append(b, packet...), false, uint16(0))
		f.Add(append(b, packet...), true, uint16(1))
	}
	from, to := netip.MustParseAddr("172.17.0.99").As4(), victim.IP().As4()
	add(0x0800, ipv4Packet(6, from, to, []byte{0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0}))
	add(0x0800, ipv4Packet(17, from, to, []byte{0, 9, 0, 53, 0, 9, 0, 0, 'x'}))
	add(0x0800, ipv4Packet(1, from, to, []byte{8, 0, 0, 0, 0, 1, 0, 1}))
	add(0x0800, ipv4Packet(1, from, to, append([]byte{3, 3, 0, 0, 0, 0, 0, 0}, ipv4Packet(17, to, from, make([]byte, 8))...)))
	add(0x0806, append(append([]byte{0, 1, 8, 0, 6, 4, 0, 1, 2, 0x42, 0xac, 0x11, 0, 0x63}, from[:]...), append(make([]byte, 6), to[:]...)...))
	to6 := victim.Link(network).Addr6().AsSlice()
	add(0x86dd, ipv6Packet(58, to6, append(append([]byte{135, 0, 0, 0, 0, 0, 0, 0}, to6...), 1, 1, 2, 0x42, 0xac, 0x11, 0, 0x63)))
	add(0x86dd, ipv6Packet(58, to6, []byte{128, 0, 0, 0, 0, 1, 0, 1}))
	add(0x86dd, ipv6Packet(58, to6, append([]byte{2, 0, 0, 0, 0, 0, 5, 0}, ipv6Packet(17, to6, make([]byte, 8))...)))
	add(0x86dd, ipv6Packet(6, to6, []byte{0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0}))
	add(0x86dd, ipv6Packet(44, to6, append([]byte{17, 0, 0, 1, 0, 0, 0, 1}, 0, 9, 0, 53, 0, 16, 0, 0)))

	f.Fuzz(func(t *testing.T, b []byte, super bool, mss uint16) {
		if len(b) < header.EthernetMinimumSize {
			return
		}
		copy(b, dst)
		repairIPv4(b)
		pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(b)})
		defer pkt.DecRef()
		pkt.LinkHeader().Consume(header.EthernetMinimumSize)
		pkt.RXChecksumValidated = true
		if super {
			pkt.GSOOptions = stack.GSO{Type: stack.GSOTCPv4, MSS: mss, NeedsCsum: true, L3HdrLen: header.IPv4MinimumSize}
		}
		attacker.WritePacket(pkt)
		if _, err := victim.Ping(t.Context(), victim.IP().String(), nil); err != nil {
			t.Fatal(err)
		}
	})
}

// ipv6Packet returns a packet from fd00::63.
func ipv6Packet(proto tcpip.TransportProtocolNumber, to, payload []byte) []byte {
	b := make([]byte, header.IPv6MinimumSize, header.IPv6MinimumSize+len(payload))
	header.IPv6(b).Encode(&header.IPv6Fields{
		PayloadLength: uint16(len(payload)), TransportProtocol: proto, HopLimit: 255,
		SrcAddr: tcpip.AddrFromSlice(netip.MustParseAddr("fd00::63").AsSlice()), DstAddr: tcpip.AddrFromSlice(to),
	})
	return append(b, payload...)
}

func ipv4Packet(proto uint8, from, to [4]byte, payload []byte) []byte {
	b := make([]byte, header.IPv4MinimumSize, header.IPv4MinimumSize+len(payload))
	b[0], b[8], b[9] = 0x45, 64, proto
	copy(b[12:], from[:])
	copy(b[16:], to[:])
	return append(b, payload...)
}

// repairIPv4 sets length and checksum of an IPv4 header, which few mutations would
// get past otherwise.
func repairIPv4(b []byte) {
	ip := header.IPv4(b[header.EthernetMinimumSize:])
	if b[12] != 8 || b[13] != 0 || len(ip) < header.IPv4MinimumSize || ip[0]>>4 != 4 {
		return
	}
	if n := int(ip.HeaderLength()); n < header.IPv4MinimumSize || n > len(ip) {
		return
	}
	ip.SetTotalLength(uint16(len(ip)))
	ip.SetChecksum(0)
	ip.SetChecksum(^ip.CalculateChecksum())
}
