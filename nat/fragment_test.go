package nat

import (
	"drydock/drop"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fragments returns a datagram in three pieces.
func fragmented(s sample, id uint16) [3][]byte {
	s.data = make([]byte, 40)
	v6 := endpoint(s.src).Addr().Is6()
	whole := dissect(s.bytes()).l4
	at := 20
	if v6 {
		at = 48
	}
	piece := func(from, to int) []byte {
		f := sample{proto: s.proto, src: s.src, dst: s.dst, ipID: id, offset: from, more: to < len(whole), data: whole[from:to]}
		if from > 0 {
			return f.bytes()
		}
		f.data = make([]byte, to-8)
		b := f.bytes()
		copy(b[at:], whole[:to]) // with the checksum of the whole
		return b
	}
	return [3][]byte{piece(0, 16), piece(16, 32), piece(32, 48)}
}

// joined puts a datagram together again.
func joined(pieces ...[]byte) []byte {
	b := sample{proto: "other", src: dissect(pieces[0]).src.String(), dst: dissect(pieces[0]).dst.String()}
	for _, p := range pieces {
		b.data = append(b.data, dissect(p).l4...)
	}
	whole := b.bytes()
	if whole[0]>>4 == 4 {
		whole[9] = 17
		whole[10], whole[11] = 0, 0
		sum := ^onesSum(whole[:20])
		whole[10], whole[11] = byte(sum>>8), byte(sum)
	} else {
		whole[6] = 17
	}
	return whole
}

// All fragments of a datagram are translated like the first, and the checksum in that
// is the one of the translated whole.
func TestFragmentsAreTranslated(t *testing.T) {
	t.Parallel()
	b := newBed(t,
		"-t nat -A PREROUTING -p udp -m udp --dport 53 -j DNAT --to-destination 172.17.0.2:5353",
		"-t nat -A POSTROUTING -j MASQUERADE",
		"-6 -t nat -A PREROUTING -p udp -m udp --dport 53 -j DNAT --to-destination [fd17::2]:5353",
		"-6 -t nat -A POSTROUTING -j MASQUERADE",
	)
	for _, tt := range []struct {
		in         sample
		want, rest string
		back       sample
		wantBack   string
	}{
		{sample{proto: "udp", src: "10.0.0.9:7", dst: "10.0.0.1:53"}, "udp 172.17.0.1:7 > 172.17.0.2:5353", "fragment 172.17.0.1 > 172.17.0.2",
			sample{proto: "udp", src: "172.17.0.2:5353", dst: "172.17.0.1:7"}, "udp 10.0.0.1:53 > 10.0.0.9:7"},
		{sample{proto: "udp", src: "[fd00::9]:7", dst: "[fd00::1]:53"}, "udp [fd17::1]:7 > [fd17::2]:5353", "fragment fd17::1 > fd17::2",
			sample{proto: "udp", src: "[fd17::2]:5353", dst: "[fd17::1]:7"}, "udp [fd00::1]:53 > [fd00::9]:7"},
	} {
		var out [3][]byte
		for i, piece := range fragmented(tt.in, 99) {
			out[i] = b.passed(bedEth0, piece)
			require.NotNil(t, out[i], i)
			assertValid(t, out[i])
		}
		assert.Equal(t, tt.want, dissect(out[0]).String())
		assert.Equal(t, tt.rest, dissect(out[1]).String())
		assert.Equal(t, tt.rest, dissect(out[2]).String())
		assertValid(t, joined(out[:]...))

		for i, piece := range fragmented(tt.back, 7) {
			out[i] = b.passed(bedDocker0, piece)
			require.NotNil(t, out[i], i)
		}
		assert.Equal(t, tt.wantBack, dissect(joined(out[:]...)).String())
		assertValid(t, joined(out[:]...))
	}
	assert.Equal(t, 2, b.conns())
	assert.Empty(t, b.drops)
}

// By netstack's own forwarding, too, and to its own sockets.
func TestFragmentsByNetstack(t *testing.T) {
	t.Parallel()
	b := newBed(t,
		"-t nat -A PREROUTING -p udp -m udp --dport 53 -j DNAT --to-destination 172.17.0.2:5353",
		"-t nat -A POSTROUTING -j MASQUERADE",
	)
	for _, piece := range fragmented(sample{proto: "udp", src: "10.0.0.9:7", dst: "10.0.0.1:53"}, 5) {
		b.inBytes("eth0", piece)
	}
	// Netstack computes a checksum for the first fragment alone, which is its mistake.
	assert.Equal(t, []string{
		"docker0: udp 172.17.0.1:7 > 172.17.0.2:5353",
		"docker0: fragment 172.17.0.1 > 172.17.0.2",
		"docker0: fragment 172.17.0.1 > 172.17.0.2",
	}, b.out())

	for _, piece := range fragmented(sample{proto: "udp", src: "10.0.0.9:7", dst: "10.0.0.1:9"}, 6) {
		b.inBytes("eth0", piece)
	}
	pkt := b.nics["eth0"].Read()
	require.NotNil(t, pkt, "an answer of the socket that is not there")
	defer pkt.DecRef()
	assert.Equal(t, "icmp 3/3 10.0.0.1 > 10.0.0.9 [udp 10.0.0.9:7 > 10.0.0.1:9]", dissect(bytesOf(pkt)).String())
}

// Fragments without a first one are dropped: such that come before it, too late, or
// after it was dropped, at whichever hook that was.
func TestFragmentsWithoutFirst(t *testing.T) {
	t.Parallel()
	pieces := fragmented(sample{proto: "udp", src: "10.0.0.9:7", dst: "10.0.0.1:53"}, 5)
	lost := func(b *bed) {
		t.Helper()
		require.NotEmpty(t, b.drops)
		assert.Equal(t, drop.Fragment, b.drops[len(b.drops)-1].Reason)
	}
	b := newBed(t)
	assert.Nil(t, b.passed(bedEth0, pieces[1]))
	lost(b)
	assert.NotNil(t, b.passed(bedEth0, pieces[0]))
	assert.NotNil(t, b.passed(bedEth0, pieces[1]))
	other := fragmented(sample{proto: "udp", src: "10.0.0.9:7", dst: "10.0.0.1:53"}, 6)
	assert.Nil(t, b.passed(bedEth0, other[1]), "of another datagram")
	b.clock.Advance(30 * time.Second)
	assert.Nil(t, b.passed(bedEth0, pieces[2]))

	dnat := "-t nat -A PREROUTING -p udp -j DNAT --to-destination 172.17.0.2:5353"
	for _, rule := range []string{
		"-t raw -A PREROUTING -p udp -m udp --dport 53 -j DROP",
		"-t mangle -A PREROUTING -p udp -m udp --dport 53 -j DROP",
		"-A FORWARD -p udp -m udp --dport 5353 -j REJECT",
		"-t mangle -A POSTROUTING -p udp -m udp --dport 5353 -j DROP",
	} {
		b := newBed(t, dnat, rule)
		assert.Nil(t, b.passed(bedEth0, pieces[0]), rule)
		assert.Nil(t, b.passed(bedEth0, pieces[1]), rule)
		lost(b)
	}
}

// However many datagrams begin, few are remembered, and the last of them.
func TestFragmentsAreBounded(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	var pieces [3][]byte
	for id := range 3 * maxFragments {
		pieces = fragmented(sample{proto: "udp", src: "10.0.0.9:7", dst: "172.17.0.2:53"}, uint16(id))
		require.NotNil(t, b.passed(bedEth0, pieces[0]))
	}
	assert.Len(t, b.tables.frags.datagrams, maxFragments)
	assert.Len(t, b.tables.frags.order, maxFragments)
	assert.NotNil(t, b.passed(bedEth0, pieces[1]))
}
