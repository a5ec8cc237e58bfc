package packet_test

import (
	"encoding/binary"
	"testing"

	"drydock/internal/packet"
	"drydock/internal/packet/samples"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, s := range samples.All() {
		l, ok := packet.Parse(s.Bytes, len(s.Bytes))
		assert.Equal(t, s.OK, ok, s.Name)
		if !ok {
			continue
		}
		assert.Equal(t, s.Layout, l, s.Name)
		src, dst := packet.Addrs(s.Bytes)
		if l.V6 {
			assert.Equal(t, samples.Src6, src, s.Name)
			assert.Equal(t, samples.Dst6, dst, s.Name)
		} else {
			assert.Equal(t, samples.Src4, src, s.Name)
			assert.Equal(t, samples.Dst4, dst, s.Name)
		}
		quoted, ok := packet.ParseQuote(s.Bytes[:l.Size])
		assert.True(t, ok, s.Name)
		assert.Equal(t, l, quoted, s.Name)
		for n := range l.Transport { // whatever is cut off the headers is missed
			_, ok := packet.Parse(s.Bytes[:n], len(s.Bytes))
			assert.False(t, ok, "%s: %d bytes", s.Name, n)
			_, ok = packet.ParseQuote(s.Bytes[:n])
			assert.False(t, ok, "%s: %d bytes quoted", s.Name, n)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"10.0.0.1", "fd00::1", "::ffff:10.0.0.1", "::"} {
		a := samples.Src4
		require.NoError(t, a.UnmarshalText([]byte(s)))
		assert.Equal(t, a, packet.FromAddress(packet.ToAddress(a)), s)
		assert.Equal(t, a.BitLen(), packet.ToAddress(a).BitLen(), s)
	}
	none := packet.FromAddress(packet.ToAddress(samples.Src4.WithZone("")))
	assert.Equal(t, samples.Src4, none)
	zoned := samples.Src6.WithZone("eth0")
	assert.Equal(t, samples.Src6, packet.FromAddress(packet.ToAddress(zoned)))
}

// FuzzParse compares the layout with what gopacket decodes header by header.
func FuzzParse(f *testing.F) {
	for _, s := range samples.All() {
		f.Add(s.Bytes)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, ok := packet.Parse(b, len(b))
		want, decoded := decode(b)
		if decoded {
			require.Equal(t, want, l, "%x", b)
			require.True(t, ok)
			compareTransport(t, &l, b)
		}
		if ok {
			require.LessOrEqual(t, l.Transport, l.Size)
			require.LessOrEqual(t, l.Size, len(b))
			quoted, ok := packet.ParseQuote(b[:l.Size])
			require.True(t, ok)
			require.Equal(t, l, quoted)
		}
		packet.ParseQuote(b)
	})
}

// decode is Parse by gopacket. It is false for what gopacket refuses, or reads otherwise
// than Linux: jumbograms, IPv4 whose length is yet to be filled in, and authentication
// headers that are shorter than they may be.
func decode(b []byte) (l packet.Layout, ok bool) {
	if len(b) == 0 || b[0]>>4 != 6 {
		var ip layers.IPv4
		if ip.DecodeFromBytes(b, gopacket.NilDecodeFeedback) != nil || ip.Version != 4 || int(ip.Length) > len(b) || b[2]|b[3] == 0 {
			return l, false
		}
		l = packet.Layout{Transport: 4 * int(ip.IHL), Size: int(ip.Length), ID: uint32(ip.Id), Protocol: uint8(ip.Protocol)}
		l.Fragment = part(ip.FragOffset, ip.Flags&layers.IPv4MoreFragments != 0)
		return l, true
	}
	var ip layers.IPv6
	if err := ip.DecodeFromBytes(b, gopacket.NilDecodeFeedback); err != nil || ip.Length == 0 || int(ip.Length)+40 > len(b) {
		return l, false
	}
	l = packet.Layout{V6: true, Transport: 40, Size: 40 + int(ip.Length), Protocol: b[6]}
	for n := 0; ; n++ {
		rest := b[l.Transport:l.Size]
		var size int
		var err error
		next := layers.IPProtocol(l.Protocol)
		switch next {
		case layers.IPProtocolIPv6HopByHop, layers.IPProtocolIPv6Routing, layers.IPProtocolIPv6Destination:
			var h layers.IPv6ExtensionSkipper
			err = h.DecodeFromBytes(rest, gopacket.NilDecodeFeedback)
			size, next = len(h.Contents), h.NextHeader
			if err == nil && l.Protocol == uint8(layers.IPProtocolIPv6Routing) && rest[3] > 0 {
				l.Routed = true
			}
		case layers.IPProtocolIPv6Fragment:
			var h layers.IPv6Fragment
			err = h.DecodeFromBytes(rest, gopacket.NilDecodeFeedback)
			size, next = len(h.Contents), h.NextHeader
			if err == nil {
				l.ID, l.Fragment = h.Identification, max(l.Fragment, part(h.FragmentOffset, h.MoreFragments))
			}
		case layers.IPProtocolAH:
			var h layers.IPSecAH
			err = h.DecodeFromBytes(rest, gopacket.NilDecodeFeedback)
			size, next = h.ActualLength, h.NextHeader
		default:
			return l, true
		}
		if err != nil || n == 12 || l.Transport+size > packet.MaxHeaders {
			return l, false
		}
		l.Transport, l.Protocol = l.Transport+size, uint8(next)
		if l.Fragment == packet.Following {
			return l, true
		}
	}
}

func part(offset uint16, more bool) packet.Fragment {
	switch {
	case offset > 0:
		return packet.Following
	case more:
		return packet.First
	}
	return packet.Whole
}

// compareTransport compares what is found behind the IP headers.
func compareTransport(t *testing.T, l *packet.Layout, b []byte) {
	l4 := b[l.Transport:l.Size]
	if l.Fragment == packet.Following {
		require.Zero(t, l.HeaderSize(l4))
		return
	}
	var tcp layers.TCP
	if l.Protocol == packet.TCP && tcp.DecodeFromBytes(l4, gopacket.NilDecodeFeedback) == nil {
		require.Equal(t, len(tcp.Contents), l.HeaderSize(l4))
	}
	var udp layers.UDP
	if l.Protocol == packet.UDP && udp.DecodeFromBytes(l4, gopacket.NilDecodeFeedback) == nil {
		require.Equal(t, len(udp.Contents), l.HeaderSize(l4))
	}
}

// FuzzTranslation: what is patched is what a computation from scratch finds, and the
// reverse translation undoes it.
func FuzzTranslation(f *testing.F) {
	for _, s := range samples.All() {
		f.Add(s.Bytes, []byte{1, 2, 3, 4}, uint16(99), true)
	}
	f.Fuzz(func(t *testing.T, b, seed []byte, port uint16, destination bool) {
		l, ok := packet.Parse(b, len(b))
		if !ok || l.Fragment != packet.Whole {
			return
		}
		ip, l4 := b[:l.Transport], b[l.Transport:l.Size]
		if l.HeaderSize(l4) == 0 {
			return
		}
		src, dst := packet.Addrs(ip)
		old := src
		if destination {
			old = dst
		}
		raw := old.AsSlice()
		copy(raw, seed)
		now := old
		require.NoError(t, now.UnmarshalBinary(raw))
		at := 4 // of the id
		if !l.IsICMP() {
			at = 0
			if destination {
				at = 2
			}
		}
		oldPort := binary.BigEndian.Uint16(l4[at:])
		before := string(b)
		there := packet.Translation{Destination: destination, Addr: now, Port: port}
		back := packet.Translation{Destination: destination, Addr: old, Port: oldPort}
		there.Apply(ip, l4, l.Protocol)
		require.Equal(t, port, binary.BigEndian.Uint16(l4[at:]))
		if destination {
			_, got := packet.Addrs(ip)
			require.Equal(t, now, got)
		} else {
			got, _ := packet.Addrs(ip)
			require.Equal(t, now, got)
		}
		back.Apply(ip, l4, l.Protocol)
		for i := range before { // sums may be 0 in either form
			if before[i] != b[i] {
				require.Contains(t, []byte{0, 0xff}, b[i], "byte %d", i)
			}
		}
	})
}
