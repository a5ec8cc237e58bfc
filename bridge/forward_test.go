package bridge_test

import (
	"encoding/hex"
	"slices"
	"testing"

	"drydock/bridge"
	"drydock/drop"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// A step of a test lets a frame enter by a port and checks what came of it.
type step struct {
	in    string
	frame frame
	want  check
}

// A check judges what a frame that entered by the port in did to the lab.
type check func(t *testing.T, l *lab, in string, f frame, out map[string][]string)

func all(checks ...check) check {
	return func(t *testing.T, l *lab, in string, f frame, out map[string][]string) {
		for _, c := range checks {
			c(t, l, in, f, out)
		}
	}
}

// out demands that the frame left unchanged by exactly these ports, once each.
func out(ports ...string) check {
	return func(t *testing.T, _ *lab, _ string, f frame, out map[string][]string) {
		want := map[string][]string{}
		for _, p := range ports {
			want[p] = []string{hex.EncodeToString(f.bytes())}
		}
		assert.Equal(t, want, out)
	}
}

// dropped demands that this one drop was counted, at the port where the frame
// entered.
func dropped(d drop.Reason) check {
	return func(t *testing.T, l *lab, in string, _ frame, _ map[string][]string) {
		s := l.ports[in].Stats()
		assert.EqualValues(t, 1, s.Drops[d], "%v", d)
		assert.EqualValues(t, 1, s.Drops.Total())
	}
}

// leads demands that frames for mac leave by the port; "": that it is unknown.
func leads(mac bridge.MAC, port string) check {
	return func(t *testing.T, l *lab, _ string, _ frame, _ map[string][]string) {
		assert.Equal(t, port, l.port(mac), "%v", mac)
	}
}

func TestForward(t *testing.T) {
	t.Parallel()
	aToB, bToA := frame{src: macA, dst: macB}, frame{src: macB, dst: macA}
	ip6 := frame{src: macA, dst: macB, proto: header.IPv6ProtocolNumber}
	arp := frame{src: macA, dst: broadcast, proto: header.ARPProtocolNumber}
	mcast := frame{src: macA, dst: multicast}
	lldp := frame{src: macA, dst: bridge.MAC{0x01, 0x80, 0xc2, 0, 0, 0x0e}, proto: 0x88cc}
	tests := []struct {
		name  string
		ports map[string][]bridge.PortOption
		steps []step
	}{
		{"unknown unicast floods", nil, []step{
			{"p1", aToB, all(out("p2", "p3"), leads(macA, "p1"), leads(macB, ""))},
		}},
		{"learned unicast does not", nil, []step{
			{"p1", aToB, out("p2", "p3")},
			{"p2", bToA, out("p1")},
			{"p1", aToB, out("p2")},
			{"p1", ip6, out("p2")},
		}},
		{"broadcast and multicast flood, known or not", nil, []step{
			{"p1", arp, out("p2", "p3")},
			{"p1", mcast, all(out("p2", "p3"), leads(multicast, ""), leads(broadcast, ""))},
			{"p1", arp, out("p2", "p3")},
		}},
		{"a station that moves is followed", nil, []step{
			{"p1", aToB, leads(macA, "p1")},
			{"p3", aToB, leads(macA, "p3")},
			{"p2", bToA, out("p3")},
		}},
		{"several stations behind one port", nil, []step{
			{"p1", aToB, out("p2", "p3")},
			{"p1", frame{src: macC, dst: macB}, out("p2", "p3")},
			{"p2", bToA, out("p1")},
			{"p2", frame{src: macB, dst: macC}, out("p1")},
			{"p1", frame{src: macC, dst: macA}, all(out(), dropped(drop.SamePort))},
		}},
		{"link-local is learned from and not forwarded", nil, []step{
			{"p1", lldp, all(out(), dropped(drop.LinkLocal), leads(macA, "p1"))},
		}},
		{"bridge group address is not forwarded either", nil, []step{
			{"p1", frame{src: macA, dst: bridge.MAC{0x01, 0x80, 0xc2, 0, 0, 0}}, all(out(), dropped(drop.LinkLocal))},
		}},
		{"the addresses after the link-local ones are forwarded", nil, []step{
			{"p1", frame{src: macA, dst: bridge.MAC{0x01, 0x80, 0xc2, 0, 0, 0x10}}, out("p2", "p3")},
			{"p1", frame{src: macA, dst: bridge.MAC{0x01, 0x80, 0xc2, 0, 1, 0x00}}, out("p2", "p3")},
		}},
		{"group source", nil, []step{
			{"p1", frame{src: multicast, dst: macB}, all(out(), dropped(drop.BadSource), leads(multicast, ""))},
		}},
		{"zero source", nil, []step{
			{"p1", frame{dst: macB}, all(out(), dropped(drop.BadSource), leads(bridge.MAC{}, ""))},
		}},
		{"zero destination is an unknown station", nil, []step{
			{"p1", frame{src: macA}, out("p2", "p3")},
		}},
		{"a hairpin port gets its own back", map[string][]bridge.PortOption{"p1": {bridge.Hairpin()}}, []step{
			{"p1", aToB, out("p1", "p2", "p3")},
			{"p1", frame{src: macC, dst: macA}, out("p1")},
			{"p1", arp, out("p1", "p2", "p3")},
			{"p2", arp, out("p1", "p3")},
		}},
		{"isolated ports", map[string][]bridge.PortOption{"p1": {bridge.Isolated()}, "p2": {bridge.Isolated()}}, []step{
			{"p1", arp, all(out("p3"), leads(macA, "p1"))},
			{"p2", bToA, all(out(), dropped(drop.Isolated))},
			{"p3", frame{src: macC, dst: macA}, out("p1")},
			{"p1", frame{src: macA, dst: macC}, out("p3")},
			{"p3", frame{src: macC, dst: broadcast}, out("p1", "p2")},
		}},
		{"a static station does not move", map[string][]bridge.PortOption{"p2": {bridge.WithStation(macB)}}, []step{
			{"p1", aToB, out("p2")},
			{"p3", bToA, all(out("p1"), leads(macB, "p2"))},
			{"p1", aToB, out("p2")},
		}},
		{"the local port", map[string][]bridge.PortOption{"docker0": {bridge.Local(macBridge)}}, []step{
			{"p1", aToB, out("p2", "p3")},                                                         // no unknown unicast
			{"p1", arp, out("p2", "p3", "docker0")},                                               // but broadcast
			{"p1", mcast, out("p2", "p3", "docker0")},                                             // and multicast
			{"p1", frame{src: macA, dst: macBridge}, out("docker0")},                              // and its own
			{"docker0", frame{src: macBridge, dst: macA}, out("p1")},                              // known station
			{"docker0", frame{src: macBridge, dst: macC}, out("p1", "p2", "p3")},                  // unknown one
			{"docker0", frame{src: macBridge, dst: broadcast}, out("p1", "p2", "p3")},             // group
			{"docker0", frame{src: macC, dst: macA}, all(out("p1"), leads(macC, ""))},             // not learned
			{"docker0", frame{src: macBridge, dst: lldp.dst}, out("p1", "p2", "p3")},              // the host's own LLDP
			{"p2", frame{src: macBridge, dst: macA}, all(out("p1"), leads(macBridge, "docker0"))}, // somebody else's claim
			{"docker0", frame{src: macC, dst: macBridge}, all(out(), dropped(drop.SamePort))},     // to itself
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, 0)
			names := []string{"p1", "p2", "p3"}
			for name := range tt.ports {
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
			for _, name := range names {
				l.add(name, tt.ports[name]...)
			}
			for i, s := range tt.steps {
				l.send(s.in, s.frame)
				s.want(t, l, s.in, s.frame, l.received())
				require.False(t, t.Failed(), "step %d: %v → %v by %s", i, s.frame.src, s.frame.dst, s.in)
			}
		})
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	whole := frame{src: macA, dst: macB}.bytes()
	for _, n := range []int{0, 1, 13} {
		l := newLab(t, 2)
		l.cables["p1"].forward(incoming(whole[:n]))
		assert.Empty(t, l.received(), "%d bytes", n)
		s := l.ports["p1"].Stats()
		assert.EqualValues(t, 1, s.Drops[drop.Malformed])
		assert.EqualValues(t, n, s.RxBytes)
	}
	l := newLab(t, 2)
	l.cables["p1"].forward(incoming(whole[:14]))
	assert.Equal(t, map[string][]string{"p2": {hex.EncodeToString(whole[:14])}}, l.received(), "a header alone is a frame")
}

// A packet that came in is borrowed: reading its header must not make gVisor copy
// memory that it shares with other packets.
func TestSharedPacketStaysShared(t *testing.T) {
	t.Parallel()
	for form, pack := range forms {
		l := newLab(t, 3)
		pkt := pack(frame{src: macA, dst: broadcast}.bytes())
		views, _ := pkt.AsViewList()
		before := &views.Front().AsSlice()[0]
		other := pkt.Clone()
		l.cables["p1"].forward(pkt)
		views, _ = pkt.AsViewList()
		assert.Same(t, before, &views.Front().AsSlice()[0], form)
		assert.Len(t, l.received(), 2, form)
		other.DecRef()
		pkt.DecRef()
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	l := newLab(t, 2)
	l.send("p1", frame{src: macA, dst: macB})
	l.send("p2", frame{src: macB, dst: macA, payload: make([]byte, 1500)})
	l.send("p1", frame{src: macA, dst: macA})
	assert.Equal(t, bridge.Stats{
		RxPackets: 2, RxBytes: 128, TxPackets: 1, TxBytes: 1514,
		Drops: drop.Counts{drop.SamePort: 1},
	}, l.ports["p1"].Stats())
	assert.Equal(t, bridge.Stats{RxPackets: 1, RxBytes: 1514, TxPackets: 1, TxBytes: 64}, l.ports["p2"].Stats())
}

func TestForwardAllocatesNothing(t *testing.T) {
	l := newLab(t, 10)
	for _, c := range l.cables {
		c.discard = true
	}
	l.send("p2", frame{src: macB, dst: macA})
	for name, f := range map[string]frame{
		"known unicast":   {src: macA, dst: macB},
		"unknown unicast": {src: macA, dst: macC},
		"broadcast":       {src: macA, dst: broadcast},
	} {
		for form, pack := range forms {
			pkt := pack(f.bytes())
			got := testing.AllocsPerRun(1000, func() { l.cables["p1"].forward(pkt) })
			assert.Zero(t, got, "%s, %s", name, form)
		}
	}
}
