package veth_test

import (
	"runtime"
	"sync/atomic"
	"testing"

	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// FuzzEndpoint writes arbitrary frames to every kind of dispatcher: nothing panics,
// all are accounted for, and over a perfect cable what arrives is what was sent.
func FuzzEndpoint(f *testing.F) {
	arp := raw(header.EthernetBroadcastAddress, macA, 42)
	copy(arp[12:], "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01\x02\x00\x00\x00\x00\x0a\x0a\x00\x00\x01\x00\x00\x00\x00\x00\x00\x0a\x00\x00\x02")
	for _, frame := range [][]byte{
		nil, make([]byte, 13), numbered(0), raw(macB, macA, 1514), raw(macB, macA, 1515), arp,
		udpFrame(1, 2, 3), tcpFrame("hello"), tcpFrame(string(make([]byte, 4000))),
	} {
		for kind := range uint8(5) {
			f.Add(frame, kind, kind%2 == 0, kind%3 == 0, uint8(0), uint16(0))
			f.Add(frame, kind, kind%2 == 1, kind%3 == 0, uint8(1), uint16(100))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, kind uint8, impaired, fromStack bool, gso uint8, mss uint16) {
		if len(b) > 65600 || len(b)/max(int(mss), 1) > 1000 {
			return // long, not interesting
		}
		from, to := pair(t)
		defer from.Close()
		if impaired {
			require.NoError(t, from.Impair(veth.Impairment{Queue: 1}))
		}
		var got port
		var nic counted
		switch kind % 5 {
		case 0: // nobody
		case 1:
			to.Attach(&got.station)
		case 2:
			to.Attach(&got)
		case 3: // both forward
			from.Attach(&port{})
			to.Attach(&got)
		case 4:
			nic.LinkEndpoint = to
			defer newStack(t, &nic, addrB, addrB6).Destroy()
		}

		pkt := packet(b)
		if fromStack && len(b) > header.EthernetMinimumSize {
			pkt.DecRef()
			pkt = outgoing(b, stack.GSO{})
		}
		pkt.GSOOptions = stack.GSO{Type: stack.GSOType(gso % 4), MSS: mss}
		defer pkt.DecRef()
		for range 2 {
			if err := from.WritePacket(pkt); err != nil {
				t.Fatal(err)
			}
		}
		require.Equal(t, string(b), string(contents(pkt)), "the sender's packet was changed")
		if kind%5 != 0 {
			for len(got.arrivals())+int(nic.delivered.Load()) < int(to.Stats().RxPackets-to.Stats().RxErrors) {
				runtime.Gosched()
			}
		}
		for _, a := range got.arrivals() {
			assert.True(t, impaired || a.Frame == string(b))
			assert.Equal(t, header.Ethernet(a.Frame).Type(), a.Proto)
		}
		if !impaired {
			conserved(t, from, to)
		}
	})
}

// A counted is a link endpoint that counts what was delivered through it.
type counted struct {
	stack.LinkEndpoint
	dispatcher stack.NetworkDispatcher
	delivered  atomic.Int64
}

func (c *counted) Attach(d stack.NetworkDispatcher) {
	if d == nil {
		c.LinkEndpoint.Attach(nil)
		return
	}
	c.dispatcher = d
	c.LinkEndpoint.Attach(c)
}

func (c *counted) DeliverNetworkPacket(proto tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	c.dispatcher.DeliverNetworkPacket(proto, pkt)
	c.delivered.Add(1)
}

func (*counted) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {}
