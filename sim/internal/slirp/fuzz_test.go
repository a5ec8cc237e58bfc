package slirp

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"drydock/internal/packet"
	"drydock/veth"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// FuzzFrames sends frames of any content to the outside. The servers are stubs, so
// that nothing leaves the machine.
func FuzzFrames(f *testing.F) {
	outside, inside, err := veth.Pair(veth.WithSeed(1))
	require.NoError(f, err)
	n, err := New(Options{Link: outside, Forward: true})
	require.NoError(f, err)
	f.Cleanup(n.Close)
	inside.Attach(nobody{})
	server := listenPacketReal(f)
	n.udp.limit = 10
	n.udp.dial = func(netip.AddrPort) (*net.UDPConn, error) {
		return net.DialUDP("udp4", nil, server.LocalAddr().(*net.UDPAddr))
	}
	n.tcp.dialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: netUnreachable[0]}
	}

	f.Add(uint16(header.ARPProtocolNumber), []byte("\x00\x01\x08\x00\x06\x04\x00\x01......\x0a\x00\x02\x0f......\x0a\x00\x02\x02"))
	for _, dst := range []string{"10.0.2.2", "203.0.113.7", "255.255.255.255", "224.0.0.1"} {
		for proto, transport := range map[uint8]string{
			1:   "\x08\x00\xf7\xff\x00\x00\x00\x00",                                                 // echo request
			6:   "\x10\x00\x00\x50\x00\x00\x00\x01\x00\x00\x00\x00\x50\x02\xff\xff\x00\x00\x00\x00", // SYN
			17:  "\x10\x00\x00\x35\x00\x0a\x00\x00hi",
			132: "????",
		} {
			f.Add(uint16(header.IPv4ProtocolNumber), ipPacket(dst, proto, transport))
		}
	}
	f.Fuzz(func(t *testing.T, ethertype uint16, payload []byte) {
		frame := make([]byte, header.EthernetMinimumSize, header.EthernetMinimumSize+len(payload))
		header.Ethernet(frame).Encode(&header.EthernetFields{
			SrcAddr: inside.LinkAddress(), DstAddr: outside.LinkAddress(), Type: tcpip.NetworkProtocolNumber(ethertype),
		})
		pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
			Payload: buffer.MakeWithData(append(frame, payload...)),
		})
		defer pkt.DecRef()
		pkt.NetworkProtocolNumber = tcpip.NetworkProtocolNumber(ethertype)
		inside.WritePacket(pkt)

		n.udp.mu.Lock()
		defer n.udp.mu.Unlock()
		require.LessOrEqual(t, len(n.udp.flows), n.udp.limit)
	})
}

// ipPacket returns a packet with valid checksums where it needs them.
func ipPacket(dst string, proto uint8, transport string) []byte {
	b := make([]byte, header.IPv4MinimumSize, header.IPv4MinimumSize+len(transport))
	ip := header.IPv4(b)
	ip.Encode(&header.IPv4Fields{
		TotalLength: uint16(cap(b)), TTL: 64, Protocol: proto,
		SrcAddr: packet.ToAddress(DefaultGuest), DstAddr: packet.ToAddress(netip.MustParseAddr(dst)),
	})
	ip.SetChecksum(^ip.CalculateChecksum())
	b = append(b, transport...)
	if proto == uint8(header.TCPProtocolNumber) {
		tcp := header.TCP(b[header.IPv4MinimumSize:])
		sum := header.PseudoHeaderChecksum(header.TCPProtocolNumber, ip.SourceAddress(), ip.DestinationAddress(), uint16(len(tcp)))
		tcp.SetChecksum(^checksum.Checksum(tcp, sum))
	}
	return b
}

// nobody takes frames and does nothing.
type nobody struct{ stack.NetworkDispatcher }

func (nobody) DeliverNetworkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {}
