package netstack

import (
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWhenReadable asks each kind of socket twice, also one that was asked before, and closes
// one that nobody asks.
func TestWhenReadable(t *testing.T) {
	t.Parallel()
	type listening interface {
		WhenReadable(func())
		Close() error
	}
	for _, network := range []string{"udp4", "tcp4"} {
		synctest.Test(t, func(t *testing.T) {
			s := newStack(t, Options{Virtual: true})
			listen := func(address string) listening {
				if network == "udp4" {
					pc, err := s.ListenPacket(t.Context(), network, address)
					require.NoError(t, err)
					return pc.(*UDPConn)
				}
				l, err := s.Listen(t.Context(), network, address)
				require.NoError(t, err)
				return l.(*TCPListener)
			}
			ask := func(address string) {
				c, err := s.DialContext(t.Context(), network, address)
				require.NoError(t, err)
				_, err = c.Write([]byte("?"))
				require.NoError(t, err)
				synctest.Wait()
				require.NoError(t, c.Close())
			}
			var calls atomic.Int32
			called := func() { calls.Add(1) }

			early, late, never := listen("127.0.0.1:1"), listen("127.0.0.1:2"), listen("127.0.0.1:3")
			early.WhenReadable(called)
			never.WhenReadable(func() { t.Error("nobody has asked") })
			synctest.Wait()
			assert.Zero(t, calls.Load())
			ask("127.0.0.1:1")
			assert.EqualValues(t, 1, calls.Load())
			ask("127.0.0.1:1")
			assert.EqualValues(t, 1, calls.Load(), "once")

			ask("127.0.0.1:2")
			late.WhenReadable(called)
			synctest.Wait()
			assert.EqualValues(t, 2, calls.Load())
			for _, l := range []listening{early, late, never} {
				require.NoError(t, l.Close())
			}
		})
	}
}
