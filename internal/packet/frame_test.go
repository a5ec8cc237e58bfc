package packet

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/refs"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// TestMain checks that every packet was released.
func TestMain(m *testing.M) {
	refs.SetLeakMode(refs.LeaksPanic)
	code := m.Run()
	refs.DoRepeatedLeakCheck()
	os.Exit(code)
}

func TestValid(t *testing.T) {
	t.Parallel()
	badHeader := summed(ip4(6, 0, tcp(header.TCPFlagAck, 0, 10)), 0)
	badHeader[14+8]-- // TTL
	fragment := ip4(17, 0, udp(1, 2, 3))
	fragment[14+6], fragment[14+20+6] = 0x20, 1 // more fragments, what looks like a checksum
	fixIP4(fragment)
	last := ip4(17, 0, udp(1, 2, 3))
	last[14+6], last[14+7], last[14+20+6] = 0, 8, 1 // no more fragments, offset 64, what looks like a checksum
	fixIP4(last)
	tests := []struct {
		name  string
		frame []byte
		want  bool
	}{
		{"TCP", summed(ip4(6, 0, tcp(header.TCPFlagAck, 3, 100)), 0), true},
		{"TCP, odd length", summed(ip4(6, 0, tcp(header.TCPFlagAck, 3, 101)), 0), true},
		{"TCP, wrong", summed(ip4(6, 0, tcp(header.TCPFlagAck, 3, 100)), 1), false},
		{"TCP, unset", ip4(6, 0, tcp(header.TCPFlagAck, 3, 100)), false},
		{"TCP behind IP options", summed(ip4(6, 10, tcp(header.TCPFlagAck, 3, 100)), 0), true},
		{"TCP behind IP options, wrong", summed(ip4(6, 10, tcp(header.TCPFlagAck, 3, 100)), 9), false},
		{"TCP over IPv6", summed(ip6(6, tcp(header.TCPFlagAck, 0, 7)), 0), true},
		{"TCP over IPv6, wrong", summed(ip6(6, tcp(header.TCPFlagAck, 0, 7)), 1), false},
		{"UDP", summed(ip4(17, 0, udp(1, 2, 3)), 0), true},
		{"UDP, empty", summed(ip4(17, 0, udp()), 0), true},
		{"UDP, wrong", summed(ip4(17, 0, udp(1, 2, 3)), 1), false},
		{"UDP without checksum", ip4(17, 0, udp(1, 2, 3)), true},
		{"UDP whose sum is zero, sent as 0xffff", summed(ip4(17, 0, udp(zeroSum4()...)), 0), true},
		{"UDP over IPv6", summed(ip6(17, udp(1, 2, 3)), 0), true},
		{"UDP over IPv6 without checksum", ip6(17, udp(1, 2, 3)), false},
		{"wrong IP header checksum", badHeader, false},
		{"Ethernet padding is not summed", append(summed(ip4(17, 0, udp(1)), 0), "padding"...), true},
		{"bytes behind a datagram are not summed", trailing(summed(ip4(17, 0, udp(1)), 0)), true},
		{"datagram longer than its packet", lengthened(ip4(17, 0, udp(1))), true},
		{"first fragment", fragment, true},
		{"last fragment", last, true},
		{"TCP header cut short", ip4(6, 0, tcp(header.TCPFlagAck, 0, 0)[:19]), true},
		{"ICMP, which stacks verify", ip4(1, 0, []byte{8, 0, 1, 2, 3, 4, 5, 6}), true},
		{"TCP behind options", summed(behind(ip6(6, tcp(header.TCPFlagAck, 0, 0)), 0, 0, 0, 1, 4, 0, 0, 0, 0), 0), true},
		{"TCP behind options, wrong", summed(behind(ip6(6, tcp(header.TCPFlagAck, 0, 0)), 0, 0, 0, 1, 4, 0, 0, 0, 0), 1), false},
		{"TCP behind an authentication header", summed(behind(ip6(6, tcp(header.TCPFlagAck, 0, 0)), 51, make([]byte, 8)...), 1), false},
		{"TCP on the way to another destination", summed(behind(ip6(6, tcp(header.TCPFlagAck, 0, 0)), 43, 0, 0, 4, 1, 0, 0, 0, 0), 1), true},
		{"mobility, which carries nothing", ip6(135, []byte{59, 0, 0, 0, 0, 0, 0, 0}), true},
		{"IP cut short", ip4(6, 0, tcp(header.TCPFlagAck, 0, 0))[:20], true},
		{"IPv6 cut short", ip6(6, tcp(header.TCPFlagAck, 0, 0))[:60], true},
		{"total length beyond the frame", ip4(6, 0, tcp(header.TCPFlagAck, 0, 0))[:53], true},
		{"IPv6 in a frame of type IPv4", ethernet(header.IPv4ProtocolNumber, ip6(6, tcp(0, 0, 0))[14:]), true},
		{"ARP", ethernet(header.ARPProtocolNumber, make([]byte, 28)), true},
		{"bare Ethernet header", ethernet(header.IPv4ProtocolNumber, nil), true},
		{"no Ethernet header", []byte{1, 2, 3}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for build, pkt := range packets(tt.frame) {
				assert.Equal(t, tt.want, Valid(pkt), build)
				assert.Equal(t, tt.frame, contents(pkt), build)
				pkt.DecRef()
			}
		})
	}
}

func TestComplete(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		frame    []byte
		computes bool
	}{
		{"TCP", ip4(6, 0, tcp(header.TCPFlagAck, 3, 100)), true},
		{"TCP, partial sum", summed(ip4(6, 0, tcp(header.TCPFlagAck, 3, 101)), 77), true},
		{"TCP behind IP options", ip4(6, 10, tcp(header.TCPFlagAck, 0, 1)), true},
		{"TCP over IPv6", ip6(6, tcp(header.TCPFlagAck, 3, 100)), true},
		{"TCP behind options", behind(ip6(6, tcp(header.TCPFlagAck, 3, 100)), 60, 0, 0, 1, 4, 0, 0, 0, 0), true},
		{"TCP on the way to another destination", behind(ip6(6, tcp(header.TCPFlagAck, 0, 0)), 43, 0, 0, 4, 1, 0, 0, 0, 0), false},
		{"super-segment", ip4(6, 0, tcp(header.TCPFlagAck, 3, 64000)), true},
		{"UDP", ip4(17, 0, udp(1, 2, 3)), true},
		{"UDP over IPv6", ip6(17, udp(1, 2, 3)), true},
		{"UDP whose sum is zero", ip4(17, 0, udp(zeroSum4()...)), true},
		{"UDP with padding", append(ip4(17, 0, udp(1, 2, 3)), "padding"...), true},
		{"ICMP", ip4(1, 0, []byte{8, 0, 1, 2, 3, 4, 5, 6}), false},
		{"ARP", ethernet(header.ARPProtocolNumber, make([]byte, 28)), false},
		{"malformed", ip4(6, 0, tcp(header.TCPFlagAck, 0, 0))[:40], false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for build, pkt := range packets(tt.frame) {
				require.False(t, Offloaded(pkt), build)
				same := Complete(pkt)
				assert.Same(t, pkt, same, "%s: of unknown origin", build)
				same.DecRef()
				assert.Equal(t, tt.frame, Bytes(pkt), build)

				pkt.PktType = tcpip.PacketOutgoing
				require.True(t, Offloaded(pkt), build)
				out := Complete(pkt)
				assert.Equal(t, tt.frame, contents(pkt), "%s: changed", build)
				assert.Equal(t, contents(out), Bytes(pkt), build)
				if !tt.computes {
					assert.Same(t, pkt, out, build)
				} else {
					assert.Equal(t, summed(slices.Clone(tt.frame), 0), contents(out), build)
					requireValid(t, contents(out))
					assert.True(t, out.RXChecksumValidated, build)
					assert.Len(t, out.LinkHeader().Slice(), 14, build)
				}
				out.DecRef()
				pkt.DecRef()
			}
		})
	}
}

func TestInbound(t *testing.T) {
	t.Parallel()
	f := ip6(6, tcp(header.TCPFlagAck, 3, 5000))
	for build, pkt := range packets(f) {
		pkt.GSOOptions = stack.GSO{Type: stack.GSOTCPv6, MSS: 1440, L3HdrLen: 40}
		in := Inbound(pkt)
		pkt.DecRef() // in lives on
		assert.Equal(t, f, contents(in), build)
		assert.Equal(t, stack.GSO{Type: stack.GSOTCPv6, MSS: 1440, L3HdrLen: 40}, in.GSOOptions, build)
		assert.True(t, in.RXChecksumValidated, build)
		assert.Zero(t, in.HeaderSize(), build)

		for range 2 {
			assert.Equal(t, f[:14], []byte(Ethernet(in)), build)
			assert.Equal(t, header.IPv6ProtocolNumber, in.NetworkProtocolNumber, build)
			assert.Equal(t, f[14:], in.Data().AsRange().ToSlice(), build)
		}
		in.DecRef()
	}
	runt := packet(make([]byte, 13))
	defer runt.DecRef()
	assert.Nil(t, Ethernet(runt))
}

func TestOffloaded(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		mark func(*stack.PacketBuffer)
		want bool
	}{
		{"from a device", func(*stack.PacketBuffer) {}, false},
		{"from a stack", func(p *stack.PacketBuffer) { p.PktType = tcpip.PacketOutgoing }, true},
		{"through a cable", func(p *stack.PacketBuffer) { p.RXChecksumValidated = true }, true},
		{"super-segment", func(p *stack.PacketBuffer) { p.GSOOptions.Type = stack.GSOTCPv4 }, true},
	}
	for _, tt := range tests {
		pkt := packet(make([]byte, 60))
		tt.mark(pkt)
		assert.Equal(t, tt.want, Offloaded(pkt), tt.name)
		in := Inbound(pkt)
		assert.Equal(t, tt.want, in.RXChecksumValidated, tt.name)
		in.DecRef()
		pkt.DecRef()
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	f := ip4(17, 0, udp(bytes.Repeat([]byte("0123456789"), 20)...))
	for build, pkt := range packets(f) {
		for _, size := range []int{0, 1, 14, 34, 35, len(f) - 1, len(f), len(f) + 7} {
			got, want := make([]byte, size), make([]byte, size)
			copy(want, f)
			assert.Equal(t, min(size, len(f)), Copy(got, pkt, 0))
			assert.Equal(t, want, got, "%s, %d bytes", build, size)
		}
		pkt.DecRef()
	}
}

// zeroSum4 returns data with which the checksum of udp(data) over IPv4 is 0.
func zeroSum4() []byte {
	_, _, _, segment := dissect(ip4(17, 0, udp(0, 0)))
	sum := transportChecksum(src4, dst4, 17, segment)
	return []byte{byte(sum >> 8), byte(sum)}
}

// trailing makes the IP packet of f two bytes longer than the datagram in it.
func trailing(f []byte) []byte {
	f = append(f, 0xbe, 0xef)
	f[14+3] += 2
	fixIP4(f)
	return f
}

// lengthened makes the length of a datagram a lie.
func lengthened(f []byte) []byte {
	f[14+20+5]++
	f[14+20+6] = 1 // some checksum
	return f
}

func fixIP4(f []byte) {
	ip := header.IPv4(f[14:])
	ip.SetChecksum(0)
	ip.SetChecksum(internetChecksum(ip[:ip.HeaderLength()]))
}
