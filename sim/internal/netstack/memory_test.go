package netstack

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMemory: readers that are stuck cost no more together than the bound, and what was
// closed is there for others.
func TestMemory(t *testing.T) {
	t.Parallel()
	const limit = 32 << 20
	synctest.Test(t, func(t *testing.T) {
		m := &Memory{limit: limit}
		a, b := newPair(t, Options{Seed: 1, Virtual: true, Memory: m})
		l, err := b.Listen(bg, "tcp", ":80")
		require.NoError(t, err)
		defer l.Close()
		stuck := func(n int) (sent int, conns []net.Conn) {
			for range n {
				c, err := a.DialContext(bg, "tcp", "10.0.0.2:80")
				require.NoError(t, err)
				s, err := l.Accept()
				require.NoError(t, err)
				conns = append(conns, c, s)
				c.SetWriteDeadline(time.Now().Add(time.Second))
				for err == nil {
					var k int
					k, err = c.Write(make([]byte, 64<<10))
					sent += k
				}
			}
			return sent, conns
		}
		first, conns := stuck(1)
		require.Greater(t, first, 400<<10, "one alone has a 64th, and more where it is read")
		more, others := stuck(60)
		require.Less(t, first+more, limit+61*2*leastBuffer)
		require.Less(t, more/60, first/2)
		for _, c := range append(conns, others...) {
			c.Close()
		}
		require.Zero(t, m.used.Load())
		again, conns := stuck(1)
		require.Greater(t, again, 400<<10)
		for _, c := range conns {
			c.Close()
		}
	})
}

// TestMemoryUnnoticed: the first connections have the buffers that gVisor gives them.
func TestMemoryUnnoticed(t *testing.T) {
	t.Parallel()
	m := new(Memory)
	for range 33 {
		require.EqualValues(t, mostBuffer, m.take())
	}
	least := m.take()
	require.Less(t, least, int64(mostBuffer))
	for range 10_000 {
		require.LessOrEqual(t, m.take(), least)
	}
	require.EqualValues(t, leastBuffer, m.take())
	require.Less(t, m.used.Load(), int64(defaultMemory+2*10_000*leastBuffer))
}
