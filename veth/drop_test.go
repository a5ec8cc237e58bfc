package veth_test

import (
	"testing"
	"testing/synctest"
	"time"

	"drydock/drop"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDrops drops frames from a to b for each reason that a cable has.
func TestDrops(t *testing.T) {
	t.Parallel()
	damaged := udpFrame(1, 2, 3)
	damaged[len(damaged)-1]++
	queue := func(q veth.Discipline) veth.Impairment {
		return veth.Impairment{Shaper: veth.Shaper{Rate: 80_000, Burst: 2000, Queue: q}}
	}
	for name, c := range map[string]struct {
		opts     []veth.Option
		do       func(t *testing.T, a, b *veth.Endpoint) // between attaching and sending
		frames   [][]byte
		after    func(t *testing.T, a, b *veth.Endpoint)
		atA, atB drop.Counts
	}{
		"perfect":    {frames: repeated(3)},
		"no carrier": {do: func(_ *testing.T, a, b *veth.Endpoint) { b.SetCarrier(false) }, frames: repeated(3), atA: drop.Counts{drop.NoCarrier: 3}},
		"cut":        {do: func(_ *testing.T, a, b *veth.Endpoint) { b.SetCut(true); assert.True(t, a.Carrier()) }, frames: repeated(3), atA: drop.Counts{drop.Partitioned: 3}},
		"cut since":  {opts: []veth.Option{veth.WithImpairment(veth.Impairment{Delay: time.Second})}, frames: repeated(2), after: func(_ *testing.T, a, b *veth.Endpoint) { a.SetCut(true); a.SetCut(false) }, atA: drop.Counts{drop.Partitioned: 2}},
		"mended":     {do: func(_ *testing.T, a, b *veth.Endpoint) { b.SetCut(true); b.SetCut(false) }, frames: repeated(3)},
		"discarded": {do: func(_ *testing.T, a, b *veth.Endpoint) { a.Inflight().Hold() }, frames: repeated(3), after: func(t *testing.T, a, b *veth.Endpoint) {
			require.NoError(t, a.Inflight().Drop(1, 3))
			a.Inflight().Resume()
		}, atA: drop.Counts{drop.Discarded: 2}},
		"too big":     {frames: [][]byte{raw(macB, macA, 1515)}, atA: drop.Counts{drop.TooBig: 1}},
		"too short":   {frames: [][]byte{make([]byte, 13)}, atA: drop.Counts{drop.Malformed: 1}},
		"loss":        {opts: []veth.Option{veth.WithImpairment(veth.Lossy(1))}, frames: repeated(3), atA: drop.Counts{drop.Loss: 3}},
		"limit":       {opts: []veth.Option{veth.WithImpairment(veth.Impairment{Delay: time.Second, Limit: 2})}, frames: repeated(5), atA: drop.Counts{drop.Limit: 3}},
		"MTU":         {opts: []veth.Option{veth.WithImpairment(veth.Impairment{MTU: 100})}, frames: [][]byte{raw(macB, macA, 200)}, atA: drop.Counts{drop.TooBig: 1}},
		"queue":       {opts: []veth.Option{veth.WithImpairment(queue(veth.CoDel{Limit: 1}))}, frames: big(5), atA: drop.Counts{drop.Limit: 1}},
		"flows":       {opts: []veth.Option{veth.WithImpairment(queue(veth.FQCoDel{Limit: 1}))}, frames: big(5), atA: drop.Counts{drop.Limit: 1}},
		"checksum":    {frames: [][]byte{damaged}, atB: drop.Counts{drop.Checksum: 1}},
		"nobody":      {do: func(_ *testing.T, a, b *veth.Endpoint) { b.Attach(nil) }, frames: repeated(2), atB: drop.Counts{drop.Unattached: 2}},
		"in flight":   {opts: []veth.Option{veth.WithImpairment(veth.Impairment{Delay: time.Second})}, frames: repeated(2), after: func(_ *testing.T, a, b *veth.Endpoint) { a.SetCarrier(false) }, atA: drop.Counts{drop.NoCarrier: 2}},
		"closed":      {opts: []veth.Option{veth.WithImpairment(veth.Impairment{Delay: time.Second})}, frames: repeated(2), after: func(_ *testing.T, a, b *veth.Endpoint) { a.Close() }, atA: drop.Counts{drop.NoCarrier: 2}},
		"other queue": {do: func(_ *testing.T, a, b *veth.Endpoint) { b.Attach(nil); b.Attach(&station{}) }, frames: repeated(2)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				a, b := pair(t, c.opts...)
				defer a.Close()
				b.Attach(&station{})
				told := [2]drop.Counts{}
				for i, e := range []*veth.Endpoint{a, b} {
					remove := e.OnDrop(func(d veth.Dropped) {
						e.LineStats() // no lock of the cable is held
						e.Inflight().Frames()
						e.SetOnCloseAction(nil)
						assert.Same(t, e, d.Endpoint)
						assert.Positive(t, d.Frame.Size())
						told[i][d.Reason]++
					})
					defer remove()
				}
				if c.do != nil {
					c.do(t, a, b)
				}
				write(t, a, c.frames...)
				synctest.Wait()
				if c.after != nil {
					c.after(t, a, b)
				}
				time.Sleep(time.Minute)
				assert.Equal(t, c.atA, a.Drops(), "%v", a.Drops())
				assert.Equal(t, c.atB, b.Drops(), "%v", b.Drops())
				assert.Equal(t, [2]drop.Counts{c.atA, c.atB}, told)
				s := a.Stats()
				assert.Equal(t, a.Drops().Total(), s.TxDropped+s.TxLost)
				s = b.Stats()
				assert.Equal(t, b.Drops().Total(), s.RxDropped+s.RxErrors)
			})
		})
	}
}

// repeated returns n small frames, big ones of 1000 bytes.
func repeated(n int) (frames [][]byte) {
	for i := range n {
		frames = append(frames, numbered(i))
	}
	return frames
}

func big(n int) (frames [][]byte) {
	for range n {
		frames = append(frames, raw(macB, macA, 1000))
	}
	return frames
}

func TestQueueFullIsTold(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithQueue(1))
		defer a.Close()
		release := make(chan struct{})
		b.Attach(&station{hold: release})
		var told int
		remove := b.OnDrop(func(d veth.Dropped) {
			require.Equal(t, drop.QueueFull, d.Reason)
			told++
		})
		write(t, a, numbered(1))
		synctest.Wait()
		write(t, a, repeated(3)...) // one waits
		remove()
		write(t, a, numbered(2))
		close(release)
		synctest.Wait()
		assert.Equal(t, 2, told)
		assert.Equal(t, drop.Counts{drop.QueueFull: 3}, b.Drops())
	})
}

func TestCoDelIsTold(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		a, b := pair(t, veth.WithImpairment(veth.Impairment{Shaper: veth.Shaper{Rate: 80_000, Burst: 2000, Queue: veth.CoDel{}}}))
		defer a.Close()
		b.Attach(&station{})
		var told uint64
		defer a.OnDrop(func(d veth.Dropped) {
			assert.Equal(t, drop.AQM, d.Reason)
			told++
		})()
		write(t, a, big(50)...)
		sleep(time.Minute)
		assert.NotZero(t, told)
		assert.Equal(t, drop.Counts{drop.AQM: told}, a.Drops())
		assert.Equal(t, told, a.LineStats().Drops[drop.AQM])
	})
}
