package bridge_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"drydock/bridge"
	internal "drydock/internal/packet"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// FuzzForward does what data says to a bridge with ports of all kinds and compares
// it with the model. Whatever the frames, none leaves by the port by which it came
// unless that is a hairpin port.
func FuzzForward(f *testing.F) {
	f.Add([]byte{0x00, 0x01, 0x02, 0x10, 0x00, 0x01})
	f.Add(append([]byte{0x00, 0xff, 64}, frame{src: macA, dst: macB}.bytes()...))
	v := tcpFrame(macB, 100).ToView()
	f.Add(append([]byte{0x88, 0xff, byte(v.Size())}, v.AsSlice()...))
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 0))
		b := make([]byte, 400)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		newFuzzer(t).run(data)
	})
}

// fuzzMACs are the addresses of short frames.
var fuzzMACs = [16]bridge.MAC{
	station(1), station(2), station(3), station(4), station(5), station(6), station(7), station(8),
	macC, macBridge, broadcast, multicast,
	{0x01, 0x80, 0xc2, 0, 0, 0}, {0x01, 0x80, 0xc2, 0, 0, 0x0f}, {0x01, 0x80, 0xc2, 0, 0, 0x10}, {},
}

type fuzzer struct {
	*testing.T
	bridge *bridge.Bridge
	clock  *faketime.ManualClock
	wires  []*wire
	plain  []bool // offloads nothing
	model  *model
}

func newFuzzer(t *testing.T) *fuzzer {
	f := &fuzzer{T: t, clock: faketime.NewManualClock()}
	f.model = newModel(4, time.Second, []modelPort{
		{name: "cable"}, {name: "wire"},
		{name: "hairpin", hairpin: true},
		{name: "isolated1", isolated: true}, {name: "isolated2", isolated: true, stations: []bridge.MAC{macC}},
		{name: "local", local: true, stations: []bridge.MAC{macBridge}},
	})
	var err error
	f.bridge, err = bridge.New("br0", bridge.WithClock(f.clock), bridge.WithTableSize(4), bridge.WithAging(time.Second))
	require.NoError(t, err)
	for i, p := range f.model.ports {
		c := newCable()
		var ep stack.LinkEndpoint = c
		switch i {
		case 4: // takes super-segments, in packets of its own
			c.gso, c.caps = stack.HostGSOSupported, stack.CapabilityTXChecksumOffload
			fallthrough
		case 1:
			ep = &c.wire
		}
		_, err := f.bridge.AddPort(p.name, ep, p.options()...)
		require.NoError(t, err)
		f.wires, f.plain = append(f.wires, &c.wire), append(f.plain, i == 1)
	}
	return f
}

func (p modelPort) options() (opts []bridge.PortOption) {
	if p.hairpin {
		opts = append(opts, bridge.Hairpin())
	}
	if p.isolated {
		opts = append(opts, bridge.Isolated())
	}
	for _, mac := range p.stations {
		if p.local {
			opts = append(opts, bridge.Local(mac))
		} else {
			opts = append(opts, bridge.WithStation(mac))
		}
	}
	return opts
}

// run does one thing for every two bytes of data. The lower three bits of the
// first tell the port by which a frame enters, the others in which form.
func (f *fuzzer) run(data []byte) {
	for len(data) >= 2 {
		op, arg := data[0], data[1]
		data = data[2:]
		switch port := int(op & 7); port {
		case 6:
			f.advance(time.Duration(arg%64) * 20 * time.Millisecond)
		case 7:
			if arg < 8 {
				f.bridge.Flush()
				f.model.flush()
			}
		default:
			b := frame{dst: fuzzMACs[arg&15], src: fuzzMACs[arg>>4]}.bytes()
			if arg == 0xff && len(data) > 0 {
				n := min(int(data[0]), len(data)-1)
				b, data = data[1:1+n], data[1+n:]
			}
			f.send(port, op, b)
		}
	}
	table := map[bridge.MAC]string{}
	for e := range f.bridge.Entries() {
		table[e.MAC] = e.Port.Name()
	}
	require.Equal(f, f.model.table(), table)
}

func (f *fuzzer) advance(d time.Duration) {
	f.clock.Advance(d)
	f.model.now += d
}

// send lets the frame b enter by a port. It makes time pass, since the bridge need
// not know who was heard first in one tick.
func (f *fuzzer) send(in int, op byte, b []byte) {
	f.advance(20 * time.Millisecond)
	pack := incoming
	if op&8 != 0 && len(b) >= header.EthernetMinimumSize {
		pack = outgoing
	}
	pkt := pack(bytes.Clone(b))
	defer pkt.DecRef()
	super := op&0x80 != 0
	if super {
		pkt.GSOOptions = stack.GSO{Type: stack.GSOTCPv4, MSS: uint16(op) << 2, L3HdrLen: uint16(op & 0x7f)}
	}
	completed := internal.Bytes(pkt)
	if op&0x10 != 0 {
		f.wires[in].attached().DeliverNetworkPacket(0, pkt)
	} else {
		f.wires[in].forward(pkt)
	}

	var want []int
	if len(b) >= header.EthernetMinimumSize {
		want = f.model.forward(in, bridge.MAC(b[6:12]), bridge.MAC(b[:6]))
	}
	for out, w := range f.wires {
		got := w.received()
		if len(got) > 0 && out == in && !f.model.ports[in].hairpin {
			f.Fatal("a frame left by the port by which it came")
		}
		expect := [][]byte{b}
		switch {
		case !slices.Contains(want, out):
			expect = nil
		case f.plain[out] && super: // cut, or dropped if it cannot be
			continue
		case f.plain[out]:
			expect[0] = completed
		}
		if !slices.EqualFunc(got, expect, bytes.Equal) {
			f.Fatalf("%x by %s: %x left by %s, want %x", b, f.model.ports[in].name, got, f.model.ports[out].name, expect)
		}
	}
}
