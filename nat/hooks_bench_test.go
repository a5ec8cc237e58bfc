package nat

import (
	"net/netip"
	"testing"

	wire "drydock/internal/packet"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// BenchmarkHooks is an established segment on its way through a router, without and
// with translation.
func BenchmarkHooks(b *testing.B) {
	for _, rules := range [][]string{nil, {"-t nat -A POSTROUTING -o eth0 -j MASQUERADE"}} {
		name := "plain"
		if rules != nil {
			name = "masquerade"
		}
		b.Run(name, func(b *testing.B) {
			pass := establishedPass(newBed(b, rules...))
			b.ReportAllocs()
			for b.Loop() {
				pass()
			}
		})
	}
}

// establishedPass returns a function that takes a segment of an established connection
// through PREROUTING, FORWARD and POSTROUTING.
func establishedPass(bed *bed) func() {
	const from, to = "172.17.0.2:1000", "10.0.0.9:80"
	there := bed.passed(bedDocker0, sample{src: from, dst: to, flags: syn}.bytes())
	bed.passed(bedEth0, turned(there))
	packet := sample{src: from, dst: to, data: make([]byte, 1000)}.bytes()
	route, err := bed.stack.FindRoute(0, tcpip.Address{}, wire.ToAddress(netip.MustParseAddr(peerIP)), header.IPv4ProtocolNumber, false)
	require.Nil(bed.t, err)
	bed.t.Cleanup(route.Release)
	pkt := received(packet)
	bed.t.Cleanup(pkt.DecRef)
	pkt.InputNICID, pkt.RXChecksumValidated = bedDocker0, true
	src := [4]byte(pkt.NetworkHeader().Slice()[12:])
	reserved := stack.NewPacketBuffer(stack.PacketBufferOptions{ReserveHeaderBytes: 100, Payload: pkt.Data().ToBuffer()})
	bed.t.Cleanup(reserved.DecRef)
	copy(reserved.TransportHeader().Push(20), pkt.TransportHeader().Slice())
	copy(reserved.NetworkHeader().Push(20), pkt.NetworkHeader().Slice())
	reserved.NetworkProtocolNumber, reserved.TransportProtocolNumber = pkt.NetworkProtocolNumber, pkt.TransportProtocolNumber
	reserved.InputNICID, reserved.RXChecksumValidated = bedDocker0, true
	return func() {
		reserved.Owner = nil
		copy(reserved.NetworkHeader().Slice()[12:], src[:])
		if !bed.tables.CheckPrerouting(reserved, nil, stack.IP) ||
			!bed.tables.CheckForward(reserved, route, stack.IP) ||
			!bed.tables.CheckPostrouting(reserved, route, stack.IP) {
			bed.t.Fatal("dropped")
		}
	}
}

func TestEstablishedAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes pools forget")
	}
	for _, rules := range [][]string{nil, {"-t nat -A POSTROUTING -o eth0 -j MASQUERADE", "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"}} {
		assert.Zero(t, testing.AllocsPerRun(100, establishedPass(newBed(t, rules...))))
	}
}
