package nat

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	wire "drydock/internal/packet"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// pass takes a packet of the caller's through the hooks of a router that keeps it, and
// reports whether it got through.
func (b *bed) pass(nic tcpip.NICID, pkt *stack.PacketBuffer) bool {
	b.t.Helper()
	pkt.NICID, pkt.InputNICID = nic, nic
	if !b.tables.CheckPrerouting(pkt, nil, stack.IP) {
		return false
	}
	dst := pkt.Network().DestinationAddress()
	if b.tables.isLocal(wire.FromAddress(dst)) {
		return b.tables.CheckInput(pkt, nil, stack.IP)
	}
	route, err := b.stack.FindRoute(0, tcpip.Address{}, dst, pkt.NetworkProtocolNumber, false)
	require.Nil(b.t, err)
	defer route.Release()
	return b.tables.CheckForward(pkt, route, stack.IP) && b.tables.CheckPostrouting(pkt, route, stack.IP)
}

// passed is pass of bytes, which it returns as they leave; nil if they do not.
func (b *bed) passed(nic tcpip.NICID, packet []byte) []byte {
	pkt := received(packet)
	defer pkt.DecRef()
	if !b.pass(nic, pkt) {
		return nil
	}
	return bytesOf(pkt)
}

// What comes back at once, turned round, reaches its sender as what he sent, turned
// round: there and back is identity, for all bytes.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	rules := []string{
		"-t nat -A PREROUTING -d 10.0.0.1/32 -j DNAT --to-destination 172.17.0.2",
		"-t nat -A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.3:80",
		"-t nat -A POSTROUTING -o docker0 -p udp -j MASQUERADE",
		"-t nat -A POSTROUTING -o docker0 -p tcp -j SNAT --to-source 172.17.0.50-172.17.0.60:100-200",
		"-6 -t nat -A PREROUTING -d fd00::1/128 -j DNAT --to-destination fd17::2-fd17::ffff:0:0:1",
		"-6 -t nat -A POSTROUTING -o docker0 -j MASQUERADE",
	}
	data := []byte("an odd number of bytes.")
	tests := map[string]sample{
		"tcp":               {src: "10.0.0.9:1000", dst: "10.0.0.1:80", flags: syn},
		"tcp to a port":     {src: "10.0.0.9:1000", dst: "192.0.2.1:8080", flags: syn, data: data},
		"udp":               {proto: "udp", src: "10.0.0.9:1000", dst: "10.0.0.1:53", data: data},
		"udp, no checksum":  {proto: "udp", src: "10.0.0.9:1000", dst: "10.0.0.1:53", noSum: true},
		"echo":              {proto: "icmp", kind: echo4, id: 9, src: "10.0.0.9", dst: "10.0.0.1", data: data},
		"other":             {proto: "other", src: "10.0.0.9", dst: "10.0.0.1", data: data},
		"options":           {proto: "udp", src: "10.0.0.9:1000", dst: "10.0.0.1:53", options: []byte{1, 1, 1, 0}},
		"tcp6":              {src: "[fd00::9]:1000", dst: "[fd00::1]:80", flags: syn},
		"udp6":              {proto: "udp", src: "[fd00::9]:1000", dst: "[fd00::1]:53", data: data},
		"echo6":             {proto: "icmp", kind: echo6, id: 9, src: "fd00::9", dst: "fd00::1", data: data},
		"extension headers": {proto: "udp", src: "[fd00::9]:1000", dst: "[fd00::1]:53", data: data, options: make([]byte, 16)},
	}
	for name, s := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, rules...)
			if len(s.options) == 16 {
				s.options[1] = 1
			}
			there := b.passed(bedEth0, s.bytes())
			require.NotNil(t, there)
			assertValid(t, there)
			require.NotEqual(t, dissect(s.bytes()).String(), dissect(there).String(), "translated")
			back := b.passed(bedDocker0, turned(there))
			require.NotNil(t, back)
			assertValid(t, back)
			want := turned(s.bytes())
			assert.Equal(t, want, back)
		})
	}
}

// turned returns the answer to a packet: the same with its ends exchanged.
func turned(b []byte) []byte {
	b = append([]byte(nil), b...)
	s := dissect(b)
	at, size := 12, 4
	if s.v6 {
		at, size = 8, 16
	}
	swap := func(x, y []byte) {
		for i := range x {
			x[i], y[i] = y[i], x[i]
		}
	}
	swap(b[at:at+size], b[at+size:at+2*size])
	switch s.proto {
	case 6:
		swap(s.l4[0:2], s.l4[2:4])
		if s.l4[13] == syn {
			s.l4[13] = synAck
		}
		s.l4[16], s.l4[17] = 0, 0
		sum := ^onesSum(pseudo(s.dst, s.src, 6, s.l4))
		s.l4[16], s.l4[17] = byte(sum>>8), byte(sum)
	case 17:
		swap(s.l4[0:2], s.l4[2:4])
	case 1, 58:
		s.l4[0] = map[uint8]uint8{echo4: reply4, reply4: echo4, echo6: reply6, reply6: echo6}[s.l4[0]]
		s.l4[2], s.l4[3] = 0, 0
		sum := ^onesSum(pseudo(s.dst, s.src, s.proto, s.l4))
		s.l4[2], s.l4[3] = byte(sum>>8), byte(sum)
	}
	return b
}

// The checksum of a packet whose transport header was not filled in is computed when it
// leaves: whatever it holds, translation must not mind. One that holds the sum of the
// pseudo header must go on to do so.
func TestOffloadedChecksums(t *testing.T) {
	t.Parallel()
	b := newBed(t, "-t nat -A POSTROUTING -o eth0 -j MASQUERADE", "-6 -t nat -A POSTROUTING -o eth0 -j MASQUERADE")
	for _, s := range []sample{
		{src: "172.17.0.2:7", dst: "10.0.0.9:80", data: []byte("abc")},
		{src: "[fd17::2]:7", dst: "[fd00::9]:80", data: []byte("abc")},
	} {
		packet := s.bytes()
		before := dissect(packet)
		sum := onesSum(pseudo(before.src, before.dst, 6, make([]byte, len(before.l4))))
		before.l4[16], before.l4[17] = byte(sum>>8), byte(sum)
		pkt := received(packet)
		pkt.RXChecksumValidated = true
		pkt.GSOOptions = stack.GSO{Type: stack.GSOTCPv4, NeedsCsum: true, MSS: 1460}
		require.True(t, b.pass(bedDocker0, pkt))
		after := dissect(bytesOf(pkt))
		pkt.DecRef()
		assert.Contains(t, []string{hostIP, hostIP6}, after.src.String())
		want := onesSum(pseudo(after.src, after.dst, 6, make([]byte, len(after.l4))))
		assert.Equal(t, []byte{byte(want >> 8), byte(want)}, after.l4[16:18])
	}
	damaged := received(sample{src: "172.17.0.2:7", dst: "10.0.0.9:80", flags: syn, badSum: true}.bytes())
	defer damaged.DecRef()
	damaged.RXChecksumValidated = true
	require.True(t, b.pass(bedDocker0, damaged))
	assert.Equal(t, hostIP, dissect(bytesOf(damaged)).src.String())
}

// A packet whose checksum is wrong belongs to no connection, as on Linux.
func TestDamagedIsInvalid(t *testing.T) {
	t.Parallel()
	for _, s := range []sample{
		{src: "10.0.0.9:7", dst: "172.17.0.2:80", flags: syn, badSum: true},
		{proto: "udp", src: "10.0.0.9:7", dst: "172.17.0.2:80", badSum: true},
		{proto: "udp", src: "[fd00::9]:7", dst: "[fd17::2]:80", noSum: true},
		{proto: "icmp", kind: echo4, src: "10.0.0.9", dst: "172.17.0.2", badSum: true},
		{proto: "icmp", kind: echo6, src: "fd00::9", dst: "fd17::2", badSum: true, data: make([]byte, 3)},
	} {
		b := newBed(t)
		packet := s.bytes()
		assert.Equal(t, packet, b.passed(bedEth0, packet))
		assert.Zero(t, b.conns(), dissect(packet))
	}
}

// Packets of a kind that translation has to get right at every byte: random addresses,
// ports, lengths.
func TestRandomChecksums(t *testing.T) {
	t.Parallel()
	b := newBed(t,
		"-t nat -A PREROUTING -p tcp -j DNAT --to-destination 172.17.0.2-172.17.255.254:1-65535 --random",
		"-t nat -A PREROUTING ! -p tcp -j DNAT --to-destination 172.17.0.2-172.17.255.254",
		"-t nat -A POSTROUTING -p udp -j SNAT --to-source 10.0.0.2-10.9.255.254:1-65535 --random-fully",
		"-t nat -A POSTROUTING ! -p udp -j SNAT --to-source 10.0.0.2-10.9.255.254 --random",
		"-6 -t nat -A POSTROUTING -j MASQUERADE --random",
	)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		s := randomSample(rng)
		packet := s.bytes()
		out := b.passed(bedEth0, packet)
		require.NotNil(t, out, dissect(packet))
		assertValid(t, out)
	}
}

func randomSample(rng *rand.Rand) sample {
	s := sample{data: make([]byte, rng.IntN(40)), ttl: 9}
	for i := range s.data {
		s.data[i] = byte(rng.Uint32())
	}
	addr := func(net byte) netip.AddrPort {
		port := uint16(rng.Uint32())
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, net, byte(rng.Uint32()), byte(1 + rng.IntN(250))}), port)
	}
	src, dst := addr(1), addr(2)
	if rng.IntN(3) == 0 {
		v6 := func(a netip.AddrPort) netip.AddrPort {
			b := a.Addr().As4()
			return netip.AddrPortFrom(netip.AddrFrom16([16]byte{0xfd, 0x99, 12: b[0], 13: b[1], 14: b[2], 15: b[3]}), a.Port())
		}
		src, dst = v6(src), v6(dst)
	}
	s.src, s.dst = src.String(), dst.String()
	switch s.proto = []string{"tcp", "udp", "icmp"}[rng.IntN(3)]; s.proto {
	case "tcp":
		s.flags = syn
	case "icmp":
		s.src, s.dst, s.kind, s.id = src.Addr().String(), dst.Addr().String(), echo4, src.Port()
		if src.Addr().Is6() {
			s.kind = echo6
		}
	}
	return s
}
