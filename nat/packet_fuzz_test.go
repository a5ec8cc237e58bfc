package nat

import (
	"bytes"
	"encoding/binary"
	"testing"

	wire "drydock/internal/packet"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// fuzzRules translate and reject whatever can be.
var fuzzRules = []string{
	"-t nat -A PREROUTING -p udp -j DNAT --to-destination 172.17.0.2-172.17.0.9:1-1000",
	"-t nat -A PREROUTING -d 10.0.0.1/32 -p tcp -j DNAT --to-destination 172.17.0.2",
	"-t nat -A PREROUTING -p icmp -j DNAT --to-destination 172.17.0.3",
	"-t nat -A POSTROUTING -j MASQUERADE",
	"-6 -t nat -A PREROUTING -d fd00::1/128 -j DNAT --to-destination fd17::2",
	"-6 -t nat -A POSTROUTING -j MASQUERADE",
	"-A FORWARD -p 99 -j REJECT",
	"-A INPUT -p tcp -j REJECT --reject-with tcp-reset",
	"-A INPUT -j REJECT",
	"-6 -A INPUT -j REJECT",
}

// fuzzNft asks for whatever can be asked for.
func fuzzNft(t *testing.T, tables *Tables) {
	var all []Statement
	for k := Key(1); k < numKeys; k++ {
		if k.Layer() == 0 && k.Protocol() == 0 {
			all = append(all, Compare{Key: k, Op: GreaterEqual})
		}
	}
	for h := HookPrerouting; h <= HookPostrouting; h++ {
		nftRule(t, tables, FamilyINet, BaseChain{Hook: h, Priority: 5}, h.String(), append(all, LogTo{Prefix: "x", Flags: LogTCPOpts | LogIPOpts})...)
		for k := Key(1); k < numKeys; k++ {
			nftRule(t, tables, FamilyINet, BaseChain{Hook: h, Priority: 5}, h.String(), Compare{Key: k, Op: AnyOf, Value: NumberWord(1)}, Untrack{},
				SetKey{Key: MetaMark, From: k, And: 3})
		}
	}
	nftRule(t, tables, FamilyINet, BaseChain{Type: NATChain, Hook: HookPrerouting, Priority: -101}, "dst", Compare{Key: MetaLength, Op: AnyOf, Value: NumberWord(8)},
		Translate{Kind: DestinationNAT, Addr: toBox, Port: Operand{Given: true, Min: NumberWord(1), Max: NumberWord(9)}})
	nftRule(t, tables, FamilyINet, BaseChain{Hook: HookInput}, "reject", Compare{Key: MetaLength, Op: AnyOf, Value: NumberWord(16)}, Rejection{With4: TCPReset})
}

func fuzzSeeds(f *testing.F) {
	quote := sample{proto: "udp", src: "10.0.0.9:1", dst: "172.17.0.2:2"}.bytes()
	for _, s := range []sample{
		{src: "10.0.0.9:1", dst: "10.0.0.1:2", flags: syn},
		{proto: "udp", src: "10.0.0.9:1", dst: "172.17.0.2:2", data: []byte("abc")},
		{proto: "icmp", kind: echo4, src: "10.0.0.9", dst: "172.17.0.2"},
		{proto: "icmp", kind: 3, src: "172.17.0.2", dst: "10.0.0.9", data: quote},
		{proto: "udp", src: "10.0.0.9:1", dst: "172.17.0.2:2", more: true, data: make([]byte, 8)},
		{src: "[fd00::9]:1", dst: "[fd00::1]:2", flags: syn, options: make([]byte, 8)},
		{proto: "icmp", kind: 1, src: "fd17::2", dst: "fd00::9", data: sample{proto: "udp", src: "[fd00::9]:1", dst: "[fd17::2]:2"}.bytes()},
	} {
		f.Add(s.bytes(), []byte{1, 2, 3})
	}
}

// FuzzHooks lets bytes arrive twice, as a frame of a bridge and as a packet for a
// router, after a sane packet: nothing panics, what was right stays so, tables stay
// small.
func FuzzHooks(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, packet, cuts []byte) {
		if len(packet) == 0 || len(packet) > 2000 {
			return
		}
		b := newBed(t, fuzzRules...)
		fuzzNft(t, b.tables)
		b.in("eth0", sample{proto: "udp", src: "10.0.0.9:1", dst: "172.17.0.2:2"})
		intact := intactPacket(packet)
		frame := pieces(packet, cuts)
		before := frameBytes(frame)
		for range 2 {
			out := b.tables.FilterBridged("docker0", "p1", "p2", frame)
			if out == nil {
				continue
			}
			if intact {
				require.True(t, intactPacket(frameBytes(out)[header.EthernetMinimumSize:]))
			}
			require.Equal(t, frame.Size(), out.Size())
			if out != frame {
				out.DecRef()
			}
		}
		require.Equal(t, before, frameBytes(frame), "a borrowed frame changed")
		frame.DecRef()
		b.inBytes("eth0", bytes.Clone(packet))
		b.inBytes("docker0", bytes.Clone(packet))
		b.clock.Advance(1)
		for _, nic := range b.nics {
			for pkt := nic.Read(); pkt != nil; pkt = nic.Read() {
				pkt.DecRef()
			}
		}
		require.LessOrEqual(t, b.conns(), 8)
		require.LessOrEqual(t, len(b.tables.frags.datagrams), 8)
		require.LessOrEqual(t, len(b.tables.flights.by), 8)
	})
}

// intactPacket reports whether the checksums of a packet that is no fragment are right.
func intactPacket(b []byte) bool {
	p, ok := wire.Parse(b, len(b))
	if !ok || p.Fragment != wire.Whole {
		return false
	}
	if !p.V6 && onesSum(b[:p.Transport]) != 0xffff {
		return false
	}
	l4 := b[p.Transport:p.Size]
	src, dst := wire.Addrs(b)
	switch p.Protocol {
	case 6:
		return len(l4) >= 20 && onesSum(pseudo(src, dst, 6, l4)) == 0xffff
	case 17:
		if len(l4) < 8 {
			return false
		}
		size := int(binary.BigEndian.Uint16(l4[4:]))
		if size < 8 || size > len(l4) {
			return false
		}
		return l4[6] == 0 && l4[7] == 0 || onesSum(pseudo(src, dst, 17, l4[:size])) == 0xffff
	case 1, 58:
		return len(l4) >= 8 && onesSum(pseudo(src, dst, p.Protocol, l4)) == 0xffff
	}
	return true
}

// pieces returns a frame whose bytes lie in pieces of the sizes given.
func pieces(packet, cuts []byte) *stack.PacketBuffer {
	pkt := framed(packet, 0)
	whole := frameBytes(pkt)
	pkt.DecRef()
	data := buffer.MakeWithData(whole[:header.EthernetMinimumSize])
	rest := whole[header.EthernetMinimumSize:]
	for _, n := range cuts {
		n := min(int(n), len(rest))
		data.Append(buffer.NewViewWithData(rest[:n]))
		rest = rest[n:]
	}
	data.Append(buffer.NewViewWithData(rest))
	pkt = stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: data})
	pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	pkt.RXChecksumValidated = true
	return pkt
}
