package bridge_test

import (
	"testing"

	"drydock/bridge"
	"drydock/drop"

	"github.com/stretchr/testify/assert"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

func TestFilterSees(t *testing.T) {
	t.Parallel()
	const ip4, ip6, arp = header.IPv4ProtocolNumber, header.IPv6ProtocolNumber, header.ARPProtocolNumber
	tests := []struct {
		name  string
		in    string
		dst   bridge.MAC
		proto tcpip.NetworkProtocolNumber
		want  []string // in and out of each call
	}{
		{"IPv4 unicast", "p1", macB, ip4, []string{"br0 p1 p2"}},
		{"IPv6 unicast", "p1", macB, ip6, []string{"br0 p1 p2"}},
		{"every copy of a flooded frame but the local one", "p1", broadcast, ip4, []string{"br0 p1 p3", "br0 p1 p2"}},
		{"no ARP", "p1", broadcast, arp, nil},
		{"nothing for the host", "p1", macBridge, ip4, nil},
		{"nothing from the host", "docker0", macB, ip4, nil},
		{"nothing that goes nowhere", "p2", macB, ip4, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, 1)
			l.add("p2", bridge.WithStation(macB))
			l.add("p3")
			l.add("docker0", bridge.Local(macBridge))
			f := frame{src: macA, dst: tt.dst, proto: tt.proto}
			var calls []string
			l.bridge.SetFilter(bridge.FilterFunc(func(br, in, out string, pkt *stack.PacketBuffer) *stack.PacketBuffer {
				calls = append(calls, br+" "+in+" "+out)
				v := pkt.ToView()
				assert.Equal(t, f.bytes(), v.AsSlice())
				v.Release()
				return pkt
			}))
			l.send(tt.in, f)
			assert.Equal(t, tt.want, calls)
		})
	}
}

func TestFilterVerdicts(t *testing.T) {
	t.Parallel()
	f := frame{src: macA, dst: broadcast}
	replaced := frame{src: macA, dst: macC, payload: []byte("replacement")}
	released := 0
	tests := []struct {
		name   string
		filter bridge.Filter
		want   []byte // what leaves; nil: nothing
		drops  uint64
	}{
		{"none", nil, f.bytes(), 0},
		{"pass", bridge.FilterFunc(func(_, _, _ string, pkt *stack.PacketBuffer) *stack.PacketBuffer { return pkt }), f.bytes(), 0},
		{"drop", bridge.FilterFunc(func(_, _, _ string, pkt *stack.PacketBuffer) *stack.PacketBuffer { return nil }), nil, 2},
		{"replace", bridge.FilterFunc(func(_, _, _ string, pkt *stack.PacketBuffer) *stack.PacketBuffer {
			other := stack.NewPacketBuffer(stack.PacketBufferOptions{
				Payload:   buffer.MakeWithData(replaced.bytes()),
				OnRelease: func() { released++ },
			})
			other.LinkHeader().Consume(header.EthernetMinimumSize)
			return other
		}), replaced.bytes(), 0},
	}
	for _, tt := range tests {
		l := newLab(t, 3)
		l.bridge.SetFilter(bridge.FilterFunc(func(_, _, _ string, _ *stack.PacketBuffer) *stack.PacketBuffer { return nil }))
		l.bridge.SetFilter(tt.filter)
		l.send("p1", f)
		for _, name := range []string{"p2", "p3"} {
			var want [][]byte
			if tt.want != nil {
				want = [][]byte{tt.want}
			}
			assert.Equal(t, want, l.cables[name].received(), "%s, %s", tt.name, name)
			assert.EqualValues(t, len(want)*len(tt.want), l.ports[name].Stats().TxBytes)
		}
		assert.Equal(t, tt.drops, l.ports["p1"].Stats().Drops[drop.Filter], tt.name)
	}
	assert.Equal(t, 2, released, "replacements are released, once each")
}

// A replacement without link header, a mistake of the filter, is dropped where it
// cannot be sent.
func TestFilterReplacesWithNonsense(t *testing.T) {
	t.Parallel()
	l := newLab(t, 1)
	w := newWire()
	tap := l.addWire("tap0", w)
	l.bridge.SetFilter(bridge.FilterFunc(func(_, _, _ string, pkt *stack.PacketBuffer) *stack.PacketBuffer {
		return stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: pkt.ToBuffer()})
	}))
	l.send("p1", frame{src: macA, dst: macB})
	assert.Empty(t, w.received())
	assert.EqualValues(t, 1, tap.Stats().Drops[drop.Malformed])
}

// A filter may call back: answer by an endpoint, and change the bridge.
func TestFilterCallsBack(t *testing.T) {
	t.Parallel()
	l := newLab(t, 2)
	host := l.add("docker0", bridge.Local(macBridge))
	reject := frame{src: macBridge, dst: macA}
	l.bridge.SetFilter(bridge.FilterFunc(func(_, in, out string, pkt *stack.PacketBuffer) *stack.PacketBuffer {
		assert.Equal(t, "p1", l.port(macA))
		l.bridge.SetFilter(nil)
		host.forward(incoming(reject.bytes()))
		assert.NoError(t, l.bridge.RemovePort(out))
		return nil
	}))
	l.send("p1", frame{src: macA, dst: macB})
	assert.Equal(t, [][]byte{reject.bytes()}, l.cables["p1"].received())
	assert.Empty(t, l.cables["p2"].received())
	assert.Len(t, l.bridge.Ports(), 2)
}

// What a filter passes up goes to the local port alone, with the bridge's address in it;
// the frame itself stays as it was. Without a local port it is lost.
func TestPassUp(t *testing.T) {
	t.Parallel()
	f, up := frame{src: macA, dst: macB, payload: []byte("for another network")}, frame{src: macA, dst: macBridge, payload: []byte("for another network")}
	for _, local := range []bool{true, false} {
		l := newLab(t, 2)
		var want [][]byte
		if local {
			l.add("docker0", bridge.Local(macBridge))
			want = [][]byte{up.bytes()}
		}
		l.bridge.SetFilter(bridge.FilterFunc(func(_, _, _ string, pkt *stack.PacketBuffer) *stack.PacketBuffer {
			l.bridge.PassUp(pkt)
			v := pkt.ToView()
			assert.Equal(t, f.bytes(), v.AsSlice())
			v.Release()
			return nil
		}))
		l.send("p1", f)
		assert.Empty(t, l.cables["p2"].received())
		if local {
			assert.Equal(t, want, l.cables["docker0"].received())
			assert.EqualValues(t, 1, l.ports["docker0"].Stats().TxPackets)
		}
	}
}
