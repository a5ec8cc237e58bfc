package veth_test

import (
	"testing"
	"testing/synctest"

	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

func TestDelivery(t *testing.T) {
	t.Parallel()
	gso := stack.GSO{Type: stack.GSOTCPv4, NeedsCsum: true, MSS: 1460, L3HdrLen: 20, MaxSize: 65536}
	tests := []struct {
		name string
		size int
		gso  stack.GSO
	}{
		{name: "bare header", size: 14},
		{name: "small", size: 60},
		{name: "largest that is copied", size: 118},
		{name: "smallest that is shared", size: 119},
		{name: "full", size: 1514},
		{name: "super-segment", size: 65535, gso: gso},
		{name: "small with the GSO options of its connection", size: 66, gso: gso},
		{name: "small super-segment", size: 110, gso: stack.GSO{Type: stack.GSOTCPv4, MSS: 28}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				a, b := pair(t)
				defer a.Close()
				var atA, atB station
				a.Attach(&atA)
				b.Attach(&atB)
				toB, toA := raw(macB, macA, tt.size), raw(macA, macB, tt.size)
				writePacket(t, a, outgoing(toB, tt.gso))
				writePacket(t, b, outgoing(toA, tt.gso))
				synctest.Wait()

				want := arrival{
					Frame: string(toB), Proto: 0x88b5, Type: tcpip.PacketHost, Validated: true,
					GSO: tt.gso, At: atB.got[0].At,
				}
				if tt.size <= int(tt.gso.MSS) {
					want.GSO = stack.GSO{} // nothing to cut
				}
				assert.Equal(t, []arrival{want}, atB.arrivals())
				want.Frame = string(toA)
				assert.Equal(t, []arrival{want}, atA.arrivals())
			})
		})
	}
}

// TestWhoDelivers lets the receiver block until WritePackets has returned: that
// works if, and only if, the sender does not deliver.
func TestWhoDelivers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                 string
		sender, receiver     stack.NetworkDispatcher
		delivered, forwarded bool
	}{
		{name: "stack to stack", sender: &station{}, receiver: &station{}, delivered: true},
		{name: "bridge to stack", sender: &port{}, receiver: &station{}, delivered: true},
		{name: "stack to bridge", sender: &station{}, receiver: &port{}, forwarded: true},
		{name: "nobody to bridge", receiver: &port{}, forwarded: true},
		{name: "bridge to bridge", sender: &port{}, receiver: &port{}, delivered: true},
		{name: "stack to nobody", sender: &station{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				a, b := pair(t)
				defer a.Close()
				a.Attach(tt.sender)
				b.Attach(tt.receiver)
				got := &station{}
				switch d := tt.receiver.(type) {
				case *station:
					got = d
				case *port:
					got = &d.station
				}
				if tt.delivered {
					got.hold = make(chan struct{})
				}
				write(t, a, numbered(0))
				if tt.forwarded {
					require.Len(t, got.arrivals(), 1, "not when WritePackets returned")
				}
				if tt.delivered {
					close(got.hold)
				}
				synctest.Wait()
				if !tt.delivered && !tt.forwarded {
					assert.Empty(t, got.arrivals())
					return
				}
				require.Len(t, got.arrivals(), 1)
				assert.Equal(t, tt.forwarded, got.arrivals()[0].Forwarded)
				assert.Equal(t, string(numbered(0)), got.arrivals()[0].Frame)
				conserved(t, a, b)
			})
		})
	}
}

// TestForwarderChanges attaches and detaches forwarders: who delivers follows.
func TestForwarderChanges(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t)
		defer a.Close()
		atA, atB := &port{}, &port{}
		step := func(want bool) {
			t.Helper()
			write(t, a, numbered(0))
			synctest.Wait()
			got := atB.arrivals()
			require.NotEmpty(t, got)
			assert.Equal(t, want, got[len(got)-1].Forwarded)
		}
		b.Attach(atB)
		step(true)
		a.Attach(atA)
		step(false)
		a.Attach(&station{})
		step(true)
		a.Attach(atA)
		step(false)
		a.Attach(nil)
		step(true)
		b.Attach(&atB.station)
		step(false)
		assert.Len(t, atB.arrivals(), 6)
		assert.Empty(t, atA.arrivals())
	})
}

func TestPacketType(t *testing.T) {
	t.Parallel()
	tests := []struct {
		dst  tcpip.LinkAddress
		want tcpip.PacketType
	}{
		{macB, tcpip.PacketHost},
		{macC, tcpip.PacketOtherHost},
		{macA, tcpip.PacketOtherHost},
		{header.EthernetBroadcastAddress, tcpip.PacketBroadcast},
		{"\x33\x33\x00\x00\x00\x01", tcpip.PacketMulticast},
		{"\x01\x00\x5e\x00\x00\x01", tcpip.PacketMulticast},
		{"\x01\x80\xc2\x00\x00\x00", tcpip.PacketMulticast},
		{"\x00\x00\x00\x00\x00\x00", tcpip.PacketOtherHost},
	}
	inBubble(t, func(t *testing.T) {
		a, b := pair(t)
		defer a.Close()
		var atB station
		b.Attach(&atB)
		for _, size := range []int{60, 1000} {
			for _, tt := range tests {
				write(t, a, raw(tt.dst, macA, size))
			}
		}
		synctest.Wait()
		for i, got := range atB.arrivals() {
			tt := tests[i%len(tests)]
			assert.Equal(t, tt.want, got.Type, "%v", tt.dst)
		}
		assert.Len(t, atB.arrivals(), 2*len(tests))
	})
}

func TestMTU(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		size    int
		gso     stack.GSOType
		arrives bool
	}{
		{name: "full", size: 1514, arrives: true},
		{name: "one byte more", size: 1515},
		{name: "super-segment", size: 1515, gso: stack.GSOTCPv4, arrives: true},
		{name: "empty frame", size: 14, arrives: true},
		{name: "runt", size: 13},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				a, b := pair(t, veth.WithMTU(9000))
				defer a.Close()
				a.SetMTU(576) // only the receiver's counts
				b.SetMTU(1500)
				var atB station
				b.Attach(&atB)
				pkt := packet(raw(macB, macA, max(tt.size, 14))[:tt.size])
				pkt.GSOOptions.Type = tt.gso
				writePacket(t, a, pkt)
				synctest.Wait()
				if tt.arrives {
					assert.Len(t, atB.arrivals(), 1)
					assert.Equal(t, veth.Stats{TxPackets: 1, TxBytes: uint64(tt.size)}, a.Stats())
				} else {
					assert.Empty(t, atB.arrivals())
					assert.Equal(t, veth.Stats{TxDropped: 1}, a.Stats())
				}
				conserved(t, a, b)
			})
		})
	}
}

func TestChecksums(t *testing.T) {
	t.Parallel()
	good := udpFrame(1)
	bad := udpFrame(2)
	bad[len(bad)-1] ^= 1
	icmp := udpFrame(3)
	icmp[14+9] = 1 // the stack's business
	header.IPv4(icmp[14:]).SetChecksum(0)
	header.IPv4(icmp[14:]).SetChecksum(^header.IPv4(icmp[14:]).CalculateChecksum())
	tests := []struct {
		name    string
		pkt     func() *stack.PacketBuffer
		arrives bool
	}{
		{"from a device, right", func() *stack.PacketBuffer { return packet(good) }, true},
		{"from a device, wrong", func() *stack.PacketBuffer { return packet(bad) }, false},
		{"from a device, ICMP", func() *stack.PacketBuffer { return packet(icmp) }, true},
		{"from a stack, not computed", func() *stack.PacketBuffer { return outgoing(bad, stack.GSO{}) }, true},
	}
	impairments := map[string]veth.Impairment{"perfect": {}, "impaired": {Queue: 1}}
	for _, tt := range tests {
		for name, i := range impairments {
			inBubble(t, func(t *testing.T) {
				a, b := pair(t, veth.WithImpairment(i))
				defer a.Close()
				var atB station
				b.Attach(&atB)
				writePacket(t, a, tt.pkt())
				synctest.Wait()
				errors := uint64(0)
				if !tt.arrives {
					errors = 1
				}
				assert.Equal(t, errors, b.Stats().RxErrors, "%s, %s", tt.name, name)
				assert.Len(t, atB.arrivals(), int(1-errors), "%s, %s", tt.name, name)
				assert.Equal(t, uint64(1), b.Stats().RxPackets)
			})
		}
	}
}

func TestLinkEndpoint(t *testing.T) {
	t.Parallel()
	a, b := pair(t, veth.WithMTU(1400))
	defer a.Close()
	assert.Same(t, b, a.Peer())
	assert.Same(t, a, b.Peer())
	assert.Equal(t, stack.CapabilityRXChecksumOffload|stack.CapabilityTXChecksumOffload|stack.CapabilityResolutionRequired, a.Capabilities())
	assert.Equal(t, stack.HostGSOSupported, a.SupportedGSO())
	assert.Equal(t, uint32(65536), a.GSOMaxSize())
	assert.Equal(t, uint16(14), a.MaxHeaderLength())
	assert.Equal(t, header.ARPHardwareEther, a.ARPHardwareType())

	assert.Equal(t, uint32(1400), a.MTU())
	for mtu, want := range map[uint32]uint32{67: 1400, 68: 68, 65535: 65535, 65536: 1400} {
		a.SetMTU(1400)
		a.SetMTU(mtu)
		assert.Equal(t, want, a.MTU(), mtu)
		assert.Equal(t, uint32(1400), b.MTU())
	}

	assert.Equal(t, macA, a.LinkAddress())
	a.SetLinkAddress(macC)
	for _, mac := range []tcpip.LinkAddress{"", "12345", header.EthernetBroadcastAddress, "\x01\x00\x5e\x00\x00\x01", "\x00\x00\x00\x00\x00\x00"} {
		a.SetLinkAddress(mac)
		assert.Equal(t, macC, a.LinkAddress())
	}
	assert.Equal(t, macB, b.LinkAddress())
}

func TestLinkHeader(t *testing.T) {
	t.Parallel()
	a, _ := pair(t)
	defer a.Close()
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{ReserveHeaderBytes: int(a.MaxHeaderLength())})
	defer pkt.DecRef()
	pkt.NetworkProtocolNumber = header.IPv6ProtocolNumber
	pkt.EgressRoute.LocalLinkAddress, pkt.EgressRoute.RemoteLinkAddress = macA, macB
	a.AddHeader(pkt)
	assert.Equal(t, "\x02\x00\x00\x00\x00\x0b\x02\x00\x00\x00\x00\x0a\x86\xdd", string(contents(pkt)))

	in := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: pkt.ToBuffer()})
	defer in.DecRef()
	assert.True(t, a.ParseHeader(in))
	assert.Equal(t, pkt.LinkHeader().Slice(), in.LinkHeader().Slice())
	short := stack.NewPacketBuffer(stack.PacketBufferOptions{})
	defer short.DecRef()
	assert.False(t, a.ParseHeader(short))
}

// TestWritePackets sends a list, and stops at an error.
func TestWritePackets(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t)
		var atB station
		b.Attach(&atB)
		list := func() (list stack.PacketBufferList) {
			for n := range 3 {
				list.PushBack(packet(numbered(n)))
			}
			return list
		}
		first := list()
		n, err := a.WritePackets(first)
		require.Nil(t, err)
		assert.Equal(t, 3, n)
		synctest.Wait()
		assert.Equal(t, count(3), atB.numbers())
		for _, pkt := range first.AsSlice() {
			assert.Equal(t, int64(1), pkt.ReadRefs(), "the caller's own")
		}
		first.DecRef()

		a.Close()
		second := list()
		n, err = a.WritePackets(second)
		assert.IsType(t, &tcpip.ErrClosedForSend{}, err)
		assert.Zero(t, n)
		second.DecRef()
	})
}
