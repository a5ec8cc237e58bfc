package veth_test

import (
	"runtime"
	"testing"

	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// TestLongLists writes lists of any length on one CPU, where the receiver has a turn only when the sender
// yields: without, four of five would be lost.
func TestLongLists(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, size := range []int{1, 64, 128, 160, 256, 600} {
		a, b := pair(t)
		b.Attach(discarder{})
		runtime.Gosched()
		var list []*stack.PacketBuffer
		for range size {
			list = append(list, packet(numbered(0)))
		}
		for range 12_000 / size {
			n, err := a.WriteFrames(list)
			require.Nil(t, err)
			require.Equal(t, size, n)
		}
		assert.Less(t, b.Stats().RxDropped, uint64(2400), size) // a preempted receiver loses some of any
		conserved(t, a, b)
		a.Close()
		for _, pkt := range list {
			pkt.DecRef()
		}
	}
}

type discarder struct{}

func (discarder) DeliverNetworkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {}
func (discarder) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer)    {}

// TestBurstThroughOther writes a list to a dispatcher that takes frames one by one alone.
func TestBurstThroughOther(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	defer a.Close()
	at := &port{}
	b.Attach(at)
	write(t, a, numbered(0), numbered(1), raw(macB, macA, veth.DefaultMTU+15), numbered(2))
	assert.Equal(t, []int{0, 1, 2}, at.numbers())
	assert.EqualValues(t, 1, a.Stats().TxDropped)
}
