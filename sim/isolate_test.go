package sim_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"drydock/drop"
	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestIsolate keeps a container from everybody, in both ways that there are.
func TestIsolate(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]func(*sim.Container) (func(), error){"isolated": (*sim.Container).Isolate, "cut off": (*sim.Container).CutOff} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				h := simtest.NewHost(t)
				front, back := simtest.NewNetwork(t, h, "front"), simtest.NewNetwork(t, h, "back")
				a := simtest.Run(t, h, "aa", sim.WithNetwork(front))
				require.NoError(t, a.Connect(back))
				b := simtest.Run(t, h, "bb", sim.WithNetwork(front))
				c := simtest.Run(t, h, "cc", sim.WithNetwork(back))
				check := func(want bool) {
					t.Helper()
					for _, to := range []netip.Addr{b.IP(), c.IP(), front.Gateway(), back.Gateway()} {
						assert.Equal(t, want, reaches(t, &a.Netns, to), "%v", to)
					}
					for _, from := range []*sim.Netns{&b.Netns, &h.Netns} {
						assert.Equal(t, want, reaches(t, from, a.Link(front).Addr()))
					}
					assert.True(t, reaches(t, &b.Netns, front.Gateway()))
					for _, i := range a.Interfaces() {
						assert.True(t, i.Running, i.Name)
					}
				}
				check(true)
				heal, err := cut(a)
				require.NoError(t, err)
				check(false)
				again, err := cut(a)
				require.NoError(t, err)
				addrs, err := a.LookupNetIP(t.Context(), "ip4", "bb")
				require.NoError(t, err)
				assert.Equal(t, []netip.Addr{b.IP()}, addrs)
				require.NoError(t, a.Restart(t.Context()))
				check(false)
				heal()
				heal()
				check(false)
				again()
				check(true)
			})
		})
	}
}

// TestPartitionInFlight cuts while a datagram is on its way: what has passed the bridge arrives.
func TestPartitionInFlight(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		const ms = time.Millisecond
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net")
		delay := veth.Impairment{Delay: 10 * ms}
		a := simtest.Run(t, h, "aa", sim.WithNetwork(n, sim.WithImpairment(delay, veth.Impairment{})))
		b := simtest.Run(t, h, "bb", sim.WithNetwork(n, sim.WithImpairment(veth.Impairment{}, delay)))
		ping1(t, &a.Netns, b.IP())
		p, err := b.ListenPacket(t.Context(), "udp", ":9")
		require.NoError(t, err)
		defer p.Close()
		out, err := a.DialContext(t.Context(), "udp", "bb:9")
		require.NoError(t, err)
		defer out.Close()
		for _, tt := range []struct {
			after   time.Duration
			arrives bool
		}{{5 * ms, false}, {15 * ms, true}} {
			io.WriteString(out, "x")
			time.Sleep(tt.after)
			heal, err := n.Partition([]*sim.Container{a})
			require.NoError(t, err)
			p.SetReadDeadline(time.Now().Add(time.Second))
			_, _, err = p.ReadFrom(make([]byte, 1))
			assert.Equal(t, tt.arrives, err == nil, "%v", tt.after)
			heal()
		}

		send, _, err := a.Link(n).Inflight()
		require.NoError(t, err)
		send.Hold()
		io.WriteString(out, "1")
		io.WriteString(out, "2")
		held := send.Frames()
		require.Len(t, held, 2)
		require.NoError(t, send.Release(held[1].ID, held[0].ID))
		var got []byte
		for range 2 {
			b := make([]byte, 1)
			_, _, err = p.ReadFrom(b)
			require.NoError(t, err)
			got = append(got, b...)
		}
		assert.Equal(t, "21", string(got))
		send.Resume()
	})
}

// TestLANPartition cuts a LAN with a Docker host on it: a published port is reached from one side.
func TestLANPartition(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		web := simtest.Run(t, l.docker, "web", sim.WithPublish("8080:80"))
		who(t, web, "tcp", "80")
		const seen = "you are 172.16.80.47, I am 172.17.0.2:80"
		assert.Equal(t, seen, nc(t, l.peer, "tcp", "172.16.80.10:8080"))
		for _, groups := range [][][]*sim.Machine{
			{{l.docker.Machine}}, {{l.peer, l.router}}, {{l.peer}, {l.docker.Machine, l.router}},
		} {
			heal, err := l.lan.Partition(groups...)
			require.NoError(t, err)
			assert.NotEqual(t, seen, nc(t, l.peer, "tcp", "172.16.80.10:8080"))
			assert.Equal(t, len(groups) == 2, reaches(t, &l.router.Netns, dockerAddr), "%v", groups)
			heal()
			assert.Equal(t, seen, nc(t, l.peer, "tcp", "172.16.80.10:8080"))
		}
		assert.Positive(t, l.lan.Drops()[drop.Partitioned])
		heal, err := l.lan.PartitionOneWay([]*sim.Machine{l.docker.Machine}, []*sim.Machine{l.peer})
		require.NoError(t, err)
		assert.False(t, reaches(t, &l.peer.Netns, dockerAddr))
		heal()
		heal, err = l.lan.Block(l.router, l.peer)
		require.NoError(t, err)
		assert.False(t, reaches(t, &l.peer.Netns, netip.MustParseAddr("172.16.80.1")))
		assert.True(t, reaches(t, &l.peer.Netns, dockerAddr))
		heal()
	})
}

// TestKill cuts the power of a host: who talks to its containers hears nothing more.
func TestKill(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		web := simtest.Run(t, l.docker, "web", sim.WithPublish("8080:80"))
		inside, err := web.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		out, err := l.peer.DialContext(t.Context(), "tcp", "172.16.80.10:8080")
		require.NoError(t, err)
		defer out.Close()
		in, err := inside.Accept()
		require.NoError(t, err)
		_, err = io.WriteString(in, "on its way")
		require.NoError(t, err)
		_, err = io.ReadFull(out, make([]byte, 10))
		require.NoError(t, err)

		heard := 0
		var mu sync.Mutex
		defer l.lan.Sniff(nil, func(s sim.Sniffed) {
			mu.Lock()
			defer mu.Unlock()
			if s.Direction == veth.Received && strings.HasPrefix(s.Place.Device, l.docker.Name()) {
				heard++
			}
		})()
		require.NoError(t, l.docker.Kill())
		_, err = in.Write([]byte("x"))
		require.ErrorIs(t, err, net.ErrClosed)
		out.SetReadDeadline(time.Now().Add(10 * time.Second)) // before keep-alive asks
		_, err = out.Read(make([]byte, 1))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded, "neither FIN nor RST")
		_, err = io.WriteString(out, "anybody there?")
		require.NoError(t, err)
		out.SetReadDeadline(time.Time{})
		_, err = out.Read(make([]byte, 1))
		assert.True(t, errors.Is(err, syscall.ETIMEDOUT) || errors.Is(err, syscall.EHOSTUNREACH), "%v", err)
		mu.Lock()
		assert.Zero(t, heard)
		mu.Unlock()
		require.NoError(t, l.docker.Close())
		require.NoError(t, l.docker.Kill())
		assert.Len(t, l.lan.Bridge().Ports(), 2)
	})
}
