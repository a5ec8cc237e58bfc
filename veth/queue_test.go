package veth_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"gvisor.dev/gvisor/pkg/refs"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// TestTailDrop fills the queue behind a receiver that does not come back.
func TestTailDrop(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 2, 31, 32, 100, veth.DefaultQueue} {
		inBubble(t, func(t *testing.T) {
			a, b := pair(t, veth.WithQueue(limit))
			defer a.Close()
			atB := station{hold: make(chan struct{})}
			b.Attach(&atB)
			write(t, a, numbered(0))
			synctest.Wait() // it is being delivered
			for n := range limit + 3 {
				write(t, a, numbered(1+n))
			}
			assert.Equal(t, veth.Stats{
				RxPackets: uint64(1 + limit), RxBytes: uint64(100 * (1 + limit)), RxDropped: 3,
			}, b.Stats())
			close(atB.hold)
			synctest.Wait()
			assert.Equal(t, count(1+limit), atB.numbers())
			write(t, a, numbered(7)) // there is room again
			synctest.Wait()
			assert.Len(t, atB.arrivals(), 2+limit)
			assert.Equal(t, veth.Stats{TxPackets: uint64(5 + limit), TxBytes: uint64(100 * (5 + limit))}, a.Stats())
			conserved(t, a, b)
		})
	}
}

// TestDetach loses what waits, even what the worker has taken from the queue.
func TestDetach(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t)
		defer a.Close()
		assert.False(t, b.IsAttached())
		write(t, a, numbered(0)) // nobody there

		first := station{hold: make(chan struct{})}
		b.Attach(&first)
		assert.True(t, b.IsAttached())
		write(t, a, numbered(1))
		synctest.Wait()
		for n := range 50 {
			write(t, a, numbered(2+n))
		}
		second := station{}
		b.Attach(&second)
		write(t, a, numbered(60), numbered(61))
		close(first.hold)
		synctest.Wait()
		assert.Equal(t, []int{1}, first.numbers())
		assert.Equal(t, []int{60, 61}, second.numbers())

		b.Attach(nil)
		assert.False(t, b.IsAttached())
		write(t, a, numbered(70))
		assert.Equal(t, veth.Stats{RxPackets: 3, RxBytes: 300, RxDropped: 52}, b.Stats())
		conserved(t, a, b)
	})
}

// TestDetachDuringBatch detaches while the worker is in the middle of many frames.
func TestDetachDuringBatch(t *testing.T) {
	t.Parallel()
	lose := map[string]func(a, b *veth.Endpoint){
		"Attach(nil)":            func(_, b *veth.Endpoint) { b.Attach(nil) },
		"SetCarrier":             func(a, _ *veth.Endpoint) { a.SetCarrier(false) },
		"SetCarrier and back":    func(_, b *veth.Endpoint) { b.SetCarrier(false); b.SetCarrier(true) },
		"close, waited for late": func(a, _ *veth.Endpoint) { go a.Close(); synctest.Wait() },
	}
	for name, lose := range lose {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				a, b := pair(t)
				defer a.Close()
				hold := make(chan struct{})
				once := onceHolder{hold: hold}
				b.Attach(&once)
				write(t, a, numbered(0))
				synctest.Wait()
				for n := range 100 {
					write(t, a, numbered(1+n))
				}
				hold <- struct{}{} // takes the 100, and is held at the first of them
				synctest.Wait()
				lose(a, b)
				close(hold)
				synctest.Wait()
				assert.Equal(t, []int{0, 1}, once.numbers())
				assert.Equal(t, uint64(99), b.Stats().RxDropped)
				conserved(t, a, b)
			})
		})
	}
}

// A onceHolder is a station that holds every delivery until hold gives way.
type onceHolder struct {
	station
	hold chan struct{}
}

func (h *onceHolder) DeliverNetworkPacket(proto tcpip.NetworkProtocolNumber, pkt *stack.PacketBuffer) {
	h.take(proto, pkt, false)
	<-h.hold
}

// TestReferences runs every way in which a frame can end, and looks for packets
// that were not released. It is not parallel: nobody else has packets meanwhile.
func TestReferences(t *testing.T) {
	const frames = 100
	delay := veth.WithImpairment(veth.Impairment{Delay: 1e6})
	tests := []struct {
		name string
		opts []veth.Option
		run  func(a, b *veth.Endpoint)
	}{
		{name: "delivered", run: func(_, b *veth.Endpoint) { synctest.Wait() }},
		{name: "nobody attached", run: func(_, b *veth.Endpoint) { b.Attach(nil) }},
		{name: "queue full", opts: []veth.Option{veth.WithQueue(1)}},
		{name: "closed with full queue", run: func(a, _ *veth.Endpoint) { a.Close() }},
		{name: "no carrier", run: func(_, b *veth.Endpoint) { b.SetCarrier(false) }},
		{name: "forwarded", run: func(_, b *veth.Endpoint) { b.Attach(&port{}) }},
		{name: "all lost", opts: []veth.Option{veth.WithImpairment(veth.Impairment{Loss: veth.Loss{P: 1}})}},
		{name: "some lost", opts: []veth.Option{veth.WithImpairment(veth.Impairment{Loss: veth.Loss{P: 0.5}})}},
		{name: "delayed", opts: []veth.Option{delay}, run: func(*veth.Endpoint, *veth.Endpoint) { sleep(2e6) }},
		{name: "delayed, forwarded", opts: []veth.Option{delay}, run: func(_, b *veth.Endpoint) { b.Attach(&port{}); sleep(2e6) }},
		{name: "delayed, nobody attached", opts: []veth.Option{delay}, run: func(_, b *veth.Endpoint) { b.Attach(nil); sleep(2e6) }},
		{name: "closed in flight", opts: []veth.Option{delay}, run: func(_, b *veth.Endpoint) { b.Close() }},
		{name: "carrier lost in flight", opts: []veth.Option{delay}, run: func(_, b *veth.Endpoint) { b.SetCarrier(false) }},
		{name: "excess of a rate", opts: []veth.Option{veth.WithImpairment(veth.Impairment{Rate: 1000, Queue: 3})}},
		{name: "cut, then too large", opts: []veth.Option{veth.WithMTU(500), delay}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			released := 0
			inBubble(t, func(t *testing.T) {
				a, b := pair(t, tt.opts...)
				defer a.Close()
				b.Attach(&station{})
				for n := range frames {
					pkt := outgoing(tcpFrame(strings.Repeat("x", 10*n)), stack.GSO{})
					if n%4 == 3 {
						pkt.GSOOptions = stack.GSO{Type: stack.GSOTCPv4, MSS: 512}
					}
					sent := stack.NewPacketBuffer(stack.PacketBufferOptions{
						Payload: pkt.ToBuffer(), OnRelease: func() { released++ },
					})
					sent.LinkHeader().Consume(header.EthernetMinimumSize)
					sent.GSOOptions, sent.PktType = pkt.GSOOptions, tcpip.PacketOutgoing
					pkt.DecRef()
					writePacket(t, a, sent)
					if n == frames/2 && tt.run != nil {
						tt.run(a, b)
						if tt.name == "closed with full queue" || tt.name == "closed in flight" {
							return
						}
					}
				}
			})
			assert.NotZero(t, released)
			assert.NotPanics(t, refs.DoRepeatedLeakCheck)
		})
	}
}
