package router_test

import (
	"bytes"
	"io"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim/internal/netstack"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// transfer sends n bytes over TCP to an address of server and back.
func transfer(t *testing.T, client, server *netstack.Stack, to netip.AddrPort, n int) {
	t.Helper()
	l, err := server.Listen(bg, "tcp", netip.AddrPortFrom(unspecified(to.Addr()), to.Port()).String())
	require.NoError(t, err)
	defer l.Close()
	served := make(chan error, 1)
	go func() {
		s, err := l.Accept()
		if err == nil {
			_, err = io.Copy(s, s)
			s.Close()
		}
		served <- err
	}()
	c, err := client.DialContext(bg, "tcp", to.String())
	require.NoError(t, err)
	defer c.Close()
	data := bytes.Repeat([]byte("0123456789abcdef"), n/16)
	go func() {
		c.Write(data)
		c.(interface{ CloseWrite() error }).CloseWrite()
	}()
	got, err := io.ReadAll(c)
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, got))
	require.NoError(t, <-served)
}

func unspecified(a netip.Addr) netip.Addr {
	if a.Is6() {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// Streams through the router in real and in virtual time. With a smaller MTU behind
// it, the client learns that MTU.
func TestTransfer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		to   string
		mtu  [2]int
	}{
		{"to the other host", "10.2.0.2:80", [2]int{}},
		{"to the other host, IPv6", "[fd02::2]:80", [2]int{}},
		{"to the router", "10.1.0.1:80", [2]int{}},
		{"to the router's other address", "10.2.0.1:80", [2]int{}},
		{"to the router's other address, IPv6", "[fd02::1]:80", [2]int{}},
		{"smaller MTU behind", "10.2.0.2:80", [2]int{1500, 1000}},
		{"smaller MTU behind, IPv6", "[fd02::2]:80", [2]int{1500, 1300}},
		{"larger MTU behind", "10.2.0.2:80", [2]int{1000, 9000}},
	} {
		to := netip.MustParseAddrPort(tt.to)
		server := func(top *topology) *netstack.Stack {
			if to.Addr().As16()[15] == 2 {
				return top.b
			}
			return top.router
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			top := plan{mtu: tt.mtu}.build(t)
			transfer(t, top.a, server(top), to, 4<<20)
		})
		t.Run(tt.name+", virtual", func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				top := plan{mtu: tt.mtu, virtual: true}.build(t)
				start := time.Now()
				transfer(t, top.a, server(top), to, 1<<20)
				assert.Less(t, time.Since(start), 10*time.Second)
			})
		})
	}
}

// Super-segments cross the router whole: the frames that it sends are as large as
// those that it receives.
func TestSuperSegments(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"10.2.0.2:80", "[fd02::2]:80"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			top := plan{}.build(t)
			var mu sync.Mutex // guards sizes
			var sizes [2]map[int]int
			count := func(cable int, direction veth.Direction) {
				sizes[cable] = make(map[int]int)
				top.cables[cable].Tap(func(f veth.Tapped) {
					if f.Direction == direction {
						mu.Lock()
						defer mu.Unlock()
						sizes[cable][len(f.Frame)]++
					}
				})
			}
			count(0, veth.Received)
			count(1, veth.Sent)
			transfer(t, top.a, top.b, netip.MustParseAddrPort(to), 16<<20)
			mu.Lock()
			defer mu.Unlock()
			// How much a sender hands over at once depends on how busy the machine is.
			assert.Greater(t, slices.Max(slices.Collect(maps.Keys(sizes[0]))), 20*1500)
			for size, n := range sizes[0] {
				if size > 1514 {
					assert.Equal(t, n, sizes[1][size], "frames of %d bytes", size)
				}
			}
		})
	}
}

// Datagrams of 4000 bytes cross a small hop in fragments, both ways.
func TestFragments(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		top := plan{mtu: [2]int{1500, 600}, virtual: true}.build(t)
		c := top.capture()
		s, err := top.b.ListenPacket(bg, "udp", "10.2.0.2:9")
		require.NoError(t, err)
		defer s.Close()
		conn, err := top.a.DialContext(bg, "udp", "10.2.0.2:9")
		require.NoError(t, err)
		defer conn.Close()
		data := udp(4000)[8:]
		_, err = conn.Write(data)
		require.NoError(t, err)
		buf := make([]byte, 5000)
		n, from, err := s.ReadFrom(buf)
		require.NoError(t, err)
		assert.Equal(t, data, buf[:n])
		_, err = s.WriteTo(data, from)
		require.NoError(t, err)
		n, err = conn.Read(buf)
		require.NoError(t, err)
		assert.Equal(t, data, buf[:n])
		synctest.Wait()
		small := slices.DeleteFunc(c.take(), func(s seen) bool { return s.cable == 0 || s.v6() })
		assert.Len(t, small, 8, "each of three fragments in three, the last in two")
		for _, s := range small {
			assert.LessOrEqual(t, len(s.ip), 600)
			assert.Equal(t, header.UDPProtocolNumber, s.ip4().TransportProtocol())
		}
	})
}
