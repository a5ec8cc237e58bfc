package nat

import (
	"drydock/drop"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// split cuts a packet without options in two fragments, the first with n bytes of what
// is behind the IP header.
func split(s sample, n int) (first, second []byte) {
	whole := dissect(s.bytes())
	part := sample{proto: "other", src: whole.src.String(), dst: whole.dst.String(), ipID: 7}
	f, rest := part, part
	f.data, f.more = whole.l4[:n], true
	rest.data, rest.offset = whole.l4[n:], n
	return withProto(f.bytes(), whole.proto), withProto(rest.bytes(), whole.proto)
}

// withProto gives a fragment another protocol.
func withProto(b []byte, proto uint8) []byte {
	if b[0]>>4 == 6 {
		b[40] = proto
		return b
	}
	b[9] = proto
	binary.BigEndian.PutUint16(b[10:], 0)
	binary.BigEndian.PutUint16(b[10:], ^onesSum(b[:20]))
	return b
}

// Ports and flags that are not in the first fragment, where rules look for them, must
// not get past the rules in the second one (RFC 1858, section 3).
func TestHeaderIsInFirstFragment(t *testing.T) {
	t.Parallel()
	rules := []string{
		"-A FORWARD -p tcp -m tcp --dport 22 -j DROP", "-A FORWARD -p icmp -m icmp --icmp-type 8 -j DROP",
		"-6 -A FORWARD -p tcp -m tcp --dport 22 -j DROP", "-6 -A FORWARD -p icmpv6 -m icmp6 --icmpv6-type 128 -j DROP",
	}
	for _, tt := range []struct {
		sample
		first int
	}{
		{sample{src: "10.0.0.9:7", dst: "172.17.0.2:22", flags: syn, data: make([]byte, 20)}, 8},
		{sample{src: "10.0.0.9:7", dst: "172.17.0.2:22", flags: syn, data: make([]byte, 20)}, 16},
		{sample{src: "[fd00::9]:7", dst: "[fd17::2]:22", flags: syn, data: make([]byte, 20)}, 8},
	} {
		b := newBed(t, rules...)
		head, tail := split(tt.sample, tt.first)
		assert.Nil(t, b.passed(bedEth0, head), "%d bytes of %v", tt.first, dissect(tt.bytes()))
		assert.Nil(t, b.passed(bedEth0, tail))
		require.Len(t, b.drops, 2)
		assert.Equal(t, drop.Fragment, b.drops[0].Reason)

		pkt := framed(head, 0)
		assert.Nil(t, b.tables.FilterBridged("br0", "p1", "p2", pkt))
		pkt.DecRef()

		head, tail = split(tt.sample, 24)
		assert.Nil(t, b.passed(bedEth0, head), "by the rule")
		assert.Equal(t, drop.Rule, b.drops[len(b.drops)-1].Reason)
		assert.Nil(t, b.passed(bedEth0, tail))
	}
}

// Fragments of IPv6 are of one datagram whatever header comes next: that is another one
// in the first if it has options behind its fragment header (RFC 8200, section 4.5).
func TestFragmentsWithOptions(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	whole := dissect(sample{proto: "udp", src: "[fd00::9]:7", dst: "[fd17::2]:53", data: make([]byte, 16)}.bytes())
	options := append([]byte{17, 0, 1, 4, 0, 0, 0, 0}, whole.l4...)
	part := sample{proto: "other", src: "fd00::9", dst: "fd17::2", ipID: 7}
	head, tail := part, part
	head.data, head.more = options[:16], true
	tail.data, tail.offset = options[16:], 16
	const destinationOptions = 60
	for _, s := range []sample{head, tail} {
		pkt := framed(withProto(s.bytes(), destinationOptions), 0)
		assert.Same(t, pkt, b.tables.FilterBridged("br0", "p1", "p2", pkt), "%v", b.drops)
		pkt.DecRef()
	}
	assert.Equal(t, 1, b.conns())
}

// An ICMP error in pieces comes from one address in all of them.
func TestFragmentsOfErrors(t *testing.T) {
	t.Parallel()
	b := newBed(t, "-t nat -A PREROUTING -p udp -m udp --dport 53 -j DNAT --to-destination 172.17.0.2:5353")
	out := b.passed(bedEth0, sample{proto: "udp", src: "10.0.0.9:7", dst: "10.0.0.1:53"}.bytes())
	require.NotNil(t, out)
	head, tail := split(sample{proto: "icmp", kind: 3, code: 3, src: containerIP, dst: peerIP, data: append(out, make([]byte, 100)...)}, 64)
	for _, piece := range [][]byte{head, tail} {
		out := b.passed(bedDocker0, piece)
		require.NotNil(t, out, "%v", b.drops)
		assert.Equal(t, hostIP, dissect(out).src.String())
		assert.Equal(t, peerIP, dissect(out).dst.String())
	}
}
