package veth_test

import (
	"testing/synctest"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// sleep lets virtual time pass and everything due happen.
func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// ip4Frame returns an IPv4 frame from A to B.
func ip4Frame(proto tcpip.TransportProtocolNumber, segment []byte) []byte {
	b := raw(macB, macA, header.EthernetMinimumSize+header.IPv4MinimumSize)
	header.Ethernet(b).Encode(&header.EthernetFields{DstAddr: macB, SrcAddr: macA, Type: header.IPv4ProtocolNumber})
	ip := header.IPv4(b[header.EthernetMinimumSize:])
	ip.Encode(&header.IPv4Fields{
		TotalLength: uint16(len(ip) + len(segment)),
		TTL:         64,
		Protocol:    uint8(proto),
		SrcAddr:     tcpip.AddrFrom4([4]byte{10, 0, 0, 1}),
		DstAddr:     tcpip.AddrFrom4([4]byte{10, 0, 0, 2}),
	})
	ip.SetChecksum(^ip.CalculateChecksum())
	return append(b, segment...)
}

// udpFrame returns a datagram with the given data and a right checksum.
func udpFrame(data ...byte) []byte {
	udp := make(header.UDP, header.UDPMinimumSize, header.UDPMinimumSize+len(data))
	udp.Encode(&header.UDPFields{SrcPort: 1000, DstPort: 2000, Length: uint16(len(udp) + len(data))})
	b := ip4Frame(header.UDPProtocolNumber, append(udp, data...))
	udp = header.UDP(b[34:])
	udp.SetChecksum(^checksum.Checksum(udp, pseudo4(b, header.UDPProtocolNumber)))
	return b
}

// tcpFrame returns a segment with the given data and no checksum.
func tcpFrame(data string) []byte {
	tcp := make(header.TCP, header.TCPMinimumSize)
	tcp.Encode(&header.TCPFields{
		SrcPort: 1000, DstPort: 2000, SeqNum: 1, AckNum: 1, DataOffset: header.TCPMinimumSize,
		Flags: header.TCPFlagAck | header.TCPFlagPsh, WindowSize: 65535,
	})
	return ip4Frame(header.TCPProtocolNumber, append(tcp, data...))
}

// pseudo4 returns the sum of the pseudo header of an IPv4 frame.
func pseudo4(b []byte, proto tcpip.TransportProtocolNumber) uint16 {
	ip := header.IPv4(b[14:])
	return header.PseudoHeaderChecksum(proto, ip.SourceAddress(), ip.DestinationAddress(), ip.PayloadLength())
}

func gso4(mss uint16) stack.GSO {
	return stack.GSO{Type: stack.GSOTCPv4, NeedsCsum: true, MSS: mss, L3HdrLen: header.IPv4MinimumSize}
}
