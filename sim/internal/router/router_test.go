package router_test

import (
	"drydock/drop"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// Packets from host a, and what the router sends then. Host b answers nothing: it
// is not told of the addresses that packets come from.
func TestPackets(t *testing.T) {
	t.Parallel()
	datagram := func(edit func(*packet)) packet {
		p := packet{src: "10.1.0.99", dst: "10.2.0.99", proto: 17, body: udp(10)}
		edit(&p)
		return p
	}
	datagram6 := func(edit func(*packet)) packet {
		p := packet{src: "fd01::99", dst: "fd02::99", proto: 17, body: udp(10)}
		edit(&p)
		return p
	}
	for _, tt := range []struct {
		name string
		plan plan
		in   packet
		want check
		lost drop.Reason // of in, 0: none
	}{
		{"forwarded", plan{}, datagram(func(p *packet) {}), one(out(1), ttl(63), addrs("10.1.0.99", "10.2.0.99"), body(udp(10))), 0},
		{"IPv6 forwarded", plan{}, datagram6(func(p *packet) {}), one(out(1), ttl(63), addrs("fd01::99", "fd02::99"), body(udp(10))), 0},
		{"forwarding off", plan{still: true}, datagram(func(p *packet) {}), none, drop.NotForwarding},
		{"forwarding off, IPv6", plan{still: true}, datagram6(func(p *packet) {}), none, drop.NotForwarding},
		{"forwarding off, no route", plan{still: true}, datagram(func(p *packet) { p.dst = "10.77.0.1" }), none, drop.NotForwarding},
		{"forwarding off, TTL 1", plan{still: true}, datagram(func(p *packet) { p.ttl = 1 }), none, drop.NotForwarding},
		{"TTL 2", plan{}, datagram(func(p *packet) { p.ttl = 2 }), one(out(1), ttl(1)), 0},
		{"TTL 1", plan{}, datagram(func(p *packet) { p.ttl = 1 }), icmpError("10.1.0.1", 11, 0, 0), drop.TTL},
		{"TTL 0", plan{}, datagram(func(p *packet) { p.edit = ttl0 }), icmpError("10.1.0.1", 11, 0, 0), drop.TTL},
		{"TTL 1, IPv6", plan{}, datagram6(func(p *packet) { p.ttl = 1 }), icmpError("fd01::1", 3, 0, 0), drop.TTL},
		{"no route", plan{}, datagram(func(p *packet) { p.dst = "10.77.0.1" }), icmpError("10.1.0.1", 3, 0, 0), drop.NoRoute},
		{"no route, TTL 1", plan{}, datagram(func(p *packet) { p.dst, p.ttl = "10.77.0.1", 1 }), icmpError("10.1.0.1", 3, 0, 0), drop.NoRoute},
		{"no route, IPv6", plan{}, datagram6(func(p *packet) { p.dst = "fd77::1" }), icmpError("fd01::1", 1, 0, 0), drop.NoRoute},
		{"same interface", plan{}, datagram(func(p *packet) { p.dst = "10.1.0.98" }), one(out(0), ttl(63)), 0},
		{"type of service of errors", plan{}, datagram(func(p *packet) { p.ttl, p.tos = 1, 0x3f }), one(out(0), tos(0xde)), drop.TTL},

		{"wrong header checksum", plan{}, datagram(func(p *packet) { p.breakSum = true }), none, drop.Checksum},
		{"version 5", plan{}, datagram(func(p *packet) { p.edit = func(b []byte) { b[0] = 0x55 } }), none, drop.Malformed},
		{"header longer than packet", plan{}, packet{src: "10.1.0.99", dst: "10.2.0.99", edit: func(b []byte) { b[0] = 0x46 }}, none, drop.Malformed},
		{"length beyond the frame", plan{}, datagram(func(p *packet) { p.edit = longer }), none, drop.Malformed},
		{"length beyond the frame, IPv6", plan{}, datagram6(func(p *packet) { p.edit = func(b []byte) { b[5]++ } }), none, drop.Malformed},
		{"length within the frame", plan{}, datagram(func(p *packet) { p.padding = 18 }), one(out(1), body(udp(10))), 0},
		{"length within the frame, IPv6", plan{}, datagram6(func(p *packet) { p.padding = 18 }), one(out(1), body(udp(10))), 0},
		{"header only", plan{}, packet{src: "10.1.0.99", dst: "10.2.0.99", proto: 17}, one(out(1), body(nil)), 0},
		{"part of a TCP header", plan{}, packet{src: "10.1.0.99", dst: "10.2.0.99", proto: 6, body: tcp(0)[:19]}, one(out(1), body(tcp(0)[:19])), 0},
		{"unknown protocol", plan{}, datagram(func(p *packet) { p.proto = 253 }), one(out(1), body(udp(10))), 0},
		{"to a multicast MAC", plan{}, datagram(func(p *packet) { p.multicast = true }), none, drop.OtherHost},
		{"extension headers", plan{}, datagram6(func(p *packet) { p.ext, p.options = 0, []byte{17, 0, 1, 4, 0, 0, 0, 0} }), one(out(1), ttl(63)), 0},
		{"extension header cut short", plan{}, datagram6(func(p *packet) { p.ext, p.options, p.body = 60, []byte{17, 9, 1, 4, 0, 0, 0, 0}, nil }), none, drop.Malformed},

		{"from loopback", plan{}, datagram(func(p *packet) { p.src = "127.0.0.1" }), none, drop.MartianSource},
		{"to loopback", plan{}, datagram(func(p *packet) { p.dst = "127.0.0.1" }), none, drop.MartianDestination},
		{"from multicast", plan{}, datagram(func(p *packet) { p.src = "224.0.0.9" }), none, drop.MartianSource},
		{"from broadcast", plan{}, datagram(func(p *packet) { p.src = "255.255.255.255" }), none, drop.MartianSource},
		{"from nobody", plan{}, datagram(func(p *packet) { p.src = "0.0.0.0" }), none, drop.MartianSource},
		{"from 0/8", plan{}, datagram(func(p *packet) { p.src = "0.1.2.3" }), none, drop.MartianSource},
		{"to 0/8", plan{}, datagram(func(p *packet) { p.dst = "0.1.2.3" }), none, drop.MartianDestination},
		{"from the router's own address", plan{}, datagram(func(p *packet) { p.src = "10.2.0.1" }), none, drop.MartianSource},
		{"to multicast", plan{}, datagram(func(p *packet) { p.dst = "239.1.2.3" }), none, 0},
		{"to a broadcast", plan{}, datagram(func(p *packet) { p.dst = "10.2.0.255" }), none, drop.NoSocket},
		{"to the limited broadcast", plan{}, datagram(func(p *packet) { p.dst = "255.255.255.255" }), none, drop.NoSocket},
		{"source route", plan{}, datagram(func(p *packet) { p.options = []byte{131, 7, 4, 10, 2, 0, 9, 0} }), none, drop.SourceRoute},
		{"from ::1", plan{}, datagram6(func(p *packet) { p.src = "::1" }), none, drop.MartianSource},
		{"to ::1", plan{}, datagram6(func(p *packet) { p.dst = "::1" }), none, drop.MartianDestination},
		{"from ::", plan{}, datagram6(func(p *packet) { p.src = "::" }), none, drop.MartianSource},
		{"to ::", plan{}, datagram6(func(p *packet) { p.dst = "::" }), none, drop.MartianDestination},
		{"from IPv6 multicast", plan{}, datagram6(func(p *packet) { p.src = "ff02::9" }), none, drop.MartianSource},
		{"to IPv6 multicast", plan{}, datagram6(func(p *packet) { p.dst = "ff0e::9" }), none, 0},
		{"to another's link", plan{}, datagram6(func(p *packet) { p.dst = "fe80::9" }), none, 0},

		{"ICMP error, TTL 1", plan{}, packet{src: "10.1.0.99", dst: "10.2.0.99", ttl: 1, proto: 1, body: icmp(3)}, none, drop.TTL},
		{"echo, TTL 1", plan{}, packet{src: "10.1.0.99", dst: "10.2.0.99", ttl: 1, proto: 1, body: icmp(8)}, icmpError("10.1.0.1", 11, 0, 0), drop.TTL},
		{"ICMPv6 error, hop limit 1", plan{}, packet{src: "fd01::99", dst: "fd02::99", ttl: 1, proto: 58, body: icmp(1)}, none, drop.TTL},
		{"ICMPv6 echo, hop limit 1", plan{}, packet{src: "fd01::99", dst: "fd02::99", ttl: 1, proto: 58, body: icmp(128)}, icmpError("fd01::1", 3, 0, 0), drop.TTL},
		{"first fragment, TTL 1", plan{}, datagram(func(p *packet) { p.ttl, p.more = 1, true }), icmpError("10.1.0.1", 11, 0, 0), drop.TTL},
		{"further fragment, TTL 1", plan{}, datagram(func(p *packet) { p.ttl, p.offset = 1, 8 }), none, drop.TTL},
		{"an error quotes 576 bytes less headers", plan{}, datagram(func(p *packet) { p.ttl, p.body = 1, udp(1400) }), one(out(0), size(576)), drop.TTL},
		{"an IPv6 error has 1280 bytes", plan{}, datagram6(func(p *packet) { p.ttl, p.body = 1, udp(1400) }), one(out(0), size(1280)), drop.TTL},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := new(netfilter)
				tt.plan.virtual, tt.plan.filter = true, f
				top := tt.plan.build(t)
				top.acquaint(t)
				c := top.capture()
				top.inject(t, 0, tt.in)
				synctest.Wait()
				tt.want(t, tt.in, c.take())
				assert.Equal(t, tt.lost, top.lost(t), tt.name)
			})
		})
	}
}

func ttl0(b []byte) { // with the right checksum
	b[8] = 0
	h := header.IPv4(b)
	h.SetChecksum(0)
	h.SetChecksum(^checksum.Checksum(b[:20], 0))
}

func longer(b []byte) {
	h := header.IPv4(b)
	h.SetTotalLength(uint16(len(b) + 1))
	h.SetChecksum(0)
	h.SetChecksum(^checksum.Checksum(b[:20], 0))
}

// A check judges what the router sent after a packet.
type check func(t *testing.T, in packet, got []seen)

// A checkOne judges one packet.
type checkOne func(t *testing.T, got seen)

func none(t *testing.T, _ packet, got []seen) { assert.Empty(t, got) }

// one is that the router sent one packet, which passes all checks.
func one(checks ...checkOne) check {
	return func(t *testing.T, _ packet, got []seen) {
		if assert.Len(t, got, 1) {
			for _, c := range append(checks, intact) {
				c(t, got[0])
			}
		}
	}
}

// intact is that length and checksum of the IP header are right.
func intact(t *testing.T, got seen) {
	if got.v6() {
		assert.EqualValues(t, len(got.ip)-40, got.ip6().PayloadLength())
		return
	}
	assert.EqualValues(t, len(got.ip), got.ip4().TotalLength())
	assert.True(t, got.ip4().IsChecksumValid(), "header checksum")
}

func out(cable int) checkOne {
	return func(t *testing.T, got seen) { assert.Equal(t, cable, got.cable, "cable") }
}

func ttl(want uint8) checkOne {
	return func(t *testing.T, got seen) {
		if got.v6() {
			assert.Equal(t, want, got.ip6().HopLimit())
		} else {
			assert.Equal(t, want, got.ip4().TTL())
		}
	}
}

func tos(want uint8) checkOne {
	return func(t *testing.T, got seen) { assert.Equal(t, want, got.ip[1]) }
}

func size(want int) checkOne {
	return func(t *testing.T, got seen) { assert.Len(t, got.ip, want) }
}

func addrs(src, dst string) checkOne {
	return func(t *testing.T, got seen) {
		s, d := got.addrs()
		assert.Equal(t, []string{src, dst}, []string{s, d})
	}
}

// body is what follows the IP header; the checksum of UDP and TCP does not count.
func body(want []byte) checkOne {
	return func(t *testing.T, got seen) {
		b := append([]byte(nil), got.body()...)
		if got.proto() == 17 && len(b) >= 8 {
			b[6], b[7] = want[6], want[7]
		}
		if got.proto() == 6 && len(b) >= 20 {
			b[16], b[17] = want[16], want[17]
		}
		assert.Equal(t, append([]byte(nil), want...), b)
	}
}

// icmpError is that the router answered with an ICMP error that quotes the packet.
func icmpError(from string, kind, code uint8, mtu uint32) check {
	return func(t *testing.T, in packet, got []seen) {
		one(out(0), ttl(64), addrs(from, in.src), func(t *testing.T, got seen) {
			b := got.body()
			assert.Equal(t, []byte{kind, code}, b[:2])
			if got.v6() {
				assert.EqualValues(t, 58, got.proto())
				assert.Equal(t, mtu, header.ICMPv6(b).MTU())
				sum := header.PseudoHeaderChecksum(58, got.ip6().SourceAddress(), got.ip6().DestinationAddress(), uint16(len(b)))
				assert.EqualValues(t, 0xffff, checksum.Checksum(b, sum), "checksum")
			} else {
				assert.EqualValues(t, 1, got.proto())
				assert.EqualValues(t, mtu, header.ICMPv4(b).MTU())
				assert.EqualValues(t, 0xffff, checksum.Checksum(b, 0), "checksum")
			}
			quoted := in.bytes()
			assert.Equal(t, quoted[:min(len(quoted), len(b)-8)], b[8:])
		})(t, in, got)
	}
}
