package netstack

import (
	"net/netip"
	"testing"

	"drydock/internal/packet"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// FuzzQuotes has what others put into the errors that they send: only the socket's own packet
// counts, of which addresses and ports are there.
func FuzzQuotes(f *testing.F) {
	own := "E\x00\x00\x1c\x00\x00\x00\x00\x01\x11\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02\x80\x00\x00\x35"
	for _, s := range []string{"", "E", own, own[:20], own[:22], "\x60" + own, "\x4f" + own[1:], own[:6] + "\x20\x01" + own[8:]} {
		f.Add([]byte(s))
	}
	tap := &errorTap{
		network: ipv4.ProtocolNumber, transport: udp.ProtocolNumber,
		local:  tcpip.FullAddress{Addr: packet.ToAddress(netip.MustParseAddr("10.0.0.1")), Port: 0x8000},
		remote: tcpip.FullAddress{Addr: packet.ToAddress(netip.MustParseAddr("10.0.0.2")), Port: 53},
	}
	if !tap.quotes([]byte(own)) {
		f.Fatal("does not know its own packet")
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if tap.quotes(b) && (len(b) < 24 || b[0]>>4 != 4 || string(b[12:20]) != own[12:20] || b[9] != 17) {
			t.Errorf("%x is none of its packets", b)
		}
	})
}
