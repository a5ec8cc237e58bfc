package netstack

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"drydock/internal/packet"
	"drydock/sim/ping"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A pingWire answers each IP packet that a stack sends with the packets that a
// function makes of it. The stack has 10.0.0.1 and fd00::1, the wire is at
// 10.0.0.2 and fd00::2.
type pingWire struct {
	stack  *Stack
	end    *veth.Endpoint
	answer func(request []byte) [][]byte
}

func newPingWire(t testing.TB, answer func([]byte) [][]byte) *pingWire {
	a, b, err := veth.Pair(veth.WithSeed(1))
	require.NoError(t, err)
	w := &pingWire{stack: New(Options{Virtual: true}), end: b, answer: answer}
	t.Cleanup(w.stack.Close)
	b.Attach(w)
	require.NoError(t, w.stack.AddNIC(2, "eth0", a))
	for _, p := range []string{"10.0.0.1/24", "fd00::1/64"} {
		require.NoError(t, w.stack.AddAddr(2, netip.MustParsePrefix(p)))
	}
	for _, dst := range []string{"10.0.0.2", "fd00::2"} {
		addr := netip.MustParseAddr(dst)
		require.NoError(t, w.stack.AddNeighbour(2, addr, net.HardwareAddr(b.LinkAddress())))
	}
	return w
}

// DeliverNetworkPacket implements stack.NetworkDispatcher.
func (w *pingWire) DeliverNetworkPacket(_ tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	v := pkt.ToView()
	defer v.Release()
	request := v.AsSlice()[header.EthernetMinimumSize:]
	if !pingRequest(request) {
		return
	}
	for _, ip := range w.answer(slices.Clone(request)) {
		w.send(ip)
	}
}

// DeliverLinkPacket implements stack.NetworkDispatcher.
func (*pingWire) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {}

func (w *pingWire) send(ip []byte) {
	frame := make([]byte, header.EthernetMinimumSize, header.EthernetMinimumSize+len(ip))
	proto := ipv4.ProtocolNumber
	if header.IPVersion(ip) == header.IPv6Version {
		proto = ipv6.ProtocolNumber
	}
	header.Ethernet(frame).Encode(&header.EthernetFields{
		SrcAddr: w.end.LinkAddress(), DstAddr: w.end.Peer().LinkAddress(), Type: proto,
	})
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(append(frame, ip...))})
	defer pkt.DecRef()
	pkt.RXChecksumValidated = true // of TCP and UDP, by the sender's offload; ICMP is always verified
	w.end.WritePacket(pkt)
}

func pingRequest(ip []byte) bool {
	l, ok := packet.Parse(ip, len(ip))
	if !ok || l.Fragment == packet.Following {
		return false
	}
	kind := ip[l.Transport]
	return l.Protocol == packet.ICMP && kind == uint8(header.ICMPv4Echo) ||
		l.Protocol == packet.ICMPv6 && kind == uint8(header.ICMPv6EchoRequest)
}

// pingPacket makes an IP packet of an ICMP message, whose checksum it sets.
func pingPacket(src, dst string, msg []byte) []byte {
	from, to := toAddress(netip.MustParseAddr(src)), toAddress(netip.MustParseAddr(dst))
	msg[2], msg[3] = 0, 0
	if from.Len() == header.IPv4AddressSize {
		checksum.Put(msg[2:], ^checksum.Checksum(msg, 0))
		ip := header.IPv4(make([]byte, header.IPv4MinimumSize))
		ip.Encode(&header.IPv4Fields{
			TotalLength: uint16(len(ip) + len(msg)), TTL: 61, Protocol: uint8(header.ICMPv4ProtocolNumber),
			SrcAddr: from, DstAddr: to,
		})
		ip.SetChecksum(^ip.CalculateChecksum())
		return append(ip, msg...)
	}
	pseudo := header.PseudoHeaderChecksum(header.ICMPv6ProtocolNumber, from, to, uint16(len(msg)))
	checksum.Put(msg[2:], ^checksum.Checksum(msg, pseudo))
	ip := header.IPv6(make([]byte, header.IPv6MinimumSize))
	ip.Encode(&header.IPv6Fields{
		PayloadLength: uint16(len(msg)), TransportProtocol: header.ICMPv6ProtocolNumber, HopLimit: 61,
		SrcAddr: from, DstAddr: to,
	})
	return append(ip, msg...)
}

// pingReply makes the reply to a request.
func pingReply(request []byte) []byte {
	src, dst, size, reply := "10.0.0.2", "10.0.0.1", header.IPv4MinimumSize, uint8(header.ICMPv4EchoReply)
	if header.IPVersion(request) == header.IPv6Version {
		src, dst, size, reply = "fd00::2", "fd00::1", header.IPv6MinimumSize, uint8(header.ICMPv6EchoReply)
	}
	msg := slices.Clone(request[size:])
	msg[0] = reply
	return pingPacket(src, dst, msg)
}

// pingError makes an error from router that quotes n bytes of request.
func pingError(router string, kind, code uint8, info uint32, request []byte, n int) []byte {
	src := "10.0.0.1"
	if header.IPVersion(request) == header.IPv6Version {
		src = "fd00::1"
	}
	msg := binary.BigEndian.AppendUint32([]byte{kind, code, 0, 0}, info)
	return pingPacket(router, src, append(msg, request[:n]...))
}

// TestPingErrors has a router report every kind of error.
func TestPingErrors(t *testing.T) {
	t.Parallel()
	const dst4, router4, dst6, router6 = "10.0.0.2", "10.9.9.9", "fd00::2", "fd00:9::9"
	type icmp struct {
		kind, code uint8
		info       uint32
	}
	type test struct {
		name string
		icmp
		dst  string
		want int // Info
	}
	var tests []test
	for code := range uint8(16) {
		tests = append(tests, test{"unreachable", icmp{3, code, 1400}, dst4, 1400})
	}
	tests = append(tests,
		test{"mtu with garbage", icmp{3, 4, 0xdead_0578}, dst4, 1400},
		test{"time exceeded", icmp{11, 0, 0}, dst4, 0},
		test{"reassembly time exceeded", icmp{11, 1, 0}, dst4, 0},
		test{"parameter problem", icmp{12, 0, 20 << 24}, dst4, 20},
		test{"packet too big", icmp{2, 0, 1400}, dst6, 1400},
		test{"hop limit", icmp{3, 0, 0}, dst6, 0},
		test{"parameter problem", icmp{4, 1, 48}, dst6, 48},
	)
	for code := range uint8(8) {
		tests = append(tests, test{"unreachable", icmp{1, code, 0}, dst6, 0})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				router, least := router4, header.IPv4MinimumSize+8
				if tt.dst == dst6 {
					router, least = router6, header.IPv6MinimumSize+8
				}
				w := newPingWire(t, func(request []byte) [][]byte {
					return [][]byte{pingError(router, tt.kind, tt.code, tt.info, request, least)}
				})
				events, stats, err := pingEvents(t, w.stack, tt.dst, ping.Config{Count: 1, Timeout: time.Second})
				require.NoError(t, err)
				from := netip.MustParseAddr(router)
				want := &ping.ICMPError{From: from, Type: tt.kind, Code: tt.code, Info: tt.want}
				require.Len(t, events, 1)
				assert.Equal(t, ping.Event{Seq: 1, From: from, Err: want}, events[0])
				assert.Equal(t, 1, stats.Errors)
			})
		})
	}
}

// TestPingStrangers has packets arrive that a ping must not take for its own.
func TestPingStrangers(t *testing.T) {
	t.Parallel()
	const v4 = header.IPv4MinimumSize
	change := func(request []byte, at int) []byte {
		request[at] ^= 0x40
		return request
	}
	exceeded := func(request []byte, n int) []byte { return pingError("10.9.9.9", 11, 0, 0, request, n) }
	tests := []struct {
		name   string
		answer func(request []byte) []byte
		ours   bool
	}{
		{"reply", pingReply, true},
		{"reply to another identifier", func(r []byte) []byte { return pingReply(change(r, v4+4)) }, false},
		{"reply to a number that was not sent", func(r []byte) []byte { return pingReply(change(r, v4+7)) }, false},
		{"damaged reply", func(r []byte) []byte { return change(pingReply(r), v4+20) }, false},
		{"request with our identifier", func(r []byte) []byte {
			return pingPacket("10.0.0.2", "10.0.0.1", r[v4:])
		}, false},
		{"time exceeded", func(r []byte) []byte { return exceeded(r, len(r)) }, true},
		{"damaged time exceeded", func(r []byte) []byte { return change(exceeded(r, len(r)), v4+30) }, false},
		{"of another identifier", func(r []byte) []byte { return exceeded(change(r, v4+4), len(r)) }, false},
		{"of a reply", func(r []byte) []byte { return exceeded(pingReply(r), len(r)) }, false},
		{"of another destination", func(r []byte) []byte { return exceeded(change(r, 19), len(r)) }, false},
		{"of another source", func(r []byte) []byte { return exceeded(change(r, 15), len(r)) }, false},
		{"of somebody else's request, passing by", func(r []byte) []byte {
			copy(r[12:16], []byte{10, 0, 5, 5})
			return pingPacket("10.9.9.9", "10.0.5.5", append([]byte{11, 0, 0, 0, 0, 0, 0, 0}, r...))
		}, false},
		{"of a later fragment", func(r []byte) []byte { return exceeded(change(r, 7), len(r)) }, false},
		{"of another protocol", func(r []byte) []byte { return exceeded(change(r, 9), len(r)) }, false},
		{"that quotes too little", func(r []byte) []byte { return exceeded(r, v4+7) }, false},
		{"that quotes no whole header", func(r []byte) []byte { return exceeded(r, v4-1) }, false},
		{"that quotes nothing", func(r []byte) []byte { return exceeded(r, 0) }, false},
		{"unreachable of another identifier", func(r []byte) []byte {
			return pingError("10.9.9.9", 3, 1, 0, change(r, v4+4), len(r))
		}, false},
		{"unreachable of a reply", func(r []byte) []byte {
			return pingError("10.9.9.9", 3, 1, 0, pingReply(r), len(r))
		}, false},
		{"unreachable that quotes too little", func(r []byte) []byte {
			return pingError("10.9.9.9", 3, 1, 0, r, v4+7)
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newPingWire(t, func(request []byte) [][]byte { return [][]byte{tt.answer(request)} })
				events, _, err := pingEvents(t, w.stack, "10.0.0.2", ping.Config{Count: 1, Timeout: time.Second})
				require.NoError(t, err)
				assert.Equal(t, tt.ours, len(events) == 1)
			})
		})
	}
}

// TestPingDuplicates answers each request three times, and the first once more
// after the second.
func TestPingDuplicates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var first []byte
		w := newPingWire(t, func(request []byte) [][]byte {
			r := pingReply(request)
			if first == nil {
				first = r
				return [][]byte{r, r, r}
			}
			return [][]byte{first, r}
		})
		events, stats, err := pingEvents(t, w.stack, "fd00::2", ping.Config{})
		require.NoError(t, err)
		from := netip.MustParseAddr("fd00::2")
		assert.Equal(t, []ping.Event{
			{Seq: 1, From: from, TTL: 61, Size: 64},
			{Seq: 1, From: from, TTL: 61, Size: 64, Duplicate: true},
			{Seq: 1, From: from, TTL: 61, Size: 64, Duplicate: true},
			{Seq: 1, From: from, TTL: 61, Size: 64, RTT: time.Second, Duplicate: true},
			{Seq: 2, From: from, TTL: 61, Size: 64},
		}, events)
		assert.Equal(t, 2, stats.Received)
		assert.Equal(t, 3, stats.Duplicates)
		assert.Equal(t, 2, stats.Pipe)
	})
}

// TestPingFlooded gets more replies at once than a ping takes.
func TestPingFlooded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newPingWire(t, func(request []byte) [][]byte {
			return slices.Repeat([][]byte{pingReply(request)}, 900)
		})
		stats, err := w.stack.Ping(t.Context(), netip.MustParseAddr("10.0.0.2"), &ping.Config{
			Count: 2, Observe: func(ping.Event) { time.Sleep(time.Millisecond) },
		})
		require.NoError(t, err)
		assert.Equal(t, 2, stats.Received)
		assert.LessOrEqual(t, stats.Duplicates, 2*256, "what awaits the goroutine")
	})
}

// FuzzPingArrivals lets anything arrive while a ping runs.
func FuzzPingArrivals(f *testing.F) {
	echo := []byte{8, 0, 0, 0, 1, 2, 0, 1}
	request := pingPacket("10.0.0.1", "10.0.0.2", echo)
	request6 := pingPacket("fd00::1", "fd00::2", []byte{128, 0, 0, 0, 1, 2, 0, 1})
	for _, kind := range []uint8{3, 11, 12} {
		f.Add(pingError("10.0.0.2", kind, 0, 0, request, len(request)))
	}
	for _, kind := range []uint8{1, 2, 3, 4} {
		f.Add(pingError("fd00::2", kind, 1, 0, request6, len(request6)))
	}
	f.Add(pingPacket("10.0.0.2", "10.0.0.1", []byte{0, 0, 0, 0, 1, 2, 0, 1}))
	f.Fuzz(func(t *testing.T, packet []byte) {
		if len(packet) == 0 || len(packet) > veth.DefaultMTU {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			w := newPingWire(t, func(request []byte) [][]byte {
				return [][]byte{packet, pingRepaired(packet, request)}
			})
			dst := netip.MustParseAddr("10.0.0.2")
			if header.IPVersion(packet) == header.IPv6Version {
				dst = netip.MustParseAddr("fd00::2")
			}
			stats, err := w.stack.Ping(t.Context(), dst, &ping.Config{Timeout: time.Second, Observe: func(e ping.Event) {
				if e.Seq != 1 {
					t.Errorf("event of a request that was not sent: %+v", e)
				}
			}})
			require.NoError(t, err)
			require.Equal(t, 1, stats.Sent)
		})
	})
}

// pingRepaired returns packet as an ICMP message that is about the request and
// has the right checksum, so that fuzzing gets past both.
func pingRepaired(packet, request []byte) []byte {
	src, dst, size := "10.0.0.2", "10.0.0.1", header.IPv4MinimumSize
	if header.IPVersion(request) == header.IPv6Version {
		src, dst, size = "fd00::2", "fd00::1", header.IPv6MinimumSize
	}
	if len(packet) < size+8 {
		return packet
	}
	msg := slices.Clone(packet[size:])
	if quote := msg[8:]; len(quote) > size+8 {
		copy(quote[size-8:size], request[size-8:size]) // IPv4: the addresses; IPv6: part of one
		copy(quote[size+4:], request[size+4:size+8])
	}
	copy(msg[4:], request[size+4:size+6])
	return pingPacket(src, dst, msg)
}
