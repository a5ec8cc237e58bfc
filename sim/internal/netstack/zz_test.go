package netstack

import (
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestZZ(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
	a, b := newPair(t, Options{Seed: 1, Virtual: true})
	l, err := b.Listen(bg, "tcp", ":80")
	require.NoError(t, err)
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	h0 := heap()
	var cs []net.Conn
	for range 10000 {
		c, err := a.DialContext(bg, "tcp", "10.0.0.2:80")
		require.NoError(t, err)
		s, err := l.Accept()
		require.NoError(t, err)
		cs = append(cs, c, s)
	}
	t.Log("heap per connection (2 ends)", (int(heap())-int(h0))/10000)
	for _, c := range cs {
		c.Close()
	}
	cs = nil
	time.Sleep(time.Second)
	t.Log("heap per closed", (int(heap())-int(h0))/10000, runtime.NumGoroutine(), len(a.sockets), len(b.sockets))
	time.Sleep(70*time.Second)
	t.Log("heap after TIME_WAIT", (int(heap())-int(h0))/10000, runtime.NumGoroutine(), a.stack.Stats().TCP.CurrentConnected.Value(), b.stack.Stats().TCP.CurrentConnected.Value())
	})
}
