package bridge_test

import (
	"math/rand/v2"
	"testing"

	"drydock/bridge"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// burst lets frames enter by the port in, in a row.
func (l *lab) burst(in string, pkts ...*stack.PacketBuffer) {
	l.cables[in].attached().(interface{ ForwardFrames([]*stack.PacketBuffer) }).ForwardFrames(pkts)
}

// picky drops what ends in 1 and copies what ends in 2.
type picky struct{}

func (picky) FilterBridged(_, _, _ string, pkt *stack.PacketBuffer) *stack.PacketBuffer {
	v := pkt.ToView()
	defer v.Release()
	switch b := v.AsSlice(); b[len(b)-1] % 4 {
	case 1:
		return nil
	case 2:
		return pkt.Clone()
	}
	return pkt
}

// TestBursts sends random frames to two bridges, one by one and in bursts: the same leave by the same
// ports in the same order, and are counted alike.
func TestBursts(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 0))
		labs := [2]*lab{newLab(t, 3), newLab(t, 3)}
		for _, l := range labs {
			if seed%2 == 1 {
				l.bridge.SetFilter(picky{})
			}
			l.cables["p3"].mtu = 200
			l.cables["p2"].capacity = 40
			l.add("hairpin", bridge.Hairpin(), bridge.WithStation(macC))
			l.add("iso1", bridge.Isolated())
			l.add("iso2", bridge.Isolated(), bridge.WithStation(macA))
			l.add("local", bridge.Local(macBridge))
		}
		names := []string{"p1", "p2", "p3", "hairpin", "iso1", "iso2", "local"}
		to := fuzzMACs[0]
		for range 60 {
			in := names[rng.IntN(len(names))]
			var pkts []*stack.PacketBuffer
			for range 1 + rng.IntN(12) {
				if rng.IntN(3) == 0 {
					to = fuzzMACs[rng.IntN(len(fuzzMACs))]
				}
				f := frame{src: fuzzMACs[rng.IntN(len(fuzzMACs))], dst: to, payload: make([]byte, 50+rng.IntN(250))}
				f.payload[len(f.payload)-1] = byte(rng.Uint32())
				if rng.IntN(4) == 0 {
					f.proto = header.ARPProtocolNumber
				}
				b := f.bytes()
				if rng.IntN(20) == 0 {
					b = b[:rng.IntN(20)]
				}
				pkts = append(pkts, incoming(b))
			}
			for _, pkt := range pkts {
				labs[0].cables[in].forward(pkt)
			}
			labs[1].burst(in, pkts...)
			for _, pkt := range pkts {
				pkt.DecRef()
			}
			if rng.IntN(2) == 0 {
				require.Equal(t, labs[0].received(), labs[1].received(), "seed %d", seed)
			}
		}
		for name, p := range labs[0].ports {
			require.Equal(t, p.Stats(), labs[1].ports[name].Stats(), "seed %d, %s", seed, name)
		}
		require.Equal(t, labs[0].table(), labs[1].table())
	}
}

// TestBurstsStayTogether counts how often an endpoint is written to.
func TestBurstsStayTogether(t *testing.T) {
	t.Parallel()
	l := newLab(t, 3)
	l.send("p2", frame{src: macB, dst: macA})
	l.send("p3", frame{src: macC, dst: macA})
	l.received()
	var pkts []*stack.PacketBuffer
	for _, to := range []bridge.MAC{macB, macB, macB, macC, macC, macB, broadcast, macB, macB} {
		pkt := incoming(frame{src: macA, dst: to}.bytes())
		defer pkt.DecRef()
		pkts = append(pkts, pkt)
	}
	l.burst("p1", pkts...)
	assert.Equal(t, []int{3, 1, 2}, l.cables["p2"].bursts)
	assert.Equal(t, []int{2}, l.cables["p3"].bursts)
	assert.Len(t, l.received()["p2"], 7)
}
