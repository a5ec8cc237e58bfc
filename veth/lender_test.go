package veth_test

import (
	"testing"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/refs"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A keeper keeps what it is given, each frame in another way, and looks at it when all are there.
type keeper struct {
	n      int
	later  []func() string // what has become of each frame
	offset []int           // of what is left of it
	done   chan struct{}
}

func (k *keeper) DeliverNetworkPacket(_ tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	n := k.n
	k.n++
	look := func(pkt *stack.PacketBuffer) func() string {
		return func() string {
			defer pkt.DecRef()
			return string(contents(pkt))
		}
	}
	offset := 0
	switch n % 5 {
	case 0:
		k.later = append(k.later, look(pkt.IncRef()))
	case 1:
		k.later = append(k.later, look(pkt.Clone()))
	case 2:
		b := pkt.ToBuffer()
		k.later = append(k.later, func() string {
			defer b.Release()
			return string(b.Flatten())
		})
	case 3: // takes it apart
		pkt.Data().TrimFront(20)
		b := pkt.Data().ToBuffer()
		offset = 34
		k.later = append(k.later, func() string {
			defer b.Release()
			return string(b.Flatten())
		})
	default: // keeps nothing
		frame := string(contents(pkt))
		k.later = append(k.later, func() string { return frame })
	}
	if k.offset = append(k.offset, offset); k.n == cap(k.done) {
		close(k.done)
	}
}

func (*keeper) DeliverLinkPacket(tcpip.NetworkProtocolNumber, *stack.PacketBuffer) {}

// TestLent has a receiver keep small frames, whose packet is lent. What it keeps does not change
// with the frames that follow. It is not parallel: gVisor's leak check, under which nothing is
// lent, is off meanwhile.
func TestLent(t *testing.T) {
	defer refs.SetLeakMode(refs.GetLeakMode())
	refs.SetLeakMode(refs.NoLeakChecking)
	const n = 500
	k := &keeper{done: make(chan struct{}, n)}
	a, b, err := veth.Pair(veth.WithSeed(1))
	require.NoError(t, err)
	b.Attach(k)
	want := make([]string, n)
	for i := range want {
		want[i] = string(raw(macB, macA, 60+i%50))
		frame := []byte(want[i])
		for j := 14; j < len(frame); j++ {
			frame[j] = byte(i + j)
		}
		want[i] = string(frame)
		write(t, a, frame)
	}
	select {
	case <-k.done:
	case <-time.After(time.Minute):
		t.Fatal("not all arrived")
	}
	a.Close()
	for i, look := range k.later {
		require.Equal(t, want[i][k.offset[i]:], look(), "frame %d", i)
	}
}
