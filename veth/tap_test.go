package veth_test

import (
	"testing"
	"testing/synctest"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// A sight is what a tap saw.
type sight struct {
	who   string
	dir   veth.Direction
	frame string
}

// A record collects what taps see, in order.
type record struct{ sights []sight }

func (l *record) tap(e *veth.Endpoint, who string) (remove func()) {
	return e.Tap(func(f veth.Tapped) { l.sights = append(l.sights, sight{who, f.Direction, string(f.Frame)}) })
}

func TestTap(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]stack.NetworkDispatcher{"queue": &station{}, "forward": &port{}, "nobody": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				a, b := pair(t)
				defer a.Close()
				b.Attach(d)
				var l record
				defer l.tap(a, "a")()
				first := l.tap(b, "b1")
				second := l.tap(b, "b2")
				toB, toA := numbered(1), raw(macA, macB, 600)

				write(t, a, toB)
				write(t, b, toA)
				assert.Equal(t, []sight{
					{"a", veth.Sent, string(toB)}, {"b1", veth.Received, string(toB)}, {"b2", veth.Received, string(toB)},
					{"b1", veth.Sent, string(toA)}, {"b2", veth.Sent, string(toA)}, {"a", veth.Received, string(toA)},
				}, l.sights)

				l.sights = nil
				first()
				first() // once is enough
				write(t, a, toB)
				assert.Equal(t, []sight{{"a", veth.Sent, string(toB)}, {"b2", veth.Received, string(toB)}}, l.sights)

				l.sights = nil
				second()
				write(t, a, toB, toB[:13], raw(macB, macA, 1515))
				assert.Equal(t, []sight{{"a", veth.Sent, string(toB)}}, l.sights, "what is not sent is not seen")
				a.SetCarrier(false)
				write(t, a, toB)
				assert.Len(t, l.sights, 1)
			})
		})
	}
}

func TestTapImpaired(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Delay: time.Second, Loss: veth.Loss{P: 0.5}}))
		defer a.Close()
		b.Attach(&station{})
		sent, received := 0, 0
		start := time.Now()
		defer a.Tap(func(f veth.Tapped) {
			sent++
			assert.Equal(t, start, f.Time)
		})()
		defer b.Tap(func(f veth.Tapped) {
			received++
			assert.Equal(t, start.Add(time.Second), f.Time)
		})()
		for n := range 100 {
			write(t, a, numbered(n))
		}
		sleep(time.Second)
		assert.Equal(t, 100, sent, "before they are lost")
		assert.Equal(t, 100-int(a.Stats().TxLost), received)
		conserved(t, a, b)
	})
}

// TestTapChecksums shows frames as on a wire: checksums that were left to the
// device are there, wrong ones remain wrong, and the receiver's packet is untouched.
func TestTapChecksums(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t)
		defer a.Close()
		var atB station
		b.Attach(&atB)
		var l record
		defer l.tap(a, "a")()
		defer l.tap(b, "b")()

		super := tcpFrame(string(make([]byte, 5000)))
		writePacket(t, a, outgoing(super, gso4(1460)))
		bad := udpFrame(1, 2, 3)
		bad[41]++
		write(t, a, bad)
		synctest.Wait()

		require.Len(t, l.sights, 4)
		assert.Equal(t, l.sights[0].frame, l.sights[1].frame)
		segment := []byte(l.sights[0].frame[34:])
		assert.Equal(t, uint16(0xffff), checksum.Checksum(segment, pseudo4(super, header.TCPProtocolNumber)))
		assert.Equal(t, string(bad), l.sights[3].frame)
		assert.Equal(t, []string{string(super)}, atB.frames())
	})
}

// TestTapFrameIsACopy lets taps write to what they are given.
func TestTapFrameIsACopy(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t)
		defer a.Close()
		var atB station
		b.Attach(&atB)
		for range 2 {
			defer a.Tap(func(f veth.Tapped) {
				assert.Equal(t, string(numbered(5)), string(f.Frame))
				clear(f.Frame)
			})()
		}
		write(t, a, numbered(5))
		synctest.Wait()
		assert.Equal(t, []int{5}, atB.numbers())
	})
}

// TestTapRemovesTap removes one tap from inside another: who was to see the present
// frame still does.
func TestTapRemovesTap(t *testing.T) {
	t.Parallel()
	a, _ := pair(t)
	defer a.Close()
	var l record
	var removes []func()
	for range 3 {
		defer a.Tap(func(veth.Tapped) {
			for _, remove := range removes {
				remove()
			}
		})()
		removes = append(removes, l.tap(a, "a"))
	}
	write(t, a, numbered(0), numbered(1))
	assert.Len(t, l.sights, 3)
}

func TestDirection(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "sent", veth.Sent.String())
	assert.Equal(t, "received", veth.Received.String())
}
